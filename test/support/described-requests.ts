import fc from "fast-check";
import type { Arbitrary } from "fast-check";
import type { DescribedApi, DescribedOperation } from "./described-api.ts";
import { arbitraryOf } from "./schema-arbitrary.ts";

export interface GeneratedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

export interface RequestParts {
  readonly api: DescribedApi;
  /** In every prompt, so that it can be searched for. */
  readonly words: string;
  readonly key: string;
  readonly picture: Buffer;
  readonly mask: Buffer;
}

/** Requests as the description has them, and some that nobody describes. */
export function requestsOf(parts: RequestParts, operation: DescribedOperation): Arbitrary<GeneratedRequest> {
  const isPost = operation.method === "POST";
  const methods = fc.oneof(
    { weight: 12, arbitrary: fc.constant(operation.method) },
    { weight: 1, arbitrary: fc.constantFrom("PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "GET", "POST") },
  );
  return fc
    .tuple(methods, pathsOf(operation), headersOf(parts.key), isPost ? bodiesOf(parts, operation) : fc.constant(null))
    .map(([method, path, extra, sent]) => ({
      method,
      path,
      headers: {
        ...(sent === null ? {} : { "content-type": sent.type, "content-length": String(sent.body.length) }),
        ...extra,
      },
      body: sent?.body ?? null,
    }));
}

export function multipart(fields: Readonly<Record<string, unknown>>, boundary = "limit"): Buffer {
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one: unknown) => {
      const label = name.replaceAll(/["\r\n]/g, "_");
      const head = Buffer.isBuffer(one) ? `; filename="x.png"\r\nContent-Type: image/png` : "";
      const body = Buffer.isBuffer(one)
        ? one
        : Buffer.from(typeof one === "string" ? one : (JSON.stringify(one) ?? ""));
      return Buffer.concat([
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${label}"${head}\r\n\r\n`),
        body,
        Buffer.from("\r\n"),
      ]);
    }),
  );
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

export function dataAddress(bytes: Buffer): string {
  return `data:image/png;base64,${bytes.toString("base64")}`;
}

function headersOf(key: string): Arbitrary<Readonly<Record<string, string>>> {
  const some = fc.record(
    {
      "idempotency-key": fc.stringMatching(/^[ -~]{1,300}$/),
      "x-stainless-retry-count": fc.constantFrom("0", "1", "NaN", "-1", "1e9", "one"),
      authorization: fc.constantFrom("", "Bearer", "Bearer x", `Basic ${key}`, `bearer  ${key}`),
      origin: fc.constantFrom("null", "http://evil.example", "http://localhost", "\u00FF"),
      expect: fc.constantFrom("100-continue", "something-else"),
    },
    { requiredKeys: [] },
  );
  return fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: some }).map((given) => ({
    ...given,
  }));
}

function pathsOf({ address }: DescribedOperation): Arbitrary<string> {
  const word = fc.oneof(
    fc.constantFrom("gpt-image-2", "x".repeat(32), "..", "%2e%2e%2f", "a%00b", "constructor"),
    fc.stringMatching(/^[\w.~%-]{0,40}$/),
  );
  return fc
    .tuple(word, fc.constantFrom("", "/", "?x=1", "?a[b]=%ff"), fc.boolean())
    .map(([one, tail, isBare]) => (isBare ? address.replace(/^\/v1/, "") : address).replace(/\{\w+\}/, one) + tail);
}

/** A body with its type, as an operation describes it, or nearly so. */
function bodiesOf(
  parts: RequestParts,
  operation: DescribedOperation,
): Arbitrary<{ readonly type: string; readonly body: Buffer }> {
  return fc.oneof(
    ...Object.entries(operation.bodies).map(([type, schema]) => {
      const isForm = type === "multipart/form-data";
      const fields = fieldsOf(parts, schema, isForm);
      return fc.oneof(fields, spoiled(fields)).map((value) => ({
        type: isForm ? `${type}; boundary=limit` : type,
        body: isForm ? multipart(value) : Buffer.from(JSON.stringify(value)),
      }));
    }),
  );
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf({ api, words, picture, mask }: RequestParts, schema: Fields, isForm: boolean): Arbitrary<Fields> {
  const files = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(picture, mask) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );
  const addresses = fc.oneof(
    fc.constantFrom<unknown>(
      dataAddress(picture),
      dataAddress(mask),
      { image_url: dataAddress(picture) },
      { image_url: { url: dataAddress(mask) } },
    ),
    fc.constantFrom<unknown>("https://example.test/a.png", "file:///etc/passwd", "/etc/passwd", "data:,x", {
      file_id: "file-1",
    }),
  );
  const pictures = isForm ? {} : { image: addresses, images: fc.array(addresses, { maxLength: 3 }), mask: addresses };
  const named: Readonly<Record<string, Arbitrary<unknown>>> = {
    ...pictures,
    prompt: fc.constantFrom(words, `${words} \u0000\u{1F98A}`, `${words} "<&>'`),
    // Small ones: pictures of 34 megapixels are asked for by other tests.
    size: fc.constantFrom("auto", "64x48", "17x16", "100X20", "16x8193", "0x0", "999999x1", "8x8", "huge"),
    n: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(1, 2) }, { weight: 1, arbitrary: fc.constant(10) }),
    // Previews are of the large pictures of another engine, some of which are enough.
    partial_images: fc.oneof({ weight: 40, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  };
  return arbitraryOf(schema, { resolve: (one) => api.schema(one), named, files }).map((value) => ({
    ...Object(value),
  }));
}

/** Some fields as nobody describes them. */
function spoiled(fields: Arbitrary<Fields>): Arbitrary<Fields> {
  const strange = fc.oneof(
    fc.anything({ maxDepth: 2 }).filter((value) => JSON.stringify(value) !== undefined),
    fc.constantFrom<unknown>(-1, 0, 11, 1e99, "", "x", "true", [], {}, null, "\u0000", "\uD800", "__proto__", [[]]),
  );
  const names = fc.oneof(
    fc.constantFrom("prompt", "model", "n", "size", "quality", "background", "output_format", "output_compression"),
    fc.constantFrom("response_format", "stream", "partial_images", "image", "images", "image[]", "image[0]", "mask"),
    fc.constantFrom("__proto__", "constructor", "toString", "user", ""),
    fc.string({ maxLength: 30 }),
  );
  return fc
    .tuple(fields, fc.array(fc.tuple(names, strange), { maxLength: 3 }), fc.option(names))
    .map(([given, changes, without]) => {
      const found: Record<string, unknown> = Object.assign(Object.create(null), given, Object.fromEntries(changes));
      if (without !== null) delete found[without];
      return found;
    });
}
