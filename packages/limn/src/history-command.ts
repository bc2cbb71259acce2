import type { Command } from "commander";
import type { HistoryOptions } from "./commands/history-query.ts";
import { examples } from "./help-text.ts";

export function addHistoryCommand(
  program: Command,
  action: (words: readonly string[], options: HistoryOptions) => Promise<void>,
): void {
  program
    .command("history")
    .argument("[text...]", "only generations with these words in prompt, revised prompt, tags, kit or alt text")
    .description("what was made, newest first")
    .option("--since <when>", "made since: an age such as 7d, 12h, 2w, 1y, or a date such as 2026-11-01")
    .option("--until <when>", "made before: the same")
    .option("--engine <id>", "made by images, responses or codex")
    .option("--model <id>", "made by this model")
    .option("--size <WxH>", "with a picture of these pixels")
    .option("--parent <id>", "made from this one's pictures")
    .option("--status <status>", "done, partial, failed, running, unknown or cancelled")
    .option("--folder [path]", "asked for from this folder or below it (default: the current folder)")
    .option("--kit <name>", "of this kit")
    .option("--tag <name>", "with this tag")
    .option("--favourites", "favourites only")
    .option("--operation <name>", "generate or edit")
    .option("--trash", "what was thrown away instead")
    .option("--sandbox", "with the sandbox's pictures")
    .option("--limit <n>", "how many, 1..1000 (default: 20)")
    .option("--cursor <cursor>", "go on where the page before ended")
    .option("--rebuild", "make the index anew from the files first")
    .option("--json", "one JSON object on stdout")
    .addHelpText(
      "before",
      examples(
        "limn history",
        "limn history fox snow --since 7d",
        "limn history --folder --kit icons --json",
        "limn history --rebuild",
      ),
    )
    .action(async (words: readonly string[], options: HistoryOptions) => action(words, options));
}
