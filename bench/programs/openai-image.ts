/** `openai-image CLIENT BASE_URL FILE`: one picture with the `openai` client, the way its documentation does it. */
import { Buffer } from "node:buffer";
import { writeFile } from "node:fs/promises";

interface OpenAIModule {
  default: new (options: { baseURL: string; apiKey: string }) => {
    images: {
      generate(request: { model: string; prompt: string }): Promise<{ data?: readonly { b64_json?: string }[] }>;
    };
  };
}

async function main(): Promise<void> {
  const [clientModule = "", baseURL = "", file = ""] = process.argv.slice(2);
  const module: unknown = await import(clientModule);
  if (!isOpenAIModule(module)) throw new TypeError(`${clientModule} is not the openai client`);
  const { default: OpenAI } = module;
  const client = new OpenAI({ baseURL, apiKey: "bench" });
  const { data } = await client.images.generate({ model: "gpt-image-2", prompt: "a red fox in the snow" });
  const picture = data?.[0]?.b64_json;
  if (picture === undefined) throw new Error("no picture came");
  await writeFile(file, Buffer.from(picture, "base64"));
}

function isOpenAIModule(value: unknown): value is OpenAIModule {
  return typeof value === "object" && value !== null && "default" in value && typeof value.default === "function";
}

void main();
