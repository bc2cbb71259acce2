/** `limn-many-images CORE COUNT`: COUNT calls of the built library at once in one process, with its real store in LIMN_HOME. */
async function main(): Promise<void> {
  const [core = "", count = ""] = process.argv.slice(2);
  const library: unknown = await import(core);
  if (!isLibrary(library)) throw new TypeError(`${core} is not @limn/core`);
  const client = library.createImageClient();
  const results = await Promise.all(
    Array.from({ length: Number(count) }, async (_, index) =>
      client.generate({ operation: "generate", prompt: `a red fox in the snow, picture ${index + 1}` }),
    ),
  );
  process.stdout.write(`${results.flatMap(({ images }) => images.map(({ sha256 }) => sha256)).join("\n")}\n`);
}

function isLibrary(value: unknown): value is typeof import("@limn/core") {
  return typeof value === "object" && value !== null && "createImageClient" in value;
}

void main();
