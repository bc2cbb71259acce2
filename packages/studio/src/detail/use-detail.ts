import { useEffect, useState } from "preact/hooks";
import type { ApiError, GenerationDetail, LibraryEntry } from "@limn/core";
import { generationAddress } from "../api/addresses.ts";
import { listen } from "../api/events.ts";
import { ApiFailure, errorOf, getJson } from "../api/request.ts";
import { forget, putEntry } from "../state/library.ts";

export interface DetailState {
  readonly detail: GenerationDetail | null;
  readonly error: ApiError | null;
  /** Why nothing is at this address: it is gone, or no picture ever had such an id. */
  readonly missing: "gone" | "none" | null;
  readonly reload: () => void;
}

/** Everything about one generation; read again when it, or what was made from it, changes. What was read stays while it is read. */
export function useDetail(id: string): DetailState {
  const [detail, setDetail] = useState<GenerationDetail | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [missing, setMissing] = useState<DetailState["missing"]>(null);
  const [turn, setTurn] = useState(0);
  const reload = (): void => setTurn((before) => before + 1);

  useEffect(() => {
    const abort = new AbortController();
    getJson<GenerationDetail>(generationAddress(id), abort.signal).then(
      (answer) => {
        setError(null);
        setMissing(null);
        setDetail(answer);
        putEntry(answer.entry);
      },
      (thrown: unknown) => {
        if (abort.signal.aborted) return;
        const problem = errorOf(thrown);
        setError(problem);
        setMissing(missingBy(thrown));
        // It was there, and is no longer: what was read of it would pretend otherwise.
        if (problem.code !== "artifact_not_found") return;
        setDetail(null);
        forget(id);
      },
    );
    return () => abort.abort();
  }, [id, turn]);

  useEffect(() => {
    let revision = 0;
    return listen({
      entry: (entry: LibraryEntry) => {
        if (entry.id !== id && !entry.parents.includes(id)) return;
        if (entry.revision <= revision) return;
        revision = entry.revision;
        reload();
      },
      gone: (gone) => gone === id && reload(),
      reset: reload,
    });
  }, [id]);

  return { detail: detail?.entry.id === id ? detail : null, error, missing, reload };
}

function missingBy(thrown: unknown): DetailState["missing"] {
  if (!(thrown instanceof ApiFailure)) return null;
  if (thrown.error.code === "artifact_not_found") return "gone";
  return thrown.status === 404 || thrown.error.code === "invalid_option" ? "none" : null;
}
