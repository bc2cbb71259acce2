import PhotoSwipe from "photoswipe";
import "photoswipe/style.css";
import type { LibraryEntry } from "@limn/core";
import { altTextOf, imageAddress, thumbnailAddress } from "../api/addresses.ts";
import { t } from "../texts/index.ts";

/** All pictures of a generation over the whole window: pinch, wheel, drag, arrows, Escape. */
export function openZoom(entry: LibraryEntry, place: number): void {
  const before = document.activeElement;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const duration = isStill ? 0 : 200;
  const zoom = new PhotoSwipe({
    dataSource: entry.images.map((image) => ({
      src: imageAddress(entry, image),
      msrc: thumbnailAddress(entry, image, 320),
      width: image.width,
      height: image.height,
      alt: altTextOf(entry, image.index) ?? t("wall.untitled"),
    })),
    index: Math.max(place, 0),
    showHideAnimationType: isStill ? "none" : "fade",
    showAnimationDuration: duration,
    hideAnimationDuration: duration,
    zoomAnimationDuration: duration,
    wheelToZoom: true,
    maxZoomLevel: 8,
    secondaryZoomLevel: 1,
    bgOpacity: 0.94,
    returnFocus: false,
    closeTitle: t("app.close"),
    zoomTitle: t("detail.zoom"),
    arrowPrevTitle: t("detail.previous"),
    arrowNextTitle: t("detail.next"),
    errorMsg: t("wall.broken"),
  });
  zoom.on("afterInit", () => {
    zoom.element?.setAttribute("aria-label", t("detail.zoomed"));
    zoom.element?.setAttribute("aria-modal", "true");
  });
  zoom.on("destroy", () => {
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  });
  zoom.init();
}
