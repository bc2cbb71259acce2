import { dirname, resolve } from "node:path";
import { LimnError } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import {
  apply,
  clientNamed,
  clients,
  diffOf,
  handedOnVariables,
  holdsBackProxy,
  isFromNpx,
  isInstalled,
  limnCommand,
  planEntry,
  planSkill,
  planUndoEntry,
  planUndoSkill,
  readTextFile,
  skillFile,
  skillText,
  snippet,
} from "../setup/index.ts";
import type { Client, EntryParts, PlannedChange, Scope } from "../setup/index.ts";
import { formatTable } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { JsonOption } from "./account.ts";

export interface SetupOptions extends JsonOption {
  readonly project?: boolean;
  readonly file?: string;
  readonly skill?: boolean;
  readonly undo?: boolean;
  readonly print?: boolean;
  readonly yes?: boolean;
}

/** `limn setup [CLIENT]`: write limn into another program's configuration, after showing it. */
export async function setup(context: HostContext, name: string | undefined, options: SetupOptions): Promise<number> {
  if (name === undefined) return list(context, options);
  if (options.print === true && options.undo === true)
    throw new LimnError("invalid_option", {
      message: "--print and --undo exclude each other.",
      hint: "See: limn setup --help",
    });
  const client = clientNamed(name);
  const scope: Scope = options.project === true ? "project" : "user";
  if (options.print === true) return print(context, client, scope, options);
  return change(context, client, scope, configFile(context, client, scope, options.file), options);
}

/** Absolute. */
function configFile({ environment }: HostContext, client: Client, scope: Scope, given: string | undefined): string {
  const file = given === undefined ? client.configFile(environment, scope) : resolve(environment.workingFolder, given);
  if (file !== null) return file;
  if (scope === "project")
    throw new LimnError("unsupported_option", {
      message: `${client.title} has no settings of a project's own.`,
      hint: `For all its work: limn setup ${client.id}`,
    });
  throw new LimnError("config_invalid", {
    message: `Where ${client.title} keeps its settings here is not known.`,
    hint: `Name its file: limn setup ${client.id} --file PATH${client.id === "open-design" ? " (mcp-config.json in its data folder, or set OD_DATA_DIR)" : ""}`,
  });
}

function entryParts({ environment }: HostContext, client: Client, scope: Scope): EntryParts {
  const running = { node: process.execPath, script: process.argv[1] ?? "" };
  return {
    ...limnCommand(environment, running, client.seesPath, "mcp"),
    env: scope === "project" ? {} : handedOnVariables(environment),
  };
}

async function change(
  context: HostContext,
  client: Client,
  scope: Scope,
  file: string,
  options: SetupOptions,
): Promise<number> {
  const { environment, terminal } = context;
  const parts = entryParts(context, client, scope);
  const changes =
    options.undo === true
      ? undoChanges(context, client, scope, file)
      : doChanges(context, client, scope, file, options, parts);
  const due = changes.filter(({ action }) => action !== "none");
  for (const planned of changes) {
    if (planned.remark !== null) terminal.say(planned.remark);
    if (planned.action !== "none") show(terminal, planned);
  }
  if (due.length === 0) terminal.say(nothing(client, file, options));
  const isAgreed = due.length > 0 && (await agree(client, options));
  if (isAgreed) {
    for (const planned of due) apply(environment, planned, scope);
    for (const planned of due) terminal.say(`${done(planned)} ${planned.file.path}`);
    if (options.undo !== true) sayNext(context, client, scope, parts);
  } else if (due.length > 0) terminal.say("nothing was written");
  if (options.json === true) terminal.data(JSON.stringify(report(client, scope, changes, isAgreed)));
  return 0;
}

