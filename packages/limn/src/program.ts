import { version } from "@limn/core";
import type { EngineCapabilities, Fault, Honour } from "@limn/core";
import { Command } from "commander";
import { addEditOptions, addGenerateOptions } from "./generate-options.ts";
import type { RawGenerateOptions } from "./generate-options.ts";
import { examples } from "./help-text.ts";
import type { HostContext } from "./host-context.ts";
import { addLibraryCommands, libraryCommands } from "./library-commands.ts";
import { unknownOptionFaults } from "./usage-error.ts";

/** What a finished command says to its shell. */
type ExitStatus = Promise<number>;

/**
 * The command line as data for the framework. Actions load their code when they are called, so that no command pays for another.
 * `finish` gets the exit status of the command that ran. `first` is the first word of the command line: when that is `generate`,
 * the other commands are left out, since describing them takes longer than reading the line.
 */
export function createProgram(context: () => HostContext, finish: (status: number) => void, first?: string): Command {
  const program = new Command("limn")
    .description("Images from your terminal with the ChatGPT plan that you already have. No API key.")
    .version(version, "-V, --version")
    .helpCommand("help [command]", "help for a command")
    .addHelpText(
      "before",
      examples(
        'limn generate "a red fox in the snow" --sandbox',
        'limn "a lighthouse at dusk" --aspect 16:9 -o hero.png',
        "limn history fox",
      ),
    )
    .addHelpText("after", "\nAlso: limn PROMPT is the same as limn generate PROMPT.\n");
  const run = <P extends unknown[]>(
    action: (...parameters: P) => ExitStatus,
  ): ((...parameters: P) => Promise<void>) => {
    return async (...parameters) => finish(await action(...parameters));
  };

  addGenerateOptions(
    program.command("generate").argument("[prompt...]", "what to draw; - or nothing reads it from stdin"),
  )
    .description("make images from words")
    .addHelpText(
      "before",
      examples(
        'limn generate "a red fox in the snow" -o fox.png',
        'limn generate "app icon, a paper crane" --background transparent --aspect square',
        'limn generate "four moods of one harbour" -n 4 --json',
        'echo "a map of an island" | limn generate -o - > map.png',
      ),
    )
    .addHelpText("after", () => honoursText(context))
    .allowUnknownOption()
    .action(
      run(async (words: string[], options: RawGenerateOptions, command: Command) => {
        // What the framework did not understand is handed on among the words.
        const { generate } = await import("./commands/generate.ts");
        return generate(context(), "generate", ...understood(words, options, command, addGenerateOptions));
      }),
    );
  if (first === "generate") return program;
  if (first !== undefined && libraryCommands.has(first)) {
    addLibraryCommands(program, context, run);
    return program;
  }
  if (first === "mcp" || first === "serve" || first === "studio" || first === "internal-worker") {
    addAgentCommands(program, context, run);
    return program;
  }

  addEditOptions(program.command("edit").argument("[prompt...]", "what to change; - or nothing reads it from stdin"))
    .description("change images, or make one from several")
    .addHelpText(
      "before",
      examples(
        'limn edit "make it night" -i fox.png -o fox-night.png',
        'limn edit "add a red scarf" -i @last',
        'limn edit "put the logo of the second image on the mug" -i mug.jpg -i logo.png',
        'limn edit "a door instead of the window" -i house.png --mask window.png',
      ),
    )
    .addHelpText("after", () => honoursText(context))
    .allowUnknownOption()
    .action(
      run(async (words: string[], options: RawGenerateOptions, command: Command) => {
        const { generate } = await import("./commands/generate.ts");
        return generate(context(), "edit", ...understood(words, options, command, addEditOptions));
      }),
    );
  if (first === "edit") return program;

  addGenerateOptions(
    program
      .command("again")
      .argument("<id>", "id, its beginning or end, or @last")
      .argument("[prompt...]", "other words"),
  )
    .option("--vary", "a variation of what came, instead of the same request")
    .description("ask for a generation once more")
    .addHelpText(
      "before",
      examples("limn again @last", "limn again gen_01k… --vary -n 4", 'limn again @last "…, at night"'),
    )
    .action(
      run(async (id: string, words: string[], options: RawGenerateOptions & { readonly vary?: boolean }) =>
        (await import("./commands/again.ts")).again(context(), id, words, options),
      ),
    );
  program
    .command("login")
    .description("sign in with a login of limn's own, in the browser or with a code")
    .option("--device", "with a code, for machines without a browser")
    .option("--no-browser", "print the address only")
    .option("--renew <program>", "codex: let Codex renew its own login, which limn never does by itself")
    .option("--profile <name>", "one of several logins")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn login", "limn login --device", "limn login --profile work"))
    .action(run(async (options) => (await import("./commands/sign-in.ts")).login(context(), options)));
  program
    .command("logout")
    .description("delete limn's own login and end its session")
    .option("--keep-session", "do not tell the service")
    .option("--profile <name>", "one of several logins")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn logout", "limn logout --keep-session"))
    .action(run(async (options) => (await import("./commands/sign-in.ts")).logout(context(), options)));
  program
    .command("status")
    .description("who pays, until when, and what is left of the plan")
    .option("--profile <name>", "one of limn's own logins by name")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn status", "limn status --json"))
    .action(run(async (options) => (await import("./commands/account.ts")).status(context(), options)));
  addLibraryCommands(program, context, run);
  program
    .command("recipe")
    .argument("<file>", "a picture, wherever it was moved")
    .description("how a picture came to be, found by its bytes")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn recipe fox.png"))
    .action(
      run(async (file: string, options) => (await import("./commands/recipe.ts")).recipe(context(), file, options)),
    );
  program
    .command("capabilities")
    .description("what each engine honours, since when that is known and from whom")
    .option("--probe", "spend one image to measure on your own account what the images engine honours")
    .option("--yes", "spend it without being asked")
    .option("--profile <name>", "one of limn's own logins by name")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn capabilities", "limn capabilities --probe"))
    .action(run(async (options) => (await import("./commands/capabilities.ts")).capabilities(context(), options)));
  program
    .command("models")
    .description("the names that --model takes")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn models"))
    .action(run(async (options) => (await import("./commands/capabilities.ts")).models(context(), options)));
  program
    .command("doctor")
    .description("check login, network, engine and folders; spends nothing")
    .option("--report", "for an issue: without account names and your user name")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn doctor", "limn doctor --report"))
    .action(run(async (options) => (await import("./commands/doctor.ts")).doctor(context(), options)));
  program
    .command("setup")
    .argument(
      "[client]",
      "claude-code, codex, cursor, gemini, opencode, vscode, claude-desktop, pi, hermes, open-design; settings to copy: openai, open-webui, librechat, litellm, openclaw, n8n",
    )
    .description("let another program use limn: shows the change of its settings, asks, writes it")
    .option("--project", "for the working folder, in a file that is shared with it")
    .option("--skill", "with the skill that teaches when and how to make images")
    .option("--images", "point its own image tool at limn serve instead of adding limn's tools (hermes, open-design)")
    .option("--url <address>", "where limn serve is, for --images (default: http://127.0.0.1:4310)")
    .option("--show-key", "print the key of limn serve in the settings, too")
    .option("--undo", "remove what setup added")
    .option("--print", "print the entry to paste, or with --skill the skill; changes nothing")
    .option("--file <path>", "the client's settings, when they are elsewhere")
    .option("--yes", "write it without being asked")
    .option("--json", "one JSON object on stdout")
    .addHelpText(
      "before",
      examples(
        "limn setup",
        "limn setup claude-code --skill",
        "limn setup codex --print",
        "limn setup codex --undo",
        'eval "$(limn setup openai)"',
      ),
    )
    .action(
      run(async (client: string | undefined, options) =>
        (await import("./commands/setup.ts")).setup(context(), client, options),
      ),
    );
  addConfigCommand(program, context, run);
  addAgentCommands(program, context, run);
  program
    .command("emulator")
    .description("run the pretend service on a loopback port")
    .option("--port <n>", "0 lets the system choose (default: 4311)")
    .option("--scenario <name>", "misbehave in this way")
    .option("--honours <list>", "what the live service ignores: size, quality, count")
    .option("--seed <n>", "other pictures for the same prompts (default: 1)")
    .option("--scenarios", "list all scenarios")
    .option("--json", "print address and token as one JSON object")
    .addHelpText(
      "before",
      examples("limn emulator --port 0", "limn emulator --scenario usage-limit", "limn emulator --scenarios"),
    )
    .action(run(async (options) => (await import("./commands/emulator.ts")).emulator(context(), options)));
  return program;
}

