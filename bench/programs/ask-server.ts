/**
 * `ask-server URL KEY CLIENTS REQUESTS CHARACTERS`: CLIENTS at once ask an images server, one request after the other on a connection of
 * their own, until REQUESTS were answered. Each answer must hold CHARACTERS of base64. Prints how long it took, in ms.
 */
import type { IncomingMessage } from "node:http";

const { Agent, request } = process.getBuiltinModule("node:http");

async function main(): Promise<void> {
  const [url = "", key = "", clients = "", requests = "", characters = ""] = process.argv.slice(2);
  // In the prompt as well: no request is a repeat of another run's.
  const begin = performance.timeOrigin + performance.now();
  let started = 0;
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (started < Number(requests)) {
      started += 1;
      const body = JSON.stringify({ prompt: `a red fox in the snow, picture ${started} of ${begin}` });
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        request(`${url}/v1/images/generations`, {
          method: "POST",
          agent,
          headers: {
            authorization: `Bearer ${key}`,
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          },
        })
          .on("response", resolve)
          .on("error", reject)
          .end(body);
      });
      await check(answer, Number(characters));
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: Number(clients) }, client));
  process.stdout.write(`${performance.timeOrigin + performance.now() - begin}\n`);
}

/** The picture is the one long text; its length tells whether it is whole, and the end whether the document is. */
async function check(answer: IncomingMessage, characters: number): Promise<void> {
  let received = 0;
  let end = "";
  await new Promise<void>((resolve, reject) => {
    answer.on("data", (piece: Buffer) => {
      received += piece.length;
      end = piece.toString("latin1", Math.max(0, piece.length - 2));
    });
    answer.on("end", resolve);
    answer.on("error", reject);
  });
  if (answer.statusCode !== 200 || received < characters || received > characters + 2000 || !end.endsWith("}"))
    throw new Error(`status ${answer.statusCode}, ${received} bytes that end with ${end}`);
}

void main();
