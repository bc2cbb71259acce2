/**
 * What the studio page and `limn serve` say to each other under `/api`. Types only; the page is served by the same program, so there are
 * no versions to bridge. Every answer but pictures is JSON; an error is `{ "error": ApiError }` with the status of its category. What the
 * server says before it comes to that (401 without a session, 403 for another host or origin, 503 while it stops) has the shape of its
 * public API: `{ "error": { "message", "type", "code", "param" } }`.
 *
 * `GET /open?code=…` once, sets the cookie and leads to `/`; `POST /api/links` with the key makes such an address: `{ "url" }`.
 * `GET /api/generations?…&cursor=&limit=` (a `LibraryQuery` as query, booleans as `1`) -> `LibraryPage`; `GET /api/facets` ->
 * `LibraryFacets`. Where `emulated` is not given, a server that draws with the emulator shows such pictures too, any other does not.
 * `PATCH /api/generations/<id>/marks` takes a `MarksChange`, answers the `LibraryEntry`.
 * `GET /api/images/<id>/<index>?v=<sha256>[&which=original]`: the bytes, with ranges; immutable when `v` is their hash.
 * `GET /api/thumbnails/<id>/<index>?v=<sha256>&width=160|320|640|1280`: made once, WebP, never enlarged.
 * `GET /api/previews/<id>/<index>/<partial>` while it is drawn. `GET /api/inputs/<id>/<place>`: what went in, where it is kept.
 * `POST /api/generations/<id>/cancel` -> 204, for one of this server; 409 for another process's, and for one that has ended.
 * Unsafe methods need the header `X-Limn: studio` and the page's own `Origin` beside the cookie.
 */
import type { CapabilityRow } from "./capabilities.ts";
import type { LibraryEntry, ProgressNotice } from "./library.ts";
import type { Background, EngineId, Fit, PictureFormat, Quality } from "./request.ts";
import type { ErrorReport, GenerationResult, LimitWindow } from "./result.ts";

/** As under `--json`: code, category, message, hint, retryable, retryAfterMs, details. @internal */
export type ApiError = ErrorReport;

/** `GET /api/status`: the status bar, and what the empty and blocked states need. @internal */
export interface StudioStatus {
  readonly version: string;
  /** This server draws with the emulator. */
  readonly emulated: boolean;
  /** False when the service could not be reached just now. */
  readonly online: boolean;
  readonly login:
    | {
        readonly state: "signed-in";
        readonly source: string;
        readonly plan: string | null;
        readonly expiresAt: string | null;
      }
    | { readonly state: "missing" | "expired" | "refused"; readonly message: string; readonly hint: string | null };
  /** A device sign-in that is waited for. */
  readonly signIn: DeviceSignIn | null;
  readonly windows: readonly LimitWindow[];
  /** The image allowance as the last picture told it; null before the first. */
  readonly imageWindow: (LimitWindow & { readonly seenAt: string }) | null;
  /** A limit that is known now: nothing will be sent before its reset. */
  readonly limit: { readonly code: string; readonly message: string; readonly resetsAt: string | null } | null;
  /** The library cannot be written to. */
  readonly isReadOnly: boolean;
}

/** `POST /api/sign-in` starts one, `DELETE /api/sign-in` gives it up; the end comes as the event `status`. @internal */
export interface DeviceSignIn {
  readonly userCode: string;
  readonly verificationUrl: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly state: "waiting" | "failed";
  readonly error: ApiError | null;
}

/** `GET /api/engines`: what each engine honours. @internal */
export interface StudioEngine {
  readonly id: EngineId;
  readonly isUsable: boolean;
  /** Why not, or why it would be chosen. */
  readonly note: string;
  /** Pictures that may go in. */
  readonly maxImages: number;
  /** 0 = it sends no previews. */
  readonly maxPartials: number;
  readonly rows: readonly CapabilityRow[];
}

/** What is answered to a new generation: 202, and 200 where the key began it before. @internal */
export interface StudioBegun {
  readonly id: string;
  /** The generation runs, but its kit or tags could not be noted. */
  readonly problem: ApiError | null;
}

/** A picture that goes in: a part of the form by its name, or one of the history. @internal */
export type StudioInput =
  | { readonly kind: "upload"; readonly part: string; readonly name: string }
  | { readonly kind: "artifact"; readonly id: string; readonly index: number };

/**
 * `POST /api/generations`, as multipart form: the part `request` with this as JSON first, then the files it names. The header
 * `Idempotency-Key` (1..100 characters of `[\w-]`) is required: the same key gives the same generation, also after the server was started
 * again, and 409 where it comes with another request. Answers {@link StudioBegun} once it is written down. Without uploads the request may
 * be sent as JSON.
 * @internal
 */
