import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./bench.ts";
import type { Contestant } from "./measure/compare.ts";
import { bytesPerMegabyte, createPicture } from "./server/picture.ts";

/** Which answers are asked for. */
export interface Job {
  readonly megabytes: number;
  /** As in server/answers.ts. @default 0 */
  readonly sliceBytes?: number;
}

/** A picture as an event stream. */
export interface StreamJob extends Job {
  /** Previews that come, each as large as the picture. @default 0 */
  readonly previews?: number;
  /** Whether they are asked for; otherwise they are passed over. @default false */
  readonly wantsPreviews?: boolean;
}

/** A folder for each run, and the variables that keep a program away from every real login and record. */
export class Workplace {
  readonly #parent: string;
  #folder = "";

  constructor(bench: Bench) {
    this.#parent = bench.temporary;
  }

  get folder(): string {
    return this.#folder;
  }

  /** Begins a run. */
  open(): Record<string, string> {
    this.#folder = mkdtempSync(join(this.#parent, "run-"));
    mkdirSync(join(this.#folder, "home"));
    return {
      HOME: join(this.#folder, "home"),
      LIMN_HOME: join(this.#folder, "limn"),
      CODEX_HOME: join(this.#folder, "codex"),
      LIMN_ACCESS_TOKEN: "bench",
    };
  }

  /** Ends a run. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** `limn generate` for one picture, from the command line to the delivered file. */
export function limnImage(bench: Bench, job: Job): Contestant {
  const place = new Workplace(bench);
  const checkFile = fileCheck(job);
  return {
    command: () => {
      const variables = { ...place.open(), LIMN_BASE_URL: bench.baseURL(job.megabytes, job.sliceBytes) };
      const output = join(place.folder, "image-1.png");
      return { arguments: [bench.limn, "generate", "a red fox in the snow", "-o", output], variables };
    },
    check: () => {
      checkFile(join(place.folder, "image-1.png"));
      place.close();
    },
  };
}

/** The streaming decoder with nothing around it. */
export function floorImages(bench: Bench, job: Job, count: number): Contestant {
  const place = new Workplace(bench);
  const checkFile = fileCheck(job);
  return {
    command: () => {
      const variables = place.open();
      const { streamImages } = bench.programs;
      const baseURL = bench.baseURL(job.megabytes, job.sliceBytes);
      return { arguments: [streamImages, baseURL, place.folder, String(count)], variables };
    },
    check: (output) => {
      checkFile(join(place.folder, `image-${count}.png`));
      checkHashes(output, job, count);
      place.close();
    },
  };
}

/** `limn generate --engine responses`. */
export function limnStream(bench: Bench, job: StreamJob): Contestant {
  const place = new Workplace(bench);
  const checkFile = fileCheck(job);
  return {
    command: () => {
      const baseURL = bench.baseURL(job.megabytes, job.sliceBytes, job.previews);
      const variables = { ...place.open(), LIMN_BASE_URL: baseURL };
      const partials = job.wantsPreviews === true ? ["--partials", String(job.previews ?? 0)] : [];
      const output = ["-o", join(place.folder, "image-1.png")];
      const words = ["generate", "a red fox in the snow", "--engine", "responses"];
      return { arguments: [bench.limn, ...words, ...partials, ...output], variables };
    },
    check: () => {
      checkFile(join(place.folder, "image-1.png"));
      place.close();
    },
  };
}

/** The streaming decoder for that route. */
export function floorStream(bench: Bench, job: StreamJob): Contestant {
  const place = new Workplace(bench);
  const checkFile = fileCheck(job);
  return {
    command: () => {
      const variables = place.open();
      const baseURL = bench.baseURL(job.megabytes, job.sliceBytes, job.previews);
      const previews = job.wantsPreviews === true ? (job.previews ?? 0) : 0;
      return { arguments: [bench.programs.streamEvents, baseURL, place.folder, String(previews)], variables };
    },
    check: (output) => {
      checkFile(join(place.folder, "image-1.png"));
      checkHashes(output, job, 1);
      place.close();
    },
  };
}

/** `limn edit` with these files. */
export function limnEdit(bench: Bench, job: Job, files: readonly string[]): Contestant {
  const place = new Workplace(bench);
  const checkFile = fileCheck(job);
  return {
    command: () => {
      const variables = { ...place.open(), LIMN_BASE_URL: bench.baseURL(job.megabytes, job.sliceBytes) };
      const inputs = files.flatMap((file) => ["-i", file]);
      const output = ["-o", join(place.folder, "image-1.png")];
      return { arguments: [bench.limn, "edit", "make it night", ...inputs, ...output], variables };
    },
    check: () => {
      checkFile(join(place.folder, "image-1.png"));
      place.close();
    },
  };
}

/** The same request and answer with nothing around them. */
export function floorEdit(bench: Bench, job: Job, files: readonly string[], hashed: boolean): Contestant {
  const place = new Workplace(bench);
  const checkFile = fileCheck(job);
  return {
    command: () => {
      const variables = place.open();
      const baseURL = bench.baseURL(job.megabytes, job.sliceBytes);
      const parameters = [bench.programs.editImage, baseURL, place.folder, hashed ? "yes" : "no", ...files];
      return { arguments: parameters, variables };
    },
    check: (output) => {
      checkFile(join(place.folder, "image-1.png"));
      checkHashes(output, job, 1);
      place.close();
    },
  };
}

/** The built library in one process, all pictures at once, with its real store. */
export function limnManyImages(bench: Bench, job: Job, count: number): Contestant {
  const place = new Workplace(bench);
  return {
    command: () => {
      const variables = { ...place.open(), LIMN_BASE_URL: bench.baseURL(job.megabytes, job.sliceBytes) };
      return { arguments: [bench.programs.limnManyImages, bench.core, String(count)], variables };
    },
    check: (output) => {
      checkHashes(output, job, count);
      place.close();
    },
  };
}

/** The content is compared once, the size every time: reading each file would keep the machine busy between the runs. */
export function fileCheck({ megabytes }: Job): (path: string) => void {
  let isCompared = false;
  return (path) => {
    const { size } = statSync(path);
    if (size !== megabytes * bytesPerMegabyte) throw new Error(`${path} has ${size} bytes`);
    if (!isCompared && createHash("sha256").update(readFileSync(path)).digest("hex") !== expectedHash(megabytes))
      throw new Error(`${path} is not the picture that was sent`);
    isCompared = true;
  };
}

function checkHashes(output: string, { megabytes }: Job, count: number): void {
  const hashes = output.trim().split("\n");
  if (hashes.length !== count || hashes.some((hash) => hash !== expectedHash(megabytes)))
    throw new Error(`${count} pictures were expected, and this came: ${output}`);
}

const hashes = new Map<number, string>();

function expectedHash(megabytes: number): string {
  const known = hashes.get(megabytes);
  if (known !== undefined) return known;
  const hash = createHash("sha256")
    .update(createPicture(megabytes * bytesPerMegabyte))
    .digest("hex");
  hashes.set(megabytes, hash);
  return hash;
}