type Run = <P extends unknown[]>(action: (...parameters: P) => ExitStatus) => (...parameters: P) => Promise<void>;

/** `internal-worker` is for limn's own servers; a word that nobody begins a prompt with. */
function addAgentCommands(program: Command, context: () => HostContext, run: Run): void {
  program
    .command("mcp")
    .description("MCP server for agents, on stdin and stdout")
    .option("--http", "streamable HTTP on 127.0.0.1, with a key of its own")
    .option("--port <n>", "with --http; 0 lets the system choose (default: 4312)")
    .option(
      "--handover <seconds>",
      "answer with the id after this time (default: 240, or 50 for clients not known to wait)",
    )
    .option("--sandbox", "draw with the built-in emulator: no login, nothing sent, nothing spent")
    .option("--json", "with --http: print address and key file as one JSON object")
    .addHelpText("before", examples("limn mcp", "limn mcp --sandbox", "limn mcp --http --port 0 --json"))
    .action(run(async (options) => (await import("./commands/mcp.ts")).mcp(context(), options)));
  program
    .command("serve")
    .description("OpenAI's images API on your plan, and the studio page, on a loopback port with a key of its own")
    .option("--port <n>", "0 lets the system choose (default: 4310)")
    .option("--host <address>", "let other machines in, with the key (default: 127.0.0.1)")
    .option("--show-key", "print the key that clients need, and end")
    .option("--rotate-key", "make a new key, also for a server that runs, and end")
    .option("--sandbox", "draw with the built-in emulator: no login, nothing sent, nothing spent")
    .option("--json", "print address and key file as one JSON object")
    .addHelpText("before", examples("limn serve", "limn serve --show-key", "limn serve --port 0 --json --sandbox"))
    .action(run(async (options) => (await import("./commands/serve.ts")).serve(context(), options)));
  program
    .command("studio")
    .description("open the studio of limn serve in your browser, or start one and open it")
    .option("--port <n>", "of the server; 0 lets the system choose (default: 4310)")
    .option("--print", "print a link that opens it once, and end")
    .option("--sandbox", "draw with the built-in emulator: no login, nothing sent, nothing spent")
    .addHelpText("before", examples("limn studio", "limn studio --print", "limn studio --sandbox"))
    .action(run(async (options) => (await import("./commands/studio.ts")).studio(context(), options)));
  program
    .command("internal-worker", { hidden: true })
    .argument("[folder]")
    .option("--preview <paths...>", "a small JPEG of these files on stdout")
    .description("make the generation of a job folder; started by limn's own servers")
    .addHelpText("before", examples("limn internal-worker FOLDER"))
    .action(
      run(async (folder: string | undefined, options) =>
        (await import("./commands/worker.ts")).worker(context(), folder, options),
      ),
    );
}

