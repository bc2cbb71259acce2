import { existsSync } from "node:fs";
import { LimnError, embeddedRecipe, isLimnError, recipeOfFile } from "@limn/core";
import type { Recipe } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { formatLocalTime, formatTable } from "../terminal/format.ts";
import { oneLine } from "../terminal/terminal.ts";
import type { JsonOption } from "./account.ts";

const longestCell = 8000;

/** `limn recipe FILE`: how a picture came to be, found by its bytes. */
export async function recipe(context: HostContext, file: string, { json }: JsonOption): Promise<number> {
  const { terminal } = context;
  const found = await findRecipe(context, file);
  if (json === true) {
    terminal.data(JSON.stringify(found));
    return 0;
  }
  const rows: string[][] = [
    ["found in", found.foundIn],
    ["id", `${found.id}, image ${found.index + 1}${found.emulated ? " (sandbox)" : ""}`],
    ["made", formatLocalTime(found.createdAt)],
    ["engine", `${found.engine}${found.model === undefined ? "" : `, ${found.model}`}`],
  ];
  if (found.prompt !== undefined) rows.push(["prompt", oneLine(found.prompt ?? "(not kept)", 2000)]);
  for (const name of ["asked", "sent", "got"] as const)
    if (found[name] !== undefined) rows.push([name, oneLine(JSON.stringify(found[name]), 2000)]);
  if (found.steps !== undefined)
    rows.push(["steps", found.steps.length === 0 ? "none: byte for byte the original" : found.steps.join(", ")]);
  if (Array.isArray(found.inputs) && found.inputs.length > 0)
    rows.push(["inputs", oneLine(JSON.stringify(found.inputs), 2000)]);
  if (found.parents !== undefined && found.parents.length > 0) rows.push(["parents", found.parents.join(", ")]);
  if (found.c2pa === true)
    rows.push([
      "provenance",
      found.steps === undefined || found.steps.length === 0
        ? "C2PA manifest present"
        : "C2PA manifest in the original; this file was finished here and has none",
    ]);
  // The picture may be anybody's.
  for (const line of formatTable(rows.map((row) => row.map((cell) => oneLine(cell, longestCell))))) terminal.data(line);
  return 0;
}

async function findRecipe(context: HostContext, file: string): Promise<Recipe> {
  if (!existsSync(file))
    throw new LimnError("input_not_found", {
      message: `There is no file ${file}.`,
      hint: "Check the path; pictures of the history: limn history",
    });
  try {
    return recipeOfFile(await context.limn().store.findByFile(file));
  } catch (error) {
    const embedded = isLimnError(error) && error.code === "artifact_not_found" ? embeddedRecipe(file) : null;
    if (embedded === null) throw error;
    return embedded;
  }
}
