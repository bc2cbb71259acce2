import type { EngineCapabilities } from "../../contracts/capabilities.ts";

/** Codex-backend contract 3.1 and 3.3 (R1, R5). */
const reported = "measured by others: github.com/daandden/omp-tools, github.com/ShalomObongo/codex-imagegen-mcp";

/** What the native image routes do, as far as is publicly reported. Nothing here was measured on the live service by limn itself. */
export const imagesCapabilities: EngineCapabilities = {
  engine: "images",
  title: "the native image routes of the Codex backend",
  operations: ["generate", "edit"],
  imagesPerCall: 1,
  maxInputImages: 5,
  explicitOnly: false,
  alsoSpends: null,
  partials: false,
  models: ["gpt-image-2", "gpt-image-2-low", "gpt-image-2-medium", "gpt-image-2-high"],
  takesHostModels: false,
  rows: [
    {
      property: "prompt",
      honoured: "yes",
      note: "reaches the image model unchanged",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "aspect",
      honoured: "by-words",
      note: "limn adds one sentence to the prompt; about 1.5 megapixels come back in that shape",
      date: "2026-09-23",
      source: reported,
    },
    {
      property: "background",
      honoured: "yes",
      note: "a strong hint: transparent gives real alpha; the result is checked",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "n",
      honoured: "ignored",
      note: "one image a call; limn makes several calls side by side",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "quality",
      honoured: "reported",
      note: "not controllable; the result says which was used, mostly low or medium",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "size",
      honoured: "ignored",
      note: "no validation and no effect",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "model",
      honoured: "ignored",
      note: "every name is answered; no answer says which model drew",
      date: "2026-10-08",
      source: reported,
    },
    { property: "format", honoured: "ignored", note: "always PNG", date: "2026-10-08", source: reported },
    {
      property: "mask",
      honoured: "unknown",
      note: "never seen answered",
      date: "2026-09-29",
      source: "reported: github.com/daandden/omp-tools",
    },
  ],
};