export interface StudioRequest {
  readonly operation: "generate" | "edit";
  readonly prompt: string;
  readonly n?: number;
  readonly size?: string;
  readonly fit?: Fit;
  readonly aspect?: string;
  readonly format?: PictureFormat;
  readonly compression?: number;
  readonly background?: Background;
  readonly quality?: Quality;
  readonly model?: string;
  readonly engine?: EngineId | "auto";
  readonly partials?: number;
  readonly images?: readonly StudioInput[];
  readonly mask?: StudioInput;
  readonly shrinkInputs?: boolean;
  readonly kit?: string;
  readonly tags?: readonly string[];
}

/** `POST /api/plan` with a {@link StudioRequest} as JSON (nothing is uploaded, sent or spent): what would be done. @internal */
export interface StudioPlan {
  readonly engine: EngineId;
  readonly reason: string;
  readonly calls: number;
  /** In words, for a person: what is asked of the service and what limn does itself. */
  readonly notes: readonly string[];
  /** The very same request as a command line (POSIX shell) and as a program. Uploads stand there by their file names. */
  readonly command: string;
  readonly snippet: string;
}

/** `GET /api/generations/<id>`. @internal */
export interface GenerationDetail {
  readonly entry: LibraryEntry;
  readonly asked: GenerationResult["asked"];
  readonly sent: GenerationResult["sent"];
  readonly got: GenerationResult["got"];
  readonly steps: readonly string[];
  readonly truth: GenerationResult["truth"];
  readonly warnings: GenerationResult["warnings"];
  readonly failures: GenerationResult["failures"];
  readonly account: GenerationResult["account"];
  readonly usage: GenerationResult["usage"];
  readonly requestId: string | null;
  readonly timingsMs: GenerationResult["timingsMs"];
  readonly revisedPrompts: readonly { readonly index: number; readonly text: string }[];
  /** What went in. `image` is there when the picture can be shown. */
  readonly inputs: readonly StudioInputShown[];
  /** Absolute paths of the copies that were delivered outside of the history, with whether each is still there as it was. */
  readonly delivered: readonly {
    readonly index: number;
    readonly path: string;
    readonly state: "there" | "changed" | "gone";
  }[];
  /** Files of the record whose bytes are no longer what was saved, by image index. */
  readonly damaged: readonly { readonly index: number; readonly state: "missing" | "changed" }[];
  /** Parents that are in the history, and what was made from this one; newest last. The tree is walked by asking on. */
  readonly parents: readonly LibraryEntry[];
  readonly children: readonly LibraryEntry[];
  /** The very same request as a command line and as a program; empty where the prompt was not kept. */
  readonly command: string;
  readonly snippet: string;
  /** For `status: unknown`: what happened, in words. */
  readonly unknown: string | null;
}

/** One image that went in. @internal */
export interface StudioInputShown {
  readonly role: "image" | "mask";
  /** In words: a file's name, an address, `@ID:1`. Never a link. */
  readonly from: string;
  readonly width: number;
  readonly height: number;
  readonly mediaType: string;
  readonly sha256: string;
  /** Address under `/api` that shows it; null when the bytes are not kept. */
  readonly address: string | null;
  /** The generation that it came from. */
  readonly artifact: { readonly id: string; readonly index: number } | null;
}

/** `POST /api/generations/<id>/again`; `vary` makes an edit of its first picture. Needs `Idempotency-Key`. Answers as a new generation. @internal */
export interface AgainRequest {
  readonly vary?: boolean;
}

/** `POST /api/trash`, `POST /api/restore`, `POST /api/delete` (for good; only what is in the trash). @internal */
export interface IdsRequest {
  /** 1..1000. */
  readonly ids: readonly string[];
}

/** What became of each of several ids. @internal */
export interface IdsAnswer {
  readonly done: readonly string[];
  readonly failed: readonly { readonly id: string; readonly error: ApiError }[];
}

/** `POST /api/downloads` answers `{ "address" }`, good for one `GET` within five minutes: one file as it is, several as ZIP. @internal */
export interface DownloadRequest {
  readonly items: readonly { readonly id: string; readonly index: number }[];
  readonly which: "finished" | "original";
}

/**
 * `GET /api/events[?emulated=…][&since=<id>]` (server-sent events, named by their type). `id` is `<epoch>.<revision>`, at the last event of
 * what changed at once; with `Last-Event-ID`, or `since` for a stream that is opened anew, what was missed comes first, or `reset` where
 * that is too long ago. A comment comes at least every 15 s. Whoever reads too slowly is let go, and comes back.
 * @internal
 */
export type StudioEvent =
  | { readonly type: "hello"; readonly epoch: string; readonly revision: number }
  | { readonly type: "entry"; readonly entry: LibraryEntry }
  | { readonly type: "gone"; readonly id: string }
  | { readonly type: "progress"; readonly progress: ProgressNotice }
  | { readonly type: "status"; readonly status: StudioStatus }
  | { readonly type: "reset" };

/** Widths of thumbnails, pixels; the height follows. @internal */
export const thumbnailWidths: readonly number[] = [160, 320, 640, 1280];
