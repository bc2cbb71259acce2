import { dirname, join, resolve } from "node:path";
import { LimnError, limnFolders } from "@limn/core";
import type { Environment } from "@limn/core";
import { serveKeyFile } from "../loopback/index.ts";
import type { Client, EntryParts, Scope } from "./clients.ts";
import type { ImagePlugEntry, ServePlace } from "./image-plug.ts";
import { apply, planEntry, planSkill, planUndoEntry, planUndoSkill, skillFile } from "./plan.ts";
import type { PlannedChange } from "./plan.ts";
import { chosenBaseURL } from "./setup-options.ts";
import type { SetupOptions } from "./setup-options.ts";

/** One client, for one scope, as its user asked. */
export interface SetupTask {
  readonly environment: Environment;
  readonly client: Client;
  readonly scope: Scope;
  readonly options: SetupOptions;
  readonly parts: EntryParts;
}

/** Thinks a change through, of the files as they are then. */
export type PlanChange = () => PlannedChange;

/** Absolute. @throws unsupported_option, config_invalid */
export function settingsFile(
  environment: Environment,
  client: Client,
  scope: Scope,
  given: string | undefined,
): string {
  const file = given === undefined ? client.configFile(environment, scope) : resolve(environment.workingFolder, given);
  if (file !== null) return file;
  if (scope === "project")
    throw new LimnError("unsupported_option", {
      message: `${client.title} has no settings of a project's own.`,
      hint: `For all its work: limn setup ${client.id}`,
    });
  throw placeUnknown(client, "mcp-config.json");
}

function placeUnknown({ id, title }: Client, fileName: string): LimnError {
  return new LimnError("config_invalid", {
    message: `Where ${title} keeps its settings here is not known.`,
    hint: `Name its file: limn setup ${id} --file PATH${id === "open-design" ? ` (${fileName} in its data folder, or set OD_DATA_DIR)` : ""}`,
  });
}

/** What setup would change. @throws the codes of planning; unsupported_option for a skill where there is no place for one */
export function planSetup(task: SetupTask): readonly PlanChange[] {
  const { environment, client, scope, options, parts } = task;
  if (options.images === true) return planImages(task);
  const file = settingsFile(environment, client, scope, options.file);
  const tools: PlanChange = () => planEntry(environment, client, file, parts);
  const images = client.images?.byDefault === true && scope === "user" ? planImages(task) : [];
  if (options.skill !== true) return [tools, ...images];
  const path = skillFile(client, environment, scope);
  if (path === null)
    throw new LimnError("unsupported_option", {
      message: `${client.title} has no folder for skills that limn knows${scope === "project" ? " in a project" : ""}.`,
      hint: `Leave --skill away. The skill, to add it in the program itself: limn setup ${client.id} --print --skill`,
    });
  return [tools, ...images, () => planSkill(environment, path)];
}

function planImages(task: SetupTask): readonly PlanChange[] {
  const { environment, client, options } = task;
  const files = imageFiles(task);
  if (files.length === 0) throw placeUnknown(client, "media-config.json");
  return files.map(
    ({ entry, path }) =>
      () =>
        planEntry(environment, entry, path, servePlace(environment, options), "images"),
  );
}

/** All that setup ever added, or with `--images` only that. What came last goes first. */
export function planUndo(task: SetupTask): readonly PlanChange[] {
  const { environment, client, scope, options } = task;
  const images = (scope === "user" ? imageFiles(task) : []).toReversed().map(
    ({ entry, path }): PlanChange =>
      () =>
        planUndoEntry(environment, entry, path, "images"),
  );
  if (options.images === true && images.length > 0) return images;
  const hasOwnPlace = options.file !== undefined || client.configFile(environment, scope) !== null;
  const file = hasOwnPlace || images.length === 0 ? settingsFile(environment, client, scope, options.file) : null;
  const skill = skillFile(client, environment, scope);
  return [
    ...images,
    ...(file === null ? [] : [(): PlannedChange => planUndoEntry(environment, client, file)]),
    ...(skill === null ? [] : [(): PlannedChange => planUndoSkill(environment, skill)]),
  ];
}

/** The files of the client's own image tool; with `--images` `--file` names the first, else they are beside the one it names. */
function imageFiles({
  environment,
  client: { images },
  options: { file, images: isForImages = false },
}: SetupTask): readonly { readonly entry: ImagePlugEntry; readonly path: string }[] {
  if (images === undefined) return [];
  const given = file === undefined ? null : resolve(environment.workingFolder, file);
  const folder = given === null ? images.folder(environment) : dirname(given);
  if (folder === null) return [];
  return images.entries.map((entry, place) => ({
    entry,
    path: isForImages && place === 0 && given !== null ? given : join(folder, entry.fileName),
  }));
}

/** The key as it is, or one that stands for it: it is made when it is written. */
function servePlace(environment: Environment, options: SetupOptions): ServePlace {
  const key = serveKeyFile(limnFolders(environment).config).current();
  return { baseURL: chosenBaseURL(options), isNamed: options.url !== undefined, key: key === "" ? keyToCome : key };
}

const keyToCome = "the-key-that-is-made-when-this-is-written";

/**
 * Make the changes as they were shown. They are planned anew only where one rests on another: on a key that is made now, or on an entry
 * in the same file.
 */
export function applyPlans(
  { environment, scope, options }: SetupTask,
  plans: readonly PlanChange[],
  shown: readonly PlannedChange[],
): readonly PlannedChange[] {
  const keyFile = serveKeyFile(limnFolders(environment).config);
  const writesKey = options.undo !== true && shown.some(({ kind, action }) => kind === "images" && action !== "none");
  const isKeyNew = writesKey && keyFile.current() === "";
  if (isKeyNew) keyFile.ensure();
  const touched = new Set<string>();
  return shown.flatMap((planned, place) => {
    const { kind, file } = planned;
    const isStale = touched.has(file.target) || (isKeyNew && kind === "images");
    const current = isStale ? (plans[place]?.() ?? planned) : planned;
    if (current.action === "none") return [];
    apply(environment, current, scope);
    touched.add(file.target);
    return [current];
  });
}
