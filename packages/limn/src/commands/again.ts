import type { Fault } from "@limn/core";
import { LimnError } from "@limn/core";
import { faultName, readRequest, readSettings, refuseTerminalOutput } from "../generate-options.ts";
import type { RawGenerateOptions } from "../generate-options.ts";
import type { HostContext } from "../host-context.ts";
import { oneLine } from "../terminal/terminal.ts";
import { runRequest } from "./run-request.ts";

type AgainOptions = RawGenerateOptions & { readonly vary?: boolean };

/** `limn again ID`: the same request once more, or a variation of what came; options change it. */
export async function again(
  context: HostContext,
  reference: string,
  words: readonly string[],
  raw: AgainOptions,
): Promise<number> {
  const { terminal, environment } = context;
  const faults: Fault[] = [];
  const config = context.config();
  const settings = readSettings(raw, config, faults);
  if ((raw.image ?? []).length > 0) faults.push({ field: "--image", message: "cannot be changed: use limn edit" });
  if (faults.length > 0)
    throw new LimnError("invalid_option", {
      message: `${faults.map(({ field, message }) => `${faultName(field, raw, config)} ${message}`).join("; ")}.`,
      hint: "See: limn again --help",
      details: { faults },
    });
  const limn = context.limn();
  const generation = limn.store.find(reference, {
    folder: environment.workingFolder,
    session: null,
    emulated: settings.sandbox,
  });
  const prompt = words.length === 0 ? undefined : words.join(" ");
  const request = await limn.images.repeat(generation, {
    vary: raw.vary === true,
    ...(prompt === undefined ? {} : { prompt }),
  });
  refuseTerminalOutput(settings.output, terminal.isOutputTerminal && raw.dryRun !== true);
  if (raw.quiet !== true)
    terminal.say(`${raw.vary === true ? "a variation of" : "again"} ${generation.id}: ${oneLine(request.prompt, 60)}`);
  const {
    operation: _operation,
    prompt: _prompt,
    images: _images,
    mask: _mask,
    ...given
  } = readRequest(request.operation, raw, undefined, [], new Map());
  const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return runRequest(context, { ...request, ...changes }, settings, raw);
}
