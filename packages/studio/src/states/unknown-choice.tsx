import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { ApiError, GenerationDetail, LibraryEntry } from "@limn/core";
import { generationAddress } from "../api/addresses.ts";
import { errorOf, getJson, sendJson } from "../api/request.ts";
import { openDetail } from "../app/route.ts";
import { putEntry, trashEntries } from "../state/library.ts";
import { t } from "../texts/index.ts";
import { Button, Dialog, Icon, Problem, toast } from "../widgets/index.ts";
import { stateName } from "./entry-state.tsx";
import "./states.css";

type Work = "look" | "forget" | "send";

/** What can be done about a generation of which nobody knows how it ended: look again, forget it, or send it again knowingly. */
export function UnknownChoice({ entry }: { readonly entry: LibraryEntry }): JSX.Element | null {
  const [work, setWork] = useState<Work | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isAsking, setAsking] = useState(false);
  // One key for one decision: pressed again after a broken connection, it is still the same generation.
  const key = useRef<string | null>(null);
  if (entry.status !== "unknown") return null;

  const run = async (kind: Work, what: () => Promise<void>): Promise<void> => {
    if (work !== null) return;
    setWork(kind);
    setError(null);
    try {
      await what();
    } catch (thrown) {
      setError(errorOf(thrown));
    } finally {
      setWork(null);
    }
  };
  const look = async (): Promise<void> => {
    const { entry: now } = await getJson<GenerationDetail>(generationAddress(entry.id));
    putEntry(now);
    toast({
      message:
        now.status === "unknown" ? t("states.lookedSame") : t("states.lookedChanged", { state: stateName(now.status) }),
    });
  };
  const send = async (): Promise<void> => {
    key.current ??= crypto.randomUUID();
    const { id } = await sendJson<{ readonly id: string }>(
      "POST",
      `${generationAddress(entry.id)}/again`,
      {},
      { "Idempotency-Key": key.current },
    );
    key.current = null;
    setAsking(false);
    toast({ message: t("states.sentAgain") });
    openDetail(id);
  };
  const forget = async (): Promise<void> => {
    await trashEntries([entry.id]);
  };
  return (
    <section class="unknown-choice" aria-labelledby={`unknown-${entry.id}`}>
      <h3 id={`unknown-${entry.id}`}>
        <Icon name="unknown" /> {t("states.unknownTitle")}
      </h3>
      <p>{t("states.unknownWhy")}</p>
      <ul>
        <Choice why={t("states.lookAgainWhy")}>
          <Button kind="primary" icon="again" isBusy={work === "look"} onClick={() => void run("look", look)}>
            {t("states.lookAgain")}
          </Button>
        </Choice>
        <Choice why={t("states.forgetWhy")}>
          <Button icon="trash" isBusy={work === "forget"} onClick={() => void run("forget", forget)}>
            {t("states.forget")}
          </Button>
        </Choice>
        <Choice why={t("states.sendAgainWhy")}>
          <Button icon="sparkle" onClick={() => setAsking(true)}>
            {t("states.sendAgain")}…
          </Button>
        </Choice>
      </ul>
      {error !== null && !isAsking && <Problem error={error} />}
      {isAsking && (
        <Dialog
          title={t("states.sendAgainTitle")}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{t("app.cancel")}</Button>
              <Button kind="danger" isBusy={work === "send"} onClick={() => void run("send", send)}>
                {t("states.sendAgainConfirm")}
              </Button>
            </>
          }
        >
          <div class="stack">
            <p>{t("states.sendAgainWarning")}</p>
            {entry.prompt !== null && (
              <div>
                <p class="muted small">{t("states.sendAgainPrompt")}</p>
                <blockquote class="unknown-prompt">{entry.prompt}</blockquote>
              </div>
            )}
            {error !== null && <Problem error={error} />}
          </div>
        </Dialog>
      )}
    </section>
  );
}

function Choice({ why, children }: { readonly why: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <li>
      {children}
      <span>{why}</span>
    </li>
  );
}
