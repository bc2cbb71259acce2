import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createEmulator } from "../index.ts";
import { clientHeaders, dataURL, generationBody, imageRequest, readObject } from "../testing/requests.ts";

const PLANTED = "planted-token-4711-abcdef";
const STRANGER = "stranger-token-0815-uvwxyz";
const COOKIE = "cookie-value-1234567";

test("no credential appears in a record, an answer or a control answer, wherever it was put", async () => {
  const emulator = createEmulator({ accessToken: PLANTED, scenario: { name: "ok", size: "32x32" } });
  const { baseURL, url } = await emulator.listen();
  const answers: string[] = [];
  const keep = async (response: Response): Promise<void> => {
    answers.push(JSON.stringify([...response.headers]), await response.text());
  };
  const secrets = { cookie: `__cf_bm=${COOKIE}`, "x-api-key": STRANGER, "x-note": `again ${PLANTED}` };
  await keep(await fetch(imageRequest(emulator, { baseURL, headers: secrets })));
  await keep(
    await fetch(imageRequest(emulator, { baseURL, headers: { ...secrets, authorization: `Bearer ${STRANGER}` } })),
  );
  await keep(await fetch(imageRequest(emulator, { baseURL, headers: { authorization: `Basic ${STRANGER}` } })));
  await keep(
    await fetch(
      imageRequest(emulator, {
        baseURL,
        body: generationBody({ prompt: `draw ${PLANTED} and sk-live-123456789 and rt_abcdefgh` }),
      }),
    ),
  );
  await keep(await fetch(imageRequest(emulator, { baseURL, body: generationBody({ [PLANTED]: PLANTED }) })));
  await keep(await fetch(imageRequest(emulator, { baseURL, headers: { "content-type": `text/${PLANTED}` } })));
  await keep(await fetch(imageRequest(emulator, { baseURL, body: PLANTED })));
  await keep(await fetch(`${url}/${PLANTED}?access_token=${PLANTED}`, { headers: clientHeaders(emulator) }));
  await keep(await fetch(`${url}/oauth/${STRANGER}`, { headers: { authorization: `Bearer ${STRANGER}` } }));
  await keep(
    await fetch(
      imageRequest(emulator, {
        baseURL,
        edit: true,
        body: { ...generationBody(), images: [{ image_url: PLANTED.repeat(20) }] },
      }),
    ),
  );
  emulator.renewAccessToken("second-planted-token");
  await keep(await fetch(imageRequest(emulator, { baseURL, headers: { authorization: `Bearer ${PLANTED}` } })));
  await keep(await fetch(`${url}/__emulator/scenario`, { method: "PUT", body: JSON.stringify(PLANTED) }));
  await keep(await fetch(`${url}/__emulator/scenario`, { method: "PUT", body: `{"name": ${PLANTED}` }));
  await keep(
    await fetch(`${url}/__emulator/access-token`, {
      method: "PUT",
      body: JSON.stringify({ accessToken: "third-planted-token" }),
    }),
  );
  await keep(await fetch(`${url}/__emulator/calls`));
  await emulator.close();

  const everything = answers.join("\n") + JSON.stringify(emulator.calls);
  for (const secret of [
    PLANTED,
    STRANGER,
    COOKIE,
    "second-planted-token",
    "third-planted-token",
    "sk-live-123456789",
    "rt_abcdefgh",
  ]) {
    expect(everything).not.toContain(secret);
  }
  const shown = emulator.calls.map((call) => call.headers["authorization"]);
  expect(shown.slice(0, 3)).toEqual(["Bearer <ACCESS_TOKEN>", "Bearer <OTHER>", "Bearer <OTHER>"]);
  expect(emulator.calls[0]?.headers).toMatchObject({
    cookie: "<REDACTED>",
    "x-api-key": "<REDACTED>",
    "x-note": "again <ACCESS_TOKEN>",
  });
  expect(emulator.calls[3]?.body).toMatchObject({ prompt: "draw <ACCESS_TOKEN> and <API_KEY> and <REFRESH_TOKEN>" });
});

test("a record holds what was sent and what was answered", async () => {
  const emulator = createEmulator({ clock: () => 1_795_218_411_000, scenario: { name: "ok", size: "32x32" } });
  const body = generationBody();
  await emulator.fetch(imageRequest(emulator, { body }));
  expect(emulator.calls).toEqual([
    {
      index: 0,
      at: 1_795_218_411_000,
      method: "POST",
      path: "/backend-api/codex/images/generations",
      route: "images.generations",
      group: "images",
      account: "acc-emulator-0001",
      headers: { ...clientHeaders(emulator), authorization: "Bearer <ACCESS_TOKEN>", host: "127.0.0.1" },
      contentLength: Buffer.byteLength(JSON.stringify(body)),
      body,
      answered: { status: 200, scenario: "ok" },
      remarks: [],
      aborted: false,
    },
  ]);
});

test("long pictures are cut in a record, with the hash and the length of their bytes", async () => {
  const emulator = createEmulator({ scenario: { name: "ok", size: "32x32" } });
  const long = Buffer.alloc(5000, "long picture ");
  const short = dataURL(Buffer.from("short"));
  const images = [{ image_url: dataURL(long) }, { image_url: short }];
  await readObject(await emulator.fetch(imageRequest(emulator, { edit: true, body: { images, ...generationBody() } })));
  expect(emulator.calls[0]?.body).toEqual({
    images: [
      {
        image_url: `data:image/png;base64,${long.toString("base64").slice(0, 10)}…`,
        sha256: createHash("sha256").update(long).digest("hex"),
        bytes: 5000,
      },
      { image_url: short },
    ],
    ...generationBody(),
  });
});
