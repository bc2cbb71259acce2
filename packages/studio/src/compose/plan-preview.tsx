import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiError, StudioPlan } from "@limn/core";
import { errorOf, sendJson } from "../api/request.ts";
import { t } from "../texts/index.ts";
import { Button, copyText } from "../widgets/index.ts";
import { refusalWords } from "./refusal-words.ts";
import { draft } from "./store.ts";
import { toRequest } from "./studio-request.ts";

const debounceMs = 400;

/** What would be done, from the server; asked for when the typing pauses. Nothing is uploaded or sent for it. */
export function PlanPreview(): JSX.Element {
  const request = JSON.stringify(toRequest(draft.value).request);
  const [plan, setPlan] = useState<StudioPlan | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isLoading, setLoading] = useState(true);
  useEffect(() => {
    const abort = new AbortController();
    setLoading(true);
    const timer = setTimeout(() => {
      sendJson<StudioPlan>("POST", "/api/plan", JSON.parse(request), {}, abort.signal).then(
        (made) => {
          setPlan(made);
          setError(null);
          setLoading(false);
        },
        (thrown: unknown) => {
          if (abort.signal.aborted) return;
          setPlan(null);
          setError(refusalWords(errorOf(thrown), draft.peek()));
          setLoading(false);
        },
      );
    }, debounceMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [request]);
  return (
    <section class="plan" aria-labelledby="plan-title" aria-busy={isLoading}>
      <h3 id="plan-title">
        {t("compose.plan")} {isLoading && <span class="spinner" aria-hidden="true" />}
      </h3>
      {error !== null && (
        <p class="plan-problem">
          {error.message} {error.hint}
        </p>
      )}
      {plan !== null && (
        <>
          <p>
            {t("compose.planEngine", { engine: plan.engine })} · {t("compose.planCalls", { count: plan.calls })}
          </p>
          <ul class="plan-notes">
            {[plan.reason, ...plan.notes]
              .filter((note) => note !== "")
              .map((note) => (
                <li key={note}>{note}</li>
              ))}
          </ul>
          <div class="row">
            <Button
              kind="quiet"
              icon="terminal"
              disabled={isLoading}
              onClick={() => void copyText(plan.command, t("compose.command"))}
            >
              {t("compose.copyCommand")}
            </Button>
            <Button
              kind="quiet"
              icon="code"
              disabled={isLoading}
              onClick={() => void copyText(plan.snippet, t("compose.snippet"))}
            >
              {t("compose.copySnippet")}
            </Button>
          </div>
        </>
      )}
      <p class="muted small">{plan === null && error === null ? t("compose.planLoading") : t("compose.planNote")}</p>
    </section>
  );
}
