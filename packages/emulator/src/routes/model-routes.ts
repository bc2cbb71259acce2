import { createHash } from "node:crypto";
import { jsonReply, type Outgoing } from "../exchange.ts";
import type { Model } from "../models.ts";
import type { Route, RouteContext } from "./route.ts";

/** The model catalogue (codex-backend contract 2.5), trimmed to some models and short texts. */
export const modelRoutes: readonly Route[] = [
  {
    name: "models",
    group: "models",
    method: "GET",
    paths: ["/backend-api/codex/models"],
    bearer: true,
    handle: answerModels,
  },
];

function answerModels({ state }: RouteContext): Outgoing {
  const models = state.options.models.filter(({ slug }) => !state.unlisted.has(slug)).map(describe);
  const digest = createHash("sha256").update(JSON.stringify(models)).digest("hex").slice(0, 12);
  return jsonReply(200, { models }, { etag: `W/"emulator-${digest}"` });
}

function describe(model: Model): Record<string, unknown> {
  const { slug, displayName, priority, visibility, useResponsesLite: lite, inputModalities } = model;
  return {
    slug,
    display_name: displayName,
    description: "A model of the emulator.",
    default_reasoning_level: "medium",
    supported_reasoning_levels: [
      { effort: "low", description: "Fast responses with lighter reasoning" },
      { effort: "medium", description: "Balances speed and reasoning depth for everyday tasks" },
      { effort: "high", description: "Greater reasoning depth for complex problems" },
    ],
    shell_type: "unified_exec",
    visibility,
    supported_in_api: true,
    priority,
    additional_speed_tiers: [],
    service_tiers: [],
    availability_nux: null,
    upgrade: null,
    default_reasoning_summary: "none",
    support_verbosity: true,
    default_verbosity: "low",
    apply_patch_tool_type: "freeform",
    web_search_tool_type: "text_and_image",
    truncation_policy: { mode: "tokens", limit: 10_000 },
    supports_image_detail_original: true,
    context_window: 272_000,
    max_context_window: 272_000,
    effective_context_window_percent: 95,
    experimental_supported_tools: [],
    input_modalities: inputModalities,
    supports_search_tool: true,
    use_responses_lite: lite,
    ...(lite ? { tool_mode: "code_mode_only" } : {}),
    base_instructions: "You are a model of the emulator.",
  };
}
