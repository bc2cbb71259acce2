import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import type { RequirementId } from "./requirements.ts";
import { World, errorOf, imageCalls } from "./support/world.ts";

interface BadInput {
  readonly id: RequirementId;
  readonly title: string;
  readonly parameters: readonly string[];
  readonly status: number;
  readonly code: string;
  readonly message: RegExp;
  /** The next step: a command, an option or a variable is in it. */
  readonly hint: RegExp;
  readonly input?: string;
  readonly service?: EmulatorOptions;
  /** Change the world; the token is in it already. */
  readonly prepare?: (world: World, emulator: Emulator) => void;
}

/** Use Codex's login file instead of a token. */
function withLogin(write: (world: World, emulator: Emulator) => void): NonNullable<BadInput["prepare"]> {
  return (world, emulator) => {
    delete world.env.LIMN_ACCESS_TOKEN;
    write(world, emulator);
  };
}

const yearMs = 365 * 86_400_000;

const table: readonly BadInput[] = [
  {
    id: "bad-empty-prompt",
    title: "an empty prompt",
    parameters: ["generate", "  "],
    status: 2,
    code: "prompt_missing",
    message: /^The prompt is empty\.$/,
    hint: /limn generate "a red fox in the snow"/,
  },
  {
    id: "bad-empty-prompt",
    title: "an empty stdin",
    parameters: ["generate"],
    input: "\n",
    status: 2,
    code: "prompt_missing",
    message: /^The prompt is empty\.$/,
    hint: /limn generate "a red fox in the snow"/,
  },
  {
    id: "bad-empty-prompt",
    title: "no prompt",
    parameters: ["generate"],
    status: 2,
    code: "prompt_missing",
    message: /^The(?:re is no prompt| prompt is empty)\.$/,
    hint: /limn generate "a red fox in the snow"/,
  },
  {
    id: "bad-long-prompt",
    title: "a prompt of 40,000 characters",
    parameters: ["generate", "x".repeat(40_000)],
    status: 2,
    code: "invalid_option",
    message: /^The prompt has 40,000 characters; the limit is 32,000\.$/,
    hint: /limn generate --help/,
  },
  {
    id: "bad-long-prompt",
    title: "a prompt of two megabytes on stdin",
    parameters: ["generate"],
    input: "x".repeat(2 * 1024 * 1024),
    status: 2,
    code: "invalid_option",
    message: /^The prompt on stdin has more than 1048576 bytes\.$/,
    hint: /32,000 characters/,
  },
  {
    id: "bad-option",
    title: "unknown options and wrong values, all told at once",
    parameters: ["a fox", "--qualty", "high", "--aspect", "1:99", "--timeout", "0"],
    status: 2,
    code: "invalid_option",
    message:
      /^3 things are wrong: --qualty is not an option of limn generate; did you mean --quality\?; --timeout must be a whole number from 1 to 3600; --aspect must not be steeper than 8:1\.$/,
    hint: /limn generate --help/,
  },
  {
    id: "bad-size",
    title: "--size 17x99999",
    parameters: ["a fox", "--size", "17x99999"],
    status: 2,
    code: "invalid_option",
    message: /^--size /,
    hint: /limn generate --help/,
  },
  {
    id: "bad-count",
    title: "--count 0",
    parameters: ["a fox", "--count", "0"],
    status: 2,
    code: "invalid_option",
    message: /^--count must be a whole number from 1 to 10\.$/,
    hint: /limn generate --help/,
  },
  {
    id: "bad-output-folder",
    title: "an output folder that is missing",
    parameters: ["a fox", "-o", "no such folder/fox.png"],
    status: 10,
    code: "artifact_write_failed",
    message: /^The output folder .*\/no such folder cannot be used: it does not exist\. Nothing was sent\.$/,
    hint: /^Make it first: mkdir -p '.*\/no such folder'$/,
  },
  {
    id: "bad-output-folder",
    title: "an output folder that is a file",
    parameters: ["a fox", "-o", "file/fox.png"],
    prepare: (world) => writeFileSync(world.path("file"), ""),
    status: 10,
    code: "artifact_write_failed",
    message: /^The output folder .*\/file cannot be used: it is not a folder\. Nothing was sent\.$/,
    hint: /--output/,
  },
  {
    id: "bad-no-login",
    title: "no login",
    parameters: ["a fox"],
    prepare: withLogin(() => undefined),
    status: 4,
    code: "login_missing",
    message: /^Nobody is signed in: /,
    hint: /limn login .*--sandbox/,
  },
  {
    id: "bad-no-login",
    title: "a Codex that is signed out",
    parameters: ["a fox"],
    prepare: withLogin((world) => world.writeLogin('{ "auth_mode": "chatgpt", "tokens": null }')),
    status: 4,
    code: "login_missing",
    message: /^Codex has a login file \(.*\) without a ChatGPT token in it\.$/,
    hint: /codex login/,
  },
  {
    id: "bad-api-key-login",
    title: "an API-key login",
    parameters: ["a fox"],
    prepare: withLogin((world, emulator) => world.signIn(emulator, { kind: "apikey" })),
    status: 4,
    code: "login_refused",
    message: /^Codex is signed in with an API key\. limn never spends one/,
    hint: /codex login/,
  },
  {
    id: "bad-expired-login",
    title: "an expired login",
    parameters: ["a fox"],
    prepare: withLogin((world, emulator) => world.signIn(emulator, { expired: true })),
    status: 4,
    code: "login_expired",
    message: /^The ChatGPT login of Codex ended at .* UTC; this machine's clock says .* UTC\.$/,
    hint: /codex exec .*limn login --renew codex/,
  },
  {
    id: "bad-third-party",
    title: "a third-party provider",
    parameters: ["a fox"],
    prepare: withLogin((world, emulator) => {
      world.signIn(emulator);
      writeFileSync(join(world.codexHome, "config.toml"), 'model_provider = "azure"\n');
    }),
    status: 4,
    code: "login_refused",
    message: /^Codex is set to the model provider "azure" \(model_provider in .*config\.toml\)/,
    hint: /codex login/,
  },
  {
    id: "bad-login-file",
    title: "a login file that is broken JSON",
    parameters: ["a fox"],
    prepare: withLogin((world) => world.writeLogin('{ "tokens": { "access_token": "eyJplanted')),
    status: 4,
    code: "login_unreadable",
    message: /^The login file .*auth\.json cannot be used: it is not valid JSON\.$/,
    hint: /codex login/,
  },
  {
    id: "bad-clock",
    title: "a clock that is a year ahead of the login's",
    parameters: ["a fox"],
    service: { clock: () => Date.now() - yearMs },
    prepare: withLogin((world, emulator) => world.signIn(emulator)),
    status: 4,
    code: "login_expired",
    message: new RegExp(`ended at .*; this machine's clock says ${new Date().getUTCFullYear()}-`),
    hint: /codex/,
  },
  {
    id: "bad-base-url",
    title: "a base URL that is not http(s)",
    parameters: ["a fox"],
    prepare: ({ env }) => void (env.LIMN_BASE_URL = "ftp://files.example.test/x"),
    status: 2,
    code: "config_invalid",
    message: /^The variable LIMN_BASE_URL must be an http or https address/,
    hint: /LIMN_BASE_URL/,
  },
  {
    id: "bad-base-url",
    title: "a base URL elsewhere that is not https",
    parameters: ["a fox"],
    prepare: ({ env }) => void (env.LIMN_BASE_URL = "http://chat.example.test/codex"),
    status: 2,
    code: "config_invalid",
    message: /^The address http:\/\/chat\.example\.test \(variable LIMN_BASE_URL\) is not https/,
    hint: /https/,
  },
  {
    id: "bad-base-url",
    title: "a base URL elsewhere that was not set in the user's own settings, with a stored login",
    parameters: ["a fox"],
    prepare: withLogin((world, emulator) => {
      world.signIn(emulator);
      world.env.LIMN_BASE_URL = "https://chat.example.test/codex";
    }),
    status: 4,
    code: "login_missing",
    message: /^No stored login is sent to https:\/\/chat\.example\.test\/codex/,
    hint: /limn config set baseUrl https:\/\/chat\.example\.test\/codex .*LIMN_ACCESS_TOKEN=/,
  },
  {
    id: "bad-project-address",
    title: "a project config that sets an address",
    parameters: ["a fox"],
    prepare: (world) =>
      writeFileSync(join(world.folder, "limn.config.json"), '{ "baseUrl": "https://evil.example.test" }'),
    status: 2,
    code: "config_invalid",
    message: /limn\.config\.json has a fault: "baseUrl" may not be set by a project file\.$/,
    hint: /limn config set baseUrl/,
  },
];

