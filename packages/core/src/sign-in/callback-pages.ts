import type { ServerResponse } from "node:http";

/** A sign beside the words, never instead of them. */
const signs = { done: "✓", failed: "✕", neutral: "…" } as const;

const contents = {
  signedIn: {
    status: 200,
    tone: "done",
    title: "You are signed in",
    text: "You can close this window and go back to the terminal.",
  },
  notSignedIn: {
    status: 200,
    tone: "failed",
    title: "Not signed in",
    text: "The sign-in was not completed. You can close this window; the terminal says more.",
  },
  ended: {
    status: 200,
    tone: "failed",
    title: "Sign-in ended",
    text: "Another program asked limn to end this sign-in.",
  },
  foreign: {
    status: 400,
    tone: "neutral",
    title: "That does not belong to this sign-in",
    text: "This is the answer to another sign-in, perhaps from an older tab. limn keeps waiting for the right one.",
  },
  nothing: {
    status: 404,
    tone: "neutral",
    title: "Nothing here",
    text: "This address only waits for the end of a sign-in to limn.",
  },
} as const;

/** What a browser is shown. */
export type PageName = keyof typeof contents;

/** The page for one request. `later`: the browser waits until it is known how the sign-in ended. */
export interface Page {
  now(name: PageName): void;
  later(): void;
}

/** The pages that browsers were shown, or wait for. */
export class Pages {
  readonly #waiting: ServerResponse[] = [];
  readonly #delivered: Promise<unknown>[] = [];

  begin(response: ServerResponse): Page {
    this.#delivered.push(new Promise((resolve) => response.once("close", resolve)));
    return { now: (name) => show(response, name), later: () => void this.#waiting.push(response) };
  }

  /** Answer everybody who waits. */
  finish(name: PageName): void {
    for (const response of this.#waiting.splice(0)) show(response, name);
  }

  /** Resolves when nothing is under way any more. */
  async delivered(): Promise<void> {
    await Promise.all(this.#delivered);
  }
}

function show(response: ServerResponse, name: PageName): void {
  response.writeHead(contents[name].status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  response.end(html(name));
}

/** Self-contained, and readable by screen readers. */
function html(name: PageName): string {
  const { tone, title, text } = contents[name];
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · limn</title>
<style>
:root{color-scheme:light dark;--text:#1b1b1f;--muted:#5f5f6b;--page:#f6f6f8;--card:#fff;--edge:#e2e2e8;--done:#15803d;--failed:#b42318;--neutral:#5f5f6b}
@media(prefers-color-scheme:dark){:root{--text:#ececf1;--muted:#a3a3b0;--page:#131316;--card:#1c1c21;--edge:#303038;--done:#4ade80;--failed:#f87171;--neutral:#a3a3b0}}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:1.0625rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--page)}
main{box-sizing:border-box;width:min(30rem,100% - 2rem);padding:2rem;background:var(--card);border:1px solid var(--edge);border-radius:1rem}
.sign{display:grid;place-items:center;width:2.5rem;height:2.5rem;border:2px solid;border-radius:50%;font-size:1.25rem;color:var(--${tone})}
h1{font-size:1.5rem;line-height:1.25;margin:1.25rem 0 .5rem}p{margin:0}.who{margin-top:1.5rem;color:var(--muted);font-size:.9375rem}
</style></head>
<body><main><div class="sign" aria-hidden="true">${signs[tone]}</div>
<h1>${title}</h1><p>${text}</p><p class="who">limn, on this computer</p></main></body>
</html>
`;
}
