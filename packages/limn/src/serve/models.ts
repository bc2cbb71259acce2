/** The ids that work, the one that every client knows first. */
export const modelIds: readonly string[] = ["gpt-image-2", "gpt-image-2-low", "gpt-image-2-medium", "gpt-image-2-high"];

/** Ids of the family, retired ones and other names of the same among them; what draws is what the plan has. */
export const modelPattern = "^(?:openai/)?(?:gpt-image-|chatgpt-image|dall-?e)";
const family = new RegExp(modelPattern);

export interface WantedModel {
  readonly quality: "low" | "medium" | "high" | null;
  /** What was not honoured about it. */
  readonly warning: string | null;
}

/** Null for an id that is of no image model. */
export function readModel(given: string): WantedModel | null {
  const named = given.trim().toLowerCase();
  if (!family.test(named)) return null;
  const id = named.replace(/^openai\//, "");
  const tier = /^gpt-image-2(?:-(low|medium|high))?$/.exec(id);
  if (tier !== null) return { quality: qualityOf(tier[1]), warning: null };
  return {
    quality: null,
    warning: `the model ${id.replaceAll(/[^\w.-]/g, "").slice(0, 60)} is not on the plan: gpt-image-2 was asked`,
  };
}

function qualityOf(tier: string | undefined): WantedModel["quality"] {
  return tier === "low" || tier === "medium" || tier === "high" ? tier : null;
}

/** Of no real day: the ids are names, and clients only want a number. */
const created = 1_761_955_200;

export function modelEntry(id: string): Readonly<Record<string, unknown>> {
  return { id, object: "model", created, owned_by: "limn" };
}
