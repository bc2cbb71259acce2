import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { LibraryEntry, LibraryImage } from "@limn/core";
import { altTextOf, imageAddress } from "../api/addresses.ts";
import { t } from "../texts/index.ts";
import { shorten } from "../wall/shorten.ts";
import type { Comparable } from "./comparables.ts";

/** Two pictures over each other; the slider says how much of which is seen. */
export function Compare(props: {
  readonly entry: LibraryEntry;
  readonly image: LibraryImage;
  readonly others: readonly Comparable[];
}): JSX.Element {
  const { entry, image, others } = props;
  const [place, setPlace] = useState(0);
  const [share, setShare] = useState(50);
  const [bounds, setBounds] = useState<{ width: number; height: number } | null>(null);
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const chooseId = useId();
  const other = others[place] ?? others[0];

  useEffect(() => {
    if (box === null) return;
    const observer = new ResizeObserver(() => setBounds({ width: box.clientWidth, height: box.clientHeight }));
    observer.observe(box);
    return () => observer.disconnect();
  }, [box]);
  if (other === undefined) return <></>;
  const scale = bounds === null ? 0 : Math.min(bounds.width / image.width, bounds.height / image.height);
  const size = { width: `${Math.round(image.width * scale)}px`, height: `${Math.round(image.height * scale)}px` };
  return (
    <div class="compare">
      <div class="compare-box" ref={setBox}>
        {bounds !== null && (
          <div class="compare-frame" style={size}>
            <img
              class="see-through"
              src={imageAddress(entry, image)}
              alt={shorten(altTextOf(entry, image.index) ?? "", 300)}
            />
            <img
              class="see-through"
              src={other.address}
              alt={kindName(other)}
              style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }}
            />
            <span class="compare-label compare-left" aria-hidden="true">
              {kindName(other)}
            </span>
            <span class="compare-label compare-right" aria-hidden="true">
              {t("detail.thisPicture")}
            </span>
            <span class="compare-line" style={{ left: `${share}%` }} aria-hidden="true" />
            <input
              type="range"
              class="compare-range"
              min={0}
              max={100}
              value={share}
              aria-label={t("detail.compareSlider")}
              aria-valuetext={t("detail.compareShare", { share, name: kindName(other) })}
              onInput={(event) => setShare(event.currentTarget.valueAsNumber)}
            />
          </div>
        )}
      </div>
      {others.length > 1 && (
        <div class="compare-choice">
          <label for={chooseId}>{t("detail.compareWith")}</label>
          <select
            id={chooseId}
            class="input"
            value={place}
            onChange={(event) => setPlace(Number(event.currentTarget.value))}
          >
            {others.map((one, at) => (
              <option key={one.address} value={at}>
                {one.name === "" ? kindName(one) : `${kindName(one)}: ${shorten(one.name, 50)}`}
              </option>
            ))}
          </select>
        </div>
      )}
    </div>
  );
}

function kindName({ kind }: Comparable): string {
  switch (kind) {
    case "input":
      return t("detail.kindInput");
    case "parent":
      return t("detail.kindParent");
    case "original":
      return t("detail.kindOriginal");
    case "child":
      return t("detail.kindChild");
  }
}
