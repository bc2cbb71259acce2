import { expect, it } from "vitest";
import { haveCallbackPorts } from "../support/callback-ports.ts";
import { binFile } from "./support/program.ts";
import { World, onlyLine, parseObject } from "./support/world.ts";

it("a plan limit that is known to be used up holds up neither the sandbox nor another address", async () => {
  const world = new World();
  await world.startService({ scenario: "usage-limit" });
  expect((await world.run(["generate", "a fox"])).status).toBe(5);
  expect((await world.run(["generate", "a fox", "--sandbox"])).status).toBe(0);
  await world.startService();
  expect((await world.run(["generate", "a fox"])).status).toBe(0);
});

it("the recipe of a file is that of the generation that put it there, also when another one made the same bytes", async () => {
  const world = new World();
  await world.startService();
  const ids = new Map<string, unknown>();
  for (const name of ["one.png", "two.png"]) {
    const { stdout } = await world.run(["generate", "a fox", "--sandbox", "--json", "-o", name]);
    ids.set(name, parseObject(stdout).id);
  }
  for (const [name, id] of ids) {
    const { stdout } = await world.run(["recipe", name, "--json"]);
    expect(parseObject(onlyLine(stdout)).id).toBe(id);
  }
});

it("a sign-in in the browser whose stdin is neither terminal nor pipe ends as any other", async () => {
  await haveCallbackPorts();
  const world = new World();
  await world.startService({ autoApprove: true }, "none");
  world.env.LIMN_AUTH_URL = new URL(world.env.LIMN_BASE_URL ?? "").origin;
  const login = world.startOther("sh", [
    "-c",
    `exec "${process.execPath}" "${binFile}" login --no-browser < /dev/null`,
  ]);
  await login.saysOnStderr("Waiting");
  const address = /^ {2}(http\S+)$/m.exec(login.stderrSoFar())?.[1] ?? "";
  expect((await fetch(address)).status).toBe(200);
  expect(await login.finished).toMatchObject({ status: 0, stdout: "signed in as someone@example.test, plan plus\n" });
});
