/**
 * `upload-large URL KEY KIND`: an edit with four files of 30 MB, as a form. KIND `declared` says its length, `unknown` does not. Prints the
 * status of the answer, which may come before all is sent.
 */
const { request } = process.getBuiltinModule("node:http");

const files = 4;
const fileBytes = 30_000_000;
const boundary = "limn-bench-boundary";
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const filling = Buffer.alloc(64 * 1024, 7);

function* pieces(): Generator<Buffer> {
  yield Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="prompt"\r\n\r\nmake it night`);
  for (let index = 0; index < files; index += 1) {
    yield Buffer.from(
      `\r\n--${boundary}\r\ncontent-disposition: form-data; name="image[]"; filename="${index}.png"\r\ncontent-type: image/png\r\n\r\n`,
    );
    yield signature;
    for (let left = fileBytes - signature.length; left > 0; left -= filling.length)
      yield filling.subarray(0, Math.min(left, filling.length));
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

async function main(): Promise<void> {
  const [url = "", key = "", kind = ""] = process.argv.slice(2);
  const headers: Record<string, string> = {
    authorization: `Bearer ${key}`,
    "content-type": `multipart/form-data; boundary=${boundary}`,
  };
  if (kind === "declared")
    headers["content-length"] = String([...pieces()].reduce((sum, { length }) => sum + length, 0));
  const outgoing = request(`${url}/v1/images/edits`, { method: "POST", agent: false, headers });
  const status = new Promise<number>((resolve, reject) => {
    outgoing.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on("error", reject);
  });
  const answered = status.then(() => true);
  for (const piece of pieces()) {
    const isOver = outgoing.write(piece)
      ? false
      : await Promise.race([answered, new Promise<false>((resolve) => outgoing.once("drain", () => resolve(false)))]);
    if (isOver) break;
  }
  process.stdout.write(`${await status}\n`);
  outgoing.destroy();
}

void main();
