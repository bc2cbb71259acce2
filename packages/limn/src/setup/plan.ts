import { join } from "node:path";
import { LimnError } from "@limn/core";
import type { Environment } from "@limn/core";
import type { Client, Scope } from "./clients.ts";
import { ConfigFault, isObject, sameValue } from "./config-format.ts";
import type { ConfigFormat, ConfigTarget, EntryPlace, Json } from "./config-format.ts";
import { deleteReceipt, readReceipt, sha256, writeReceipt } from "./receipt.ts";
import type { ChangeKind, Receipt } from "./receipt.ts";
import { skillText } from "./skill-text.ts";
import { spliceBetween, undoMovedSplice, undoSplice } from "./splice.ts";
import { deleteTextFile, missingFolders, readTextFile, writeTextFile } from "./text-file.ts";
import type { TextFile } from "./text-file.ts";

export type Action = "create" | "add" | "change" | "remove" | "delete" | "none";

/** A change of one file that was thought through and not made yet. */
export interface PlannedChange {
  readonly kind: ChangeKind;
  readonly action: Action;
  readonly file: TextFile;
  /** What the file is to hold; null when it is to go, or stays away. */
  readonly after: string | null;
  /** To be kept for `--undo`; null when there is none any more. */
  readonly receipt: Receipt | null;
  /** What else is to be told. */
  readonly remark: string | null;
  /** Texts of the file before or after that nobody may see. When there are some, the file is to be its owner's alone. */
  readonly secrets: readonly string[];
}

const skillName = "limn-images";

export function skillFile(client: Client, environment: Environment, scope: Scope): string | null {
  const folder = client.skills(environment, scope);
  return folder === null ? null : join(folder, skillName, "SKILL.md");
}

/**
 * The entry in the program's config file at `path`.
 * @throws config_invalid when the file cannot be read, is not valid, or cannot be edited without touching something else
 */
export function planEntry<Parts>(
  environment: Environment,
  target: ConfigTarget<Parts>,
  path: string,
  parts: Parts,
  kind: Exclude<ChangeKind, "skill"> = "entry",
): PlannedChange {
  const file = readTextFile(path);
  const { format } = target;
  return told(target, path, () => {
    const text = file.text ?? "";
    const place = target.place(text);
    const existing = format.read(text, place);
    const noted = existing === undefined ? null : readReceipt(environment, file.target, kind);
    const taken = existing === undefined || noted !== null ? null : (target.isTaken?.(existing, parts) ?? null);
    if (taken !== null) return unchanged(kind, file, taken);
    const settled = existing === undefined || noted === null ? parts : (target.adopt?.(existing, parts) ?? parts);
    const wanted = target.entry(settled, place);
    refuseOtherKind(target, path, existing, wanted);
    const entry = existing === undefined ? wanted : merged(existing, wanted, target.limits ?? []);
    if (existing !== undefined && sameValue(existing, entry)) return unchanged(kind, file);
    const edited = format.put(text, place, entry);
    const isRight = sameValue(format.read(edited.text, target.place(edited.text)), entry);
    if (!isRight || format.rest(text, place) !== format.rest(edited.text, place)) throw new ConfigFault(notAlone);
    const undone = noted === null ? null : undoneText(text, noted, format, place);
    const base = undone === null ? file.text : undone.text;
    const kept = undone === null ? null : noted;
    const previous = kept === null ? existing : kept.previous;
    const secrets = secretsIn(target, existing, entry);
    const splice = spliceBetween(base ?? "", edited.text);
    return {
      kind,
      action: file.text === null ? "create" : existing === undefined ? "add" : "change",
      file,
      after: edited.text,
      remark: secrets.length > 0 ? remarkOnRights(file) : null,
      secrets,
      receipt: {
        file: file.target,
        existed: kept === null ? file.text !== null : kept.existed,
        afterSha256: sha256(edited.text),
        // Its length undoes it while the file is as it was written; the key itself is not kept a second time.
        splice: { ...splice, inserted: blackened(splice.inserted, secrets) },
        madeParents: kept === null ? edited.madeParents : kept.madeParents,
        madeFolders: kept === null ? missingFolders(file.target) : kept.madeFolders,
        ...(previous === undefined ? {} : { previous }),
      },
    };
  });
}

