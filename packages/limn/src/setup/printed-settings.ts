import type { ServePlace } from "./image-plug.ts";

/** A program that asks `limn serve` by settings which setup cannot write: a database, a window, a place that is not known. */
export interface PrintedSettings {
  readonly id: string;
  readonly title: string;
  /** Where they go. */
  readonly where: string;
  lines(place: Pick<ServePlace, "baseURL" | "key">): readonly string[];
}

export const printedSettings: readonly PrintedSettings[] = [
  {
    id: "openai",
    title: "programs with an OpenAI library",
    where: "the environment that the program is started in",
    lines: ({ baseURL, key }) => [`OPENAI_BASE_URL=${baseURL}`, `OPENAI_API_KEY=${key}`],
  },
  {
    id: "open-webui",
    title: "Open WebUI",
    where: "Open WebUI's environment, or Admin Settings → Images",
    lines: ({ baseURL, key }) => [
      "ENABLE_IMAGE_GENERATION=true",
      "IMAGE_GENERATION_ENGINE=openai",
      `IMAGES_OPENAI_API_BASE_URL=${baseURL}`,
      `IMAGES_OPENAI_API_KEY=${key}`,
      "IMAGE_GENERATION_MODEL=gpt-image-2",
      "ENABLE_IMAGE_EDIT=true",
      "IMAGE_EDIT_ENGINE=openai",
      "IMAGE_EDIT_MODEL=gpt-image-2",
      `IMAGES_EDIT_OPENAI_API_BASE_URL=${baseURL}`,
      `IMAGES_EDIT_OPENAI_API_KEY=${key}`,
    ],
  },
  {
    id: "librechat",
    title: "LibreChat",
    where: "LibreChat's .env",
    lines: ({ baseURL, key }) => [
      `IMAGE_GEN_OAI_API_KEY=${key}`,
      `IMAGE_GEN_OAI_BASEURL=${baseURL}`,
      "IMAGE_GEN_OAI_MODEL=gpt-image-2",
    ],
  },
  {
    id: "litellm",
    title: "LiteLLM",
    where: "LiteLLM's config.yaml",
    lines: ({ baseURL, key }) => [
      "model_list:",
      "  - model_name: gpt-image-2",
      "    litellm_params:",
      "      model: openai/gpt-image-2",
      `      api_base: ${baseURL}`,
      `      api_key: ${key}`,
    ],
  },
  {
    id: "openclaw",
    title: "OpenClaw",
    where: "openclaw.json",
    lines: ({ baseURL, key }) => [
      "{",
      '  "models": {',
      '    "providers": {',
      `      "litellm": { "baseUrl": ${JSON.stringify(baseURL.replace(/\/v1$/, ""))}, "apiKey": ${JSON.stringify(key)} }`,
      "    }",
      "  }",
      "}",
    ],
  },
  {
    id: "n8n",
    title: "n8n",
    where: "an OpenAI credential of n8n",
    lines: ({ baseURL, key }) => [`API Key: ${key}`, `Base URL: ${baseURL}`],
  },
];

/** The two variables as commands for the shell, which gets the key from limn itself. */
export function shellLines(
  platform: NodeJS.Platform,
  { baseURL }: Pick<ServePlace, "baseURL">,
  showKey: string,
): string[] {
  return platform === "win32"
    ? [`$env:OPENAI_BASE_URL = "${baseURL}"`, `$env:OPENAI_API_KEY = (${showKey})`]
    : [`export OPENAI_BASE_URL=${baseURL}`, `export OPENAI_API_KEY="$(${showKey})"`];
}
