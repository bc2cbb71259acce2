import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { binFile } from "./support/program.ts";
import { World, parseObject } from "./support/world.ts";

/** The real Codex program of test/judges. */
const codex = resolve(import.meta.dirname, "../judges/node_modules/.bin/codex");
const absent = existsSync(codex) ? null : "the real Codex program is not installed (npm ci --prefix test/judges)";

describe.skipIf(absent !== null)(
  `the real Codex program as judge of setup${absent === null ? "" : `: ${absent}`}`,
  () => {
    it(`reads the entry with its time limits, and has none after --undo, whatever it wrote in between ${proves("setup-write", "setup-undo")}`, async () => {
      const world = new World();
      const file = join(world.codexHome, "config.toml");
      writeFileSync(file, "# mine\ncheck_for_update_on_startup = false\n");
      await world.run(["setup", "codex", "--yes"]);
      const { stdout } = await world.startOther(codex, ["mcp", "get", "limn", "--json"]).finished;
      expect(parseObject(stdout)).toMatchObject({
        name: "limn",
        enabled: true,
        transport: {
          type: "stdio",
          command: process.execPath,
          args: [binFile, "mcp"],
          env: { LIMN_HOME: world.limnHome },
        },
        startup_timeout_sec: 60,
        tool_timeout_sec: 600,
      });
      const added = await world.startOther(codex, ["mcp", "add", "other", "--", "some-server"]).finished;
      expect(added.status).toBe(0);
      expect((await world.run(["setup", "codex", "--undo", "--yes"])).status).toBe(0);
      const left = readFileSync(file, "utf8");
      expect(left).toMatch(/^# mine\ncheck_for_update_on_startup = false\n/);
      expect(left).toContain("[mcp_servers.other]");
      expect(left).not.toContain("limn");
      const list = await world.startOther(codex, ["mcp", "list", "--json"]).finished;
      expect(list.stdout).toContain('"other"');
      expect(list.stdout).not.toContain('"limn"');
    });

    it(`installs the plugin folder, and lists its server ${proves("setup-skill")}`, async () => {
      const world = new World();
      const market = join(world.folder, "market");
      mkdirSync(join(market, ".agents/plugins"), { recursive: true });
      cpSync(resolve(import.meta.dirname, "../../integrations/codex"), join(market, "plugins/limn"), {
        recursive: true,
      });
      const plugin = { name: "limn", source: { source: "local", path: "./plugins/limn" } };
      writeFileSync(
        join(market, ".agents/plugins/marketplace.json"),
        JSON.stringify({
          name: "local",
          plugins: [{ ...plugin, policy: { installation: "AVAILABLE", authentication: "ON_INSTALL" } }],
        }),
      );
      for (const words of [
        ["plugin", "marketplace", "add", market],
        ["plugin", "add", "limn@local"],
      ]) {
        const { status, stderr } = await world.startOther(codex, words).finished;
        expect({ words, status, stderr: status === 0 ? "" : stderr }).toEqual({ words, status: 0, stderr: "" });
      }
      const list = await world.startOther(codex, ["mcp", "list", "--json"]).finished;
      const servers: unknown = JSON.parse(list.stdout);
      expect(servers).toMatchObject([
        { name: "limn", transport: { command: "limn", args: ["mcp"] }, tool_timeout_sec: 600 },
      ]);
      expect(existsSync(join(world.codexHome, "plugins/cache/local/limn"))).toBe(true);
    });
  },
);
