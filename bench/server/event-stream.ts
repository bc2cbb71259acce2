const id = "resp_bench";
const item = { id: "ig_bench", type: "image_generation_call" };
const place = "@picture@";

/** What the account's list of models says to limn: one that can host the tool. */
export const modelList: string = JSON.stringify({
  models: [{ slug: "gpt-bench", visibility: "list", priority: 1, input_modalities: ["text", "image"] }],
});

/** The event stream of the Responses route, in the order of the live service. Every preview is as large as the picture. */
export function responsesStream(picture: Buffer, previews: number): Buffer {
  const call = { output_index: 0, item_id: item.id };
  return Buffer.concat([
    ...event("response.created", { response: { id, status: "in_progress" } }),
    ...event("response.output_item.added", { output_index: 0, item: { ...item, status: "in_progress" } }),
    ...event("response.image_generation_call.generating", call),
    ...Array.from({ length: previews }, (_, index) =>
      event(
        "response.image_generation_call.partial_image",
        { ...call, partial_image_index: index, partial_image_b64: place },
        picture,
      ),
    ).flat(),
    ...event("response.output_item.done", { item: { ...item, status: "completed", result: place } }, picture),
    ...event("response.completed", { response: { id, status: "completed", output: [] } }),
  ]);
}

/** In pieces: as one string, the largest of these streams would be longer than a string may be. */
function event(type: string, fields: object, picture: Buffer = Buffer.alloc(0)): Buffer[] {
  const text = `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const [before = "", behind] = text.split(place);
  if (behind === undefined) return [Buffer.from(before, "latin1")];
  return [Buffer.from(before, "latin1"), picture, Buffer.from(behind, "latin1")];
}
