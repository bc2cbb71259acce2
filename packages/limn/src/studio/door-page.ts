import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setSecurityHeaders } from "./security-headers.ts";

const style =
  "html{color-scheme:light dark;font:17px/1.6 system-ui,sans-serif}body{max-width:34rem;margin:18vh auto;padding:0 1.5rem}h1{font-size:1.3rem}code{font:0.95em ui-monospace,monospace;padding:.15em .4em;border:1px solid #8886;border-radius:.4em}";
const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`;

/** A page that says one thing and needs no other file. */
export function sendNotice(
  response: ServerResponse,
  status: number,
  notice: { readonly title: string; readonly html: string; readonly goTo?: string },
): void {
  setSecurityHeaders(response, policy);
  const refresh = notice.goTo === undefined ? "" : `<meta http-equiv="refresh" content="0; url=${notice.goTo}">`;
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}<title>${notice.title}</title><style>${style}</style><h1>${notice.title}</h1>${notice.html}</html>\n`;
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  response.end(page);
}

/** For whoever has no session: how to get one, and nothing else. */
export function sendDoor(response: ServerResponse): void {
  sendNotice(response, 401, {
    title: "The limn studio is closed here",
    html: '<p>Open it from a terminal of this machine: <code>limn studio</code></p><p>It prints a link that is good once. If you have opened it in this browser before, <a href="/">try again</a>.</p>',
  });
}
