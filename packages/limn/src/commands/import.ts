import { resolve } from "node:path";
import { LimnError } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { Interrupted, watchInterruption } from "../interruption.ts";
import { oneLine } from "../terminal/terminal.ts";
import type { JsonOption } from "./account.ts";

/** How many reasons are shown; `--json` has all. */
const mostShown = 10;

interface ImportOptions extends JsonOption {
  readonly codex?: boolean;
}

/** `limn import [FILE|FOLDER…] [--codex]`: pictures that limn or Codex made elsewhere, into the history. */
export async function importPictures(
  context: HostContext,
  paths: readonly string[],
  options: ImportOptions,
): Promise<number> {
  const { terminal, environment } = context;
  const sources = [
    ...paths.map((path) => ({ kind: "path", path: resolve(environment.workingFolder, path) }) as const),
    ...(options.codex === true ? [{ kind: "codex" } as const] : []),
  ];
  if (sources.length === 0)
    throw new LimnError("invalid_option", {
      message: "There is nothing to import.",
      hint: "Name files or folders, or Codex's own pictures: limn import --codex",
    });
  const interruption = watchInterruption();
  const library = await context.library();
  try {
    const { imported, known, skipped } = await library.import(sources, interruption.signal);
    if (options.json === true) {
      terminal.data(JSON.stringify({ schemaVersion: 1, imported, known, skipped }));
      return 0;
    }
    for (const { id, file } of imported) terminal.data(`${id}  ${oneLine(file, 1000)}`);
    for (const { file, reason } of skipped.slice(0, mostShown))
      terminal.say(`${terminal.style("yellow", "note:")} ${oneLine(file, 1000)} was left out: ${reason}`);
    if (skipped.length > mostShown)
      terminal.say(`${skipped.length - mostShown} more were left out; all reasons: --json`);
    terminal.say(`imported ${imported.length}, known already ${known}, left out ${skipped.length}`);
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    terminal.say("interrupted; what was imported so far stays");
    return error.exitStatus;
  } finally {
    library.close();
    interruption.stop();
  }
}
