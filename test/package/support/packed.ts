import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../../..");

export const packages = {
  "@limn/core": join(root, "packages/core"),
  "@limn/emulator": join(root, "packages/emulator"),
  limn: join(root, "packages/limn"),
} as const;

export type PackageName = keyof typeof packages;

/** What of a `package.json` the tests read. */
export interface PackageFile {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export function packageFile(folder: string): PackageFile {
  const {
    version,
    dependencies = {},
    devDependencies = {},
  }: Partial<PackageFile> = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (version === undefined) throw new TypeError(`no version in ${folder}/package.json`);
  return { version, dependencies, devDependencies };
}

export interface Packed {
  /** Paths in the tarball, without `package/`, sorted. */
  readonly files: readonly string[];
  /** Where it is unpacked. */
  readonly folder: string;
}

/** A project of somebody else: packed packages in its node_modules, their dependencies linked, nothing more. */
export class CleanProject {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "limn-package-")));

  /** Pack as it would be published and unpack it where `npm install` would. */
  install(name: PackageName): Packed {
    const tarballs = join(this.folder, ".tarballs");
    mkdirSync(tarballs, { recursive: true });
    const answer: unknown = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", tarballs], {
        cwd: packages[name],
        encoding: "utf8",
        env: { PATH: process.env.PATH, HOME: this.folder, npm_config_update_notifier: "false" },
        stdio: ["ignore", "pipe", "ignore"],
      }),
    );
    const tarball = join(tarballs, tarballName(answer));
    const folder = join(this.folder, "node_modules", name);
    mkdirSync(dirname(folder), { recursive: true });
    execFileSync("tar", ["-xzf", tarball, "-C", tarballs]);
    renameSync(join(tarballs, "package"), folder);
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map((path) => path.replace(/^package\//, ""))
      .sort();
    for (const dependency of Object.keys(packageFile(folder).dependencies)) this.#link(dependency, packages[name]);
    return { files, folder };
  }

  /** What a module of the project prints. */
  run(code: string): string {
    return execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: this.folder, encoding: "utf8" });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #link(dependency: string, from: string): void {
    const target = [join(from, "node_modules", dependency), join(root, "node_modules", dependency)].find(existsSync);
    if (target === undefined) throw new Error(`${dependency} is not installed`);
    const place = join(this.folder, "node_modules", dependency);
    mkdirSync(dirname(place), { recursive: true });
    if (!existsSync(place)) symlinkSync(target, place, "junction");
  }
}

/** npm answers with a list; newer ones with an object by package name. */
function tarballName(answer: unknown): string {
  const entries: unknown[] = typeof answer === "object" && answer !== null ? Object.values(answer) : [];
  const [entry] = entries;
  if (typeof entry === "object" && entry !== null && "filename" in entry && typeof entry.filename === "string")
    return entry.filename.replace("@", "").replace("/", "-");
  throw new TypeError("npm pack did not name its tarball");
}
