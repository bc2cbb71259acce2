import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { LibraryEntry, LibraryQuery } from "@limn/core";
import { altTextOf, previewAddress, thumbnailAddress } from "../api/addresses.ts";
import { online, progressOf } from "../api/events.ts";
import { detailAddress } from "../app/address.ts";
import { EntryState } from "../states/index.tsx";
import { mark } from "../state/library.ts";
import { isSelecting, selected, toggleSelected } from "../state/selection.ts";
import { t } from "../texts/index.ts";
import { Icon, IconButton } from "../widgets/index.ts";
import { shorten } from "./shorten.ts";

export interface CardProps {
  readonly entry: LibraryEntry | null;
  readonly index: number;
  readonly total: number;
  readonly query: LibraryQuery;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The one that the Tab key reaches. */
  readonly isReachable: boolean;
  /** The reader races past: pictures are not asked for. */
  readonly isFast: boolean;
  readonly onFocus: (id: string) => void;
  readonly onSelect: (id: string, isRange: boolean) => void;
}

/** One generation of the wall. */
export function Card(props: CardProps): JSX.Element {
  const { entry, index, total, left, top, width, height } = props;
  const style = { transform: `translate(${left}px, ${top}px)`, width: `${width}px`, height: `${height}px` };
  const place = { "aria-posinset": index + 1, "aria-setsize": total, "data-index": index, style };
  if (entry === null) return <li class="card card-empty" {...place} aria-label={t("app.loading")} />;
  const isSelected = selected.value.has(entry.id);
  const name = shorten(altTextOf(entry, entry.images[0]?.index ?? 0) ?? t("wall.untitled"), 300);
  return (
    <li class={`card${isSelected ? " card-selected" : ""}`} {...place}>
      <a
        class="card-link"
        href={detailAddress(entry.id, props.query)}
        tabIndex={props.isReachable ? 0 : -1}
        data-id={entry.id}
        draggable={entry.images.length > 0}
        onFocus={() => props.onFocus(entry.id)}
        onDragStart={(event) => carry(event, entry)}
        onClick={(event) => {
          if (!isSelecting.peek() && !event.shiftKey) return;
          event.preventDefault();
          props.onSelect(entry.id, event.shiftKey);
        }}
      >
        <CardPicture entry={entry} width={width} name={name} isFast={props.isFast} />
        {isSelected && <span class="visually-hidden">{t("wall.isSelected")}</span>}
        <span class="card-words" aria-hidden="true">
          {name}
        </span>
      </a>
      <div class="card-marks">
        {entry.images.length > 1 && (
          <span class="badge card-badge" title={t("wall.pictures", { count: entry.images.length })}>
            <Icon name="copy" />
            {entry.images.length}
          </span>
        )}
        {entry.status !== "done" && <EntryState entry={entry} />}
      </div>
      <IconButton
        class={`card-select${isSelected || isSelecting.value ? " card-stays" : ""}`}
        icon="check"
        label={t("wall.select", { name: shorten(name, 60) })}
        aria-pressed={isSelected}
        tabIndex={-1}
        onClick={(event) => (event.shiftKey ? props.onSelect(entry.id, true) : toggleSelected(entry.id))}
      />
      {entry.trashedAt === null && (
        <IconButton
          class={`card-heart${entry.favourite ? " card-stays" : ""}`}
          icon="heart"
          isIconFilled={entry.favourite}
          label={t("wall.favourite", { name: shorten(name, 60) })}
          aria-pressed={entry.favourite}
          tabIndex={-1}
          onClick={() => void mark(entry.id, { favourite: !entry.favourite })}
        />
      )}
    </li>
  );
}

function CardPicture(props: {
  readonly entry: LibraryEntry;
  readonly width: number;
  readonly name: string;
  readonly isFast: boolean;
}): JSX.Element {
  const { entry, width, name } = props;
  const [address, setAddress] = useState<string | null>(null);
  const [broken, setBroken] = useState<string | null>(null);
  const isReachable = online.value;
  useEffect(() => {
    // What did not come while limn was away may come now.
    if (isReachable) setBroken(null);
  }, [isReachable]);
  const [image] = entry.images;
  if (image === undefined) {
    if (entry.status === "running") return <RunningPicture entry={entry} name={name} />;
    return (
      <span class="card-words-only">
        <span class="visually-hidden">{t("wall.noPicture")}</span>
        {entry.failure !== null && <span class="card-reason">{shorten(entry.failure.message, 160)}</span>}
        <span>{shorten(name, 160)}</span>
      </span>
    );
  }
  const wanted = thumbnailAddress(entry, image, width);
  if (address !== wanted && !props.isFast) setAddress(wanted);
  if (broken === wanted) {
    return (
      <span class="card-words-only">
        <Icon name="image" />
        <span>{t("wall.broken")}</span>
        <span>{shorten(name, 120)}</span>
      </span>
    );
  }
  if (address === null) return <span class="card-waiting">{name}</span>;
  return (
    <img
      class={image.hasAlpha ? "card-image see-through" : "card-image"}
      src={address}
      alt={name}
      decoding="async"
      draggable={false}
      onError={() => setBroken(wanted)}
    />
  );
}

function RunningPicture({ entry, name }: { readonly entry: LibraryEntry; readonly name: string }): JSX.Element {
  const notices = progressOf(entry.id).value;
  const drawn = notices.find(({ partial }) => partial !== undefined);
  return (
    <span class="card-running">
      {drawn?.partial !== undefined && (
        <img class="card-image card-preview" src={previewAddress(entry.id, drawn.index, drawn.partial)} alt={name} />
      )}
      <span class="card-running-words">{shorten(name, 160)}</span>
      <span class="card-pulse" aria-hidden="true" />
    </span>
  );
}

/** What a drop into the composer reads. */
function carry(event: DragEvent, entry: LibraryEntry): void {
  const [image] = entry.images;
  if (image === undefined || event.dataTransfer === null) return;
  const { index, sha256, width, height } = image;
  event.dataTransfer.effectAllowed = "copy";
  event.dataTransfer.setData(
    "application/x-limn-image",
    JSON.stringify({ id: entry.id, index, sha256, width, height }),
  );
}
