import { isObject, member, numberOf, parseJson } from "../../json/index.ts";

/** A chat model of the account that can host the image tool. */
export interface HostModel {
  readonly slug: string;
  /** Takes its instructions as a developer message (codex-backend contract 2.5, `use_responses_lite`). */
  readonly isLite: boolean;
}

/**
 * The models of the account's own list that can host the tool, the best first: shown ones that take images, by the list's own
 * priority. `*-codex-spark` models refuse the tool (contract 4.1).
 */
export function hostModels(list: string): HostModel[] {
  const models = member(parseJson(list), "models");
  if (!Array.isArray(models)) return [];
  return models
    .flatMap((model, place) => {
      const slug = member(model, "slug");
      if (!isObject(model) || typeof slug !== "string" || slug === "") return [];
      const modalities = model["input_modalities"];
      const takesImages = !Array.isArray(modalities) || modalities.includes("image");
      const isShown = model["visibility"] === undefined || model["visibility"] === "list";
      if (!takesImages || !isShown || slug.endsWith("-spark")) return [];
      return [
        { slug, isLite: model["use_responses_lite"] === true, priority: numberOf(model["priority"]) ?? 1000 + place },
      ];
    })
    .sort((left, right) => left.priority - right.priority)
    .map(({ slug, isLite }) => ({ slug, isLite }));
}
