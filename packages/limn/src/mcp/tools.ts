import type { EngineCapabilities } from "@limn/core";
import type { Tool } from "@modelcontextprotocol/server";
import { inputSchema, schemas } from "./arguments.ts";
import type { ToolName } from "./arguments.ts";

const titles: Readonly<Record<ToolName, string>> = {
  generate_image: "Make an image",
  edit_image: "Change an image",
  get_generation: "Collect an image",
  list_generations: "List images",
  image_status: "Image allowance",
};

/** Always in the same order; what the engine honours comes from its table. */
export function listTools(capabilities: readonly EngineCapabilities[]): Tool[] {
  const honoured = describeHonoured(capabilities.find(({ explicitOnly }) => !explicitOnly) ?? null);
  const paid = "Each picture spends the user's ChatGPT plan, takes 15 to 60 seconds and is saved before the answer.";
  const descriptions: Readonly<Record<ToolName, string>> = {
    generate_image: `Make a picture from words with the user's ChatGPT plan, with references where wanted. ${paid} ${honoured} The answer has absolute paths and a small preview.`,
    edit_image: `Change a picture, or make one from several: name them in images (paths or ids), or use last. ${paid} ${honoured}`,
    get_generation: "Collect a generation by its id: its picture when it is done, or how far it is. Costs nothing.",
    list_generations: "Earlier generations, newest first. Costs nothing.",
    image_status:
      "Who pays, what is left of the plan and when it resets. Costs nothing. No need to call it before making a picture.",
  };
  return names.map((name) => ({
    name,
    title: titles[name],
    description: descriptions[name],
    inputSchema: inputSchema(name),
    annotations: annotationsOf(name),
  }));
}

const names: readonly ToolName[] = [
  "generate_image",
  "edit_image",
  "get_generation",
  "list_generations",
  "image_status",
] satisfies readonly (keyof typeof schemas)[];

/**
 * One service that the user has signed in to is no open world; with that hint set, Codex asks before each picture, and refuses where nobody
 * can be asked (0.169.0, `codex exec`).
 */
function annotationsOf(name: ToolName): NonNullable<Tool["annotations"]> {
  const isPaid = name === "generate_image" || name === "edit_image";
  return {
    title: titles[name],
    readOnlyHint: !isPaid,
    ...(isPaid ? { destructiveHint: false, idempotentHint: false } : {}),
    openWorldHint: false,
  };
}

/** Made here when the service does not do it. */
const local: ReadonlySet<string> = new Set(["size", "format"]);

function describeHonoured(engine: EngineCapabilities | null): string {
  if (engine === null) return "";
  const rows = engine.rows.filter(({ property }) => property in schemas.edit_image.shape);
  const named = (honoured: readonly string[], isLocal: boolean): string =>
    rows
      .filter((row) => honoured.includes(row.honoured) && local.has(row.property) === isLocal)
      .map(({ property }) => property)
      .join(", ");
  const here = rows
    .filter((row) => local.has(row.property) && row.honoured !== "yes")
    .map(({ property }) => property)
    .join(", ");
  const parts = [
    [named(["yes"], false), "is honoured by the service"],
    [named(["by-words"], false), "is steered by words"],
    [here, "is made here, exactly"],
    [named(["reported", "ignored"], false).replace(/\bn, |, n\b|^n$/, ""), "is only a wish"],
  ].flatMap(([list = "", words = ""]) =>
    list === "" ? [] : [`${list} ${list.includes(", ") ? words.replace(/^is/, "are") : words}`],
  );
  return parts.length === 0 ? "" : `Here ${parts.join("; ")}.`;
}
