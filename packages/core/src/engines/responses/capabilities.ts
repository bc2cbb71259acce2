import type { EngineCapabilities } from "../../contracts/capabilities.ts";

/** Codex-backend contract 4.1 (R1, R5, R17). */
const reported =
  "measured by others: github.com/daandden/omp-tools, github.com/ShalomObongo/codex-imagegen-mcp, github.com/nuko-nova-dynamics/codex-image";

/** What the hosted tool on the Responses route does, as far as is publicly reported. */
export const responsesCapabilities: EngineCapabilities = {
  engine: "responses",
  title: "the hosted image tool on the Codex Responses route",
  operations: ["generate", "edit"],
  imagesPerCall: 1,
  maxInputImages: 16,
  explicitOnly: false,
  alsoSpends: "the weekly Codex window and about 2,300 chat tokens an image",
  partials: true,
  models: [],
  takesHostModels: true,
  rows: [
    {
      property: "prompt",
      honoured: "reported",
      note: "a chat model hands it on and may rewrite it; the result has the revised prompt",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "aspect",
      honoured: "by-words",
      note: "limn adds one sentence to the prompt",
      date: "2026-09-23",
      source: reported,
    },
    {
      property: "background",
      honoured: "by-words",
      note: "limn asks in words: the tool refuses the field on many accounts; the result is checked",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "partials",
      honoured: "yes",
      note: "up to three previews while it is drawn",
      date: "2026-08-21",
      source: reported,
    },
    {
      property: "n",
      honoured: "ignored",
      note: "one image a call; limn makes several calls side by side",
      date: "2026-08-21",
      source: reported,
    },
    {
      property: "quality",
      honoured: "ignored",
      note: "the service rewrites it to auto",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "size",
      honoured: "ignored",
      note: "the service rewrites it to auto",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "model",
      honoured: "yes",
      note: "the chat model that hosts the tool, from the account's own list; the image model is the service's choice",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "format",
      honoured: "unknown",
      note: "other types than PNG were seen and not seen; limn converts itself",
      date: "2026-10-08",
      source: reported,
    },
    {
      property: "mask",
      honoured: "unknown",
      note: "accepted by some clients, effect unknown; limn blends masks itself",
      date: "2026-08-21",
      source: reported,
    },
  ],
};
