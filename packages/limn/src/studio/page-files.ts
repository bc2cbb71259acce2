import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { sendNotice } from "./door-page.ts";
import { pagePolicy, setSecurityHeaders } from "./security-headers.ts";
import { sendFile } from "./send-file.ts";

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/** Names that the page's build makes; no folder but one, and nothing hidden. */
const fileName = /^\/(?:assets\/)?[\w-][\w.-]*$/;
/** The page's own addresses (packages/studio/src/app/address.ts): whatever it shows there, it begins with the same file. */
const pageAddress = /^\/(?:g\/[\w-]{1,64}|trash|compose)?$/;

export function isPageAddress(path: string): boolean {
  return pageAddress.test(path);
}

/** The file's name under the page's folder; null when it is none that the page could have. */
export function pageFile(path: string): string | null {
  return fileName.test(path) && Object.hasOwn(mediaTypes, extname(path)) ? path.slice(1) : null;
}

/** One file of the page, compressed where the build made that and the browser takes it. */
export async function sendPageFile(
  folder: string,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = join(folder, name);
  if (name === "index.html" && !existsSync(path)) {
    sendNotice(response, 503, {
      title: "The page was not built",
      html: "<p>In limn's source folder, run: <code>npm run build</code></p>",
    });
    return;
  }
  setSecurityHeaders(response, pagePolicy);
  response.setHeader("vary", "accept-encoding");
  const encoding = chooseEncoding(path, request.headers["accept-encoding"] ?? "");
  if (encoding !== null) response.setHeader("content-encoding", encoding.name);
  await sendFile(request, response, {
    path: encoding === null ? path : `${path}${encoding.extension}`,
    mediaType: mediaTypes[extname(name)] ?? "application/octet-stream",
    // Names below assets hold a hash of what is in them.
    cacheControl: name.startsWith("assets/") ? "private, max-age=31536000, immutable" : "no-cache",
    missing: "The page has no such file.",
  }).catch((error: unknown) => {
    response.removeHeader("content-encoding");
    throw error;
  });
}

const encodings = [
  { name: "br", extension: ".br" },
  { name: "gzip", extension: ".gz" },
] as const;

function chooseEncoding(path: string, accepted: string): (typeof encodings)[number] | null {
  const taken = new Set(
    accepted
      .split(",")
      .map((part) => part.trim().toLowerCase())
      .filter((part) => !/;\s*q=0(?:\.0*)?$/.test(part))
      .map((part) => part.split(";", 1)[0]),
  );
  return encodings.find(({ name, extension }) => taken.has(name) && existsSync(path + extension)) ?? null;
}
