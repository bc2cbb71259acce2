import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseObject } from "../../../../test/e2e/support/world.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import {
  askCodexForToken,
  childEnvironment,
  findCodexProgram,
  isSecretVariable,
  letCodexRenew,
  runningCodex,
} from "./index.ts";

const program = resolve(import.meta.dirname, "../../../../test/support/fake-codex.mjs");

interface Fake {
  readonly options: Parameters<typeof askCodexForToken>[0];
  /** What the program was given and told. */
  entries(): Record<string, unknown>[];
}

function fake(behaviour: string, variables: Readonly<Record<string, string>> = {}): Fake {
  const folder = temporaryFolder();
  const log = join(folder, "log");
  const environment = childEnvironment({
    PATH: process.env.PATH,
    FAKE_CODEX: behaviour,
    FAKE_CODEX_LOG: log,
    ...variables,
  });
  return {
    options: { program, codexHome: folder, environment, version: "0.0.0-test" },
    entries: () => readFileSync(log, "utf8").trimEnd().split("\n").map(parseObject),
  };
}

describe("asking the Codex program for the token of its login", () => {
  it("speaks its protocol, ends it by closing its input, and asks for no refresh", async () => {
    const { options, entries } = fake("ok", { FAKE_CODEX_TOKEN: "header.payload.sign" });
    expect(await askCodexForToken(options)).toBe("header.payload.sign");
    const [start, ...rest] = entries();
    expect(start).toMatchObject({ argv: ["app-server"], env: { CODEX_HOME: options.codexHome } });
    expect(rest).toEqual([
      {
        received: {
          id: 1,
          method: "initialize",
          params: {
            clientInfo: { name: "limn", title: "limn", version: "0.0.0-test" },
            capabilities: { experimentalApi: true, requestAttestation: false },
          },
        },
      },
      { received: { method: "initialized" } },
      { received: { id: 2, method: "getAuthStatus", params: { includeToken: true, refreshToken: false } } },
      { closed: true },
    ]);
  });

  it.each(["signed-out", "api-key"])("brings nothing from a program that is %s", async (behaviour) => {
    expect(await askCodexForToken(fake(behaviour).options)).toBeNull();
  });

  it.each([
    ["crash", "ended with status 101"],
    ["crash-late", "ended with status 3"],
  ])("tells how a program that does %s ended, without what looks like a token", async (behaviour, how) => {
    const error = await limnErrorOf(askCodexForToken(fake(behaviour).options));
    expect(error).toMatchObject({ code: "engine_exited", hint: "Try it by itself: codex login status" });
    expect(error.message).toContain(how);
    expect(JSON.stringify(error)).not.toContain("eyJ");
  });

  it("tells what the program says is wrong, without what looks like a token", async () => {
    const error = await limnErrorOf(askCodexForToken(fake("error").options));
    expect(error).toMatchObject({ code: "engine_unavailable" });
    expect(error.message).toBe("The Codex program answered with an error: no keyring here, [secret]");
  });

  it("says so when the program cannot be started", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "codex");
    writeFileSync(path, "#!/nowhere/at/all\n");
    chmodSync(path, 0o755);
    const error = await limnErrorOf(askCodexForToken({ ...fake("ok").options, program: path }));
    expect(error.code).toBe("engine_exited");
  });

  it.each(["silent", "deaf"])("ends a program that stays %s when its time is up", async (behaviour) => {
    const { options, entries } = fake(behaviour);
    const error = await limnErrorOf(askCodexForToken({ ...options, timeLimitMs: 1500 }));
    expect(error).toMatchObject({
      code: "engine_exited",
      message: "The Codex program did not answer within 1.5 s and was ended.",
      details: { limitMs: 1500 },
    });
    const pid = Number(entries()[0]?.pid);
    while (isAlive(pid)) await new Promise((done) => setImmediate(done));
  });

  it("does not wait for ever for a program that answered and lingers", async () => {
    expect(await askCodexForToken(fake("lingers").options)).toBe("token");
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("letting Codex renew its own login", () => {
  it("asks it to, and nothing else", async () => {
    const { options, entries } = fake("ok");
    await letCodexRenew(options);
    expect(entries().flatMap(({ received }) => (received === undefined ? [] : [received]))).toMatchObject([
      { method: "initialize" },
      { method: "initialized" },
      { method: "account/read", params: { refreshToken: true } },
    ]);
  });
});

describe("the environment of a child process", () => {
  const keys = [
    "OPENAI_API_KEY",
    "OPENAI_ADMIN_KEY",
    "OPENAI_ACCESS_TOKEN",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_AD_TOKEN",
    "CODEX_API_KEY",
    "CODEX_ACCESS_TOKEN",
    "LIMN_ACCESS_TOKEN",
    "openai_api_key",
  ];

  it("has every variable but keys and tokens", async () => {
    const planted = Object.fromEntries(keys.map((name) => [name, `planted ${name}`]));
    const { options, entries } = fake("ok", { ...planted, OPENAI_BASE_URL: "http://127.0.0.1:9", HOME: "/home/x" });
    await askCodexForToken(options);
    const given = JSON.stringify(entries()[0]);
    expect(given).not.toContain("planted");
    expect(given).toContain("OPENAI_BASE_URL");
    expect(given).toContain('"HOME":"/home/x"');
  });

  it.each(keys)("lacks %s", (name) => expect(isSecretVariable(name)).toBe(true));
  it.each(["PATH", "CODEX_HOME", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "KEY", "LIMN_HOME"])("has %s", (name) =>
    expect(isSecretVariable(name)).toBe(false),
  );
});

describe("finding the Codex program", () => {
  it("takes the one that was named and no other, else the first that can be run", () => {
    const folder = temporaryFolder();
    for (const name of ["a", "b", "c"]) mkdirSync(join(folder, name));
    mkdirSync(join(folder, "a", "codex"));
    writeFileSync(join(folder, "b", "codex"), "", { mode: 0o644 });
    writeFileSync(join(folder, "c", "codex"), "", { mode: 0o755 });
    const path = ["", ...["none", "a", "b", "c"].map((name) => join(folder, name))].join(":");
    const find = (given: string | null): string | null => findCodexProgram({ given, path, platform: "linux" });
    expect(find(null)).toBe(join(folder, "c", "codex"));
    expect(find(join(folder, "c", "codex"))).toBe(join(folder, "c", "codex"));
    expect(find(join(folder, "b", "codex"))).toBeNull();
    expect(findCodexProgram({ given: null, path: null, platform: "linux" })).toBeNull();
  });
});

describe.skipIf(process.platform !== "linux")("Codex programs that run", () => {
  it("count when they use the same home, however it is written", () => {
    const folder = temporaryFolder();
    const home = join(folder, ".codex");
    mkdirSync(home);
    mkdirSync(join(folder, "other"));
    symlinkSync(home, join(folder, "link"));
    const codex = join(folder, "codex");
    copyFileSync("/bin/sleep", codex);
    const start = (environment: Readonly<Record<string, string>>): number => {
      const child = spawn(codex, ["60"], { cwd: folder, env: environment, stdio: "ignore" });
      onTestFinished(() => void child.kill("SIGKILL"));
      return child.pid ?? -1;
    };
    const same = [
      start({ CODEX_HOME: home }),
      start({ CODEX_HOME: `${home}/` }),
      start({ CODEX_HOME: join(folder, "link") }),
      start({ CODEX_HOME: ".codex" }),
      start({ HOME: folder }),
    ];
    start({ CODEX_HOME: join(folder, "other") });
    expect(new Set(runningCodex(home))).toEqual(new Set(same));
    expect(runningCodex(join(folder, "nobody"))).toEqual([]);
  });
});
