import type { JSX } from "preact";
import type { GenerationDetail, LibraryEntry, LibraryImage } from "@limn/core";
import { detailAddress, wallAddress } from "../app/address.ts";
import { language, t } from "../texts/index.ts";
import { Button, copyText, Icon } from "../widgets/index.ts";
import { shorten } from "../wall/shorten.ts";
import { promptOf } from "./comparables.ts";
import { Note } from "./facts.tsx";

/** What went in. */
export function Inputs({ detail }: { readonly detail: GenerationDetail }): JSX.Element | null {
  if (detail.inputs.length === 0) return null;
  return (
    <section class="info-part" aria-labelledby="detail-inputs">
      <h2 id="detail-inputs">{t("detail.inputs")}</h2>
      <ul class="inputs">
        {detail.inputs.map(({ role, from, width, height, address, artifact, sha256 }, place) => {
          const prompt = promptOf(detail, { artifact });
          return (
            <li key={`${place}${sha256}`}>
              {address === null ? (
                <span class="input-picture">
                  <Icon name="image" />
                </span>
              ) : (
                <img class="input-picture see-through" src={address} alt={t("detail.inputAlt", { from })} />
              )}
              <div>
                <p class={prompt === null ? "input-from" : "input-from input-prompt"}>
                  {artifact === null ? (
                    from
                  ) : (
                    <a href={detailAddress(artifact.id, {}, artifact.index)}>
                      {prompt === null ? from : shorten(prompt, 160)}
                    </a>
                  )}
                </p>
                <p class="muted small">
                  {role === "mask" ? t("detail.mask") : place === 0 ? t("detail.source") : t("detail.reference")} ·{" "}
                  {width} × {height}
                  {address === null && ` · ${t("detail.notKept")}`}
                </p>
                {prompt !== null && (
                  <p class="muted small input-id">
                    <code>{from}</code>
                  </p>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Where the copies lie, and whether they are still what was delivered. */
export function Files({ detail }: { readonly detail: GenerationDetail }): JSX.Element | null {
  const { delivered, damaged } = detail;
  if (delivered.length + damaged.length === 0) return null;
  return (
    <section class="info-part stack" aria-labelledby="detail-files">
      <h2 id="detail-files">{t("detail.files")}</h2>
      {damaged.length > 0 && (
        <ul class="stack">
          {damaged.map(({ index, state }) => (
            <Note key={index} tone="bad">
              <p>{t(state === "missing" ? "detail.recordMissing" : "detail.recordChanged", { number: index + 1 })}</p>
            </Note>
          ))}
        </ul>
      )}
      <ul class="files">
        {delivered.map(({ path, state, index }) => (
          <li key={`${index}${path}`}>
            <code>{path}</code>
            <span class={`badge badge-${{ there: "good", changed: "warn", gone: "bad" }[state]}`}>
              {{ there: t("detail.fileThere"), changed: t("detail.fileChanged"), gone: t("detail.fileGone") }[state]}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The very same request, to be taken along. */
export function Recipe({ detail }: { readonly detail: GenerationDetail }): JSX.Element {
  return (
    <section class="info-part stack" aria-labelledby="detail-recipe">
      <h2 id="detail-recipe">{t("detail.recipe")}</h2>
      <CodeBlock name={t("detail.command")} text={detail.command} />
      <CodeBlock name={t("detail.snippet")} text={detail.snippet} />
    </section>
  );
}

function CodeBlock({ name, text }: { readonly name: string; readonly text: string }): JSX.Element {
  return (
    <div>
      <div class="code-head">
        <span class="label">{name}</span>
        <Button
          kind="quiet"
          icon="copy"
          aria-label={t("detail.copyNamed", { name })}
          onClick={() => void copyText(text, name)}
        >
          {t("detail.copy")}
        </Button>
      </div>
      <pre class="code" tabIndex={0} aria-label={name}>
        {text}
      </pre>
    </div>
  );
}

/** When, how, by which engine, and what it took. */
export function Data(props: {
  readonly entry: LibraryEntry;
  readonly image: LibraryImage | null;
  readonly detail: GenerationDetail | null;
}): JSX.Element {
  const { entry, image, detail } = props;
  const number = new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 });
  const date = new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" });
  const rows: (readonly [string, string | JSX.Element | null])[] = [
    [t("detail.made"), date.format(new Date(entry.createdAt))],
    [t("detail.dimensions"), image === null ? null : `${image.width} × ${image.height}`],
    [
      t("detail.file"),
      image === null
        ? null
        : `${image.mediaType.replace("image/", "").toUpperCase()} · ${bytesText(image.bytes)}${image.hasAlpha ? ` · ${t("detail.alpha")}` : ""}`,
    ],
    [t("filters.engine"), `${entry.engine} · ${entry.model}`],
    [
      t("detail.account"),
      detail === null
        ? null
        : detail.account.plan === null
          ? detail.account.source
          : `${detail.account.plan} · ${detail.account.source}`,
    ],
    [
      t("detail.time"),
      detail === null || detail.timingsMs.total === 0
        ? null
        : t("detail.seconds", { count: number.format(detail.timingsMs.total / 1000) }),
    ],
    [
      t("filters.folder"),
      entry.folder === "" ? null : <a href={wallAddress({ folder: entry.folder })}>{entry.folder}</a>,
    ],
    [
      t("detail.importedFrom"),
      entry.imported === null ? null : entry.imported === "codex" ? "Codex" : t("detail.recipeFile"),
    ],
    [t("detail.requestId"), detail?.requestId ?? null],
    [t("detail.id"), <code key="id">{entry.id}</code>],
  ];
  return (
    <section class="info-part" aria-labelledby="detail-data">
      <h2 id="detail-data">{t("detail.data")}</h2>
      <dl class="data">
        {rows.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}

function bytesText(bytes: number): string {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(language.value, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
