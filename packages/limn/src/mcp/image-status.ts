import { isLimnError, variable } from "@limn/core";
import type { CallToolResult } from "@modelcontextprotocol/server";
import { limitsOf, textAnswer } from "./answer.ts";
import { errorAnswer } from "./error-answer.ts";
import type { McpServices, McpSession } from "./services.ts";

/** The tool `image_status`. */
export async function imageStatus(
  services: McpServices,
  { signal, session }: { readonly signal: AbortSignal; readonly session: McpSession },
): Promise<CallToolResult> {
  const { limn, sandbox, context } = services;
  const engines = limn.capabilities.map(({ engine, maxInputImages, partials, explicitOnly }) => ({
    engine,
    max_images_in: maxInputImages,
    ...(partials ? { previews: true } : {}),
    ...(explicitOnly ? { only_when_named: true } : {}),
  }));
  const shared = {
    working_folder: context.environment.workingFolder,
    pictures_are_kept_in: limn.store.folder,
    ...(session.isOwn ? {} : { note: "This connection does not tell its sessions apart: last is not available." }),
    engines,
  };
  if (sandbox)
    return textAnswer({ ready: true, sandbox: "pictures are made by the emulator; nothing is spent", ...shared });
  let plan;
  try {
    plan = await limn.planUsage(signal);
  } catch (error) {
    if (!isLimnError(error)) throw error;
    const { quota_spent: _nothing, ...problem } = errorAnswer(error.toJSON(), null);
    return textAnswer({ ready: false, ...problem, ...shared });
  }
  const choice = limn.chooseLogin(await limn.credentialReports());
  const newest = newestLimits(services);
  return textAnswer({
    ready: true,
    plan: plan.plan,
    login: choice.source,
    image_allowance: newest ?? "told by the service only with a picture; none was made yet",
    chat_windows: plan.windows.map(({ usedPercent, windowMinutes, resetsAt }) => ({
      used_percent: usedPercent,
      window_minutes: windowMinutes,
      resets_at: resetsAt,
    })),
    ...(variable(context.environment, "LIMN_ACCESS_TOKEN") === null ? {} : { token: "handed in for this run" }),
    ...shared,
  });
}

function newestLimits({ limn }: McpServices): object | null {
  for (const { manifest } of limn.store.list()) {
    if (manifest.emulated) continue;
    const limits = limitsOf(manifest.limits);
    if (limits !== null) return { ...limits, seen_at: manifest.endedAt ?? manifest.createdAt };
  }
  return null;
}
