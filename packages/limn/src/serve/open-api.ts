import { version } from "@limn/core";
import type { Route } from "../loopback/index.ts";
import { problemName, problems } from "./api-operations.ts";
import type { Operation } from "./api-operations.ts";
import { schemas } from "./api-schemas.ts";

/** What is needed of a route to describe it. */
export interface DescribedRoute extends Pick<Route, "methods" | "access"> {
  /** As it is asked for by clients; a name in braces stands for one word. */
  readonly address: string;
  /** What that word looks like. */
  readonly word?: string;
  readonly operation: Operation;
}

/** OpenAPI 3.1 of the routes that are served. */
export function openApi(routes: readonly DescribedRoute[]): Readonly<Record<string, unknown>> {
  return {
    openapi: "3.1.0",
    info: {
      title: "limn serve",
      version,
      license: { name: "MIT", identifier: "MIT" },
      description: "The images API on the ChatGPT plan of this machine's user. Every path is served without /v1, too.",
    },
    servers: [{ url: "/" }],
    security: [{ key: [] }],
    paths: Object.fromEntries(
      routes.map((route) => [
        route.address,
        Object.fromEntries(route.methods.map((method) => [method.toLowerCase(), operationOf(route)])),
      ]),
    ),
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "To see it: limn serve --show-key" } },
      responses: Object.fromEntries(Object.entries(problems).map(([status, told]) => [problemName(status), told])),
      schemas,
    },
  };
}

function operationOf({ address, word, access, operation }: DescribedRoute): Operation {
  const name = /\{(\w+)\}/.exec(address)?.[1];
  return {
    ...operation,
    ...(name === undefined
      ? {}
      : { parameters: [{ name, in: "path", required: true, schema: { type: "string", pattern: `^${word ?? ""}$` } }] }),
    ...(access === "open" ? { security: [] } : {}),
  };
}
