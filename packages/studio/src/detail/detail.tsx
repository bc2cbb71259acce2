import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { GenerationDetail, LibraryEntry } from "@limn/core";
import { addShortcuts } from "../app/keyboard.ts";
import { closeDetail, openDetail } from "../app/route.ts";
import { entryOf, list, mark, trashEntries } from "../state/library.ts";
import { EntryState, UnknownChoice } from "../states/index.tsx";
import { t } from "../texts/index.ts";
import { Button, copyText, Icon, IconButton, Problem } from "../widgets/index.ts";
import { Actions } from "./actions.tsx";
import { editEntry } from "./edit-entry.ts";
import { Facts } from "./facts.tsx";
import { MarksEditor } from "./marks.tsx";
import { Data, Files, Inputs, Recipe } from "./origin.tsx";
import { Stage } from "./stage.tsx";
import { Tree } from "./tree.tsx";
import { useDetail } from "./use-detail.ts";
import "./detail.css";

/** One generation with everything that is known about it; over the wall, which stays as it is. */
export function Detail({ id, image: place }: { readonly id: string; readonly image: number }): JSX.Element {
  const { detail, error, missing, reload } = useDetail(id);
  const heading = useRef<HTMLHeadingElement>(null);
  const compareButton = useRef<HTMLElement | null>(null);
  const entry = entryOf(id) ?? detail?.entry ?? null;
  const steps = useNeighbours(id);
  const [isComparing, setComparing] = useState(false);
  const leave = (): void => {
    if (!isComparing) return closeDetail();
    setComparing(false);
    compareButton.current?.focus();
  };
  useEffect(() => setComparing(false), [id]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [id]);
  useEffect(() =>
    addShortcuts({
      Escape: leave,
      ...(steps.previous === null ? {} : { ArrowLeft: () => openDetail(steps.previous ?? id) }),
      ...(steps.next === null ? {} : { ArrowRight: () => openDetail(steps.next ?? id) }),
      ...(entry === null || entry.trashedAt !== null ? {} : entryKeys(entry, place)),
    }),
  );
  return (
    <section class="detail" aria-labelledby="detail-title">
      <header class="detail-head">
        <Button kind="quiet" icon="back" onClick={closeDetail}>
          {t("app.back")}
        </Button>
        <h1 id="detail-title" ref={heading} tabIndex={-1} class="visually-hidden">
          {t("detail.title")}
        </h1>
        <span class="toolbar-space" />
        <IconButton
          icon="chevron-left"
          label={t("detail.previous")}
          disabled={steps.previous === null}
          onClick={() => openDetail(steps.previous ?? id)}
        />
        <IconButton
          icon="chevron-right"
          label={t("detail.next")}
          disabled={steps.next === null}
          onClick={() => openDetail(steps.next ?? id)}
        />
      </header>
      {entry !== null ? (
        <div class="detail-body">
          <Stage
            entry={entry}
            detail={detail}
            place={place}
            isComparing={isComparing}
            onCompare={(isOn, button) => {
              compareButton.current = button;
              setComparing(isOn);
            }}
          />
          <Info entry={entry} detail={detail} place={place} />
        </div>
      ) : error === null ? (
        <p class="muted detail-loading" role="status">
          {t("app.loading")}
        </p>
      ) : missing !== null ? (
        <div class="nothing">
          <Icon name="image" />
          <h2>{t(missing === "none" ? "detail.noneTitle" : "detail.goneTitle")}</h2>
          <p class="muted">{t(missing === "none" ? "detail.noneHint" : "detail.goneHint")}</p>
          <Button icon="back" onClick={closeDetail}>
            {t("app.library")}
          </Button>
        </div>
      ) : null}
      {error !== null && missing === null && (
        <div class="detail-problem">
          <Problem error={error}>
            <Button icon="again" onClick={reload}>
              {t("app.tryAgain")}
            </Button>
          </Problem>
        </div>
      )}
    </section>
  );
}

function Info(props: {
  readonly entry: LibraryEntry;
  readonly detail: GenerationDetail | null;
  readonly place: number;
}): JSX.Element {
  const { entry, detail, place } = props;
  const image = entry.images[place] ?? entry.images[0] ?? null;
  const revised = detail?.revisedPrompts.find(({ index }) => index === image?.index)?.text ?? null;
  return (
    <div class="info">
      <section class="info-part stack" aria-labelledby="detail-prompt">
        <h2 id="detail-prompt" class="visually-hidden">
          {t("detail.prompt")}
        </h2>
        <div class="row info-badges">
          {entry.emulated && <span class="badge badge-warn">{t("detail.sandbox")}</span>}
          {entry.trashedAt !== null && (
            <span class="badge badge-bad">
              <Icon name="trash" />
              {t("detail.inTrash")}
            </span>
          )}
          {entry.status !== "done" && <EntryState entry={entry} words={image !== null} />}
        </div>
        {entry.prompt === null ? (
          <p class="muted">{t("detail.promptNotKept")}</p>
        ) : (
          <LongText text={entry.prompt} name={t("detail.prompt")} />
        )}
        {revised !== null && revised !== entry.prompt && (
          <details class="pairs">
            <summary>{t("detail.revised")}</summary>
            <p class="prompt">{revised}</p>
          </details>
        )}
        <Actions entry={entry} image={image} place={place} />
        {entry.failure !== null && entry.status === "failed" && image !== null && (
          <p class="muted">{entry.failure.message}</p>
        )}
      </section>
      {entry.status === "unknown" && (
        <section class="info-part stack">
          {detail !== null && detail.unknown !== null && <p>{detail.unknown}</p>}
          <UnknownChoice entry={entry} />
        </section>
      )}
      {detail !== null && <Facts detail={detail} />}
      {detail !== null && <Inputs detail={detail} />}
      {detail !== null && <Tree detail={detail} />}
      <MarksEditor entry={entry} image={image} />
      {detail !== null && <Files detail={detail} />}
      {detail !== null && <Recipe detail={detail} />}
      <Data entry={entry} image={image} detail={detail} />
    </div>
  );
}

/** The prompt, whole but not in the way. */
function LongText({ text, name }: { readonly text: string; readonly name: string }): JSX.Element {
  return (
    <div class="prompt-box">
      <p class="prompt" tabIndex={0} role="group" aria-label={name}>
        {text}
      </p>
      <IconButton icon="copy" label={t("detail.copyNamed", { name })} onClick={() => void copyText(text, name)} />
    </div>
  );
}

/** Those beside it in the wall. */
function useNeighbours(id: string): { readonly previous: string | null; readonly next: string | null } {
  const shown = list.value;
  void shown.version.value;
  const index = shown.indexOf(id);
  useEffect(() => {
    if (index >= 0 && index + 5 > shown.loaded) void shown.ensure(index + 50);
  }, [shown, index]);
  if (index < 0) return { previous: null, next: null };
  return { previous: shown.at(index - 1)?.id ?? null, next: shown.at(index + 1)?.id ?? null };
}

function entryKeys(entry: LibraryEntry, place: number): Record<string, () => void> {
  return {
    e: () => editEntry(entry, place),
    f: () => void mark(entry.id, { favourite: !entry.favourite }),
    Delete: () => void trashEntries([entry.id]).then((isDone) => isDone && closeDetail()),
  };
}
