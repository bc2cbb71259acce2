import { LimnError, isLimnError, version } from "@limn/core";
import type { Library, LibraryQuery, Limn, LimitWindow, PlanUsage, StudioStatus } from "@limn/core";
import type { SignInDesk } from "./sign-in-desk.ts";
import { readRecord } from "./stored-pictures.ts";

/** Asking the service costs nothing but time; nobody looks at a status bar more often. */
const freshMs = 60_000;
/** Longer than this nobody waits for a status bar: what is known then is told. */
const patienceMs = 8000;
/** Records that are read to find one that tells the image allowance. */
const maxRecordsRead = 30;

const unreachable: ReadonlySet<string> = new Set(["connection_failed", "timeout", "network_blocked"]);

export interface StatusParts {
  readonly limn: Pick<Limn, "planUsage" | "credentialReports" | "chooseLogin" | "knownLimit">;
  readonly library: Pick<Library, "page" | "folderOf" | "isReadOnly">;
  readonly signIn: Pick<SignInDesk, "current">;
  readonly emulated: boolean;
  readonly clock: () => number;
}

interface Plan {
  readonly usage: PlanUsage | null;
  readonly error: unknown;
  readonly askedAtMs: number;
}

/** What the status bar shows, without asking the service each time. */
export class StatusBoard {
  readonly #parts: StatusParts;
  #plan: Plan | null = null;
  #asking: Promise<Plan> | null = null;

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  /** The login changed, or something was spent: what was known is old. */
  forget(): void {
    this.#plan = null;
    // What is asked just now may be answered with what was before.
    this.#asking = null;
  }

  async read(): Promise<StudioStatus> {
    const { limn, library, signIn, emulated } = this.#parts;
    const plan = await this.#currentPlan();
    // After the call, which renews limn's own login where that is due.
    const reports = await limn.credentialReports();
    const chosen = limn.chooseLogin(reports);
    const report = reports.find(({ source }) => source === chosen.source);
    const { error, usage } = plan;
    const isOffline = isLimnError(error) && unreachable.has(error.code);
    const limit = await this.#limit();
    return {
      version,
      emulated,
      online: !isOffline,
      login:
        report !== undefined && !(isLimnError(error) && error.category === "login")
          ? {
              state: "signed-in",
              source: report.source,
              plan: usage?.plan ?? report.plan,
              expiresAt: report.expiresAt,
            }
          : this.#loginProblem(error, reports),
      signIn: signIn.current,
      windows: usage?.windows ?? [],
      imageWindow: this.#imageWindow(),
      limit,
      isReadOnly: library.isReadOnly,
    };
  }

  #loginProblem(
    error: unknown,
    reports: Awaited<ReturnType<Limn["credentialReports"]>>,
  ): Extract<StudioStatus["login"], { message: string }> {
    const problem = isLimnError(error) && error.category === "login" ? error : null;
    const broken = reports.find(({ state }) => state !== "usable" && state !== "absent");
    const isExpired = problem === null ? broken?.state === "expired" : problem.code === "login_expired";
    return {
      state: isExpired ? "expired" : problem?.code === "login_missing" || broken === undefined ? "missing" : "refused",
      message: problem?.message ?? broken?.problem?.message ?? "Nobody is signed in.",
      hint: problem?.hint ?? broken?.problem?.hint ?? "Sign in: limn login",
    };
  }

  async #currentPlan(): Promise<Plan> {
    const { clock } = this.#parts;
    // A clock that was put back makes nothing fresher.
    if (this.#plan !== null && Math.abs(clock() - this.#plan.askedAtMs) < freshMs) return this.#plan;
    if (this.#asking !== null) return this.#asking;
    const asking = this.#ask().then((plan) => {
      if (this.#asking !== asking) return this.#currentPlan();
      this.#asking = null;
      this.#plan = plan;
      return plan;
    });
    this.#asking = asking;
    return asking;
  }

  async #ask(): Promise<Plan> {
    const { limn, clock } = this.#parts;
    const askedAtMs = clock();
    try {
      return { usage: await limn.planUsage(AbortSignal.timeout(patienceMs)), error: null, askedAtMs };
    } catch (error) {
      // Whatever it is, the page is told in its own fields; a service that is slow counts as one that is away.
      const isLate = error instanceof DOMException && error.name === "TimeoutError";
      return {
        usage: null,
        error: isLate ? new LimnError("timeout", { message: "The service did not answer in time." }) : error,
        askedAtMs,
      };
    }
  }

  async #limit(): Promise<StudioStatus["limit"]> {
    const known = await this.#parts.limn.knownLimit(AbortSignal.timeout(patienceMs)).catch(() => null);
    if (known === null) return null;
    return {
      code: "usage_limit_reached",
      message: `The plan's limit${known.limit === null ? "" : ` "${known.limit}"`} is used up.`,
      resetsAt: known.resetsAt,
    };
  }

  /** As the newest picture told it; the usage call does not list it. */
  #imageWindow(): (LimitWindow & { readonly seenAt: string }) | null {
    const { library, emulated } = this.#parts;
    const query: LibraryQuery = { emulated: emulated ? "with" : "without" };
    for (const entry of library.page(query, { limit: maxRecordsRead }).entries) {
      if (entry.images.length === 0) continue;
      try {
        const { manifest } = readRecord(library, entry.id);
        const [window] = manifest.limits.windows ?? [];
        if (window !== undefined) return { ...window, seenAt: manifest.endedAt ?? manifest.createdAt };
      } catch {
        // Deleted since the page was read, damaged, or not as limn writes it: the next one tells.
      }
    }
    return null;
  }
}
