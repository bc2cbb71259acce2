import { dirname, join } from "node:path";
import { LimnError, limnFolders } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { findServers, serveKeyFile } from "../loopback/index.ts";
import {
  applyPlans,
  checkOptions,
  chosenBaseURL,
  clientNamed,
  clients,
  diffOf,
  handedOnVariables,
  holdsBackProxy,
  isFromNpx,
  isInstalled,
  limnCommand,
  planSetup,
  planUndo,
  printedSettings,
  readTextFile,
  settingsFile,
  shellCommand,
  shellLines,
  skillFile,
  skillText,
  snippet,
} from "../setup/index.ts";
import type {
  Client,
  EntryParts,
  PlannedChange,
  PrintedSettings,
  Scope,
  ServePlace,
  SetupOptions,
  SetupTask,
} from "../setup/index.ts";
import { formatTable } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `limn setup [CLIENT]`: write limn into another program's configuration, after showing it. */
export async function setup(context: HostContext, name: string | undefined, options: SetupOptions): Promise<number> {
  if (name === undefined) return list(context, options);
  const settings = printedSettings.find(({ id }) => id === name);
  if (settings !== undefined) return printSettings(context, settings, options);
  const client = clientNamed(name);
  const scope: Scope = options.project === true ? "project" : "user";
  checkOptions(client, scope, options);
  if (options.print === true && options.images === true) return printImages(context, client, options);
  if (options.print === true) return print(context, client, scope, options);
  return change(context, client, scope, options);
}

function entryParts({ environment }: HostContext, client: Client, scope: Scope): EntryParts {
  const running = { node: process.execPath, script: process.argv[1] ?? "" };
  return {
    ...limnCommand(environment, running, client.seesPath, "mcp"),
    env: scope === "project" ? {} : handedOnVariables(environment),
  };
}

async function change(context: HostContext, client: Client, scope: Scope, options: SetupOptions): Promise<number> {
  const { environment, terminal } = context;
  const task: SetupTask = { environment, client, scope, options, parts: entryParts(context, client, scope) };
  const plans = options.undo === true ? planUndo(task) : planSetup(task);
  const changes = plans.map((plan) => plan());
  const due = changes.filter(({ action }) => action !== "none");
  for (const planned of changes) {
    if (planned.remark !== null) terminal.say(planned.remark);
    if (planned.action !== "none") show(terminal, planned);
  }
  if (due.length === 0) terminal.say(nothing(client, changes, options));
  const isAgreed = due.length > 0 && (await agree(client, options));
  if (isAgreed) {
    for (const planned of applyPlans(task, plans, changes)) terminal.say(`${done(planned)} ${planned.file.path}`);
    if (options.undo !== true) sayNext(task, terminal, due);
  } else if (due.length > 0) terminal.say("nothing was written");
  if (options.json === true) terminal.data(JSON.stringify(report(client, scope, changes, isAgreed)));
  return 0;
}

function show(terminal: Terminal, { kind, file, after, action, secrets }: PlannedChange): void {
  const link = file.path === file.target ? "" : ` (a link to ${file.target})`;
  const what = { create: "new file", delete: "file to delete", add: "", change: "", remove: "", none: "" }[action];
  terminal.say(terminal.style("bold", `${file.path}${link}${what === "" ? "" : ` · ${what}`}`));
  // Its heading says it all.
  if (kind === "skill" && action === "delete") return;
  for (const { sign, text } of diffOf(file.text ?? "", after ?? "", secrets)) {
    const line = sign === "@" ? `@@ ${text} @@` : `${sign}${text === "" ? "" : ` ${text}`}`;
    terminal.say(
      sign === "+"
        ? terminal.style("green", line)
        : sign === "-"
          ? terminal.style("red", line)
          : terminal.style("dim", line),
    );
  }
}

function nothing(client: Client, changes: readonly PlannedChange[], { undo, skill }: SetupOptions): string {
  const file = (changes.find(({ kind }) => kind === "entry") ?? changes[0])?.file.path ?? "its settings";
  return undo === true
    ? `${client.title} has nothing of limn's in ${file}; nothing has to change.`
    : `${client.title} is set up${skill === true ? ", with the skill" : ""}; nothing has to change in ${file}.`;
}

function done({ kind, action }: PlannedChange): string {
  const what = kind === "skill" ? "the skill" : "limn";
  switch (action) {
    case "remove":
    case "delete":
      return `removed ${what} from`;
    case "change":
      return `updated ${what} in`;
    default:
      return `wrote ${what} to`;
  }
}

