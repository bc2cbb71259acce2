import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { thrownBy } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { isLoopback, serviceAddress } from "./addresses.ts";
import type { Environment } from "./environment.ts";
import { isTrue } from "./environment.ts";
import { configKeys } from "./keys.ts";
import { checkValue, loadConfig } from "./load-config.ts";
import type { Config } from "./load-config.ts";
import { codexHome, limnFolders } from "./paths.ts";
import { userConfigFile, writeUserSetting } from "./write-config.ts";

interface Files {
  readonly user?: unknown;
  readonly project?: unknown;
  readonly variables?: Readonly<Record<string, string>>;
}

/** An environment of its own: a home with limn's folder, and a working folder two levels below a project file. */
function environmentWith({ user, project, variables = {} }: Files): Environment & { readonly folder: string } {
  const folder = temporaryFolder();
  const workingFolder = join(folder, "project", "deep", "down");
  mkdirSync(workingFolder, { recursive: true });
  mkdirSync(join(folder, "limn"));
  const write = (path: string, content: unknown): void =>
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  if (user !== undefined) write(join(folder, "limn", "config.json"), user);
  if (project !== undefined) write(join(folder, "project", "limn.config.json"), project);
  return {
    folder,
    variables: { LIMN_HOME: join(folder, "limn"), ...variables },
    platform: "linux",
    home: folder,
    workingFolder,
  };
}

const plain = (config: Config): unknown => Object.fromEntries([...config].map(([name, { value }]) => [name, value]));

describe("precedence", () => {
  test("is variable, project file, user file, and every setting says where it is from", () => {
    const environment = environmentWith({
      user: { model: "user", output: "user", aspect: "1:1", baseUrl: "https://user.example/codex" },
      project: { $schema: "x", model: "project", output: "project" },
      variables: { LIMN_MODEL: "variable", LIMN_OUTPUT: "" },
    });
    const user = join(environment.folder, "limn", "config.json");
    const project = join(environment.folder, "project", "limn.config.json");
    expect(Object.fromEntries(loadConfig(environment))).toEqual({
      model: { value: "variable", from: "variable LIMN_MODEL", layer: "variable" },
      output: { value: "project", from: project, layer: "project" },
      aspect: { value: "1:1", from: user, layer: "user" },
      baseUrl: { value: "https://user.example/codex", from: user, layer: "user" },
    });
  });

  test("the nearest project file above the working folder is the only one", () => {
    const environment = environmentWith({ project: { model: "far", aspect: "1:1" } });
    writeFileSync(join(environment.folder, "project", "deep", "limn.config.json"), '\uFEFF{"model":"near"}');
    expect(plain(loadConfig(environment))).toEqual({ model: "near" });
  });

  test("nothing is set where there are no files", () => {
    expect(plain(loadConfig(environmentWith({})))).toEqual({});
  });
});

describe("a project file", () => {
  test("cannot set an address, and all its faults are told at once", () => {
    const environment = environmentWith({
      project: {
        baseUrl: "https://evil.example/codex",
        authUrl: "https://evil.example",
        sandbox: true,
        modle: "x",
        somethingElse: 1,
        engine: "none",
        timeout: 0,
        retries: 1.5,
        history: "no",
        output: "",
      },
    });
    const file = join(environment.folder, "project", "limn.config.json");
    const error = thrownBy(() => loadConfig(environment));
    expect([error.code, error.details]).toEqual([
      "config_invalid",
      {
        file,
        faults: [
          '"baseUrl" may not be set by a project file',
          '"authUrl" may not be set by a project file',
          '"sandbox" may not be set by a project file',
          'unknown setting "modle" (did you mean "model"?)',
          'unknown setting "somethingElse"',
          expect.stringMatching(/^"engine" must be one of auto, /),
          '"timeout" must be a whole number from 1 to 3600',
          '"retries" must be a whole number from 0 to 10',
          '"history" must be true or false',
          '"output" must be a text',
        ],
      },
    ]);
    expect(error.hint).toContain("limn config set baseUrl");
  });

  test("cannot set anything that names an address, a token or a program", () => {
    const forbidden = configKeys.filter(({ kind, name }) => kind === "url" || /token|bin|program|url/i.test(name));
    expect(forbidden.filter(({ project }) => project)).toEqual([]);
    expect(forbidden.map(({ name }) => name)).toEqual(expect.arrayContaining(["baseUrl", "authUrl"]));
  });

  test.each([
    ["that is cut", '{"model"', "is not valid JSON"],
    ["that is a list", "[]", "it is not a JSON object"],
  ])("%s is refused", (_, project, message) => {
    const error = thrownBy(() => loadConfig(environmentWith({ project })));
    expect([error.code, error.message.includes(message)]).toEqual(["config_invalid", true]);
  });
});

