import { errorReply, strictRefusal } from "../exchange.ts";
import { isRecord, quotable } from "../values.ts";
import type { Parsed } from "./image-request.ts";

/** One picture that came with an edit. */
export interface ImageInput {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

const CLIENT_LIMIT = 5;
const MOST_IMAGES = 16;

/**
 * Reads `images` of an edit (codex-backend contract 3.5): data URLs only. An http address is 400 with the words of the
 * live downloader; more than five are accepted with a remark, more than sixteen refused.
 */
export function parseImageInputs(value: unknown, remarks: string[]): Parsed<readonly ImageInput[]> {
  if (!Array.isArray(value) || value.length === 0)
    return { refusal: strictRefusal("images", "Invalid value for 'images': expected a list of at least one image.") };
  if (value.length > MOST_IMAGES)
    return {
      refusal: strictRefusal("images", `Invalid value for 'images': ${value.length} images, at most ${MOST_IMAGES}.`),
    };
  if (value.length > CLIENT_LIMIT) remarks.push(`${value.length} images; the Codex CLI sends at most ${CLIENT_LIMIT}`);
  const inputs: ImageInput[] = [];
  for (const [index, item] of value.entries()) {
    const input = parseImageURL(item, `images[${index}]`);
    if (input.refusal !== undefined) return input;
    inputs.push(input.value);
  }
  return { value: inputs };
}

/** Reads one `{image_url}` or `{file_id}`. */
export function parseImageURL(item: unknown, place: string): Parsed<ImageInput> {
  if (!isRecord(item)) return { refusal: strictRefusal(place, `Invalid value for '${place}': expected an object.`) };
  const unknown = Object.keys(item).find((name) => name !== "image_url" && name !== "file_id");
  if (unknown !== undefined) {
    const param = `${place}.${quotable(unknown)}`;
    return { refusal: strictRefusal(param, `Unknown parameter: '${param}'.`, "unknown_parameter") };
  }
  const { image_url: url, file_id: file } = item;
  if (url === undefined && typeof file === "string")
    return {
      refusal: errorReply(400, {
        message: "File not found.",
        type: "invalid_request_error",
        code: "file_not_found",
        param: `${place}.file_id`,
      }),
    };
  if (typeof url !== "string")
    return {
      refusal: strictRefusal(`${place}.image_url`, `Invalid value for '${place}.image_url': expected a string.`),
    };
  if (/^https?:/i.test(url)) {
    return {
      refusal: errorReply(400, {
        message: "Error while downloading file.",
        type: "invalid_request_error",
        code: "invalid_value",
        param: `${place}.image_url`,
      }),
    };
  }
  const head = /^data:(image\/[\w.+-]+);base64,/.exec(url);
  const bytes = head === null ? undefined : decodeBase64(url.slice(head[0].length));
  if (bytes === undefined || bytes.length === 0)
    return {
      refusal: strictRefusal(
        `${place}.image_url`,
        `Invalid value for '${place}.image_url': expected a base64 data URL of an image.`,
      ),
    };
  return { value: { mediaType: head?.[1] ?? "", bytes } };
}

/** Node's decoder skips what is not base64; a wrong length shows that it did. */
function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return bytes.length === Math.floor(((text.length - padding) * 3) / 4) ? bytes : undefined;
}
