import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where the built page is: beside the built program, or seen from this source file. */
export function pageFolder(): string {
  const here = import.meta.dirname;
  const built = join(here, "studio");
  return [built, join(here, "../../dist/studio")].find((folder) => existsSync(join(folder, "index.html"))) ?? built;
}
