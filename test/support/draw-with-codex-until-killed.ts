/** Draws with the engine `codex` as its variables say, until it is killed. */
import { tmpdir } from "node:os";
import { codexEngineParts } from "../../packages/core/src/compose-codex.ts";
import { createCodexEngine } from "../../packages/core/src/engines/codex/index.ts";
import { callFor } from "../integration/codex-call.ts";

const { signal } = new AbortController();
const engine = createCodexEngine(
  codexEngineParts({
    environment: {
      variables: process.env,
      platform: process.platform,
      home: process.env.HOME ?? null,
      workingFolder: process.cwd(),
    },
    clock: Date.now,
    limits: { totalMs: 600_000 },
  }),
);
await engine.prepare(signal);
const codexDriver = process.argv[2] === "exec" ? "exec" : "app-server";
await engine.run(callFor({ request: { codexDriver } }, signal, tmpdir(), []));
