import type { CheckedOptions } from "../options.ts";
import { quotable } from "../values.ts";

/** A checked query of `/oauth/authorize`, or what is wrong with it. */
export type AuthorizeQuery =
  | { readonly fault: string }
  | {
      readonly fault?: undefined;
      readonly clientId: string;
      readonly redirectURI: string;
      readonly challenge: string;
      readonly clientState: string;
      readonly scope: string;
      readonly originator: string;
      readonly remarks: readonly string[];
    };

const NEEDED_SCOPES: readonly string[] = ["openid", "profile", "email", "offline_access"];
const OTHER_SCOPES: readonly string[] = ["api.connectors.read", "api.connectors.invoke"];
const REQUIRED: readonly string[] = [
  "response_type",
  "client_id",
  "redirect_uri",
  "code_challenge",
  "code_challenge_method",
  "state",
  "scope",
  "originator",
];
const FLAGS: readonly string[] = ["id_token_add_organizations", "codex_cli_simplified_flow"];

/** Checks every parameter of codex-backend contract 6.6; the message names the parameter and never repeats its value. */
export function checkAuthorizeQuery(query: URLSearchParams, options: CheckedOptions): AuthorizeQuery {
  for (const name of new Set(query.keys())) {
    if (!REQUIRED.includes(name) && !FLAGS.includes(name)) return { fault: `Unknown parameter: '${quotable(name)}'.` };
    if (query.getAll(name).length > 1) return { fault: `The parameter '${name}' comes more than once.` };
  }
  const missing = REQUIRED.find((name) => (query.get(name) ?? "") === "");
  if (missing !== undefined) return { fault: `Missing required parameter: '${missing}'.` };
  const read = (name: string): string => query.get(name) ?? "";
  const scopes = read("scope").split(" ");
  const flag = FLAGS.find((name) => query.has(name) && read(name) !== "true");
  const checks: readonly (readonly [name: string, good: boolean, expected: string])[] = [
    ["response_type", read("response_type") === "code", "code"],
    ["client_id", options.clientIds.includes(read("client_id")), "a client that the emulator knows"],
    ["redirect_uri", isListed(read("redirect_uri"), options.redirectURIs), "an address on the list of callbacks"],
    ["code_challenge_method", read("code_challenge_method") === "S256", "S256"],
    ["code_challenge", /^[\w-]{43}$/.test(read("code_challenge")), "43 characters of base64url"],
    ["state", read("state").length >= 16, "at least 16 characters that cannot be guessed"],
    ["scope", NEEDED_SCOPES.every((scope) => scopes.includes(scope)), `at least ${NEEDED_SCOPES.join(" ")}`],
    [
      "scope",
      scopes.every((scope) => NEEDED_SCOPES.includes(scope) || OTHER_SCOPES.includes(scope)),
      `nothing but ${[...NEEDED_SCOPES, ...OTHER_SCOPES].join(" ")}`,
    ],
    ["originator", /^[\w .-]{1,60}$/.test(read("originator")), "a short name of the program"],
    [flag ?? "", flag === undefined, "true"],
  ];
  const wrong = checks.find(([, good]) => !good);
  if (wrong !== undefined) return { fault: `Invalid value for '${wrong[0]}': expected ${wrong[2]}.` };
  const more = OTHER_SCOPES.filter((scope) => scopes.includes(scope));
  return {
    clientId: read("client_id"),
    redirectURI: read("redirect_uri"),
    challenge: read("code_challenge"),
    clientState: read("state"),
    scope: read("scope"),
    originator: read("originator"),
    remarks: more.length === 0 ? [] : [`scope asks for more than images need: ${more.join(" ")}`],
  };
}

function isListed(address: string, list: readonly string[]): boolean {
  return list.some((entry) => {
    const [before = "", after] = entry.split("*");
    if (after === undefined) return address === entry;
    const port = address.slice(before.length, address.length - after.length);
    return address === before + port + after && /^\d{1,5}$/.test(port);
  });
}
