/** Changing a picture, and only a part of one: node examples/edit.ts --sandbox */
import { createImageClient } from "@limn/core";
import type { DeliveryOption } from "@limn/core";
import sharp from "sharp";
import { connect } from "./connection.ts";

const { options, close } = await connect();
const client = createImageClient({
  ...options,
  imageTools: async () => (await import("@limn/finish")).createImageTools(),
});
const file = (output: string): DeliveryOption => ({ kind: "files", output, force: true, embedRecipe: false });

const house = await client.generate(
  { operation: "generate", prompt: "a small house", size: "512x512" },
  { delivery: file("house.png") },
);

// A path, an address, bytes, or @last: the newest picture that was made from this folder.
await client.edit({ prompt: "make it night", images: ["@last"] }, { delivery: file("house-night.png") });

// Where the mask is transparent may change; every pixel outside stays as it is, to the bit.
const mask = await sharp({ create: { width: 512, height: 512, channels: 4, background: "black" } })
  .composite([
    {
      input: { create: { width: 160, height: 160, channels: 4, background: "white" } },
      left: 176,
      top: 176,
      blend: "dest-out",
    },
  ])
  .png()
  .toBuffer();
const masked = await client.edit(
  { prompt: "a red door", images: [house.images[0]?.path ?? "house.png"], mask },
  { delivery: file("house-door.png") },
);
console.log(masked.images[0]?.path, masked.steps);
await close();
