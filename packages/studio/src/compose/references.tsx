import type { JSX } from "preact";
import { formatPercent } from "../status/format.ts";
import { language, t } from "../texts/index.ts";
import { announce, Button, Icon, IconButton, Menu, type MenuItem } from "../widgets/index.ts";
import type { DraftFault } from "./check-draft.ts";
import { FaultWords } from "./fault-words.tsx";
import { formatBytes } from "./format-bytes.ts";
import { maskOf, moveReference, removeReference, setRole, sourceOf, type Reference } from "./draft.ts";
import { mostImages } from "./honours.ts";
import { refusedReference } from "./refusal-words.ts";
import { change, draft, engines, isMaskOpen, isPicking, sendError } from "./store.ts";
import { pickFiles } from "./take-in.ts";
import { previewOf } from "./uploads.ts";

/** Type of a picture that is dragged to another place of its own list. */
const orderType = "application/x-limn-order";

/** The pictures that go in: in order, with what each is for. */
export function References({ faults }: { readonly faults: readonly DraftFault[] }): JSX.Element {
  const now = draft.value;
  const limit = mostImages(engines.value, now.options.engine);
  const native = engines.value.find(({ id }) => id === "images")?.maxImages ?? 5;
  const source = sourceOf(now);
  const mask = maskOf(now);
  const refused = refusedReference(sendError.value, now);
  return (
    <section class="references" aria-labelledby="compose-images-title">
      <div class="references-head">
        <h3 id="compose-images-title">{t("compose.pictures")}</h3>
        {now.references.length > 0 && (
          <span class="muted small">{t("compose.picturesCount", { count: now.references.length, limit })}</span>
        )}
      </div>
      {now.references.length > 0 && (
        <ol class="reference-list">
          {now.references.map((reference, place) => (
            <ReferenceCard
              key={reference.key}
              reference={reference}
              place={place}
              isSource={reference === source}
              isRefused={reference === refused}
              isLast={place === now.references.length - 1}
            />
          ))}
        </ol>
      )}
      {source !== null && (
        <div class="region">
          {source.width === null ? (
            <p class="muted small">{t("compose.regionNoSize")}</p>
          ) : (
            <>
              <Button id="compose-mask" icon="brush" onClick={() => (isMaskOpen.value = true)}>
                {t(mask === null ? "compose.region" : "compose.regionChange")}
              </Button>
              {mask !== null && (
                <>
                  <IconButton
                    icon="close"
                    label={t("compose.regionRemove")}
                    onClick={() => change({ ...draft.peek(), mask: null })}
                  />
                  <p class="muted small">
                    {t("compose.regionShare", {
                      percent: formatPercent(Math.max(1, mask.share * 100), language.value),
                    })}
                  </p>
                </>
              )}
            </>
          )}
          <FaultWords faults={faults} field="mask" />
        </div>
      )}
      <div class="row">
        <Button id="compose-images" icon="upload" onClick={pickFiles} aria-describedby="compose-images-fault">
          {t("compose.fromFiles")}
        </Button>
        <Button icon="image" onClick={() => (isPicking.value = true)}>
          {t("compose.fromLibrary")}
        </Button>
      </div>
      {now.references.length === 0 && (
        <p class="muted small">{t(now.operation === "edit" ? "compose.picturesHintEdit" : "compose.picturesHint")}</p>
      )}
      {now.options.engine === "auto" && now.references.length > native && now.references.length <= limit && (
        <p class="composer-note">{t("compose.weeklyWarning", { limit: native })}</p>
      )}
      <FaultWords faults={faults} field="images" />
    </section>
  );
}

function ReferenceCard(props: {
  readonly reference: Reference;
  readonly place: number;
  readonly isSource: boolean;
  /** The server would not take it. */
  readonly isRefused: boolean;
  readonly isLast: boolean;
}): JSX.Element {
  const { reference, place, isSource, isRefused, isLast } = props;
  const { key, name, width, height } = reference;
  const move = (by: number): void => {
    change(moveReference(draft.peek(), key, by));
    announce(t("compose.movedTo", { name, place: place + 1 + by }));
  };
  const items: MenuItem[] = [
    { label: t("compose.makeSource"), isChosen: isSource, run: () => change(setRole(draft.peek(), key, "source")) },
    {
      label: t("compose.makeReference"),
      isChosen: !isSource,
      run: () => change(setRole(draft.peek(), key, "reference")),
    },
    ...(place === 0 ? [] : [{ label: t("compose.moveEarlier"), icon: "chevron-left" as const, run: () => move(-1) }]),
    ...(isLast ? [] : [{ label: t("compose.moveLater"), icon: "chevron-right" as const, run: () => move(1) }]),
  ];
  return (
    <li
      class={isRefused ? "reference reference-refused" : "reference"}
      draggable
      onDragStart={(event) => event.dataTransfer?.setData(orderType, key)}
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes(orderType) === true) event.preventDefault();
      }}
      onDrop={(event) => {
        const moved = event.dataTransfer?.getData(orderType) ?? "";
        if (moved === "") return;
        event.preventDefault();
        event.stopPropagation();
        const from = draft.peek().references.findIndex((one) => one.key === moved);
        if (from >= 0) change(moveReference(draft.peek(), moved, place - from));
      }}
    >
      <span class="reference-picture">
        <ReferencePicture reference={reference} />
      </span>
      <span class="reference-text">
        <span class={isSource ? "badge badge-source" : "badge"}>
          {place + 1} · {t(isSource ? "compose.source" : "compose.reference")}
        </span>
        <span class="reference-name" title={name}>
          {name}
        </span>
        {isRefused && <span class="fault">{t("compose.refused")}</span>}
        <span class="muted small">
          {[
            width === null || height === null ? null : `${width} × ${height}`,
            reference.kind === "upload" ? formatBytes(reference.file.size, language.value) : null,
          ]
            .filter((part) => part !== null)
            .join(" · ")}
        </span>
      </span>
      <Menu label={t("compose.pictureMenu", { name })} icon="more" items={items} />
      <IconButton
        icon="close"
        label={t("compose.removeNamed", { name })}
        onClick={() => {
          change(removeReference(draft.peek(), key));
          announce(t("compose.removedNamed", { name }));
        }}
      />
    </li>
  );
}

function ReferencePicture({ reference }: { readonly reference: Reference }): JSX.Element {
  if (reference.kind === "library") {
    const { id, index, sha256 } = reference;
    return (
      <img src={`/api/thumbnails/${encodeURIComponent(id)}/${index}?v=${sha256}&width=160`} alt="" draggable={false} />
    );
  }
  const canShow = reference.width !== null || reference.file.type === "image/svg+xml";
  return canShow ? (
    <img src={previewOf(reference.file)} alt="" draggable={false} />
  ) : (
    <span class="reference-none">
      <Icon name="image" />
      <span class="visually-hidden">{t("compose.noPreview")}</span>
    </span>
  );
}
