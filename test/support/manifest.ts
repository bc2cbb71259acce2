import type { Manifest, ManifestImage } from "../../packages/core/src/contracts/manifest.ts";

/** A whole manifest of a generation that is planned. */
export function manifest(change: Partial<Manifest> = {}): Manifest {
  const n = change.n ?? 1;
  return {
    schemaVersion: 1,
    id: "gen_00000000010000000000",
    operation: "generate",
    state: "planned",
    owner: null,
    limn: "0.0.0-test",
    createdAt: "2026-11-21T02:00:00.000Z",
    sentAt: null,
    endedAt: null,
    engine: "images",
    model: "gpt-image-2",
    emulated: false,
    prompt: "a red fox",
    promptSha256: "0".repeat(64),
    n,
    folder: "/project",
    keepHistory: true,
    asked: {},
    sent: { prompt: "a red fox" },
    got: {},
    steps: [],
    calls: Array.from({ length: n }, (_, index) => ({ index, attempts: 0, state: "planned" as const })),
    images: [],
    warnings: [],
    failures: [],
    account: { plan: "plus", source: "test" },
    usage: {},
    limits: {},
    requestId: null,
    timingsMs: { total: 0 },
    truth: [],
    inputs: [],
    parents: [],
    session: null,
    ...change,
  };
}

export function manifestImage(change: Partial<ManifestImage> = {}): ManifestImage {
  return {
    index: 0,
    file: "image-1.png",
    mediaType: "image/png",
    width: 1,
    height: 1,
    hasAlpha: false,
    c2pa: false,
    bytes: 1,
    sha256: "a".repeat(64),
    delivered: [],
    ...change,
  };
}
