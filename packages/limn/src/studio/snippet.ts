import type { NamedRequest } from "./command-line.ts";

/** What only works with the tools for pixels. */
const pixelFields: ReadonlySet<string> = new Set(["size", "aspect", "fit", "format", "compression", "background"]);

const toolsPackage = "@limn/finish";

/** The very same request as a program. */
export function snippet(request: NamedRequest): string {
  const { operation, prompt, fields, images, mask, emulated } = request;
  const lines = [
    `operation: ${JSON.stringify(operation)}`,
    `prompt: ${JSON.stringify(prompt)}`,
    ...Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${JSON.stringify(value)}`],
    ),
    ...(images.length === 0 ? [] : [`images: ${JSON.stringify(images)}`]),
    ...(mask === null ? [] : [`mask: ${JSON.stringify(mask)}`]),
  ];
  const needsTools =
    images.length > 0 || Object.entries(fields).some(([name, value]) => value !== undefined && pixelFields.has(name));
  const options = needsTools
    ? `{ imageTools: async () => (await import(${JSON.stringify(toolsPackage)})).createImageTools() }`
    : "";
  return [
    ...(emulated ? ["// This one was drawn in the sandbox; the program asks the service."] : []),
    'import { createImageClient } from "@limn/core";',
    "",
    `const client = createImageClient(${options});`,
    "const { images } = await client.generate({",
    ...lines.map((line) => `  ${line},`),
    "});",
    "console.log(images.map(({ path }) => path));",
    "",
  ].join("\n");
}
