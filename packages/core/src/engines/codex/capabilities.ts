import type { EngineCapabilities } from "../../contracts/capabilities.ts";

/** Codex-backend contract 3.1, 3.3 (R1, R5): the same routes as the engine `images`, behind a chat model. */
const reported = "measured by others: github.com/daandden/omp-tools, github.com/ShalomObongo/codex-imagegen-mcp";
const observed = "observed: Codex 0.169.0 against limn's emulator";

/** What the Codex program makes of a request. Nothing here was measured on the live service by limn itself. */
export const codexCapabilities: EngineCapabilities = {
  engine: "codex",
  title: "the installed, signed-in Codex program",
  operations: ["generate", "edit"],
  imagesPerCall: 1,
  maxInputImages: 5,
  explicitOnly: true,
  alsoSpends: "chat tokens of the plan's Codex window, a few thousand for each image",
  partials: false,
  models: [],
  takesHostModels: true,
  rows: [
    {
      property: "prompt",
      honoured: "reported",
      note: "a chat model passes it on; where it changed words, the result says so as revised prompt",
      date: "2026-11-21",
      source: observed,
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
      note: "a strong hint: transparent gives real alpha; the result is checked; needs Codex 0.160",
      date: "2026-11-21",
      source: observed,
    },
    {
      property: "n",
      honoured: "ignored",
      note: "one image a thread of Codex; limn makes several side by side, each with a process of its own",
      date: "2026-11-21",
      source: observed,
    },
    {
      property: "quality",
      honoured: "ignored",
      note: "Codex always sends auto, and nothing says which was used",
      date: "2026-11-21",
      source: observed,
    },
    { property: "size", honoured: "ignored", note: "Codex always sends auto", date: "2026-11-21", source: observed },
    {
      property: "model",
      honoured: "yes",
      note: "names the chat model that drives; the image model is Codex's own",
      date: "2026-11-21",
      source: observed,
    },
    {
      property: "format",
      honoured: "ignored",
      note: "always PNG; other types are made locally",
      date: "2026-10-08",
      source: reported,
    },
    { property: "mask", honoured: "ignored", note: "Codex's tool takes none", date: "2026-11-21", source: observed },
  ],
};
