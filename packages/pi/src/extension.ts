import { registerCommands, registerPictureMessage } from "./commands.ts";
import type { ExtensionParts } from "./parts.ts";
import type { ExtensionApi } from "./pi-api.ts";
import { aliasName } from "./recent-pictures.ts";
import { aliasTool, limnTool } from "./tools.ts";

/** Registers everything; opens nothing and asks nobody: Pi loads extensions also where no session starts (P9). */
export function createExtension(pi: ExtensionApi, parts: ExtensionParts): void {
  pi.registerTool(limnTool(parts));
  registerCommands(pi, parts);
  registerPictureMessage(pi, parts);
  pi.on("session_start", () => {
    // Two tools of one name that are registered while Pi loads keep it from starting; here the name's owner is known (P11).
    if (!pi.getAllTools().some(({ name }) => name === aliasName)) pi.registerTool(aliasTool(parts));
  });
}
