import type { Point } from "./mask-raster.ts";

/** From seeing all of it to eight screen pixels for one of the mask. */
export function zoomLimits(fit: number): { readonly from: number; readonly to: number } {
  return { from: fit, to: Math.max(8, fit) };
}

/** Scrolls so that what is at a point of the window (or else in the middle) stays there when the stage grows by `factor`. */
export function zoomAround(view: HTMLElement, stage: HTMLElement, factor: number, at: Point | null): void {
  const room = view.getBoundingClientRect();
  const point = at ?? { x: room.left + room.width / 2, y: room.top + room.height / 2 };
  const bounds = stage.getBoundingClientRect();
  const [dx, dy] = [(point.x - bounds.left) * (factor - 1), (point.y - bounds.top) * (factor - 1)];
  // The new size is there with the next frame; only then is there anything to scroll to.
  requestAnimationFrame(() => view.scrollBy(dx, dy));
}
