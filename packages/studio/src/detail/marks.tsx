import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { LibraryEntry, LibraryImage } from "@limn/core";
import { wallAddress } from "../app/address.ts";
import { facets, loadFacets, mark } from "../state/library.ts";
import { t } from "../texts/index.ts";
import { announce, Button, Icon } from "../widgets/index.ts";

/** What a person notes about a picture: tags, kit, and what it shows in words. */
export function MarksEditor({
  entry,
  image,
}: {
  readonly entry: LibraryEntry;
  readonly image: LibraryImage | null;
}): JSX.Element {
  useEffect(() => {
    if (facets.peek() === null) void loadFacets();
  }, []);
  return (
    <section class="info-part stack" aria-labelledby="detail-marks">
      <h2 id="detail-marks">{t("detail.marks")}</h2>
      <Tags entry={entry} />
      <Kit entry={entry} />
      {image !== null && <AltText key={`${entry.id}/${image.index}`} entry={entry} image={image} />}
    </section>
  );
}

function Tags({ entry }: { readonly entry: LibraryEntry }): JSX.Element {
  const [value, setValue] = useState("");
  const id = useId();
  const add = (): void => {
    const tag = value.trim();
    if (tag === "") return;
    setValue("");
    void mark(entry.id, { addTags: [tag] });
  };
  return (
    <div class="field">
      <label for={id}>{t("detail.tags")}</label>
      {entry.tags.length > 0 && (
        <ul class="row">
          {entry.tags.map((tag) => (
            <li key={tag} class="chip">
              <a href={wallAddress({ tag })}>{tag}</a>
              <button
                type="button"
                class="chip-close"
                aria-label={t("detail.removeTag", { tag })}
                onClick={() => void mark(entry.id, { removeTags: [tag] })}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <form
        class="joined"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <input
          id={id}
          value={value}
          maxLength={50}
          list={`${id}-list`}
          autocomplete="off"
          placeholder={t("detail.newTag")}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <Button type="submit" disabled={value.trim() === ""}>
          {t("batch.add")}
        </Button>
        <Known id={`${id}-list`} kind="tags" />
      </form>
    </div>
  );
}

function Kit({ entry }: { readonly entry: LibraryEntry }): JSX.Element {
  const [value, setValue] = useState(entry.kit ?? "");
  const id = useId();
  useEffect(() => setValue(entry.kit ?? ""), [entry.id, entry.kit]);
  const kit = value.trim() === "" ? null : value.trim();
  return (
    <div class="field">
      <label for={id}>{t("batch.kit")}</label>
      <form
        class="joined"
        onSubmit={(event) => {
          event.preventDefault();
          void mark(entry.id, { kit });
        }}
      >
        <input
          id={id}
          value={value}
          maxLength={50}
          list={`${id}-list`}
          autocomplete="off"
          placeholder={t("detail.noKit")}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <Button type="submit" disabled={kit === entry.kit}>
          {t("app.save")}
        </Button>
        <Known id={`${id}-list`} kind="kits" />
      </form>
      {entry.kit !== null && (
        <a class="small" href={wallAddress({ kit: entry.kit })}>
          {t("detail.wholeKit", { kit: entry.kit })}
        </a>
      )}
    </div>
  );
}

function AltText({ entry, image }: { readonly entry: LibraryEntry; readonly image: LibraryImage }): JSX.Element {
  const given = entry.altTexts[String(image.index)] ?? "";
  const [value, setValue] = useState(given);
  const id = useId();
  useEffect(() => setValue(given), [given]);
  const save = async (): Promise<void> => {
    const text = value.trim();
    const isDone = await mark(entry.id, { altTexts: { [String(image.index)]: text === "" ? null : text } });
    if (isDone) announce(t("detail.altSaved"));
  };
  return (
    <form
      class="field"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label for={id}>{t("detail.altText")}</label>
      <textarea
        id={id}
        rows={3}
        maxLength={2000}
        value={value}
        aria-describedby={`${id}-hint`}
        onInput={(event) => setValue(event.currentTarget.value)}
      />
      <p id={`${id}-hint`} class="muted small">
        {t("detail.altHint")}
      </p>
      <div>
        <Button type="submit" disabled={value.trim() === given}>
          {t("detail.altSave")}
        </Button>
      </div>
    </form>
  );
}

function Known({ id, kind }: { readonly id: string; readonly kind: "tags" | "kits" }): JSX.Element {
  return (
    <datalist id={id}>
      {facets.value?.[kind].map(({ value }) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}
