import type { Command } from "commander";
import type { HistoryOptions } from "./commands/history-query.ts";
import { examples } from "./help-text.ts";
import { addHistoryCommand } from "./history-command.ts";
import type { HostContext } from "./host-context.ts";

type Run = <P extends unknown[]>(action: (...parameters: P) => Promise<number>) => (...parameters: P) => Promise<void>;

/** First words of command lines that need none of the other commands' descriptions. */
export const libraryCommands: ReadonlySet<string> = new Set([
  "history",
  "show",
  "open",
  "mark",
  "trash",
  "restore",
  "prune",
  "import",
]);

/** What works on pictures that are there. */
export function addLibraryCommands(program: Command, context: () => HostContext, run: Run): void {
  addHistoryCommand(
    program,
    run(async (words: readonly string[], options: HistoryOptions) =>
      (await import("./commands/history.ts")).history(context(), words, options),
    ),
  );
  program
    .command("show")
    .argument("<id>", "id, its beginning or end, or @last (of this folder)")
    .description("all that is known about one generation")
    .option("--sandbox", "@last may be a sandbox picture")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn show @last", "limn show gen_01k… --json"))
    .action(run(async (id: string, options) => (await import("./commands/show.ts")).show(context(), id, options)));
  program
    .command("open")
    .argument("<id>", "id, its beginning or end, or @last")
    .description("open a picture in the system's viewer")
    .option("--sandbox", "@last may be a sandbox picture")
    .addHelpText("before", examples("limn open @last"))
    .action(run(async (id: string, options) => (await import("./commands/open.ts")).open(context(), id, options)));
  program
    .command("mark")
    .argument("<id...>", "ids, their beginnings or ends, or @last")
    .description("note something about generations: favourite, tags, kit, alt texts")
    .option("--favourite", "keep it in reach; prune never takes it")
    .option("--no-favourite", "it is none any more")
    .option("--tag <name>", "add a tag; repeatable", gather)
    .option("--untag <name>", "take a tag away; repeatable", gather)
    .option("--kit <name>", "it belongs to this set of pictures")
    .option("--no-kit", "it belongs to none")
    .option("--alt <text>", 'what the picture shows; 2=TEXT for the second; "" removes it; repeatable', gather)
    .option("--sandbox", "@last may be a sandbox picture")
    .option("--json", "one JSON object on stdout")
    .addHelpText(
      "before",
      examples(
        "limn mark @last --favourite --tag portrait",
        "limn mark gen_01k… gen_01m… --kit icons",
        'limn mark @last --alt "a red fox asleep in the snow"',
      ),
    )
    .action(run(async (ids: string[], options) => (await import("./commands/mark.ts")).mark(context(), ids, options)));
  program
    .command("trash")
    .argument("<id...>", "ids, their beginnings or ends, or @last")
    .description("throw generations away; limn restore gets them back")
    .option("--sandbox", "@last may be a sandbox picture")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn trash @last", "limn history --trash", "limn restore gen_01k…"))
    .action(
      run(async (ids: string[], options) => (await import("./commands/trash.ts")).trash(context(), ids, options)),
    );
  program
    .command("restore")
    .argument("<id...>", "ids in the trash, their beginnings or ends, or @last (the newest thrown away)")
    .description("get generations back from the trash")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn restore @last", "limn history --trash", "limn restore gen_01k…"))
    .action(
      run(async (ids: string[], options) => (await import("./commands/trash.ts")).restore(context(), ids, options)),
    );
  program
    .command("prune")
    .description("remove generations for good, by rules that must all hold; shows them and asks. Favourites stay")
    .option("--older <age>", "made longer ago than 90d, 12h, 8w, 1y")
    .option("--larger <size>", "whose files have at least 20MB, 1.5GB")
    .option("--keep <n>", "beside the newest so many; the trash and the sandbox are counted by themselves")
    .option("--trash", "only what is in the trash")
    .option("--sandbox", "only pictures of the sandbox")
    .option("--dry-run", "only show what would go")
    .option("--yes", "remove it without being asked")
    .option("--json", "one JSON object on stdout")
    .addHelpText(
      "before",
      examples("limn prune --older 90d --dry-run", "limn prune --trash", "limn prune --keep 500 --larger 20MB --yes"),
    )
    .action(run(async (options) => (await import("./commands/prune.ts")).prune(context(), options)));
  program
    .command("import")
    .argument("[path...]", "PNG files with a recipe of limn's, or folders with such")
    .description("bring pictures into the history that limn or Codex made elsewhere; they stay where they are")
    .option("--codex", "all that Codex's own image tool has kept")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn import --codex", "limn import ~/Pictures/fox.png ~/old-pictures"))
    .action(
      run(async (paths: string[], options) =>
        (await import("./commands/import.ts")).importPictures(context(), paths, options),
      ),
    );
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