async function agree(client: Client, options: SetupOptions): Promise<boolean> {
  if (options.yes === true) return true;
  if (process.stdin.isTTY !== true)
    throw new LimnError("invalid_option", {
      message: "The change above has to be agreed to, and there is no terminal to ask on. Nothing was written.",
      hint: `Agree to it: limn setup ${client.id} … --yes. Or paste the entry yourself: limn setup ${client.id} --print`,
    });
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and the end of the input close the lines without an answer.
  const closed = new Promise<string>((gone) => lines.once("close", () => gone("")));
  const answer = await Promise.race([lines.question("Write it? [y/N] "), closed]);
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

/** For what was changed. */
function nextSteps({ next, images }: Client, changes: readonly PlannedChange[]): readonly string[] {
  const isDue = (wanted: readonly PlannedChange["kind"][]): boolean =>
    changes.some(({ kind, action }) => action !== "none" && wanted.includes(kind));
  return [
    ...(isDue(["entry", "skill"]) ? [next] : []),
    ...(isDue(["images"]) && images !== undefined ? [images.next] : []),
  ];
}

function sayNext(
  { environment, client, scope, parts }: SetupTask,
  terminal: Terminal,
  changes: readonly PlannedChange[],
): void {
  for (const step of nextSteps(client, changes)) terminal.say(`${terminal.style("cyan", "→")} ${step}`);
  if (!changes.some(({ kind }) => kind === "entry")) return;
  if (isFromNpx(process.argv[1] ?? ""))
    terminal.say(
      "This limn was started by npx and may be fetched anew each time. Faster: npm install -g limn, and run this again.",
    );
  else if (scope === "project" && parts.command !== "limn" && client.id !== "pi")
    terminal.say(
      `The path ${dirname(parts.command)} is this machine's; whoever shares the project runs limn setup ${client.id} --project too.`,
    );
  if (holdsBackProxy(environment) && client.id !== "pi")
    terminal.say(
      "Your proxy's address holds a password, so it was not written there: set HTTPS_PROXY where the client is started, if it hands it on.",
    );
}

/** What to paste, on stdout: the entries, or with `--skill` the skill's text. A place that is not known is no hindrance. */
function print(context: HostContext, client: Client, scope: Scope, options: SetupOptions): number {
  const { environment, terminal } = context;
  const file =
    options.file === undefined && scope === "user"
      ? client.configFile(environment, scope)
      : settingsFile(environment, client, scope, options.file);
  const parts = entryParts(context, client, scope);
  const place = placeIn(client, file);
  const entry = client.entry(parts, place);
  const text = snippet(client, place, entry);
  const ownCommand = client.ownCommand?.(parts, scope) ?? null;
  const skill = options.skill === true ? { file: skillFile(client, environment, scope), text: skillText } : null;
  const images =
    client.images?.byDefault === true && scope === "user"
      ? imageSnippets(context, client, shownPlace(context, options))
      : [];
  if (options.json === true) {
    const printed = {
      schemaVersion: 1,
      client: client.id,
      scope,
      file,
      snippet: text,
      entry,
      ownCommand,
      skill,
      images,
    };
    terminal.data(JSON.stringify(printed));
  } else if (skill !== null) {
    terminal.say(`For ${skill.file ?? `a skill in ${client.title}`}:`);
    terminal.data(skill.text.trimEnd());
  } else {
    terminal.say(`For ${file ?? `${client.title}'s settings`}:`);
    terminal.data(text);
    if (ownCommand !== null) terminal.say(`Or, by its own program: ${ownCommand}`);
    if (images.length > 0) sayImages(context, images, options);
  }
  return 0;
}

/** The settings of the client's own image tool, to paste. */
function printImages(context: HostContext, client: Client, options: SetupOptions): number {
  const place = shownPlace(context, options);
  const files = imageSnippets(context, client, place);
  if (options.json === true) {
    const { terminal } = context;
    terminal.data(JSON.stringify({ schemaVersion: 1, client: client.id, baseURL: place.baseURL, files }));
    sayWhereKeyIs(context, options);
  } else sayImages(context, files, options);
  return 0;
}

interface FileSnippet {
  /** Its name alone where the folder is not known. */
  readonly file: string;
  readonly snippet: string;
}

function imageSnippets({ environment }: HostContext, { images }: Client, place: ServePlace): readonly FileSnippet[] {
  const folder = images?.folder(environment) ?? null;
  return (images?.entries ?? []).map((entry) => {
    const at = entry.place("");
    return {
      file: folder === null ? entry.fileName : join(folder, entry.fileName),
      snippet: snippet(entry, at, entry.entry(place, at)),
    };
  });
}

function sayImages(context: HostContext, files: readonly FileSnippet[], options: SetupOptions): void {
  const { terminal } = context;
  for (const { file, snippet: text } of files) {
    terminal.say(`For ${file}:`);
    terminal.data(text);
  }
  sayWhereKeyIs(context, options);
}

/** Settings that setup cannot write, on stdout. For OpenAI's libraries they are commands for the shell. */
function printSettings(context: HostContext, settings: PrintedSettings, options: SetupOptions): number {
  const { environment, terminal } = context;
  const stray = (["project", "skill", "images", "undo", "yes", "file"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (stray !== undefined)
    throw new LimnError("invalid_option", {
      message: `limn writes nothing for ${settings.title}, so --${stray} means nothing.`,
      hint: `See the settings: limn setup ${settings.id}`,
    });
  const place = shownPlace(context, options, runningAddress(context));
  const isForShell = settings.id === "openai" && options.showKey !== true;
  const lines = isForShell ? shellLines(environment.platform, place, showKeyCommand(context)) : settings.lines(place);
  if (options.json === true) {
    const { id } = settings;
    terminal.data(JSON.stringify({ schemaVersion: 1, client: id, baseURL: place.baseURL, snippet: lines.join("\n") }));
    return 0;
  }
  terminal.say(`For ${settings.where}:`);
  for (const line of lines) terminal.data(line);
  if (!isForShell) sayWhereKeyIs(context, options);
  terminal.say(`${terminal.style("cyan", "→")} Keep limn serve running. More: docs/clients/${settings.id}.md`);
  return 0;
}

/** With the key only where it was asked for. */
function shownPlace({ environment }: HostContext, options: SetupOptions, known?: string): ServePlace {
  const isShown = options.showKey === true;
  return {
    baseURL: chosenBaseURL(options, known),
    isNamed: true,
    key: isShown ? serveKeyFile(limnFolders(environment).config).ensure() : "<key>",
  };
}

/** Of the newest `limn serve` that runs, one that really draws before the sandbox's; undefined when none runs. */
function runningAddress({ environment }: HostContext): string | undefined {
  const servers = findServers(limnFolders(environment).config);
  return (servers.find(({ emulated }) => !emulated) ?? servers[0])?.url;
}

function showKeyCommand({ environment }: HostContext): string {
  const running = { node: process.execPath, script: process.argv[1] ?? "" };
  return shellCommand(limnCommand(environment, running, true, "serve", "--show-key"));
}

function sayWhereKeyIs(context: HostContext, options: SetupOptions): void {
  if (options.showKey !== true) context.terminal.say(`<key> is what this prints: ${showKeyCommand(context)}`);
}

/** Some clients know several shapes; a file that cannot be read says nothing about it. */
function placeIn(client: Client, file: string | null): ReturnType<Client["place"]> {
  try {
    return client.place(file === null ? "" : (readTextFile(file).text ?? ""));
  } catch {
    return client.place("");
  }
}

function report(client: Client, scope: Scope, changes: readonly PlannedChange[], isWritten: boolean): object {
  return {
    schemaVersion: 1,
    client: client.id,
    scope,
    changes: changes.map(({ kind, action, file, after, secrets }) => ({
      kind,
      action,
      file: file.path,
      written: isWritten && action !== "none",
      diff:
        action === "none"
          ? []
          : diffOf(file.text ?? "", after ?? "", secrets).map(({ sign, text }) => `${sign} ${text}`),
    })),
    next: isWritten ? nextSteps(client, changes).join(" ") : null,
  };
}

type State = "set up" | "out of date" | "not set up" | "unreadable" | "unknown";

/** All clients with what was found on this machine. */
function list(context: HostContext, options: SetupOptions): number {
  const { environment, terminal } = context;
  const given = (["undo", "print", "yes", "skill", "file", "images", "url", "showKey"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (given !== undefined)
    throw new LimnError("invalid_option", {
      message: `--${given === "showKey" ? "show-key" : given} needs the name of a client.`,
      hint: `Known clients: ${clients.map(({ id }) => id).join(", ")}`,
    });
  const scope: Scope = options.project === true ? "project" : "user";
  const found = clients.map((client) => {
    const file = client.configFile(environment, scope);
    return {
      client,
      file,
      isInstalled: isInstalled(client, environment),
      state: stateOf(context, client, scope, file),
    };
  });
  if (options.json === true) {
    const rows = found.map(({ client: { id, title }, file, isInstalled: installed, state }) => ({
      id,
      title,
      installed,
      state,
      file,
    }));
    terminal.data(JSON.stringify({ schemaVersion: 1, scope, clients: rows }));
    return 0;
  }
  for (const line of formatTable(
    found.map(({ client, file, isInstalled: installed, state }) => [
      client.id,
      installed ? "found" : "not found",
      state,
      file ?? "-",
    ]),
  ))
    terminal.data(line);
  const due = found.find(
    ({ isInstalled: installed, state }) => installed && (state === "not set up" || state === "out of date"),
  );
  terminal.say(`${terminal.style("cyan", "→")} limn setup ${due?.client.id ?? "CLIENT"}`);
  return 0;
}

function stateOf(context: HostContext, client: Client, scope: Scope, file: string | null): State {
  if (file === null) return "unknown";
  try {
    const task = {
      environment: context.environment,
      client,
      scope,
      options: {},
      parts: entryParts(context, client, scope),
    };
    const [tools, ...others] = planSetup(task).map((plan) => plan().action);
    if (tools === "create" || tools === "add") return "not set up";
    return tools === "none" && others.every((action) => action === "none") ? "set up" : "out of date";
  } catch {
    return "unreadable";
  }
}
