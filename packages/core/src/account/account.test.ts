import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLimitMemory } from "./limit-memory.ts";
import { readWorkspaceRoute } from "./workspace-routing.ts";

const body = (account: object): string =>
  JSON.stringify({ accounts: [{ id: "acc-1", ...account }], default_account_id: "acc-1" });

describe("the route of a workspace (codex-backend contract 2.4)", () => {
  it("is the named https origin, with the override header", () => {
    const answer = body({ workspace_backend_origin: "https://us.chatgpt.com", account_routing_override: "us" });
    expect(readWorkspaceRoute(answer, "acc-1")).toEqual({
      origin: "https://us.chatgpt.com",
      headers: { "x-openai-account-routing-override": "us" },
    });
  });

  it("is found under account_id as well", () => {
    const answer = JSON.stringify({
      accounts: [{ account_id: "acc-1", workspace_backend_origin: "https://eu.chatgpt.com" }],
    });
    expect(readWorkspaceRoute(answer, "acc-1")).toEqual({ origin: "https://eu.chatgpt.com", headers: {} });
  });

  it.each([
    "NO_CONSTRAINT",
    "http://us.chatgpt.com",
    "https://us.chatgpt.com/path",
    "https://user@us.chatgpt.com",
    "https://us.chatgpt.com?x=1",
    5,
    null,
  ])("does not follow the origin %j", (origin) => {
    expect(
      readWorkspaceRoute(
        body({ workspace_backend_origin: origin, account_routing_override: "NO_CONSTRAINT" }),
        "acc-1",
      ),
    ).toEqual({ origin: null, headers: {} });
  });

  it.each(["", "<html>", "{}", '{"accounts":{}}', '{"accounts":[]}'])(
    "has no constraint when the answer is %j",
    (answer) => {
      expect(readWorkspaceRoute(answer, "acc-1")).toEqual({ origin: null, headers: {} });
    },
  );

  it("is refused when the account is not among those listed", () => {
    expect(() => readWorkspaceRoute(body({}), "acc-2")).toThrow(
      expect.objectContaining({ code: "login_account_changed" }),
    );
  });
});

describe("the memory of used-up limits", () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), "limn-limits-"));
  const limit = { limit: "imagegen_premium", resetsAt: "2026-11-22T00:00:00.000Z", seenAt: "2026-11-21T00:00:00.000Z" };
  const before = Date.parse("2026-11-21T12:00:00Z");

  it("knows a limit until its reset, per account, across processes", () => {
    const data = folder();
    createLimitMemory(data).remember("a", limit);
    const memory = createLimitMemory(data);
    expect([
      memory.known("a", before),
      memory.known("b", before),
      memory.known("a", Date.parse(limit.resetsAt)),
    ]).toEqual([limit, null, null]);
  });

  it("forgets one account and keeps the others", () => {
    const memory = createLimitMemory(folder());
    memory.remember("a", limit);
    memory.remember("b", limit);
    memory.forget("a");
    expect([memory.known("a", before), memory.known("b", before)]).toEqual([null, limit]);
  });

  it("lets the service decide when the file is damaged", () => {
    const data = folder();
    writeFileSync(join(data, "limits.json"), '{"version":1,"limits":{"a":5');
    expect(createLimitMemory(data).known("a", before)).toBeNull();
    createLimitMemory(data).remember("a", limit);
    expect(JSON.parse(readFileSync(join(data, "limits.json"), "utf8"))).toEqual({ version: 1, limits: { a: limit } });
  });

  it("does not get in the way when the folder cannot be written", () => {
    const file = join(folder(), "a-file");
    writeFileSync(file, "");
    const memory = createLimitMemory(join(file, "below"));
    memory.remember("a", limit);
    expect(memory.known("a", before)).toBeNull();
  });
});
