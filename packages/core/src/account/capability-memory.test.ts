import { mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import type { CapabilityRow, EngineCapabilities } from "../contracts/capabilities.ts";
import { imagesCapabilities } from "../engines/images/capabilities.ts";
import { responsesCapabilities } from "../engines/responses/capabilities.ts";
import { createCapabilityMemory } from "./capability-memory.ts";

const account = "0123456789abcdef";
const another = "fedcba9876543210";
const now = Date.parse("2026-11-21T23:30:00.000Z");

type Memory = ReturnType<typeof createCapabilityMemory>;
type Observation = Parameters<Memory["observe"]>[2][number];

const proof = (wasHonoured: boolean, property = "size"): Observation => ({
  property,
  wasHonoured,
  evidence: `asked 1280x800, got ${wasHonoured ? "1280x800" : "1254x1254"}`,
  isProof: true,
});
const words = (wasHonoured: boolean): Observation => ({
  property: "aspect",
  wasHonoured,
  evidence: `asked 16:9 in words, got ${wasHonoured ? "1672x941" : "1254x1254"}`,
  isProof: false,
});
const rowOf = (capabilities: EngineCapabilities, property: string): CapabilityRow => {
  const row = capabilities.rows.find((candidate) => candidate.property === property);
  if (row === undefined) throw new Error(`no row ${property}`);
  return row;
};
const honoured = (memory: Memory, property: string, key: string | null = account, of = imagesCapabilities): string =>
  rowOf(memory.corrected(of, key), property).honoured;

describe("what results taught", () => {
  test("is nothing at first: the table is as it is", () => {
    const memory = createCapabilityMemory(temporaryFolder());
    expect(memory.corrected(imagesCapabilities, account)).toBe(imagesCapabilities);
    expect(memory.corrected(imagesCapabilities, null)).toBe(imagesCapabilities);
  });

  test("by a proof counts at once, with its evidence and its date, in every later process", () => {
    const data = temporaryFolder();
    createCapabilityMemory(data).observe(account, "images", [proof(true)], now);
    const corrected = createCapabilityMemory(data).corrected(imagesCapabilities, account);
    expect(rowOf(corrected, "size")).toEqual({
      property: "size",
      honoured: "yes",
      note: "asked 1280x800, got 1280x800 on this account",
      date: "2026-11-21",
      source: "measured on this account",
      corrected: true,
    });
    // Every other row, and everything else, is as it was; so is the table itself.
    expect({ ...corrected, rows: corrected.rows.filter(({ property }) => property !== "size") }).toEqual({
      ...imagesCapabilities,
      rows: imagesCapabilities.rows.filter(({ property }) => property !== "size"),
    });
    expect(rowOf(imagesCapabilities, "size").honoured).toBe("ignored");
  });

  test("by a proof counts back at once, too", () => {
    const memory = createCapabilityMemory(temporaryFolder());
    for (const [step, expected] of [
      [true, "yes"],
      [false, "ignored"],
      [true, "yes"],
    ] as const) {
      memory.observe(account, "images", [proof(step)], now);
      expect(honoured(memory, "size")).toBe(expected);
    }
  });

  test("that confirms the table changes nothing in it", () => {
    const memory = createCapabilityMemory(temporaryFolder());
    memory.observe(account, "images", [proof(false), proof(false, "quality"), words(true)], now);
    expect(memory.corrected(imagesCapabilities, account).rows).toEqual(imagesCapabilities.rows);
  });

  test("by a proof against a table that says yes makes the row ignored", () => {
    const memory = createCapabilityMemory(temporaryFolder());
    const promising = {
      ...imagesCapabilities,
      rows: imagesCapabilities.rows.map((row) =>
        row.property === "size" ? { ...row, honoured: "yes" as const } : row,
      ),
    };
    memory.observe(account, "images", [proof(false)], now);
    expect(honoured(memory, "size", account, promising)).toBe("ignored");
  });

  test("by words counts only after three misses in a row", () => {
    const memory = createCapabilityMemory(temporaryFolder());
    const seen: string[] = [];
    for (const wasHonoured of [false, false, true, false, false, false, true, false]) {
      memory.observe(account, "images", [words(wasHonoured)], now);
      seen.push(honoured(memory, "aspect"));
    }
    const yes = "by-words";
    expect(seen).toEqual([yes, yes, yes, yes, yes, "ignored", yes, yes]);
  });

  test("is each account's and each engine's own", () => {
    const memory = createCapabilityMemory(temporaryFolder());
    memory.observe(account, "images", [proof(true)], now);
    expect([
      honoured(memory, "size", another),
      honoured(memory, "size", account, responsesCapabilities),
      honoured(memory, "size", account),
    ]).toEqual(["ignored", "ignored", "yes"]);
    memory.observe(another, "images", [proof(false)], now);
    memory.observe(account, "responses", [proof(true, "quality")], now);
    expect([
      honoured(memory, "size", account),
      honoured(memory, "quality", account),
      honoured(memory, "quality", account, responsesCapabilities),
      honoured(memory, "size", account, responsesCapabilities),
    ]).toEqual(["yes", "reported", "yes", "ignored"]);
  });

  test("about something that the table does not know is kept and passed over", () => {
    const memory = createCapabilityMemory(temporaryFolder());
    for (const property of ["perspective", "constructor", "toString"]) {
      memory.observe(account, "images", [proof(true, property)], now);
      expect(memory.corrected(imagesCapabilities, account).rows).toEqual(imagesCapabilities.rows);
    }
  });

  test("of the account that was seen last is told where none is named", () => {
    const data = temporaryFolder();
    const memory = createCapabilityMemory(data);
    memory.observe(account, "images", [proof(true)], now);
    memory.observe(another, "images", [proof(false)], now);
    const folder = join(data, "capabilities");
    writeFileSync(join(folder, "notes.json"), JSON.stringify({ images: { size: { honoured: true } } }));
    utimesSync(join(folder, `${account}.json`), 2000, 2000);
    utimesSync(join(folder, `${another}.json`), 1000, 1000);
    expect(honoured(memory, "size", null)).toBe("yes");
    utimesSync(join(folder, `${another}.json`), 3000, 3000);
    expect(honoured(memory, "size", null)).toBe("ignored");
  });

  test("is written for its owner only, and not at all when nothing was seen", () => {
    const data = temporaryFolder();
    const memory = createCapabilityMemory(data);
    memory.observe(account, "images", [], now);
    expect(readdirSync(data)).toEqual([]);
    memory.observe(account, "images", [proof(true)], now);
    expect(readdirSync(join(data, "capabilities"))).toEqual([`${account}.json`]);
    if (process.platform !== "win32") expect(statSync(join(data, "capabilities")).mode & 0o777).toBe(0o700);
  });
});

describe("a memory that cannot be read", () => {
  const file = (data: string, content: string): void => {
    mkdirSync(join(data, "capabilities"));
    writeFileSync(join(data, "capabilities", `${account}.json`), content);
  };

  test.each([
    "",
    "{",
    "[]",
    "null",
    '{"images":[]}',
    '{"images":{"size":true}}',
    '{"images":{"size":{"honoured":"yes","evidence":"x","date":"x","streak":1}}}',
    '{"images":{"size":{"honoured":true,"evidence":"x","date":"x"}}}',
  ])("counts as none: %o", (content) => {
    const data = temporaryFolder();
    file(data, content);
    const memory = createCapabilityMemory(data);
    expect(memory.corrected(imagesCapabilities, account).rows).toEqual(imagesCapabilities.rows);
    memory.observe(account, "images", [proof(true)], now);
    expect(honoured(memory, "size")).toBe("yes");
  });

  test("keeps what a newer version has written beside", () => {
    const data = temporaryFolder();
    file(
      data,
      JSON.stringify({
        later: { a: 1 },
        images: { quality: { honoured: true, evidence: "e", date: "d", streak: 1, isProof: true } },
      }),
    );
    createCapabilityMemory(data).observe(account, "images", [proof(true)], now);
    const kept: unknown = JSON.parse(readFileSync(join(data, "capabilities", `${account}.json`), "utf8"));
    expect(kept).toEqual({
      schemaVersion: 1,
      later: { a: 1 },
      images: {
        quality: { honoured: true, evidence: "e", date: "d", streak: 1, isProof: true },
        size: {
          honoured: true,
          evidence: "asked 1280x800, got 1280x800",
          date: "2026-11-21",
          streak: 1,
          isProof: true,
        },
      },
    });
  });

  test("or written does not get in the way", () => {
    const data = join(temporaryFolder(), "a-file");
    writeFileSync(data, "");
    const memory = createCapabilityMemory(data);
    memory.observe(account, "images", [proof(true)], now);
    expect([honoured(memory, "size"), honoured(memory, "size", null)]).toEqual(["ignored", "ignored"]);
  });
});