function secretsIn<Parts>(
  target: Pick<ConfigTarget<Parts>, "secrets">,
  ...entries: readonly (Json | undefined)[]
): readonly string[] {
  const found = entries.flatMap((entry) => (entry === undefined ? [] : (target.secrets?.(entry) ?? [])));
  return [...new Set(found)].filter((secret) => secret !== "");
}

function blackened(text: string, secrets: readonly string[]): string {
  let result = text;
  for (const secret of secrets) result = result.replaceAll(secret, "*".repeat(secret.length));
  return result;
}

function remarkOnRights({ path, owner }: TextFile): string | null {
  const isOpen = process.platform !== "win32" && owner !== null && (owner.mode & 0o077) !== 0;
  return isOpen ? `${path} will hold a key, so it becomes readable for its owner only.` : null;
}

const notAlone = "its form does not let limn change its own entry alone";

/** What setup added goes; what it replaced comes back. */
export function planUndoEntry<Parts>(
  environment: Environment,
  target: ConfigTarget<Parts>,
  path: string,
  kind: Exclude<ChangeKind, "skill"> = "entry",
): PlannedChange {
  const file = readTextFile(path);
  const { text } = file;
  if (text === null) return unchanged(kind, file);
  const { format } = target;
  return told(target, path, () => {
    const place = target.place(text);
    const existing = format.read(text, place);
    if (existing === undefined) return unchanged(kind, file);
    const receipt = readReceipt(environment, file.target, kind);
    // Unlike an entry with limn's name, this one may be the user's own.
    if (receipt === null && kind === "images") return unchanged(kind, file);
    const undone = receipt === null ? null : undoneText(text, receipt, format, place);
    const after = undone === null ? format.remove(text, place, 0) : undone.text;
    if (after !== null && format.rest(after, place) !== format.rest(text, place)) throw new ConfigFault(notAlone);
    return {
      kind,
      action: after === null ? "delete" : "remove",
      file,
      after,
      receipt: null,
      secrets: secretsIn(target, existing, receipt?.previous),
      remark: receipt === null ? "limn has no note of having added this entry; it is removed all the same." : null,
    };
  });
}

/** The text as it would be without setup; null when what is noted does not fit the text. */
function undoneText(
  text: string,
  receipt: Receipt,
  format: ConfigFormat,
  place: EntryPlace,
): { readonly text: string | null } | null {
  if (sha256(text) === receipt.afterSha256) return { text: receipt.existed ? undoSplice(text, receipt.splice) : null };
  // Something else was changed since: our stretch may still be there as it was, and otherwise the entry is taken out by its place.
  const fits = (candidate: string): boolean => {
    try {
      return (
        sameValue(format.read(candidate, place), receipt.previous) &&
        format.rest(candidate, place) === format.rest(text, place)
      );
    } catch {
      return false;
    }
  };
  const moved = undoMovedSplice(text, receipt.splice);
  let result = moved !== null && fits(moved) ? moved : null;
  try {
    result ??=
      receipt.previous === undefined
        ? format.remove(text, place, receipt.madeParents)
        : format.put(text, place, receipt.previous).text;
  } catch (error) {
    if (error instanceof ConfigFault) return null;
    throw error;
  }
  if (!fits(result)) return null;
  return { text: !receipt.existed && format.isEmpty(result) ? null : result };
}

/** The skill in the client's folder for skills. */
export function planSkill(environment: Environment, path: string): PlannedChange {
  const file = readTextFile(path);
  if (file.text === skillText) return unchanged("skill", file);
  const earlier = readReceipt(environment, file.target, "skill");
  const isOurs = earlier !== null && file.text !== null && sha256(file.text) === earlier.afterSha256;
  const base = isOurs ? (earlier.existed ? undoSplice(file.text ?? "", earlier.splice) : null) : file.text;
  return {
    kind: "skill",
    action: file.text === null ? "create" : "change",
    file,
    after: skillText,
    remark: null,
    secrets: [],
    receipt: {
      file: file.target,
      existed: base !== null,
      afterSha256: sha256(skillText),
      splice: spliceBetween(base ?? "", skillText),
      madeParents: 0,
      madeFolders: isOurs ? earlier.madeFolders : missingFolders(file.target),
    },
  };
}

