import { textReply, type Outgoing } from "../exchange.ts";
import type { Account, Accounts } from "../login/account.ts";

const STYLE = `:root{color-scheme:light dark;font:1.0625rem/1.5 system-ui,sans-serif}
body{margin:0;display:grid;place-items:center;min-height:100vh}
main{max-width:32rem;padding:1.5rem}
.emulated{border:2px solid;border-radius:.5rem;padding:.5rem .75rem;font-weight:600}
fieldset{border:1px solid;border-radius:.5rem;margin:1rem 0;padding:.75rem 1rem}
label{display:block;padding:.35rem 0}
input[type=text]{font:inherit;padding:.35rem .5rem;width:14ch;letter-spacing:.1em}
button{font:inherit;padding:.5rem 1.25rem;margin:0 .5rem .5rem 0;border-radius:.5rem;border:2px solid;cursor:pointer}
[role=alert]{font-weight:600}`;

// A form's redirect counts as its target, so the addresses of callbacks must be allowed too.
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' http://127.0.0.1:* http://localhost:* http://[::1]:*";

/** A page that says no. */
export function faultPage(status: number, message: string): Outgoing {
  return page(status, "Sign-in refused", `<p role="alert">${escape(message)}</p>`);
}

/** A page that tells how it ended. */
export function endPage(title: string, message: string): Outgoing {
  return page(200, title, `<p role="status">${escape(message)}</p>`);
}

/** Asks who signs in, and whether. Posts to `/oauth/authorize/decision`. */
export function consentPage(requestId: string, originator: string, scope: string, accounts: Accounts): Outgoing {
  return page(
    200,
    "Sign in",
    `<p>The program <strong>${escape(originator)}</strong> asks to sign in.</p>
<p>It asks for: <code>${escape(scope)}</code></p>
<form method="post" action="/oauth/authorize/decision">
<input type="hidden" name="request" value="${escape(requestId)}">
${accountChoice(accounts)}
${buttons()}
</form>`,
  );
}

/** Asks for the code that a device shows. Posts to `/codex/device/decision`. */
export function devicePage(userCode: string, accounts: Accounts, problem?: string): Outgoing {
  const alert = problem === undefined ? "" : `<p role="alert" id="problem">${escape(problem)}</p>`;
  const described = problem === undefined ? "" : ' aria-describedby="problem" aria-invalid="true"';
  return page(
    problem === undefined ? 200 : 400,
    "Connect a device",
    `${alert}
<form method="post" action="/codex/device/decision">
<label for="user_code">Code that the device shows</label>
<input type="text" id="user_code" name="user_code" value="${escape(userCode)}" autocomplete="off" autocapitalize="characters" spellcheck="false" required${described}>
${accountChoice(accounts)}
${buttons()}
</form>`,
  );
}

function accountChoice(accounts: Accounts): string {
  const choices = accounts.map((account, index) => choice(account, index === 0));
  return `<fieldset><legend>Account</legend>\n${choices.join("\n")}\n</fieldset>`;
}

function choice(account: Account, checked: boolean): string {
  const { accountId, email, plan } = account;
  return `<label><input type="radio" name="account" value="${escape(accountId)}"${checked ? " checked" : ""}> ${escape(email)} (${escape(plan)}, ${escape(accountId)})</label>`;
}

function buttons(): string {
  return `<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>`;
}

function page(status: number, title: string, content: string): Outgoing {
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · limn EMULATOR</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="emulated">This is the limn EMULATOR: nothing here is real, no account of yours is used.</p>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
  return textReply(status, "text/html; charset=utf-8", html, {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
  });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
