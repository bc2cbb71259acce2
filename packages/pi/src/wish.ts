import { Refusal } from "./refusal.ts";

/** One request in this package's own terms, whichever tool or command it came from. */
export interface Wish {
  readonly operation: "generate" | "edit";
  readonly prompt: string;
  /** As they were given: paths, or `@last` and `@gen_…`. */
  readonly images: readonly string[];
  /** Newest pictures of the conversation, beside no `images`. */
  readonly recent: number | null;
  readonly mask?: string;
  readonly n?: number;
  readonly size?: string;
  readonly aspect?: string;
  readonly fit?: string;
  readonly background?: string;
  readonly quality?: string;
  /** File type wanted. */
  readonly format: "png" | "jpeg" | "webp" | null;
  /** A chat model; selects the engine `responses`. */
  readonly model?: string;
  /** Null: where the engine sends them anyway. */
  readonly partials: number | null;
  readonly save?: string;
  readonly saveDir?: string;
}

/** What the schema cannot say. @throws Refusal */
export function checkWish(wish: Wish): void {
  if (wish.prompt.trim() === "") throw new Refusal("The prompt is empty. Nothing was sent.");
  if (wish.recent !== null && wish.images.length > 0)
    throw new Refusal("Give either image paths or numLastImagesToInclude, not both. Nothing was sent.");
  if (wish.operation === "edit" && wish.recent === null && wish.images.length === 0)
    throw new Refusal("An edit needs a picture: give images, or numLastImagesToInclude. Nothing was sent.");
  if (wish.model !== undefined) checkModel(wish.model);
}

/** @throws Refusal for an image model's name */
export function checkModel(model: string): void {
  if (/^(?:gpt-image|chatgpt-image|dall-e|dalle)/i.test(model))
    throw new Refusal(
      `"${model.slice(0, 60)}" is an image model, and model names the chat model that hosts the image tool. Leave it out: then the picture is drawn without a chat model. Nothing was sent.`,
    );
}
