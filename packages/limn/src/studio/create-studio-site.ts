import type { IncomingMessage, ServerResponse } from "node:http";
import type { Library } from "@limn/core";
import type { Route, Site } from "../loopback/index.ts";
import { notFound, sendJson, sendProblem } from "./answers.ts";
import { findApiRoute } from "./api-routes.ts";
import { sendDoor, sendNotice } from "./door-page.ts";
import { isPageAddress, pageFile, sendPageFile } from "./page-files.ts";
import { Sessions, isFromOwnPage } from "./sessions.ts";
import { StudioApi } from "./studio-api.ts";
import type { ApiParts } from "./studio-api.ts";

export interface StudioParts extends ApiParts {
  /** Without a path; as it is asked from this machine. */
  readonly url: string;
  /** The built page. */
  readonly pageFolder: string;
  /** Opened by the first request that needs it, closed with the site. */
  readonly library: () => Promise<Library>;
}

export interface StudioSite extends Site {
  /** An address that opens the page in a browser, once, within ten minutes. */
  newLink(): string;
  /** Generations that the page asked for and that are not finished. */
  busy(): number;
}

/** The page and its API, to be mounted in `limn serve`. */
export function createStudioSite(parts: StudioParts): StudioSite {
  const { url, key, pageFolder, clock } = parts;
  const sessions = new Sessions({ key, port: Number(new URL(url).port || 80), clock });
  let opening: Promise<StudioApi> | null = null;
  let opened: StudioApi | null = null;
  const open = async (): Promise<StudioApi> => {
    opening ??= parts.library().then(
      (library) => (opened = new StudioApi(parts, library)),
      (error: unknown) => {
        // The next request tries again.
        opening = null;
        throw error;
      },
    );
    return opening;
  };
  const newLink = (): string => `${url}/open?code=${sessions.newCode()}`;

  const page = (name: string, isAddress: boolean): Route => ({
    name: "studio-page",
    methods: ["GET"],
    access: "open",
    serve: async (request, response) => {
      try {
        if (!sessions.isKnown(request.headers)) {
          if (isAddress) sendDoor(response);
          else throw notFound("The limn studio is closed here. Open it from a terminal: limn studio");
          return;
        }
        // A link may lead here from anywhere; what the page needs, only the page itself asks for.
        if (!isAddress && !isFromOwnPage(request.headers)) throw notFound("The page has no such file.");
        const renewed = isAddress ? sessions.renewed(request.headers) : null;
        if (renewed !== null) response.setHeader("set-cookie", renewed);
        await sendPageFile(pageFolder, name, request, response);
      } catch (error) {
        sendProblem(request, response, error);
      }
    },
  });

  const fixed: Readonly<Record<string, Route>> = {
    "/open": {
      name: "studio-open",
      methods: ["GET"],
      access: "open",
      serve: (...exchange) => enter(sessions, ...exchange),
    },
    "/api/links": {
      name: "studio-links",
      methods: ["POST"],
      access: "key",
      serve: (request, response) => {
        request.resume();
        sendJson(response, { url: newLink() });
      },
    },
  };

  return {
    find: (path) => {
      const route = Object.hasOwn(fixed, path) ? fixed[path] : undefined;
      if (route !== undefined) return route;
      if (path.startsWith("/api/")) return findApiRoute(path, open);
      if (isPageAddress(path)) return page("index.html", true);
      const file = pageFile(path);
      return file === null ? null : page(file, false);
    },
    hasSession: (request) => sessions.allows(request),
    newLink,
    busy: () => opened?.desk.running ?? 0,
    close: async () => {
      // One that is being opened just now is closed as soon as it is there.
      const api = await opening?.catch(() => null);
      await api?.close();
    },
  };
}

/** The link of a terminal: a code once, then a cookie. */
function enter(sessions: Sessions, request: IncomingMessage, response: ServerResponse): void {
  const { "sec-purpose": purpose = "", purpose: oldPurpose = "" } = request.headers;
  // Whoever only looks ahead must not use it up.
  const isAhead = request.method === "HEAD" || /prefetch|prerender/.test(`${String(purpose)} ${String(oldPurpose)}`);
  const code = new URLSearchParams(/\?(.*)$/s.exec(request.url ?? "")?.[1]).get("code") ?? "";
  const cookie = isAhead ? null : sessions.open(code);
  if (cookie === null) {
    // Somebody who opens the same link again in the same browser is in already.
    if (!isAhead && sessions.isKnown(request.headers)) goHome(response);
    else sendNotice(response, isAhead ? 503 : 403, usedLink);
    return;
  }
  response.setHeader("set-cookie", cookie);
  if (isFromOwnPage(request.headers)) goHome(response);
  // Led here by a page of another site, a browser keeps the new cookie back until a page of this one asks.
  else sendNotice(response, 200, { title: "Opening the studio", html: '<p><a href="/">Go on</a></p>', goTo: "/" });
}

function goHome(response: ServerResponse): void {
  response.writeHead(303, { location: "/", "referrer-policy": "no-referrer" });
  response.end();
}

const usedLink = {
  title: "This link was used, or is older than ten minutes",
  html: "<p>Get another one from a terminal of this machine: <code>limn studio</code></p>",
};