function doChanges(
  context: HostContext,
  client: Client,
  scope: Scope,
  file: string,
  { skill }: SetupOptions,
  parts: EntryParts,
): readonly PlannedChange[] {
  const { environment } = context;
  const entry = planEntry(environment, client, file, parts);
  if (skill !== true) return [entry];
  const path = skillFile(client, environment, scope);
  if (path === null)
    throw new LimnError("unsupported_option", {
      message: `${client.title} has no folder for skills that limn knows${scope === "project" ? " in a project" : ""}.`,
      hint: `Leave --skill away. The skill, to add it in the program itself: limn setup ${client.id} --print --skill`,
    });
  return [entry, planSkill(environment, path)];
}

function undoChanges(
  { environment }: HostContext,
  client: Client,
  scope: Scope,
  file: string,
): readonly PlannedChange[] {
  const path = skillFile(client, environment, scope);
  const entry = planUndoEntry(environment, client, file);
  return path === null ? [entry] : [entry, planUndoSkill(environment, path)];
}

function show(terminal: Terminal, { kind, file, after, action }: PlannedChange): void {
  const link = file.path === file.target ? "" : ` (a link to ${file.target})`;
  const what = { create: "new file", delete: "file to delete", add: "", change: "", remove: "", none: "" }[action];
  terminal.say(terminal.style("bold", `${file.path}${link}${what === "" ? "" : ` · ${what}`}`));
  // Its heading says it all.
  if (kind === "skill" && action === "delete") return;
  for (const { sign, text } of diffOf(file.text ?? "", after ?? "")) {
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

function nothing(client: Client, file: string, { undo, skill }: SetupOptions): string {
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

function sayNext({ environment, terminal }: HostContext, client: Client, scope: Scope, parts: EntryParts): void {
  terminal.say(`${terminal.style("cyan", "→")} ${client.next}`);
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

/** What to paste, on stdout: the entry, or with `--skill` the skill's text. A place that is not known is no hindrance. */
function print(context: HostContext, client: Client, scope: Scope, options: SetupOptions): number {
  const { environment, terminal } = context;
  const file =
    options.file === undefined && scope === "user"
      ? client.configFile(environment, scope)
      : configFile(context, client, scope, options.file);
  const parts = entryParts(context, client, scope);
  const place = placeIn(client, file);
  const entry = client.entry(parts, place);
  const text = snippet(client, place, entry);
  const ownCommand = client.ownCommand?.(parts, scope) ?? null;
  const skill = options.skill === true ? { file: skillFile(client, environment, scope), text: skillText } : null;
  if (options.json === true) {
    const printed = { schemaVersion: 1, client: client.id, scope, file, snippet: text, entry, ownCommand, skill };
    terminal.data(JSON.stringify(printed));
  } else if (skill !== null) {
    terminal.say(`For ${skill.file ?? `a skill in ${client.title}`}:`);
    terminal.data(skill.text.trimEnd());
  } else {
    terminal.say(`For ${file ?? `${client.title}'s settings`}:`);
    terminal.data(text);
    if (ownCommand !== null) terminal.say(`Or, by its own program: ${ownCommand}`);
  }
  return 0;
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
    changes: changes.map(({ kind, action, file, after }) => ({
      kind,
      action,
      file: file.path,
      written: isWritten && action !== "none",
      diff: action === "none" ? [] : diffOf(file.text ?? "", after ?? "").map(({ sign, text }) => `${sign} ${text}`),
    })),
    next: isWritten ? client.next : null,
  };
}

type State = "set up" | "out of date" | "not set up" | "unreadable" | "unknown";

/** All clients with what was found on this machine. */
function list(context: HostContext, options: SetupOptions): number {
  const { environment, terminal } = context;
  const given = (["undo", "print", "yes", "skill", "file"] as const).find((name) => options[name] !== undefined);
  if (given !== undefined)
    throw new LimnError("invalid_option", {
      message: `--${given} needs the name of a client.`,
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
    const { action } = planEntry(context.environment, client, file, entryParts(context, client, scope));
    return action === "none" ? "set up" : action === "change" ? "out of date" : "not set up";
  } catch {
    return "unreadable";
  }
}