function addConfigCommand(program: Command, context: () => HostContext, run: Run): void {
  const config = program
    .command("config")
    .description("read and write settings")
    .addHelpText(
      "before",
      examples("limn config list", "limn config set aspect landscape", "limn config unset aspect"),
    );
  config
    .command("path")
    .description("where your settings are")
    .addHelpText("before", examples("limn config path"))
    .action(run(async () => (await import("./commands/config.ts")).configPath(context())));
  config
    .command("get")
    .argument("<name>")
    .description("print one setting")
    .addHelpText("before", examples("limn config get aspect"))
    .action(run(async (name: string) => (await import("./commands/config.ts")).configGet(context(), name)));
  config
    .command("set")
    .argument("<name>")
    .argument("<value>")
    .description("write one setting")
    .addHelpText("before", examples("limn config set aspect landscape", "limn config set output ~/Pictures"))
    .action(
      run(async (name: string, value: string) =>
        (await import("./commands/config.ts")).configSet(context(), name, value),
      ),
    );
  config
    .command("unset")
    .argument("<name>")
    .description("remove one setting")
    .addHelpText("before", examples("limn config unset aspect"))
    .action(run(async (name: string) => (await import("./commands/config.ts")).configSet(context(), name, null)));
  config
    .command("list")
    .description("all settings, their values and where they come from")
    .option("--json", "one JSON object on stdout")
    .addHelpText("before", examples("limn config list", "limn config list --json"))
    .action(run(async (options) => (await import("./commands/config.ts")).configList(context(), options)));
}

const honourWords: Readonly<Record<Honour, string>> = {
  yes: "honoured by the service",
  "by-words": "steered by words",
  reported: "only a wish",
  ignored: "ignored by the service",
  unknown: "not known",
};

/** What the default engine makes of options, from the capability table as it stands for this account. */
function honoursText(context: () => HostContext): string {
  let tables: readonly EngineCapabilities[];
  try {
    tables = context().limn().capabilities;
  } catch {
    // Help works beside a broken settings file, which every other command tells about.
    return "";
  }
  const [table] = tables;
  if (table === undefined) return "";
  const kinds = Object.keys(honourWords).flatMap((kind) => {
    const names = table.rows.filter(({ honoured }) => honoured === kind).map(({ property }) => property);
    return names.length === 0 || !isHonour(kind) ? [] : [`${names.join(", ")}: ${honourWords[kind]}`];
  });
  return `\nWhat the engine ${table.engine} makes of it, on your account:\n${kinds.map((line) => `  ${line}`).join("\n")}\nSize, format, transparency and masks that it does not honour are made here. More: limn capabilities\n`;
}

function isHonour(kind: string): kind is Honour {
  return Object.hasOwn(honourWords, kind);
}

type Describe = (command: Command) => Command;

/** Words, options and faults of a command line; what the framework did not understand is handed on among the words. */
function understood(
  words: readonly string[],
  options: RawGenerateOptions,
  command: Command,
  describe: Describe,
): [words: readonly string[], options: RawGenerateOptions, faults: readonly Fault[]] {
  if (!words.some((word) => word.startsWith("-") && word !== "-")) return [words, options, []];
  const described = describe(new Command(command.name()).exitOverride().configureOutput({ writeErr: () => undefined }));
  const faults = unknownOptionFaults(described, argumentsOf(command));
  if (faults.length === 0) return [words, options, faults];
  return [words.filter((word) => !word.startsWith("-") || /\s/.test(word)), options, faults];
}

/** What followed the command's name on the command line. */
function argumentsOf(command: Command): readonly string[] {
  let root = command;
  while (root.parent !== null) root = root.parent;
  const given = "rawArgs" in root && Array.isArray(root.rawArgs) ? root.rawArgs.map(String) : [];
  return given.slice(given.indexOf(command.name()) + 1);
}
