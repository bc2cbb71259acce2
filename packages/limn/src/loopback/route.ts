import type { IncomingMessage, ServerResponse } from "node:http";

/** One address of a server. What `serve` throws before the head of its answer is out is told in the API's shape. */
export interface Route {
  /** For metrics; holds no word of a request. */
  readonly name: string;
  /** HEAD is answered wherever GET is: `serve` writes as for GET, and the body is left out. */
  readonly methods: readonly string[];
  /** `open`: whoever gets through Host and Origin; `key`: the server's key; `session`: the key or a session of the page. */
  readonly access: "open" | "key" | "session";
  /** Answers with `cache-control: no-store` unless it says otherwise. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void> | void;
}

/** A part of the server with routes of its own: the studio. */
export interface Site {
  /** Asked for what the API does not serve. `path` is without query, and decoded never. */
  find(path: string): Route | null;
  /** Whether the request carries a valid session (cookie); unsafe methods must prove that they are no forgery. */
  hasSession(request: IncomingMessage): boolean;
  /** Ends event streams and waits for what was sent; called when no new connection is taken any more. */
  close(): Promise<void>;
}
