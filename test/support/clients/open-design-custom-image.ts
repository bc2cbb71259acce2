/** Open Design's provider `custom-image` as open-design-provider.md records it (O6 to O22), without its daemon. */

/** What media-config.json has for it (O7). */
export interface CustomImageSettings {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
}

export interface CustomImageRequest {
  readonly prompt: string;
  readonly aspect: "1:1" | "16:9" | "9:16" | "4:3" | "3:4";
  /** A data address: the first reference (O13). */
  readonly image?: string;
}

export interface CustomImageOutcome {
  readonly bytes: Buffer;
  /** From the bytes (O18). */
  readonly extension: string;
  readonly note: string;
  readonly tries: number;
}

/** What the agent is told (O21). */
export class CustomImageFailure extends Error {
  readonly tries: number;
  readonly pausesMs: readonly number[];

  constructor(message: string, tries: number, pausesMs: readonly number[]) {
    super(message);
    this.tries = tries;
    this.pausesMs = pausesMs;
  }
}

/** O15 */
const sizes = { "1:1": "1024x1024", "16:9": "1792x1024", "9:16": "1024x1792", "4:3": "1408x1056", "3:4": "1056x1408" };

export async function customImage(
  { baseUrl, model, apiKey }: CustomImageSettings,
  { prompt, aspect, image }: CustomImageRequest,
): Promise<CustomImageOutcome> {
  const size = sizes[aspect];
  const route = image === undefined ? "generations" : "edits";
  const body = {
    prompt: prompt.trim() === "" ? "A high-quality reference image." : prompt,
    model,
    n: 1,
    size,
    ...(image === undefined ? {} : { images: [{ image_url: image }] }),
    ...(image === undefined || model.startsWith("gpt-image-") ? {} : { response_format: "b64_json" }),
  };
  const pausesMs: number[] = [];
  let tries = 0;
  for (;;) {
    tries += 1;
    const response = await fetch(routeOf(baseUrl, route), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey === undefined || apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.ok) {
      const bytes = await pictureOf(text);
      const note = `custom-image/${model} · ${size} · ${bytes.length} bytes`;
      return { bytes, extension: extensionOf(bytes), note, tries };
    }
    const pauseMs = tries === 1 ? pauseBeforeRetry(response) : null;
    if (pauseMs === null)
      throw new CustomImageFailure(`custom-image ${response.status}: ${text.slice(0, 240)}`, tries, pausesMs);
    pausesMs.push(pauseMs);
  }
}

/** O10 */
function routeOf(baseUrl: string, route: string): string {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "").replace(/\/images\/(?:generations|edits)$/, "")}/images/${route}`;
  return url.href;
}

/** O19; not waited for here. Null when it gives up. */
function pauseBeforeRetry({ status, headers }: Response): number | null {
  if (status !== 429 && status !== 503) return null;
  const given = headers.get("retry-after");
  if (given === null) return 1000;
  const seconds = /^\d+$/.test(given) ? Number(given) : (Date.parse(given) - Date.now()) / 1000;
  return seconds > 60 ? null : seconds * 1000;
}

/** O17 */
async function pictureOf(text: string): Promise<Buffer> {
  const answer: unknown = JSON.parse(text);
  const first = member(member(answer, "data"), "0");
  const base64 = member(first, "b64_json");
  if (typeof base64 === "string") return Buffer.from(base64.replace(/^data:[^,]*,/, ""), "base64");
  const response = await fetch(String(member(first, "url")));
  return Buffer.from(await response.arrayBuffer());
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

function extensionOf(bytes: Buffer): string {
  const head = bytes.toString("latin1", 0, 12);
  if (head.startsWith("\u0089PNG")) return "png";
  if (head.startsWith("\u00FF\u00D8")) return "jpg";
  if (head.startsWith("RIFF") && head.endsWith("WEBP")) return "webp";
  return head.startsWith("GIF8") ? "gif" : "bin";
}
