/**
 * Run as `node --conditions=source generate-until-killed.ts PROMPT N`: makes images like the command line does and prints every event as a
 * line, so that its parent knows where it is when it kills it.
 */
import { writeSync } from "node:fs";
import { createLimn } from "@limn/core";

const [prompt = "", n = "1"] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);

say("begin");
const limn = createLimn();
say("ready");
await limn.images.generate(
  { operation: "generate", prompt, n: Number(n) },
  {
    concurrency: 2,
    delivery: { kind: "files", output: null, force: false, embedRecipe: false },
    onEvent: (event) => say(event.type === "image-progress" ? `${event.stage} ${event.index}` : event.type),
  },
);
say("end");
