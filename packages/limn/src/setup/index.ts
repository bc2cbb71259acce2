export { clientNamed, clients, isInstalled } from "./clients.ts";
export type { Client, EntryParts, Scope } from "./clients.ts";
export { diffOf } from "./diff.ts";
export { handedOnVariables, holdsBackProxy, isFromNpx, limnCommand } from "./limn-command.ts";
export { apply, planEntry, planSkill, planUndoEntry, planUndoSkill, skillFile } from "./plan.ts";
export type { PlannedChange } from "./plan.ts";
export { snippet } from "./snippet.ts";
export { readTextFile } from "./text-file.ts";
export { skillText } from "./skill-text.ts";
