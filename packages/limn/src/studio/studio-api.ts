import { join } from "node:path";
import { toLimnError } from "@limn/core";
import type {
  IdsAnswer,
  Library,
  LibraryEntry,
  LimnError,
  LibraryQuery,
  Limn,
  MarksChange,
  StudioPlan,
} from "@limn/core";
import { notFound, told } from "./answers.ts";
import { commandLine } from "./command-line.ts";
import { StudioDesk } from "./desk.ts";
import { Downloads } from "./downloads.ts";
import type { DownloadItem } from "./downloads.ts";
import { EventHub } from "./event-hub.ts";
import { namedByRequest } from "./named-request.ts";
import { planNotes } from "./plan-notes.ts";
import type { ReadRequest } from "./read-request.ts";
import { SignInDesk } from "./sign-in-desk.ts";
import { snippet } from "./snippet.ts";
import { StatusBoard } from "./status-board.ts";
import { FileHashes, pictureOf, readRecord } from "./stored-pictures.ts";
import { Thumbnails } from "./thumbnails.ts";
import type { MakeThumbnail } from "./thumbnails.ts";

/** What the studio works with. */
export interface ApiParts {
  readonly limn: Pick<
    Limn,
    | "images"
    | "store"
    | "capabilities"
    | "folders"
    | "planUsage"
    | "knownLimit"
    | "credentialReports"
    | "chooseLogin"
    | "checkEngine"
    | "ownLogin"
  >;
  readonly makeThumbnail: MakeThumbnail;
  /** The server's key as it is now; empty is nobody's. */
  readonly key: () => string;
  /** The server draws with the emulator. */
  readonly emulated: boolean;
  /** The user's own defaults for fields of a request, as the command line takes them. */
  readonly defaults: Readonly<Record<string, string>>;
  /** False: the user wants none, so the studio shows what there is and draws nothing. */
  readonly keepHistory: boolean;
  readonly clock: () => number;
}

/** Looked at as long as somebody has the page open, since nobody tells when a network comes back. */
const statusEveryMs = 120_000;

/** Everything behind the routes, put together once the library is open. */
export class StudioApi {
  readonly parts: ApiParts;
  readonly library: Library;
  readonly hashes: FileHashes = new FileHashes();
  readonly thumbnails: Thumbnails;
  readonly downloads: Downloads;
  readonly hub: EventHub;
  readonly desk: StudioDesk;
  readonly signIn: SignInDesk;
  readonly status: StatusBoard;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: ApiParts, library: Library) {
    const { limn, emulated, clock } = parts;
    const changed = (): void => void this.tellStatus();
    this.parts = parts;
    this.library = library;
    this.thumbnails = new Thumbnails(join(limn.folders.data, "thumbnails"), parts.makeThumbnail, async (path) =>
      this.hashes.hashOf(path),
    );
    this.downloads = new Downloads(clock);
    this.hub = new EventHub(library, parts.key);
    this.desk = new StudioDesk({ limn, clock, keepHistory: parts.keepHistory, ended: changed });
    this.signIn = new SignInDesk({ ownLogin: limn.ownLogin, emulated, changed });
    this.status = new StatusBoard({ limn, library, signIn: this.signIn, emulated, clock });
    this.#timer = setInterval(changed, statusEveryMs).unref();
  }

  /** What is shown where nobody says otherwise: a server that draws with the emulator shows its pictures. */
  get emulated(): LibraryQuery["emulated"] {
    return this.parts.emulated ? "with" : "without";
  }

  /** @throws artifact_not_found */
  entry(id: string): LibraryEntry {
    const entry = this.library.entry(id);
    if (entry === null) throw notFound(`There is no generation ${id}.`);
    return entry;
  }

  /** What would be done; nothing is read, sent or spent. @throws the request codes */
  plan({ asked, request }: ReadRequest): StudioPlan {
    const plan = this.parts.limn.images.plan(request);
    const named = namedByRequest(asked, this.parts.emulated);
    const { engine } = plan.request;
    return {
      engine,
      reason: plan.reason,
      calls: plan.calls,
      notes: planNotes(plan),
      command: commandLine(named),
      snippet: snippet(named),
    };
  }

  /** Note what was wished beside the request, which {@link Library.checkMarks} has let through. Null, or what kept it from being noted. */
  async noteWishes(id: string, wishes: MarksChange): Promise<LimnError | null> {
    if (Object.keys(wishes).length === 0) return null;
    try {
      await this.library.mark(id, wishes);
      return null;
    } catch (error) {
      return toLimnError(error);
    }
  }

  /** One after the other; what went wrong with one is told, and does not keep the others. */
  async each(ids: readonly string[], work: (id: string) => Promise<unknown>): Promise<IdsAnswer> {
    const done: string[] = [];
    const failed: IdsAnswer["failed"][number][] = [];
    for (const id of ids) {
      try {
        await work(id);
        done.push(id);
      } catch (error) {
        failed.push({ id, error: told(toLimnError(error)) });
      }
    }
    this.hub.advance();
    return { done, failed };
  }

  /** @throws artifact_not_found */
  downloadItem(
    { id, index }: { readonly id: string; readonly index: number },
    which: "finished" | "original",
  ): DownloadItem {
    const found = readRecord(this.library, id);
    return { ...pictureOf(found, index, which), id, index, prompt: found.manifest.prompt };
  }

  /** To everybody who looks. */
  async tellStatus(): Promise<void> {
    this.status.forget();
    if (this.hub.readers === 0) return;
    try {
      this.hub.broadcast({ type: "status", status: await this.status.read() });
    } catch {
      // Whoever asks for the status is told what is wrong with it; here nobody asked.
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.signIn.stop();
    // Until the last picture is there, whoever looks is told.
    await this.desk.stop();
    this.hub.advance();
    this.hub.close();
    this.thumbnails.close();
    this.library.close();
  }
}
