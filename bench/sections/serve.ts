import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Bench, Section } from "../bench.ts";
import { Workplace } from "../contestants.ts";
import { median } from "../measure/compare.ts";
import type { Row } from "../measure/row.ts";
import { runProcess } from "../measure/run-process.ts";
import { ServerProcess } from "../measure/server-process.ts";
import { bytesPerMegabyte } from "../server/picture.ts";

const megabytes = 2;
const base64Characters = Math.ceil((megabytes * bytesPerMegabyte) / 3) * 4;
const atOnce = [1, 16, 64];
/** A server is measured when its code has been compiled, as it is after a day. */
const warmUpRequests = 300;
const requests = 128;
const targets = { cpu: 1.25, time: 1.25, peakMiB: 3, growthMiB: 80 };

/** What one load cost a server. */
interface Load {
  /** Of one picture. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** The most memory meanwhile. */
  readonly peakMiB: number;
}

/**
 * `limn serve` with clients that ask for pictures of 2 MB without a pause, against two floors in its place: one that saves as limn does, and
 * one that only passes the answer on. Linux only, since what a running process costs is read from /proc.
 */
export const serve: Section = {
  name: "serve",
  measure: async (bench) => {
    if (process.platform !== "linux") return { rows: [], notes: ["serve is measured on Linux only."] };
    const place = new Workplace(bench);
    // As from a real service, no two pictures are the same: a record of one that is there already is replaced, which costs more.
    const baseURL = `${bench.baseURL(megabytes)}/distinct`;
    const variables = { ...place.open(), LIMN_BASE_URL: baseURL };
    const servers = [
      await startLimn(bench, variables),
      await startFloor(bench, "saving", place, baseURL),
      await startFloor(bench, "passing", place, baseURL),
    ];
    const [warm] = await inTurn(servers, async (server) => measureLoad(bench, server, 2, warmUpRequests));
    const turns = bench.runs ?? 5;
    const rows: Row[] = [];
    const notes: string[] = [];
    for (const clients of atOnce) {
      const loads = servers.map((): Load[] => []);
      for (let turn = 0; turn < turns; turn += 1)
        for (const [index, server] of servers.entries())
          loads[index]?.push(await measureLoad(bench, server, clients, requests));
      const [limn = [], saving = [], passing = []] = loads;
      const name = `${clients} ${clients === 1 ? "client" : "clients"}`;
      rows.push(
        compared(`${name}, a picture's CPU`, limn, saving, "cpuMs", targets.cpu),
        // At least 0.8 of the throughput is at most 1.25 of the time.
        compared(`${name}, a picture's time`, limn, saving, "wallMs", targets.time),
      );
      if (clients > 1 && warm !== undefined) rows.push(memoryOf(name, limn, warm, clients));
      const proxy = compared("", limn, passing, "cpuMs", null);
      notes.push(
        `${name}: ${proxy.ratio.toFixed(2)}x the CPU of a proxy that saves nothing (${proxy.measured.toFixed(1)} against ${proxy.floor.toFixed(1)} ms)`,
      );
    }
    for (const kind of ["declared", "unknown"] as const) rows.push(await upload(bench, servers[0], kind));
    for (const server of servers) await server.stop();
    checkSaved(join(place.folder, "saving"), warmUpRequests + atOnce.length * turns * requests);
    place.close();
    return { rows, notes };
  },
};

async function inTurn<T, Result>(all: readonly T[], work: (one: T) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const one of all) results.push(await work(one));
  return results;
}

async function startLimn(bench: Bench, variables: Readonly<Record<string, string>>): Promise<ServerProcess> {
  return ServerProcess.start([bench.limn, "serve", "--port", "0", "--json"], variables, "signal");
}

async function startFloor(
  bench: Bench,
  kind: "saving" | "passing",
  place: Workplace,
  baseURL: string,
): Promise<ServerProcess> {
  const pictures = join(place.folder, kind);
  mkdirSync(pictures);
  return ServerProcess.start([bench.programs.serveImages, kind, baseURL, pictures], {}, "stdin");
}

async function measureLoad(bench: Bench, server: ServerProcess, clients: number, count: number): Promise<Load> {
  server.forgetPeak();
  const before = server.cpuMs();
  const parameters = [server.url, server.key, clients, count, base64Characters].map(String);
  const command = { arguments: [bench.programs.askServer, ...parameters] };
  const { output } = await runProcess(command, bench.programs.reportUsage);
  return {
    cpuMs: (server.cpuMs() - before) / count,
    wallMs: Number(output) / count,
    peakMiB: server.peakMiB(),
  };
}

/** The floor has done its work. */
function checkSaved(folder: string, count: number): void {
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  if (sizes.length !== count || sizes.some((size) => size !== megabytes * bytesPerMegabyte))
    throw new Error(`the floor saved ${sizes.length} pictures of ${count}, or not whole`);
}

/** What clients at once add to a server that has worked for two, which has its code, and its garbage between two collections, already. */
function memoryOf(name: string, loads: readonly Load[], warm: Load, clients: number): Row {
  const measured = (median(loads.map(({ peakMiB }) => peakMiB)) - warm.peakMiB) / clients;
  return {
    name: `${name}, peak memory of each (against its limit)`,
    unit: "MiB",
    measured,
    floor: targets.peakMiB,
    ratio: measured / targets.peakMiB,
    target: 1,
  };
}

/** Four pictures of 30 MB, each over the limit of 25 MiB, all over that of a body: what it costs limn to say so. */
async function upload(bench: Bench, server: ServerProcess | undefined, kind: "declared" | "unknown"): Promise<Row> {
  if (server === undefined) throw new TypeError("no server");
  server.forgetPeak();
  const before = server.peakMiB();
  const { output } = await runProcess(
    { arguments: [bench.programs.uploadLarge, server.url, server.key, kind] },
    bench.programs.reportUsage,
  );
  if (output.trim() !== "413") throw new Error(`an upload of 120 MB was answered with ${output}`);
  const growth = server.peakMiB() - before;
  return {
    name: `413 for 4 x 30 MB of ${kind} length, growth (against its limit)`,
    unit: "MiB",
    measured: growth,
    floor: targets.growthMiB,
    ratio: growth / targets.growthMiB,
    target: 1,
  };
}

function compared(
  name: string,
  measured: readonly Load[],
  floor: readonly Load[],
  field: "cpuMs" | "wallMs",
  target: number | null,
): Row {
  return {
    name,
    unit: "ms",
    measured: median(measured.map((load) => load[field])),
    floor: median(floor.map((load) => load[field])),
    ratio: median(measured.map((load, turn) => load[field] / (floor[turn]?.[field] ?? Number.NaN))),
    target,
  };
}
