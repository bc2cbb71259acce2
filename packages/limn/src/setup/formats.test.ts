import fc from "fast-check";
import { stringify as stringifyToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { stringify as stringifyYaml } from "yaml";
import { ConfigFault, sameValue } from "./config-format.ts";
import type { ConfigFormat, EntryPlace, Json } from "./config-format.ts";
import { jsonFormat } from "./json-format.ts";
import { spliceBetween, undoSplice } from "./splice.ts";
import { tomlFormat } from "./toml-format.ts";
import { yamlFormat } from "./yaml-format.ts";

const json = jsonFormat({ comments: false, trailingCommas: false });
const jsonc = jsonFormat({ comments: true, trailingCommas: true });
const servers: EntryPlace = { kind: "member", path: ["mcpServers"], name: "limn" };
const deep: EntryPlace = { kind: "member", path: ["mcp", "servers"], name: "limn" };
const packages: EntryPlace = { kind: "element", path: ["packages"], isEntry: (value) => value === "npm:pi-limn" };
const tables: EntryPlace = { kind: "member", path: ["mcp_servers"], name: "limn" };
const entry = { command: "limn", args: ["mcp"], timeout: 600 };

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

/** What every edit keeps: adding, reading, adding again, removing, undoing. */
function cycle(format: ConfigFormat, before: string, place: EntryPlace, value: Json = entry): string {
  const { text, madeParents } = format.put(before, place, value);
  expect(format.read(text, place)).toEqual(value);
  expect(format.rest(text, place)).toBe(format.rest(before, place));
  expect(format.put(text, place, value)).toEqual({ text, madeParents: 0 });
  expect(undoSplice(text, spliceBetween(before, text))).toBe(before);
  const removed = format.remove(text, place, madeParents);
  expect(format.read(removed, place)).toBe(undefined);
  expect(format.rest(removed, place)).toBe(format.rest(before, place));
  return text;
}

describe("JSON", () => {
  const cases: [name: string, before: string, after: string][] = [
    [
      "nothing",
      "",
      lines(
        "{",
        '  "mcpServers": {',
        '    "limn": {',
        '      "command": "limn",',
        '      "args": ["mcp"],',
        '      "timeout": 600',
        "    }",
        "  }",
        "}",
      ),
    ],
    [
      "an empty object",
      "{}\n",
      lines(
        "{",
        '  "mcpServers": {',
        '    "limn": {',
        '      "command": "limn",',
        '      "args": ["mcp"],',
        '      "timeout": 600',
        "    }",
        "  }",
        "}",
      ),
    ],
    [
      "tabs and another server",
      lines("{", '\t"mcpServers": {', '\t\t"a": { "command": "a" }', "\t},", '\t"z": 1', "}"),
      lines(
        "{",
        '\t"mcpServers": {',
        '\t\t"a": { "command": "a" },',
        '\t\t"limn": {',
        '\t\t\t"command": "limn",',
        '\t\t\t"args": ["mcp"],',
        '\t\t\t"timeout": 600',
        "\t\t}",
        "\t},",
        '\t"z": 1',
        "}",
      ),
    ],
    [
      "one tight line",
      '{"a":1,"mcpServers":{}}',
      '{"a":1,"mcpServers":{"limn":{"command":"limn","args":["mcp"],"timeout":600}}}',
    ],
    [
      "one line",
      '{ "a": [1, 2] }',
      '{ "a": [1, 2], "mcpServers": { "limn": { "command": "limn", "args": ["mcp"], "timeout": 600 } } }',
    ],
    [
      "CRLF",
      '{\r\n  "a": 1\r\n}\r\n',
      '{\r\n  "a": 1,\r\n  "mcpServers": {\r\n    "limn": {\r\n      "command": "limn",\r\n      "args": ["mcp"],\r\n      "timeout": 600\r\n    }\r\n  }\r\n}\r\n',
    ],
    [
      "servers on one line",
      lines("{", '  "mcpServers": { "a": {} }', "}"),
      lines("{", '  "mcpServers": { "a": {}, "limn": { "command": "limn", "args": ["mcp"], "timeout": 600 } }', "}"),
    ],
    [
      "no line end",
      '{\n    "a": 1\n}',
      '{\n    "a": 1,\n    "mcpServers": {\n        "limn": {\n            "command": "limn",\n            "args": ["mcp"],\n            "timeout": 600\n        }\n    }\n}',
    ],
  ];
  test.each(cases)("is added to %s", (_name, before, after) => {
    expect(cycle(json, before, servers)).toBe(after);
    expect(cycle(jsonc, before, servers)).toBe(after);
  });

  test("comments and trailing commas stay where they are", () => {
    const before = lines(
      "// mine",
      "{",
      '  "mcpServers": {',
      '    "a": {}, // the first',
      "    /* off: */",
      '    // "b": {}',
      "  }, // servers",
      "}",
    );
    expect(cycle(jsonc, before, servers)).toBe(
      lines(
        "// mine",
        "{",
        '  "mcpServers": {',
        '    "a": {}, // the first',
        '    "limn": {',
        '      "command": "limn",',
        '      "args": ["mcp"],',
        '      "timeout": 600',
        "    },",
        "    /* off: */",
        '    // "b": {}',
        "  }, // servers",
        "}",
      ),
    );
    const last = lines("{", '  "a": 1 // one', "}");
    expect(cycle(jsonc, last, servers)).toContain('"a": 1, // one\n  "mcpServers"');
    const alone = lines("{", "  // nothing yet", "}");
    expect(cycle(jsonc, alone, servers)).toMatch(/^\{\n {2}\/\/ nothing yet\n {2}"mcpServers"/);
    expect(cycle(jsonc, "// nothing yet\n", servers)).toMatch(/^\/\/ nothing yet\n\{\n {2}"mcpServers"/);
  });

  test("an element is added to a list, which is made when there is none", () => {
    const value = "npm:pi-limn";
    expect(cycle(json, "{}", packages, value)).toBe('{\n  "packages": ["npm:pi-limn"]\n}');
    expect(cycle(json, '{"packages":["npm:a"]}', packages, value)).toBe('{"packages":["npm:a","npm:pi-limn"]}');
    expect(cycle(json, '{\n  "packages": [\n    "npm:a"\n  ]\n}\n', packages, value)).toBe(
      '{\n  "packages": [\n    "npm:a",\n    "npm:pi-limn"\n  ]\n}\n',
    );
  });

  test("members that differ change, in their places; others go", () => {
    const before = lines(
      "{",
      '  "mcpServers": {',
      '    "limn": {',
      '      "timeout": 5, // short',
      '      "args": ["x"],',
      '      "old": true',
      "    }",
      "  }",
      "}",
    );
    expect(jsonc.put(before, servers, entry).text).toBe(
      lines(
        "{",
        '  "mcpServers": {',
        '    "limn": {',
        '      "timeout": 600, // short',
        '      "args": ["mcp"],',
        '      "command": "limn"',
        "    }",
        "  }",
        "}",
      ),
    );
    expect(jsonc.put('{"mcpServers":{"limn":null}}', servers, entry).text).toBe(
      '{"mcpServers":{"limn":{"command":"limn","args":["mcp"],"timeout":600}}}',
    );
  });

  test("of equal names the last counts", () => {
    const before = '{"mcpServers":{"a":1},"mcpServers":{"b":2}}';
    expect(json.put(before, servers, 1).text).toBe('{"mcpServers":{"a":1},"mcpServers":{"b":2,"limn":1}}');
  });

  test.each([
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ["{", 1, 2],
    ["[]", 1, 1],
    ['{"a": 1} x', 1, 10],
    ["{'a': 1}", 1, 2],
    ['{\n// c\n"a": 1}', 2, 1],
    ['{"a": 1,}', 1, 9],
    ['{"mcpServers": []}', null, null],
  ])("what is not valid is told with its place: %j", (text, line, column) => {
    expect(faultOf(() => json.put(text, servers, entry))).toMatchObject({ line, column });
  });
});

describe("TOML", () => {
  const table = ["[mcp_servers.limn]", 'command = "limn"', 'args = ["mcp"]', "timeout = 600"];
  const cases: [name: string, before: string, after: string][] = [
    ["nothing", "", lines(...table)],
    [
      "settings and comments",
      lines('model = "x" # mine', "", "[mcp_servers.a]", 'command = "a"', "# end"),
      lines('model = "x" # mine', "", "[mcp_servers.a]", 'command = "a"', "# end", "", ...table),
    ],
    ["no line end", "a = 1", `a = 1\n\n${lines(...table)}`],
    ["CRLF", "a = 1\r\n", `a = 1\r\n\r\n${table.join("\r\n")}\r\n`],
    ["tables of an array", lines("[[x]]", "a = 1"), lines("[[x]]", "a = 1", "", ...table)],
    [
      "dotted keys",
      lines('mcp_servers.a = { command = "a" }'),
      lines('mcp_servers.a = { command = "a" }', "", ...table),
    ],
  ];
  test.each(cases)("is added to %s", (_name, before, after) => {
    expect(cycle(tomlFormat, before, tables)).toBe(after);
  });

  test("values that differ change in their lines; a sub-table is part of the entry", () => {
    const before = lines(
      "[ mcp_servers . 'limn' ] # ours",
      "args = [ # two",
      '  "a]", "b",',
      "] # args",
      'command = """x"""',
      "",
      "[mcp_servers.limn.env]",
      'A = "1"',
      "",
      "# about b",
      "[b]",
      "c = 1",
    );
    const { text } = tomlFormat.put(before, tables, { ...entry, env: { A: "2" } });
    expect(text).toBe(
      lines(
        "[ mcp_servers . 'limn' ] # ours",
        'args = ["mcp"] # args',
        'command = "limn"',
        "timeout = 600",
        "",
        "[mcp_servers.limn.env]",
        'A = "2"',
        "",
        "# about b",
        "[b]",
        "c = 1",
      ),
    );
    expect(tomlFormat.remove(text, tables, 0)).toBe(lines("", "# about b", "[b]", "c = 1"));
  });

  test.each([
    ['mcp_servers = { a = { command = "a" } }\n', tables],
    ['[mcp_servers]\nlimn = { command = "x" }\n', tables],
    ["mcp_servers = 1\n", tables],
  ])("forms that it cannot change are refused: %j", (text, place) => {
    expect(faultOf(() => tomlFormat.put(text, place, entry))).toMatchObject({ line: null });
  });

  test("an entry of inline form is read and removed", () => {
    const text = lines("[mcp_servers]", 'limn = { command = "limn", args = ["mcp"], timeout = 600 }', "a = {}");
    expect(tomlFormat.put(text, tables, entry).text).toBe(text);
    expect(tomlFormat.remove(text, tables, 0)).toBe(lines("[mcp_servers]", "a = {}"));
  });

  test("what is not valid is told with its place", () => {
    expect(faultOf(() => tomlFormat.put("a = 1\nb = \n", tables, entry))).toMatchObject({ line: 2 });
  });
});

describe("YAML", () => {
  const cases: [name: string, before: string, after: string][] = [
    ["nothing", "", lines("mcp_servers:", "  limn:", '    command: "limn"', '    args: ["mcp"]', "    timeout: 600")],
    [
      "settings and comments",
      lines("# mine", "model: x  # best", "mcp_servers:", "    a:", "        command: a", "# later", "z: |", "  text"),
      lines(
        "# mine",
        "model: x  # best",
        "mcp_servers:",
        "    a:",
        "        command: a",
        "    limn:",
        '        command: "limn"',
        '        args: ["mcp"]',
        "        timeout: 600",
        "# later",
        "z: |",
        "  text",
      ),
    ],
    [
      "an empty key",
      lines("mcp_servers: # none yet", "a: 1"),
      lines(
        "mcp_servers: # none yet",
        "  limn:",
        '    command: "limn"',
        '    args: ["mcp"]',
        "    timeout: 600",
        "a: 1",
      ),
    ],
    [
      "an empty flow map",
      lines("mcp_servers: {} # none", "a: 1"),
      lines("mcp_servers: # none", "  limn:", '    command: "limn"', '    args: ["mcp"]', "    timeout: 600", "a: 1"),
    ],
    [
      "a flow map",
      lines("mcp_servers: { a: { command: x } }"),
      lines('mcp_servers: { a: { command: x }, limn: { command: "limn", args: ["mcp"], timeout: 600 } }'),
    ],
    [
      "CRLF",
      "a: 1\r\n",
      'a: 1\r\nmcp_servers:\r\n  limn:\r\n    command: "limn"\r\n    args: ["mcp"]\r\n    timeout: 600\r\n',
    ],
    [
      "no line end",
      "a:\n    b: 1",
      'a:\n    b: 1\nmcp_servers:\n    limn:\n        command: "limn"\n        args: ["mcp"]\n        timeout: 600\n',
    ],
  ];
  test.each(cases)("is added to %s", (_name, before, after) => {
    expect(cycle(yamlFormat, before, tables)).toBe(after);
  });

  test("members that differ change in their lines", () => {
    const before = lines(
      "mcp_servers:",
      "  limn:",
      "    args:",
      "      - a",
      "    timeout: 5 # short",
      "    command: >-",
      "      x",
      "  b: {}",
    );
    expect(yamlFormat.put(before, tables, { ...entry, env: { A: "1" } }).text).toBe(
      lines(
        "mcp_servers:",
        "  limn:",
        "    args:",
        '      ["mcp"]',
        "    timeout: 600 # short",
        '    command: "limn"',
        "    env:",
        '      A: "1"',
        "  b: {}",
      ),
    );
  });

  test.each([
    ["a: [\n", 2],
    ["a: 1\na: 2\n", 2],
    ["- a\n", 1],
    ["a: 1\n---\nb: 2\n", 2],
  ])("what is not valid is told with its place: %j", (text, line) => {
    expect(faultOf(() => yamlFormat.put(text, tables, entry))).toMatchObject({ line });
  });
});

describe("for every valid text, adding and removing leaves the rest as it is", () => {
  const name = fc.oneof(
    fc.constantFrom("mcpServers", "mcp", "servers", "packages", "limn", "a", "__proto__", "é x", "0"),
    fc.string({ maxLength: 6 }),
  );
  const leaf = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom("// no", "/* no */", "# no", '"', "]}"),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(name, tie("tree"), { maxKeys: 4 }),
    ),
  }));
  const map = fc.dictionary(name, fc.dictionary(name, tree, { maxKeys: 3 }), { maxKeys: 4 });
  const spacing = fc.constantFrom(undefined, "  ", "\t", "    ");

  const survives = (format: ConfigFormat, text: string, place: EntryPlace): void => {
    let edited;
    try {
      edited = format.put(text, place, entry);
    } catch (error) {
      // A part of the way is something else than a map: refused, never overwritten.
      if (error instanceof ConfigFault) return;
      throw error;
    }
    expect(sameValue(format.read(edited.text, place), entry)).toBe(true);
    expect(format.rest(edited.text, place)).toBe(format.rest(text, place));
    expect(undoSplice(edited.text, spliceBetween(text, edited.text))).toBe(text);
    expect(format.put(edited.text, place, entry).text).toBe(edited.text);
    expect(format.rest(format.remove(edited.text, place, edited.madeParents), place)).toBe(format.rest(text, place));
  };

  test("JSON", () => {
    fc.assert(
      fc.property(map, spacing, fc.boolean(), fc.constantFrom(servers, deep), (value, unit, withReturn, place) => {
        const text = JSON.stringify(value, null, unit);
        survives(json, withReturn ? text.replaceAll("\n", "\r\n") : text, place);
      }),
      { numRuns: 300 },
    );
  });

  test("JSON with comments and trailing commas", () => {
    const remark = fc.constantFrom("", " ", "\n", " // x\n", "/* { */", "\n/* y\n */\n");
    fc.assert(
      fc.property(map, fc.infiniteStream(remark), fc.boolean(), (value, remarks, trailing) => {
        const next = (): string => remarks.next().value ?? "";
        const write = (part: unknown): string => {
          if (typeof part !== "object" || part === null) return JSON.stringify(part);
          const isList = Array.isArray(part);
          const members = Object.entries(part).map(
            ([key, inner]) =>
              `${next()}${isList ? "" : `${JSON.stringify(key)}${next()}:${next()}`}${write(inner)}${next()}`,
          );
          const end = trailing && members.length > 0 ? `,${next()}` : next();
          return `${isList ? "[" : "{"}${members.join(",")}${end}${isList ? "]" : "}"}`;
        };
        survives(jsonc, `${next()}${write(value)}${next()}`, servers);
      }),
      { numRuns: 300 },
    );
  });

  test("TOML", () => {
    const plain = fc.dictionary(
      fc
        .oneof(fc.constantFrom("mcp_servers", "limn", "a.b", "é"), fc.string({ maxLength: 5 }))
        .filter((key) => key !== "__proto__"),
      fc.oneof(
        fc.string({ maxLength: 10 }),
        fc.integer(),
        fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom("limn", "a", "x y", "env"),
          fc.oneof(fc.string(), fc.dictionary(fc.constantFrom("command", "b"), fc.string())),
          { maxKeys: 3 },
        ),
      ),
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(plain, fc.boolean(), (value, withReturn) => {
        const text = stringifyToml(value);
        survives(tomlFormat, withReturn ? text.replaceAll("\n", "\r\n") : text, tables);
      }),
      { numRuns: 300 },
    );
  });

  test("YAML", () => {
    const keys = fc.oneof(fc.constantFrom("mcp_servers", "limn", "a", "b c"), fc.string({ maxLength: 5 }));
    const value = fc.dictionary(keys, fc.oneof(tree, fc.dictionary(keys, tree, { maxKeys: 3 })), { maxKeys: 4 });
    fc.assert(
      fc.property(value, fc.constantFrom(2, 4), fc.boolean(), (content, indent, withReturn) => {
        const text = stringifyYaml(content, { indent });
        survives(yamlFormat, withReturn ? text.replaceAll("\n", "\r\n") : text, tables);
      }),
      { numRuns: 200 },
    );
  });
});

function faultOf(work: () => unknown): ConfigFault {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigFault) return error;
    throw error;
  }
  throw new Error("no fault");
}
