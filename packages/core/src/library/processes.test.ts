import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";

const script = join(import.meta.dirname, "../../../../test/support/change-library.ts");
const run = promisify(execFile);

const parametersOf = (history: HistoryFolder, name: string, times: number, ids: readonly string[]): string[] => [
  "--conditions=source",
  script,
  history.data,
  name,
  String(times),
  ...ids,
];

test("processes that write, mark and look at once, from no index on, lose nothing of each other", async () => {
  const history = new HistoryFolder(temporaryFolder());
  const shared = [history.write(), history.write()];
  const names = ["w", "x", "y", "z"];
  const times = 8;
  const outputs = await Promise.all(
    names.map(async (name) => run(process.execPath, parametersOf(history, name, times, shared))),
  );
  const written = outputs.flatMap(({ stdout }) => stdout.trim().split("\n"));
  const library = history.library();
  const { entries } = library.page({}, { limit: 1000 });
  expect(entries.map(({ id }) => id).sort()).toEqual([...written, ...shared].sort());
  const tags = names.flatMap((name) => Array.from({ length: times }, (_, count) => `${name}-${count}`)).sort();
  for (const id of shared) expect([...(library.entry(id)?.tags ?? [])].sort()).toEqual(tags);
  for (const name of names) expect(library.page({ text: name }, { limit: 1000 }).total).toBe(times + shared.length);
}, 120_000);

test("a process that is killed at any moment leaves an index that the next one goes on with", async () => {
  const history = new HistoryFolder(temporaryFolder());
  const shared = history.write();
  const written: string[] = [];
  for (const linesBeforeKill of [0, 1, 2, 3, 5]) {
    const child = spawn(process.execPath, parametersOf(history, `k${linesBeforeKill}`, 1000, [shared]), {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = once(child, "exit");
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      written.push(line);
      lines += 1;
      if (lines > linesBeforeKill) child.kill("SIGKILL");
    }
    await exited;
    const library = history.library();
    const ids = library.page({}, { limit: 1000 }).entries.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([...written, shared]));
    const { tags } = await library.mark(shared, { favourite: true });
    expect(tags).toEqual(expect.arrayContaining([`k${linesBeforeKill}-0`]));
    const before = library.page({}, { limit: 1000 }).entries.map(({ revision: _revision, ...entry }) => entry);
    library.rebuild();
    expect(library.page({}, { limit: 1000 }).entries.map(({ revision: _revision, ...entry }) => entry)).toEqual(before);
  }
}, 120_000);