describe("bad input", () => {
  for (const bad of table) {
    it(`${bad.title}: ${bad.code}, status ${bad.status}, a next step, nothing sent, nothing left ${proves(bad.id)}`, async () => {
      const world = new World();
      const emulator = await world.startService(bad.service);
      bad.prepare?.(world, emulator);
      const before = world.files();
      const input = bad.input === undefined ? {} : { input: bad.input };
      const told = await world.run(bad.parameters, input);
      expect(told.stdout).toBe("");
      expect(told.status).toBe(bad.status);
      const [first = "", second = "", ...rest] = told.stderr.split("\n");
      expect(first).toMatch(new RegExp(`^error: .* \\[${bad.code}\\]$`));
      expect(first.slice("error: ".length, -` [${bad.code}]`.length)).toMatch(bad.message);
      expect(second).toMatch(/^→ /);
      expect(second.slice(2)).toMatch(bad.hint);
      expect(rest).toEqual([""]);

      const json = await world.run([...bad.parameters, "--json"], input);
      expect(json.status).toBe(bad.status);
      expect(errorOf(json)).toEqual({
        code: bad.code,
        category: expect.any(String),
        message: expect.stringMatching(bad.message),
        hint: expect.stringMatching(bad.hint),
        retryable: false,
        retryAfterMs: null,
        details: expect.any(Object),
      });

      expect(imageCalls(emulator)).toEqual([]);
      expect(world.files()).toEqual(before);
      expect(world.generations()).toEqual([]);
    });
  }

  const nobody = 65_534;
  const canBecomeNobody = process.getuid?.() === 0;

  it.skipIf(process.platform === "win32")(
    `an output folder that cannot be written: nothing sent, nothing left ${proves("bad-output-folder")}`,
    async () => {
      const world = new World();
      const emulator = await world.startService();
      mkdirSync(world.path("locked"));
      // The superuser may write everywhere, so it runs the program as somebody else.
      if (canBecomeNobody) for (const path of everything(world.folder)) chownSync(path, nobody, nobody);
      chmodSync(world.path("locked"), 0o555);
      const user = canBecomeNobody ? { uid: nobody } : {};
      const { status, stderr } = await world.run(["a fox", "-o", "locked/fox.png"], user);
      expect(status).toBe(10);
      expect(stderr).toMatch(
        /^error: The output folder .*\/locked cannot be used: .* Nothing was sent\. \[artifact_write_failed\]\n→ Name another place with --output\.\n$/,
      );
      expect(emulator.calls).toEqual([]);
      expect(world.generations()).toEqual([]);
      expect((await world.run(["a fox", "-o", "fox.png"], user)).status).toBe(0);
    },
  );

  it(`a login of another program is never changed by being refused ${proves("bad-expired-login")}`, async () => {
    const world = new World();
    const emulator = await world.startService({}, "none");
    const file = world.signIn(emulator, { expired: true });
    const before = readFileSync(file);
    await world.run(["a fox"]);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(world.codexHome)).toEqual(["auth.json"]);
  });

  it(`a clock that differs from the service's is told with the picture ${proves("bad-clock")}`, async () => {
    const world = new World();
    await world.startService({ scenario: { name: "clock-skew", skewMs: -3_600_000, size: "64x48" } });
    const { status, stderr } = await world.run(["a fox"]);
    expect(status).toBe(0);
    expect(stderr).toContain("note: This machine's clock is 60 minutes ahead of the service's");
  });
});

function everything(folder: string): string[] {
  return [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  ].filter(existsSync);
}
