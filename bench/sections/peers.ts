import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Bench, Section } from "../bench.ts";
import { Workplace, fileCheck, floorImages, limnImage } from "../contestants.ts";
import type { Job } from "../contestants.ts";
import { compare } from "../measure/compare.ts";
import type { Contestant } from "../measure/compare.ts";
import { rowsOf } from "../measure/row.ts";
import type { Row } from "../measure/row.ts";

const modules = resolve(import.meta.dirname, "../peers/node_modules");

interface Peer {
  readonly name: string;
  /** A file of the package that is run or imported. */
  readonly file: string;
  readonly contestant: (bench: Bench, job: Job, file: string) => Contestant;
}

const peers: readonly Peer[] = [
  { name: "god-tibo-imagen", file: "god-tibo-imagen/src/cli/generate.js", contestant: godTiboImagen },
  { name: "openai client", file: "openai/index.mjs", contestant: openaiClient },
];

/** Others at the same job, where they are installed. Without targets. */
export const peersSection: Section = {
  name: "peers",
  measure: async (bench) => {
    const installed = peers.filter(({ file }) => existsSync(join(modules, file)));
    const notes = peers
      .filter((peer) => !installed.includes(peer))
      .map(({ name }) => `${name} is not installed: npm ci --prefix bench/peers --ignore-scripts`);
    const rows: Row[] = [];
    for (const megabytes of installed.length > 0 ? [2, 25] : []) {
      const job = { megabytes };
      const [floor = [], ...others] = await compare(
        [
          floorImages(bench, job, 1),
          limnImage(bench, job),
          ...installed.map(({ contestant, file }) => contestant(bench, job, join(modules, file))),
        ],
        bench.runs ?? 7,
        bench.programs.reportUsage,
      );
      for (const [index, name] of ["limn", ...installed.map((peer) => peer.name)].entries()) {
        const targets = { wallMs: null, cpuMs: null, peakMiB: null };
        rows.push(...rowsOf(`${name}, ${megabytes} MB`, others[index] ?? [], floor, targets));
      }
    }
    return { rows, notes };
  },
};

/** Its command line, which takes an address and a login file. It asks the Responses route, so it gets the picture as an event stream. */
function godTiboImagen(bench: Bench, job: Job, file: string): Contestant {
  return peerContestant(bench, job, (folder) => {
    const codexHome = join(folder, "codex");
    mkdirSync(codexHome);
    const tokens = { access_token: "bench", account_id: "bench" };
    writeFileSync(join(codexHome, "auth.json"), JSON.stringify({ auth_mode: "chatgpt", tokens }));
    const output = ["--prompt", "a red fox in the snow", "--output", join(folder, "image-1.png")];
    return [file, "--base-url", bench.baseURL(job.megabytes), "--codex-home", codexHome, ...output];
  });
}

/** The client of the public API, driven by a small program, since it is a library. */
function openaiClient(bench: Bench, job: Job, file: string): Contestant {
  return peerContestant(bench, job, (folder) => [
    bench.programs.openaiImage,
    file,
    bench.baseURL(job.megabytes),
    join(folder, "image-1.png"),
  ]);
}

function peerContestant(bench: Bench, job: Job, parametersOf: (folder: string) => readonly string[]): Contestant {
  const place = new Workplace(bench);
  const checkFile = fileCheck(job);
  return {
    command: () => {
      const variables = place.open();
      return { arguments: parametersOf(place.folder), variables };
    },
    check: () => {
      checkFile(join(place.folder, "image-1.png"));
      place.close();
    },
  };
}
