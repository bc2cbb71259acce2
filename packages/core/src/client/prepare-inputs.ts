import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LastScope } from "../artifacts/index.ts";
import type { EngineCapabilities } from "../contracts/capabilities.ts";
import type { Engine } from "../contracts/engine.ts";
import type { LoadedInputs } from "../contracts/input.ts";
import type { ImageRequest, LoadedImage, ResolvedRequest } from "../contracts/request.ts";
import type { Asked, Warning } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";
import type { ClientParts } from "./client-parts.ts";
import { needsTools } from "./finishing.ts";
import { prepareMask } from "./mask-work.ts";
import type { MaskWork } from "./mask-work.ts";
import { nativeAsk } from "./native-ask.ts";

/** Everything about one request that is known before anything is sent. */
interface Prepared {
  readonly engine: Engine;
  readonly request: ResolvedRequest;
  readonly asked: Asked;
  readonly inputs: LoadedInputs & { readonly warnings: readonly Warning[] };
  readonly mask: MaskWork | null;
  close(): void;
}

const noInputs: LoadedInputs & { readonly warnings: readonly Warning[] } = {
  images: [],
  mask: null,
  records: [],
  parents: [],
  warnings: [],
  close: () => undefined,
};

/** Read and check what goes in; nothing has been sent when this fails. */
export async function prepareInputs(
  parts: ClientParts,
  wanted: ImageRequest,
  chosen: { readonly engine: Engine; readonly request: ResolvedRequest; readonly asked: Asked },
  capabilities: EngineCapabilities,
  scope: LastScope,
  signal: AbortSignal,
): Promise<Prepared> {
  const { engine, request } = chosen;
  const maskInput = wanted.operation === "edit" ? (wanted.mask ?? null) : null;
  if (parts.tools === null && request.background !== "transparent" && needsTools(request, maskInput !== null))
    throw new LimnError("unsupported_option", {
      message:
        "Exact sizes, file types and masks need @limn/finish, which this program does not have. Nothing was sent.",
      hint: "Install it beside this program: npm install @limn/finish",
    });
  const images = wanted.images ?? [];
  if (images.length === 0) return { ...chosen, inputs: noInputs, mask: null, close: () => undefined };
  const resolveArtifact = (reference: string): ReturnType<ClientParts["store"]["findImage"]> =>
    parts.store.findImage(reference, scope);
  const load = {
    maxImages: capabilities.maxInputImages,
    engine: engine.id,
    shrink: wanted.shrinkInputs ?? false,
    signal,
  };
  const loaded = await parts.loadInputs({ ...load, images, mask: maskInput }, resolveArtifact);
  const inputs = { ...loaded, parents: parentsOf(parts, loaded, scope), close: () => loaded.close() };
  if (inputs.mask === null || parts.tools === null)
    return {
      ...chosen,
      request: { ...request, images: inputs.images },
      inputs,
      mask: null,
      close: () => inputs.close(),
    };
  const folder = mkdtempSync(join(parts.temporaryFolder, "limn-mask-"));
  const close = (): void => {
    inputs.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [base, ...references] = inputs.images;
    if (base === undefined) throw new TypeError("a mask without a picture passed the checks");
    const mask = await prepareMask(await parts.tools(), base.file, inputs.mask.file, join(folder, "region.png"));
    const cut = await parts.loadInputs({ ...load, images: [mask.cutFile], mask: null }, resolveArtifact);
    return {
      ...chosen,
      request: withRegion(request, capabilities, mask, [...cut.images, ...references]),
      inputs,
      mask,
      close: () => {
        cut.close();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Also of files that limn delivered, wherever they are now; what they came from stays the file. */
function parentsOf({ store }: ClientParts, { records }: LoadedInputs, scope: LastScope): readonly string[] {
  const ids = records
    .filter(({ role }) => role === "image")
    .map(({ origin, sha256 }) => (origin.kind === "generation" ? origin.id : store.makerOf(sha256, scope)));
  return [...new Set(ids.filter((id) => id !== null))];
}

/** The region is sent in the picture's place, and asked back in its own shape. */
function withRegion(
  request: ResolvedRequest,
  capabilities: EngineCapabilities,
  { cut }: MaskWork,
  images: readonly LoadedImage[],
): ResolvedRequest {
  const native = nativeAsk(capabilities, { size: cut.box, aspect: null, quality: request.quality });
  return { ...request, native, images };
}
