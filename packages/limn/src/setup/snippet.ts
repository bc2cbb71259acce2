import { isObject } from "./config-format.ts";
import type { ConfigFormat, EntryPlace, Json } from "./config-format.ts";
import { envFormat, renderAssignment } from "./env-format.ts";
import { renderJson } from "./json-format.ts";
import { renderToml } from "./toml-format.ts";
import { yamlFormat, renderYaml } from "./yaml-format.ts";

/** The entry as it is to be pasted, with what is above it. */
export function snippet({ format }: { readonly format: ConfigFormat }, place: EntryPlace, entry: Json): string {
  if (format === envFormat) return renderAssignment(place, entry);
  if (place.kind === "member" && isObject(entry) && format.title === "TOML") return renderToml(place, entry);
  if (format === yamlFormat) return renderYaml(place, entry);
  let value: Json = place.kind === "element" ? [entry] : { [place.name]: entry };
  for (const name of place.path.toReversed()) value = { [name]: value };
  return isObject(value) ? renderJson(value) : JSON.stringify(value);
}
