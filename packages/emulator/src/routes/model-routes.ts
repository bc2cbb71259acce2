import { jsonReply } from "../exchange.ts";
import type { Route } from "./route.ts";

// Slugs, order and the two exceptions: codex-backend contract 2.5. No image model is ever listed.
const MODELS: readonly (readonly [
  slug: string,
  name: string,
  priority: number,
  visibility: "list" | "hide",
  lite: boolean,
])[] = [
  ["gpt-6.1-sol", "GPT-6.1-Sol", 1, "list", true],
  ["gpt-6-astra", "GPT-6-Astra", 2, "list", true],
  ["gpt-6-luna", "GPT-6-Luna", 4, "list", true],
  ["gpt-5.6-terra", "GPT-5.6-Terra", 8, "list", true],
  ["gpt-daybreak-blue-latest", "GPT-Daybreak-Blue", 11, "hide", true],
  ["gpt-5.5", "GPT-5.5", 13, "list", false],
];

/** The model catalogue (codex-backend contract 2.5), trimmed to some models and short texts. */
export const modelRoutes: readonly Route[] = [
  {
    name: "models",
    group: "models",
    method: "GET",
    paths: ["/backend-api/codex/models"],
    bearer: true,
    handle: () => jsonReply(200, { models: MODELS.map(describe) }, { etag: 'W/"emulator-1"' }),
  },
];

function describe([slug, displayName, priority, visibility, lite]: (typeof MODELS)[number]): Record<string, unknown> {
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
    input_modalities: ["text", "image"],
    supports_search_tool: true,
    use_responses_lite: lite,
    ...(lite ? { tool_mode: "code_mode_only" } : {}),
    base_instructions: "You are a model of the emulator.",
  };
}
