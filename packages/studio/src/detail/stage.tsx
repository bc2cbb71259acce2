import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { GenerationDetail, LibraryEntry, LibraryImage } from "@limn/core";
import { altTextOf, imageAddress, previewAddress, thumbnailAddress } from "../api/addresses.ts";
import { progressOf } from "../api/events.ts";
import { addShortcuts } from "../app/keyboard.ts";
import { openDetail } from "../app/route.ts";
import { EntryState, stageWords } from "../states/index.tsx";
import { t } from "../texts/index.ts";
import { Button, Icon, toastError } from "../widgets/index.ts";
import { Compare } from "./compare.tsx";
import { comparables } from "./comparables.ts";
import { shorten } from "../wall/shorten.ts";

/** The picture, large: zoom, compare, and the other pictures of the same generation. */
export function Stage(props: {
  readonly entry: LibraryEntry;
  readonly detail: GenerationDetail | null;
  readonly place: number;
  readonly isComparing: boolean;
  /** With the button that was pressed, for the focus afterwards. */
  readonly onCompare: (isOn: boolean, button: HTMLElement) => void;
}): JSX.Element {
  const { entry, detail, place, isComparing, onCompare } = props;
  const image = entry.images[place] ?? entry.images[0];
  const others = image === undefined || detail === null ? [] : comparables(detail);
  const zoom = (): void => {
    if (image === undefined) return;
    import("./zoom.ts").then(({ openZoom }) => openZoom(entry, entry.images.indexOf(image))).catch(toastError);
  };
  useEffect(() => addShortcuts({ z: zoom }));
  if (image === undefined) return <Pending entry={entry} />;
  return (
    <div class="stage">
      <div class="stage-picture">
        {isComparing && others.length > 0 ? (
          <Compare entry={entry} image={image} others={others} />
        ) : (
          <button type="button" class="stage-zoom" onClick={zoom} aria-label={t("detail.zoom")}>
            <Picture entry={entry} image={image} />
          </button>
        )}
      </div>
      <div class="stage-bar">
        {entry.images.length > 1 && (
          <ul class="strip" aria-label={t("detail.pictures")}>
            {entry.images.map((one, at) => (
              <li key={one.index}>
                <button
                  type="button"
                  class="strip-button"
                  aria-label={t("detail.picture", { number: at + 1, count: entry.images.length })}
                  aria-current={one === image}
                  onClick={() => openDetail(entry.id, at)}
                >
                  <img src={thumbnailAddress(entry, one, 64)} alt="" />
                </button>
              </li>
            ))}
          </ul>
        )}
        <Button kind="quiet" icon="zoom" onClick={zoom}>
          {t("detail.zoom")}
        </Button>
        {others.length > 0 && (
          <Button
            kind="quiet"
            icon="compare"
            aria-pressed={isComparing}
            onClick={(event) => onCompare(!isComparing, event.currentTarget)}
          >
            {t("detail.compare")}
          </Button>
        )}
      </div>
    </div>
  );
}

/** First what the wall had, then the whole picture. */
function Picture({ entry, image }: { readonly entry: LibraryEntry; readonly image: LibraryImage }): JSX.Element {
  const [broken, setBroken] = useState<string | null>(null);
  const address = imageAddress(entry, image);
  const alt = altTextOf(entry, image.index) ?? t("wall.untitled");
  if (broken === address) {
    return (
      <span class="stage-broken">
        <Icon name="image" />
        {t("wall.broken")}
      </span>
    );
  }
  return (
    <img
      key={address}
      class={image.hasAlpha ? "stage-image see-through" : "stage-image"}
      src={address}
      alt={shorten(alt, 1000)}
      width={image.width}
      height={image.height}
      style={image.hasAlpha ? {} : { backgroundImage: `url("${thumbnailAddress(entry, image, 260)}")` }}
      onError={() => setBroken(address)}
    />
  );
}

/** There is no picture: it is still drawn, or it never came. */
function Pending({ entry }: { readonly entry: LibraryEntry }): JSX.Element {
  const notices = progressOf(entry.id).value;
  return (
    <div class="stage">
      <div class="stage-pending">
        {entry.status === "running" && (
          <ul class="stage-previews" aria-label={t("detail.previews")}>
            {notices.map((notice) => (
              <li key={notice.index}>
                {notice.partial !== undefined && (
                  <img
                    src={previewAddress(entry.id, notice.index, notice.partial)}
                    alt={t("detail.preview", { number: notice.index + 1 })}
                  />
                )}
                <span class="muted small">{stageWords(notice)}</span>
              </li>
            ))}
          </ul>
        )}
        <EntryState entry={entry} words />
      </div>
    </div>
  );
}
