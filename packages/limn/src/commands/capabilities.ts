import { LimnError } from "@limn/core";
import type { EngineCapabilities } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { watchInterruption } from "../interruption.ts";
import { formatTable } from "../terminal/format.ts";
import type { JsonOption } from "./account.ts";

interface CapabilityOptions extends JsonOption {
  readonly probe?: boolean;
  readonly yes?: boolean;
  readonly profile?: string;
}

/** `limn capabilities`: what each engine honours, since when that is known and from whom. */
export async function capabilities(context: HostContext, options: CapabilityOptions): Promise<number> {
  const { terminal } = context;
  if (options.probe === true) await probe(context, options);
  const engines = context.limn().capabilities;
  if (options.json === true) {
    terminal.data(JSON.stringify({ schemaVersion: 1, engines }));
    return 0;
  }
  for (const engine of engines) print(context, engine);
  return 0;
}

function print({ terminal }: HostContext, engine: EngineCapabilities): void {
  terminal.data(`${engine.engine}: ${engine.title}`);
  for (const line of formatTable(
    engine.rows.map(({ property, honoured, note, date, corrected }) => [
      `  ${property}`,
      `${honoured}${corrected === true ? "*" : ""}`,
      date,
      note,
    ]),
  ))
    terminal.data(line);
  if (engine.alsoSpends !== null) terminal.data(`  also spends ${engine.alsoSpends}`);
  if (engine.explicitOnly) terminal.data(`  only when it is named: --engine ${engine.engine}`);
  if (engine.rows.some(({ corrected }) => corrected === true))
    terminal.data("  * corrected by what came back on your own account");
  terminal.data(
    `  source: ${[...new Set(engine.rows.filter(({ corrected }) => corrected !== true).map(({ source }) => source))].join("; ")}`,
  );
}

/** One image of the plan, and only after a yes. */
async function probe(context: HostContext, options: CapabilityOptions): Promise<void> {
  const { terminal } = context;
  const cost = "This spends 1 image of your plan's image allowance, and nothing else.";
  if (options.yes !== true) {
    if (process.stdin.isTTY !== true)
      throw new LimnError("invalid_option", {
        message: `A measurement has to be agreed to. ${cost}`,
        hint: "Agree to it: limn capabilities --probe --yes",
      });
    terminal.say(
      `A picture is asked for with a size and a quality in the service's own fields; what comes back is the measurement. ${cost}`,
    );
    if (!(await agrees(terminal))) {
      terminal.say("nothing was sent");
      return;
    }
  }
  const interruption = watchInterruption();
  try {
    const limn = context.limn(options.profile === undefined ? {} : { profile: options.profile });
    const { result } = await limn.images.probe("images", { signal: interruption.signal });
    const { width, height, quality } = result.got;
    terminal.say(
      `asked 1280x800 at quality high, got ${width}x${height} at quality ${quality ?? "(not stated)"} · 1 image spent · ${result.id}`,
    );
  } finally {
    interruption.stop();
  }
}

async function agrees(terminal: HostContext["terminal"]): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question("Spend it? [y/N] ")).trim());
  } catch {
    terminal.say("");
    return false;
  } finally {
    lines.close();
  }
}

/** `limn models`: the names that --model takes. */
export async function models(context: HostContext, { json }: JsonOption): Promise<number> {
  const { terminal } = context;
  const rows = context.limn().capabilities.flatMap(({ engine, models: names }) => names.map((id) => ({ id, engine })));
  if (json === true) terminal.data(JSON.stringify({ schemaVersion: 1, models: rows }));
  else {
    for (const line of formatTable(rows.map(({ id, engine }) => [id, `engine ${engine}`]))) terminal.data(line);
    terminal.data("and any chat model of your account that takes images, as host: engine responses");
  }
  return 0;
}
