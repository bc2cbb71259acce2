import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { GenerationStatus } from "@limn/core";
import { generationAddress, previewAddress, thumbnailAddress } from "../api/addresses.ts";
import { progressOf } from "../api/events.ts";
import { sendJson } from "../api/request.ts";
import { openDetail } from "../app/route.ts";
import { entryOf } from "../state/library.ts";
import { EntryState, stageWords } from "../states/entry-state.tsx";
import { t } from "../texts/index.ts";
import { announce, Icon, IconButton, toastError } from "../widgets/index.ts";
import { beginDraft } from "./begin-draft.ts";
import { drafts, sentItems, type SentItem } from "./store.ts";

/** What was sent from here, while it is made and after. */
export function SentList(): JSX.Element | null {
  if (sentItems.value.length === 0) return null;
  return (
    <section class="sent" aria-labelledby="sent-title">
      <h3 id="sent-title">{t("compose.sentList")}</h3>
      <ul>
        {sentItems.value.map((item) => (
          <SentRow key={item.id} item={item} />
        ))}
      </ul>
    </section>
  );
}

const succeeded: ReadonlySet<GenerationStatus> = new Set(["done", "partial"]);

function SentRow({ item }: { readonly item: SentItem }): JSX.Element {
  const { id } = item;
  const entry = entryOf(id);
  const [isStopping, setStopping] = useState(false);
  const status = entry?.status ?? "running";
  const failure = entry?.failure ?? null;
  const before = useRef(status);
  const short = shorten(item.draft.prompt);
  useEffect(() => {
    if (before.current === "running" && status !== "running")
      announce(t(succeeded.has(status) ? "compose.sentDone" : "compose.sentFailed", { prompt: short }));
    before.current = status;
  }, [status]);
  const stop = async (): Promise<void> => {
    setStopping(true);
    try {
      await sendJson<undefined>("POST", `${generationAddress(id)}/cancel`, null);
    } catch (thrown) {
      toastError(thrown);
    } finally {
      setStopping(false);
    }
  };
  return (
    <li class={item.draft.options.n > 1 ? "sent-item sent-many" : "sent-item"}>
      <div class="sent-pictures">
        {status === "running" ? (
          <Previews id={id} n={item.draft.options.n} />
        ) : (
          entry?.images.map((image) => (
            <img
              key={image.index}
              src={thumbnailAddress(entry, image, 72)}
              alt={t("compose.sentPictures", { number: image.index + 1 })}
            />
          ))
        )}
        {status !== "running" && entry?.images.length === 0 && (
          <span class="sent-empty">
            <Icon name={status === "unknown" ? "unknown" : "warning"} />
          </span>
        )}
      </div>
      <div class="sent-text">
        <p class="sent-prompt" title={item.draft.prompt}>
          {short}
        </p>
        {status === "running" ? <StageWords id={id} /> : entry !== null && <EntryState entry={entry} />}
        {failure !== null && status !== "running" && <p class="sent-failure">{failure.message}</p>}
      </div>
      <div class="sent-buttons">
        {status === "running" ? (
          <IconButton
            icon="stop"
            label={t("compose.sentCancelNamed", { prompt: short })}
            isBusy={isStopping}
            onClick={() => void stop()}
          />
        ) : (
          <IconButton
            icon="image"
            label={t("compose.sentOpenNamed", { prompt: short })}
            onClick={() => openDetail(id)}
          />
        )}
        <IconButton
          icon="edit"
          label={t("compose.sentReuse")}
          onClick={() => {
            beginDraft({ ...item.draft, options: drafts.peek().slots[item.draft.operation].draft.options });
          }}
        />
        {status !== "running" && (
          <IconButton
            icon="close"
            label={t("compose.sentHide")}
            onClick={() => (sentItems.value = sentItems.peek().filter((one) => one !== item))}
          />
        )}
      </div>
    </li>
  );
}

function StageWords({ id }: { readonly id: string }): JSX.Element {
  const [first] = progressOf(id).value;
  return <span class="sent-stage">{first === undefined ? t("states.running") : stageWords(first)}</span>;
}

/** One place for each picture that is being made, with its newest preview. */
function Previews({ id, n }: { readonly id: string; readonly n: number }): JSX.Element {
  const notices = progressOf(id).value;
  return (
    <>
      {Array.from({ length: n }, (_, index) => (
        <Preview
          key={index}
          id={id}
          index={index}
          partial={notices.find((one) => one.index === index)?.partial ?? null}
        />
      ))}
    </>
  );
}

/** A preview goes when its picture is there, so it may be gone before it was fetched. */
function Preview(props: { readonly id: string; readonly index: number; readonly partial: number | null }): JSX.Element {
  const { id, index, partial } = props;
  const [gone, setGone] = useState<number | null>(null);
  if (partial === null || partial === gone)
    return (
      <span class="sent-empty">
        <span class="spinner" aria-hidden="true" />
      </span>
    );
  return (
    <img
      src={previewAddress(id, index, partial)}
      alt={t("compose.sentPreview", { number: index + 1 })}
      onError={() => setGone(partial)}
    />
  );
}

function shorten(prompt: string): string {
  const line = prompt.trim().replace(/\s+/g, " ");
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}
