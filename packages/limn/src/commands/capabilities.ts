import type { HostContext } from "../host-context.ts";
import { formatTable } from "../terminal/format.ts";
import type { JsonOption } from "./account.ts";

/** `limn capabilities`: what each engine honours, since when that is known and from whom. */
export async function capabilities(context: HostContext, { json }: JsonOption): Promise<number> {
  const { terminal } = context;
  const engines = context.limn().capabilities;
  if (json === true) {
    terminal.data(JSON.stringify({ schemaVersion: 1, engines }));
    return 0;
  }
  for (const engine of engines) {
    terminal.data(`${engine.engine}: ${engine.title}`);
    for (const line of formatTable(
      engine.rows.map(({ property, honoured, note, date }) => [`  ${property}`, honoured, date, note]),
    ))
      terminal.data(line);
    terminal.data(`  source: ${[...new Set(engine.rows.map(({ source }) => source))].join("; ")}`);
  }
  return 0;
}

/** `limn models`: the names that --model takes. */
export async function models(context: HostContext, { json }: JsonOption): Promise<number> {
  const { terminal } = context;
  const rows = context.limn().capabilities.flatMap(({ engine, models: names }) => names.map((id) => ({ id, engine })));
  if (json === true) terminal.data(JSON.stringify({ schemaVersion: 1, models: rows }));
  else for (const line of formatTable(rows.map(({ id, engine }) => [id, `engine ${engine}`]))) terminal.data(line);
  return 0;
}
