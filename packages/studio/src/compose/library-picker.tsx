import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiError, LibraryPage, LibraryEntry } from "@limn/core";
import { thumbnailAddress } from "../api/addresses.ts";
import { errorOf, getJson } from "../api/request.ts";
import { t } from "../texts/index.ts";
import { Button, Dialog, Problem } from "../widgets/index.ts";
import { takeInLibrary, type LibraryPicture } from "./take-in.ts";

const pageSize = 48;

/** Pictures of the library to choose from by looking at them. */
export function LibraryPicker({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const [text, setText] = useState("");
  const [entries, setEntries] = useState<readonly LibraryEntry[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [more, setMore] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isLoading, setLoading] = useState(true);
  const [chosen, setChosen] = useState<ReadonlyMap<string, LibraryPicture>>(new Map());
  useEffect(() => {
    const abort = new AbortController();
    setLoading(true);
    const timer = setTimeout(
      () => {
        const query = new URLSearchParams({ limit: String(pageSize) });
        if (text.trim() !== "") query.set("text", text.trim());
        if (cursor !== null) query.set("cursor", cursor);
        getJson<LibraryPage>(`/api/generations?${query.toString()}`, abort.signal).then(
          (page) => {
            setEntries((before) => (cursor === null ? page.entries : [...before, ...page.entries]));
            setMore(page.nextCursor);
            setError(null);
            setLoading(false);
          },
          (thrown: unknown) => {
            if (abort.signal.aborted) return;
            setError(errorOf(thrown));
            setLoading(false);
          },
        );
      },
      text === "" || cursor !== null ? 0 : 250,
    );
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, cursor]);

  const pictures = entries.flatMap((entry) => entry.images.map((image) => ({ entry, image })));
  const toggle = (key: string, picture: LibraryPicture): void => {
    const next = new Map(chosen);
    if (!next.delete(key)) next.set(key, picture);
    setChosen(next);
  };
  return (
    <Dialog
      title={t("compose.pickTitle")}
      size="large"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button
            kind="primary"
            disabled={chosen.size === 0}
            onClick={() => {
              takeInLibrary([...chosen.values()]);
              onClose();
            }}
          >
            {t("compose.pickUse", { count: chosen.size })}
          </Button>
        </>
      }
    >
      <div class="stack">
        <input
          class="input"
          type="search"
          aria-label={t("compose.pickSearch")}
          placeholder={t("compose.pickSearch")}
          value={text}
          onInput={(event) => {
            setCursor(null);
            setText(event.currentTarget.value);
          }}
        />
        {error !== null && <Problem error={error} />}
        <ul class="picker" aria-busy={isLoading}>
          {pictures.map(({ entry, image }) => {
            const key = `${entry.id}:${image.index}`;
            const words = entry.altTexts[String(image.index)] ?? entry.prompt ?? t("compose.pickNoPrompt");
            return (
              <li key={key}>
                <button
                  type="button"
                  aria-pressed={chosen.has(key)}
                  title={words.slice(0, 200)}
                  onClick={() => toggle(key, { id: entry.id, ...pictureOf(image) })}
                >
                  <img
                    src={thumbnailAddress(entry, image, 120)}
                    alt={t("compose.pickPicture", {
                      prompt: words.slice(0, 120),
                      width: image.width,
                      height: image.height,
                    })}
                    loading="lazy"
                  />
                  {chosen.has(key) && <span class="picker-place">{[...chosen.keys()].indexOf(key) + 1}</span>}
                </button>
              </li>
            );
          })}
        </ul>
        {!isLoading && error === null && pictures.length === 0 && <p>{t("compose.pickNone")}</p>}
        {more !== null && (
          <Button isBusy={isLoading} onClick={() => setCursor(more)}>
            {t("compose.pickMore")}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function pictureOf({ index, sha256, width, height }: LibraryEntry["images"][number]): Omit<LibraryPicture, "id"> {
  return { index, sha256, width, height };
}
