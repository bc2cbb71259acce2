import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OwedAnswers } from "./owed-answers.ts";

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "limn-owed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "serve", "owed");
}

const fox = "f".repeat(64);

test("an earlier process's debts are known by fingerprint until they are settled, one's own are not", () => {
  const folder = place();
  const first = new OwedAnswers(folder, 60_000);
  first.add(fox, "gen_1");
  first.add(fox, "gen_2");
  first.add("0".repeat(64), "gen_3");
  expect(first.of(fox)).toEqual([]);
  first.settle(fox, "gen_1");
  const second = new OwedAnswers(folder, 60_000);
  expect(second.of(fox)).toEqual(["gen_2"]);
  // By another server, which shares the folder.
  new OwedAnswers(folder, 60_000).settle(fox, "gen_2");
  expect(second.of(fox)).toEqual([]);
  expect(readdirSync(folder)).toEqual([`${"0".repeat(40)}.gen_3`]);
});

test("what is older than it is remembered is forgotten at the start", () => {
  const folder = place();
  new OwedAnswers(folder, 60_000).add(fox, "gen_1");
  const old = (Date.now() - 61_000) / 1000;
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), old, old);
  expect(new OwedAnswers(folder, 60_000).of(fox)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test("a folder that cannot be written to stops neither the server nor a request", () => {
  const file = join(place(), "..", "..", "a-file");
  writeFileSync(file, "");
  const owed = new OwedAnswers(join(file, "owed"), 60_000);
  owed.add(fox, "gen_1");
  owed.settle(fox, "gen_1");
  expect(owed.of(fox)).toEqual([]);
});
