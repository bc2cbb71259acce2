import { codexHome, limnFolders, readEnvironment } from "./config/index.ts";
import type { Environment } from "./config/index.ts";
import type { Library } from "./contracts/library.ts";
import { version } from "./version.ts";

/**
 * The history alone, without settings, logins and engines: for programs that only look at it. Its code is loaded when it is asked for; the
 * caller closes it.
 * @throws config_invalid without a home folder
 */
export async function openLibrary(environment: Environment = readEnvironment()): Promise<Library> {
  const { data } = limnFolders(environment);
  const { FileLibrary } = await import("./library/index.ts");
  return new FileLibrary({ data, codexHome: codexHome(environment), clock: Date.now, version });
}