/** A skill that its user wrote on stays. */
export function planUndoSkill(environment: Environment, path: string): PlannedChange {
  const file = readTextFile(path);
  const { text } = file;
  if (text === null) return unchanged("skill", file);
  const receipt = readReceipt(environment, file.target, "skill");
  const isOurs = receipt !== null && sha256(text) === receipt.afterSha256;
  if (!isOurs && text !== skillText)
    return unchanged("skill", file, receipt === null ? null : `The skill ${path} was changed since, so it stays.`);
  const after = isOurs && receipt.existed ? undoSplice(text, receipt.splice) : null;
  return {
    kind: "skill",
    action: after === null ? "delete" : "remove",
    file,
    after,
    receipt: null,
    remark: null,
    secrets: [],
  };
}

/** Make the change. The note for `--undo` is written first, so that no change is ever without one. */
export function apply(environment: Environment, change: PlannedChange, scope: Scope): void {
  const { kind, action, after, receipt } = change;
  if (action === "none") return;
  const file = change.secrets.length > 0 ? forOwnerOnly(change.file) : change.file;
  const noted = readReceipt(environment, file.target, kind);
  if (receipt !== null) writeReceipt(environment, receipt, kind);
  try {
    if (after === null) deleteTextFile(file, noted?.madeFolders ?? []);
    else writeTextFile(file, after, scope === "project" ? { newMode: 0o644 } : {});
  } catch (error) {
    if (receipt !== null && noted === null) deleteReceipt(environment, file.target, kind);
    else if (receipt !== null && noted !== null) writeReceipt(environment, noted, kind);
    throw error;
  }
  if (receipt === null) deleteReceipt(environment, file.target, kind);
}

function forOwnerOnly(file: TextFile): TextFile {
  return file.owner === null ? file : { ...file, owner: { ...file.owner, mode: file.owner.mode & ~0o077 } };
}

function unchanged(kind: ChangeKind, file: TextFile, remark: string | null = null): PlannedChange {
  return { kind, action: "none", file, after: file.text, receipt: null, remark, secrets: [] };
}

/** limn's values over the user's, but never a lower limit than theirs, and nothing of theirs lost. */
function merged(existing: Json, wanted: Json, limits: readonly string[]): Json {
  // An element of a list was recognised in the form that the user gave it.
  if (!isObject(wanted)) return existing;
  if (!isObject(existing)) return wanted;
  const result: Record<string, Json> = { ...existing };
  for (const [name, value] of Object.entries(wanted)) {
    const present = existing[name];
    if (limits.includes(name)) result[name] = atLeast(present, value);
    else result[name] = isObject(present) && isObject(value) ? { ...present, ...value } : value;
  }
  return result;
}

function atLeast(present: Json | undefined, value: Json): Json {
  if (typeof present === "number" && typeof value === "number") return Math.max(present, value);
  if (!isObject(present) || !isObject(value)) return value;
  return {
    ...present,
    ...Object.fromEntries(Object.entries(value).map(([name, least]) => [name, atLeast(present[name], least)])),
  };
}

/** An entry that reaches limn over HTTP, or a server of another kind with limn's name, is somebody's decision. */
function refuseOtherKind(
  client: Pick<Client, "id" | "title">,
  path: string,
  existing: Json | undefined,
  wanted: Json,
): void {
  if (!isObject(existing) || !isObject(wanted)) return;
  const address = ["url", "httpUrl", "serverUrl"].find((name) => Object.hasOwn(existing, name));
  if (address === undefined) return;
  throw new LimnError("config_invalid", {
    message: `${client.title} already has a server "limn" in ${path} that is reached by its address (${address}), so it is left alone.`,
    hint: `Remove that entry, or keep it. The entry that would be written: limn setup ${client.id} --print`,
  });
}

/** A fault of the text, told with the file and the line. */
function told<T>(client: Pick<Client, "id" | "title" | "format">, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const place = error.line === null ? path : `${path}:${error.line}:${error.column ?? 1}`;
    const what =
      error.line === null
        ? `cannot be edited: ${error.message}`
        : `is not valid ${client.format.title}: ${error.message}`;
    throw new LimnError("config_invalid", {
      message: `${client.title}'s file ${place} ${what}. Nothing was written.`,
      hint: `Correct it and run this again, or paste the entry yourself: limn setup ${client.id} --print`,
      cause: error,
    });
  }
}