describe("a variable", () => {
  test.each([
    ["LIMN_BASE_URL", "chatgpt.com", "must be an http or https address without a user name or a query"],
    ["LIMN_BASE_URL", "ftp://chatgpt.com/x", "must be an http or https address without a user name or a query"],
    [
      "LIMN_BASE_URL",
      "https://chatgpt.com@evil.example/codex",
      "must be an http or https address without a user name or a query",
    ],
    [
      "LIMN_BASE_URL",
      "https://user:password@evil.example/codex",
      "must be an http or https address without a user name or a query",
    ],
    ["LIMN_BASE_URL", "https://", "must be an http or https address without a user name or a query"],
    ["LIMN_SANDBOX", "perhaps", "must be true or false"],
  ])("%s=%s is refused, and the value is not repeated", (name, value, fault) => {
    const error = thrownBy(() => loadConfig(environmentWith({ variables: { [name]: value } })));
    expect(error.toJSON()).toMatchObject({ code: "config_invalid", message: `The variable ${name} ${fault}.` });
  });

  test.each([
    ["1", true],
    ["YES", true],
    ["on", true],
    ["0", false],
    ["False", false],
  ])("LIMN_SANDBOX=%s is %s", (text, value) => {
    expect(plain(loadConfig(environmentWith({ variables: { LIMN_SANDBOX: text } })))).toEqual({ sandbox: value });
  });

  test("is true unless it says no", () => {
    expect(["1", "yes", "x", "0", "false", "No", "OFF", null].map(isTrue)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("an address", () => {
  const address = (value: string, layer: "user" | "variable"): unknown => {
    const environment = environmentWith(
      layer === "user" ? { user: { baseUrl: value } } : { variables: { LIMN_BASE_URL: value } },
    );
    return serviceAddress(loadConfig(environment), "baseUrl");
  };

  test("is the service's own unless set", () => {
    const config = loadConfig(environmentWith({}));
    expect([serviceAddress(config, "baseUrl"), serviceAddress(config, "authUrl")]).toEqual([
      { url: "https://chatgpt.com/backend-api/codex", mayReceiveStoredLogin: true, isDefault: true },
      { url: "https://auth.openai.com", mayReceiveStoredLogin: true, isDefault: true },
    ]);
  });

  test.each([
    ["https://chatgpt.com/backend-api/codex/", true, true],
    ["http://127.0.0.1:4320/codex", true, false],
    ["http://127.9.9.9/codex", true, false],
    ["http://[::1]:4320/codex", true, false],
    ["http://LOCALHOST:4320/codex", true, false],
    ["https://proxy.example/codex//", false, false],
    ["https://127.0.0.1.evil.example/codex", false, false],
    ["https://chatgpt.com.evil.example/backend-api/codex", false, false],
    ["https://chatgpt.com/other", false, false],
  ])("%s from a variable may receive a stored login: %s", (value, mayReceiveStoredLogin, isDefault) => {
    expect(address(value, "variable")).toEqual({ url: value.replace(/\/+$/, ""), mayReceiveStoredLogin, isDefault });
  });

  test("that is https and set by the user may receive a stored login", () => {
    expect(address("https://proxy.example/codex", "user")).toEqual({
      url: "https://proxy.example/codex",
      mayReceiveStoredLogin: true,
      isDefault: false,
    });
  });

  test.each([
    "http://chatgpt.com/backend-api/codex",
    "http://127.0.0.1.evil.example/codex",
    "http://localhost.evil.example/codex",
    "http://10.0.0.1/codex",
    "http://[::ffff:10.0.0.1]/codex",
  ])("%s is refused, because it is not https", (value) => {
    for (const layer of ["user", "variable"] as const)
      expect(thrownBy(() => address(value, layer)).code).toBe("config_invalid");
  });

  test("is this machine's only by an exact name", () => {
    const names = [
      "localhost",
      "127.0.0.1",
      "127.1.2.3",
      "::1",
      "[::1]",
      "localhost.",
      "127.0.0.1.evil.example",
      "0.0.0.0",
      "::",
      "xlocalhost",
    ];
    expect(names.filter(isLoopback)).toEqual(["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]);
  });
});

describe("folders", () => {
  const folders = (variables: Readonly<Record<string, string>>, change: Partial<Environment> = {}): unknown =>
    limnFolders({ variables, platform: "linux", home: "/home/me", workingFolder: "/project", ...change });

  test("are LIMN_HOME, else XDG's, else below the home", () => {
    expect(folders({ LIMN_HOME: "kept", XDG_DATA_HOME: "/data" })).toMatchObject({
      config: "/project/kept",
      data: "/project/kept",
    });
    expect(folders({ XDG_CONFIG_HOME: "/conf", XDG_DATA_HOME: "relative" })).toMatchObject({
      config: "/conf/limn",
      data: "/home/me/.local/share/limn",
    });
    expect(folders({}, { platform: "darwin" })).toMatchObject({ config: "/home/me/.config/limn" });
  });

  test("need a home or a name", () => {
    expect(thrownBy(() => folders({}, { home: null })).code).toBe("config_invalid");
    expect(folders({ LIMN_HOME: "/x" }, { home: null })).toMatchObject({ data: "/x" });
  });

  test("of Codex are CODEX_HOME, else ~/.codex, else none", () => {
    const of = (variables: Readonly<Record<string, string>>, home: string | null): string | null =>
      codexHome({ variables, platform: "linux", home, workingFolder: "/project" });
    expect([of({ CODEX_HOME: "c" }, "/home/me"), of({ CODEX_HOME: "" }, "/home/me"), of({}, null)]).toEqual([
      "/project/c",
      "/home/me/.codex",
      null,
    ]);
  });
});

describe("writing a setting", () => {
  const content = (environment: Environment): unknown => JSON.parse(readFileSync(userConfigFile(environment), "utf8"));

  test("keeps every other entry, also those of a newer version", () => {
    const environment = environmentWith({ user: '\uFEFF{"future":{"a":[1]},"model":"old","aspect":"1:1"}' });
    writeUserSetting(environment, "model", "new");
    writeUserSetting(environment, "retries", "0");
    writeUserSetting(environment, "history", "no");
    writeUserSetting(environment, "aspect", null);
    expect(content(environment)).toEqual({ future: { a: [1] }, model: "new", retries: 0, history: false });
  });

  test("makes the folder and a file that nobody else reads, and leaves nothing beside it", () => {
    const environment = environmentWith({ variables: { LIMN_HOME: join(temporaryFolder(), "new", "limn") } });
    writeUserSetting(environment, "model", "x");
    const { config } = limnFolders(environment);
    expect(readdirSync(config)).toEqual(["config.json"]);
    expect([statSync(config).mode & 0o777, statSync(join(config, "config.json")).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test.each([
    ["modle", "x", 'There is no setting "modle". Did you mean "model"?'],
    ["timeout", "1.5", 'The setting "timeout" must be a whole number from 1 to 3600.'],
    ["timeout", "-1", 'The setting "timeout" must be a whole number from 1 to 3600.'],
    ["history", "perhaps", 'The setting "history" must be true or false.'],
    ["baseUrl", "nowhere", 'The setting "baseUrl" must be an http or https address without a user name or a query.'],
  ])("%s %s is refused, and the file stays", (name, text, message) => {
    const environment = environmentWith({ user: { model: "old" } });
    const error = thrownBy(() => writeUserSetting(environment, name, text));
    expect([error.code, error.message, content(environment)]).toEqual(["invalid_option", message, { model: "old" }]);
  });

  test.each(['{"model":', "[1]"])("does not replace a file that holds %s", (user) => {
    const environment = environmentWith({ user });
    expect(thrownBy(() => writeUserSetting(environment, "model", "x")).code).toBe("config_invalid");
    expect(readFileSync(userConfigFile(environment), "utf8")).toBe(user);
  });

  test("does not replace a file that cannot be read", () => {
    const environment = environmentWith({});
    const file = userConfigFile(environment);
    symlinkSync(file, file);
    expect(thrownBy(() => writeUserSetting(environment, "model", "x")).code).toBe("config_invalid");
    expect(readdirSync(join(environment.folder, "limn"))).toEqual(["config.json"]);
    expect(() => readFileSync(file)).toThrow(/ELOOP/);
  });

  test("into a place that is no folder fails with the next step", () => {
    const environment = environmentWith({});
    const blocked = { ...environment, variables: { LIMN_HOME: join(environment.folder, "file", "limn") } };
    writeFileSync(join(environment.folder, "file"), "");
    chmodSync(join(environment.folder, "file"), 0o600);
    const error = thrownBy(() => writeUserSetting(blocked, "model", "x"));
    expect([error.code, error.hint === null]).toEqual(["artifact_write_failed", false]);
  });
});

test("every setting refuses a value of another type", () => {
  const wrong: Readonly<Record<string, unknown>> = { string: 7, integer: "7", boolean: 1, url: 7 };
  expect(configKeys.filter((key) => checkValue(key, wrong[key.kind]) === null)).toEqual([]);
});
