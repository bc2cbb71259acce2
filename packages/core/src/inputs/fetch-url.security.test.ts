import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createPlainServer } from "node:net";
import type { AddressInfo, Server as PlainServer, Socket } from "node:net";
import { once } from "node:events";
import { Agent } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { LimnError, isLimnError } from "../errors/index.ts";
import { createUrlFetcher } from "./fetch-url.ts";
import type { FetchJob, ResolvedAddress, UrlFetcherOptions } from "./fetch-url.ts";
import { isPublicAddress } from "./public-address.ts";

const servers: (Server | PlainServer)[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ("closeAllConnections" in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening(server: Server | PlainServer): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return portOf(server);
}

function portOf(server: Server | PlainServer): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function site(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  return listening(createServer(handler));
}

/** Says what it is told, without knowing any HTTP. */
async function rawSite(speak: (socket: Socket) => void): Promise<number> {
  return listening(
    createPlainServer((socket) => {
      socket.on("error", () => undefined);
      // What is not read hides the end of the connection.
      socket.resume();
      speak(socket);
    }),
  );
}

/** Names of the tests: everything is this machine, which counts as public unless it is called private. */
const here: Partial<UrlFetcherOptions> = {
  lookup: async (host) => [{ address: host.startsWith("private") ? "127.0.0.2" : "127.0.0.1", family: 4 }],
  isPublicAddress: (address) => address === "127.0.0.1",
};

interface Fetched {
  readonly body: Buffer;
}

async function fetched(
  address: string,
  options: Partial<UrlFetcherOptions> = here,
  job: Partial<FetchJob> = {},
): Promise<Fetched> {
  const chunks: Buffer[] = [];
  const tooLarge = (bytes: number | null): LimnError =>
    new LimnError("input_too_large", { message: `${bytes ?? "too many"} bytes`, hint: "-" });
  await createUrlFetcher({ userAgent: "limn/1.2.3", ...options })(address, {
    write: (bytes) => chunks.push(Buffer.from(bytes)),
    maxBytes: 1000,
    tooLarge,
    signal: new AbortController().signal,
    ...job,
  });
  return { body: Buffer.concat(chunks) };
}

async function refused(...parameters: Parameters<typeof fetched>): Promise<string> {
  try {
    await fetched(...parameters);
  } catch (error) {
    if (!isLimnError(error)) throw error;
    expect(error.hint).not.toBe(null);
    return `${error.code}${error.retryable ? " (again)" : ""}: ${error.message}`;
  }
  return "not refused";
}

describe("what is sent", () => {
  test("says who asks and what for, and nothing else, also after redirects", async () => {
    const seen: [string | undefined, IncomingMessage["headers"]][] = [];
    const port = await site((request, response) => {
      seen.push([request.url, request.headers]);
      if (request.url?.startsWith("/first") === true)
        response
          .writeHead(302, {
            location: `http://second.test:${portOfHost(request)}/picture?size=2`,
            "set-cookie": "a=b",
          })
          .end();
      else response.end("picture");
    });
    expect((await fetched(`http://first.test:${port}/first?key=1#top`)).body.toString()).toBe("picture");
    const headers = (host: string): object => ({
      accept: "image/*",
      "accept-encoding": "identity",
      "user-agent": "limn/1.2.3",
      host: `${host}:${port}`,
      connection: "close",
    });
    expect(seen).toEqual([
      ["/first?key=1", headers("first.test")],
      ["/picture?size=2", headers("second.test")],
    ]);
  });
});

function portOfHost({ headers }: IncomingMessage): string {
  return headers.host?.split(":")[1] ?? "";
}

describe("addresses", () => {
  const never: Partial<UrlFetcherOptions> = {
    lookup: async () => Promise.reject(new Error("looked up")),
  };
  test.each([
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://100.100.100.200/",
    "http://localhost/",
    "https://10.0.0.1:8443/",
  ])("%s is refused without a connection", async (address) => {
    expect(await refused(address, never)).toMatch(
      /^input_url_refused: The address .* belongs to this machine or a private network/,
    );
  });

  test("a name is refused when any of its addresses is private", async () => {
    let asked = 0;
    const mixed = async (): Promise<readonly ResolvedAddress[]> => {
      asked += 1;
      return [
        { address: "1.1.1.1", family: 4 },
        { address: "fe80::1", family: 6 },
      ];
    };
    expect(await refused("https://mixed.test/a.png?key=planted", { lookup: mixed })).toBe(
      "input_url_refused: The address https://mixed.test/a.png belongs to this machine or a private network, and limn fetches from the public internet only. Nothing was sent.",
    );
    expect(asked).toBe(1);
  });

  test("the connection goes to the address that was looked at, whatever the name says afterwards", async () => {
    const port = await site((_, response) => response.end("picture"));
    const answers = [["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]];
    let asked = 0;
    const rebinding = async (): Promise<readonly ResolvedAddress[]> => {
      const found = answers[asked] ?? [];
      asked += 1;
      return found.map((address) => ({ address, family: 4 }));
    };
    const options = { ...here, lookup: rebinding };
    expect((await fetched(`http://rebinding.test:${port}/`, options)).body.toString()).toBe("picture");
    expect(asked).toBe(1);
    expect(await refused(`http://rebinding.test:${port}/`, options)).toContain("input_url_refused");
  });

  test("a redirect is looked at like an address that was given", async () => {
    let calls = 0;
    const locations = new Map([
      ["/name", "http://private.test/"],
      ["/literal", "http://10.0.0.1/"],
      ["/metadata", "http://169.254.169.254/latest?key=planted"],
      ["/localhost", "http://localhost/"],
      ["/file", "file:///etc/passwd"],
      ["/login", "http://user:planted@first.test/"],
      ["/nothing", "http://["],
    ]);
    const port = await site((request, response) => {
      calls += 1;
      response.writeHead(301, { location: locations.get(request.url ?? "") ?? "/" }).end();
    });
    for (const path of locations.keys()) {
      const told = await refused(`http://first.test:${port}${path}`);
      expect([path, told]).toEqual([path, expect.stringMatching(/^input_url_refused: (?!.*planted)/)]);
    }
    expect(calls).toBe(locations.size);
  });

  test("five redirects are followed and six are not", async () => {
    const port = await site((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end("picture");
      else response.writeHead(307, { location: `/${left - 1}` }).end("moved");
    });
    expect((await fetched(`http://first.test:${port}/5`)).body.toString()).toBe("picture");
    expect(await refused(`http://first.test:${port}/6`)).toBe(
      `input_url_refused: http://first.test:${port}/6 leads on more than 5 times. Nothing was sent.`,
    );
  });

  test("the real rules are the default", async () => {
    const lookup = async (): Promise<readonly ResolvedAddress[]> => [{ address: "192.168.1.1", family: 4 }];
    expect(isPublicAddress("192.168.1.1")).toBe(false);
    expect(await refused("https://router.test/", { lookup })).toContain("input_url_refused");
  });
});

describe("behind a proxy", () => {
  const proxied = (port: number, options: Partial<UrlFetcherOptions> = here): Partial<UrlFetcherOptions> => ({
    ...options,
    // Connects to the proxy, whatever is asked for.
    proxyAgent: async () =>
      new Agent({
        lookup: (_host, { all }, callback) =>
          all === true ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4),
        port,
      }),
  });

  test("the request goes through the agent, and private names are refused all the same", async () => {
    let calls = 0;
    const port = await site((_, response) => {
      calls += 1;
      response.end("picture");
    });
    expect((await fetched(`http://first.test:${port}/`, proxied(port))).body.toString()).toBe("picture");
    expect(await refused(`http://private.test:${port}/`, proxied(port))).toContain("input_url_refused");
    expect(await refused(`http://10.0.0.1:${port}/`, proxied(port))).toContain("input_url_refused");
    expect(calls).toBe(1);
  });

  test("a name that only the proxy can resolve is left to it", async () => {
    const port = await site((_, response) => response.end("picture"));
    const lookup = async (): Promise<never> =>
      Promise.reject(Object.assign(new Error("unknown"), { code: "ENOTFOUND" }));
    expect((await fetched(`http://first.test:${port}/`, proxied(port, { ...here, lookup }))).body.toString()).toBe(
      "picture",
    );
    expect(await refused(`http://first.test:${port}/`, { ...here, lookup })).toBe(
      `input_not_found: http://first.test:${port}/ could not be fetched: the name is not known (ENOTFOUND). Nothing was sent.`,
    );
  });
});

describe("answers that are no picture", () => {
  test.each([
    [401, "input_not_found"],
    [404, "input_not_found"],
    [204, "input_not_found"],
    [206, "input_not_found"],
    [304, "input_not_found"],
    [429, "input_not_found (again)"],
    [503, "input_not_found (again)"],
  ])("status %d", async (status, code) => {
    const port = await site((_, response) => response.writeHead(status).end());
    expect(await refused(`http://u.test:${port}/a.png?key=planted`)).toBe(
      `${code}: http://u.test:${port}/a.png answered with status ${status}. Nothing was sent.`,
    );
  });

  test("a redirect to nowhere is a status", async () => {
    const port = await site((_, response) => response.writeHead(302).end());
    expect(await refused(`http://u.test:${port}/`)).toContain("answered with status 302");
  });

  test("compressed content is not unpacked", async () => {
    const port = await site((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("bomb"));
    expect(await refused(`http://u.test:${port}/`)).toContain("input_url_refused: http");
    const plain = await site((_, response) =>
      response.writeHead(200, { "content-encoding": "identity" }).end("picture"),
    );
    expect((await fetched(`http://u.test:${plain}/`)).body.toString()).toBe("picture");
  });

  test("nobody there", async () => {
    const port = await site(() => undefined);
    const [server] = servers.splice(0);
    await new Promise((resolve) => server?.close(resolve));
    expect(await refused(`http://u.test:${port}/`)).toBe(
      `input_not_found (again): http://u.test:${port}/ could not be fetched: nothing listens there (ECONNREFUSED). Nothing was sent.`,
    );
  });

  test("something that speaks no HTTP, and nothing at all", async () => {
    const noise = await rawSite((socket) => socket.end("SSH-2.0-OpenSSH planted\r\n"));
    expect(await refused(`http://u.test:${noise}/`)).toMatch(
      /^input_not_found \(again\): http:\/\/u.test:\d+\/ could not be fetched: HPE_\w+\. Nothing was sent\.$/,
    );
    const silence = await rawSite((socket) => socket.end());
    expect(await refused(`http://u.test:${silence}/`)).toMatch(/^input_not_found \(again\): /);
    const upgrade = await rawSite((socket) =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
    );
    expect(await refused(`http://u.test:${upgrade}/`)).toMatch(/^input_not_found \(again\): /);
  });
});

describe("sizes", () => {
  test("what is declared too large is refused before it is read", async () => {
    const closed = Promise.withResolvers<void>();
    const port = await rawSite((socket) => {
      socket.on("close", () => closed.resolve());
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n");
    });
    expect(await refused(`http://u.test:${port}/`)).toBe("input_too_large: 1001 bytes");
    await closed.promise;
  });

  test("a body without an end is stopped at the limit, and the connection closes", async () => {
    const closed = Promise.withResolvers<void>();
    let sent = 0;
    const port = await rawSite((socket) => {
      socket.on("close", () => closed.resolve());
      const more = (): void => {
        do sent += 100;
        while (!socket.destroyed && socket.write(Buffer.alloc(100)));
      };
      socket.on("drain", more);
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      more();
    });
    let written = 0;
    const write = (bytes: Uint8Array): void => {
      written += bytes.length;
    };
    expect(await refused(`http://u.test:${port}/`, here, { write })).toBe("input_too_large: too many bytes");
    await closed.promise;
    expect(written).toBeLessThanOrEqual(1000);
    expect(sent).toBeLessThan(100_000_000);
  });

  test("a body that is shorter than it says is cut", async () => {
    const port = await rawSite((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"));
    expect(await refused(`http://u.test:${port}/`)).toBe(
      `input_not_found (again): http://u.test:${port}/ closed the connection after 5 bytes, before it was whole. Nothing was sent.`,
    );
    const chunked = await rawSite((socket) =>
      socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    );
    expect(await refused(`http://u.test:${chunked}/`)).toContain(
      "closed the connection after 5 bytes, before it was whole",
    );
  });

  test("a body that is longer than it says gives no more than it says", async () => {
    const port = await rawSite((socket) =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello${"!".repeat(3000)}`),
    );
    const chunks: string[] = [];
    await refused(`http://u.test:${port}/`, here, { write: (bytes) => chunks.push(Buffer.from(bytes).toString()) });
    // Whether any of it comes through before the parser sees the rest depends on the packets.
    expect(["", "hello"]).toContain(chunks.join(""));
  });

  test("a failure to write ends the download with that failure", async () => {
    const closed = Promise.withResolvers<void>();
    const port = await site((_, response) => {
      response.on("close", () => closed.resolve());
      response.write("hello");
    });
    const full = new LimnError("artifact_write_failed", { message: "full", hint: "make room" });
    const write = (): never => {
      throw full;
    };
    expect(await refused(`http://u.test:${port}/`, here, { write })).toBe("artifact_write_failed: full");
    await closed.promise;
  });
});

describe("time", () => {
  const soon = { connectMs: 10_000, idleMs: 10_000, totalMs: 10_000 };

  test("a name service that does not answer", async () => {
    const lookup = async (): Promise<never> => new Promise(() => undefined);
    expect(await refused("http://slow.test/", { ...here, lookup, limits: { ...soon, connectMs: 20 } })).toBe(
      "input_not_found (again): There was no connection to http://slow.test/ within 0 s. Nothing was sent.",
    );
  });

  test("headers that come letter by letter end at the idle limit, and the connection closes", async () => {
    const closed = Promise.withResolvers<void>();
    const port = await rawSite((socket) => {
      const drip = setInterval(() => socket.write("x"), 1);
      socket.write("HTTP/1.1 200 OK\r\nx-slow: ");
      socket.on("close", () => {
        clearInterval(drip);
        closed.resolve();
      });
    });
    expect(await refused(`http://u.test:${port}/`, { ...here, limits: { ...soon, idleMs: 50 } })).toContain(
      "sent nothing more for 0 s",
    );
    await closed.promise;
  });

  test("a body that stops, and one that goes on for ever", async () => {
    const stopping = await site((_, response) => response.write("hello"));
    expect(await refused(`http://u.test:${stopping}/`, { ...here, limits: { ...soon, idleMs: 50 } })).toContain(
      "sent nothing more for 0 s",
    );
    const endless = await rawSite((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const drip = setInterval(() => socket.write("x"), 1);
      socket.on("close", () => clearInterval(drip));
    });
    expect(await refused(`http://u.test:${endless}/`, { ...here, limits: { ...soon, totalMs: 100 } })).toContain(
      "took longer than 0 s",
    );
  });

  test.each(["before", "while it resolves", "while it waits", "while it reads"])(
    "the caller's reason comes back unchanged: %s",
    async (when) => {
      const stop = new AbortController();
      const reason = new Error("enough");
      const closed = Promise.withResolvers<void>();
      const port = await site((_, response) => {
        response.on("close", () => closed.resolve());
        if (when === "while it waits") stop.abort(reason);
        else response.write("hello");
      });
      if (when === "before") stop.abort(reason);
      const lookup: UrlFetcherOptions["lookup"] = async () => {
        if (when === "while it resolves") stop.abort(reason);
        return [{ address: "127.0.0.1", family: 4 }];
      };
      const write = (): void => stop.abort(reason);
      const work = fetched(`http://u.test:${port}/`, { ...here, lookup }, { signal: stop.signal, write });
      await expect(work).rejects.toBe(reason);
      if (when.startsWith("while it w") || when === "while it reads") await closed.promise;
    },
  );
});
