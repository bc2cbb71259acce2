/** CSS pixels, from the window's left upper corner. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface MenuPlace {
  readonly left: number;
  readonly top: number;
  /** What does not fit is scrolled to. */
  readonly maxHeight: number;
}

const gap = 6;
const margin = 8;

/** Where a list opens: below its button from its left edge; where the window ends before it, from the right edge, above, or shifted. */
export function placeMenu(opener: Rectangle, list: Size, bounds: Size): MenuPlace {
  const fitsRight = opener.left + list.width <= bounds.width - margin;
  const wished = fitsRight ? opener.left : opener.right - list.width;
  const left = Math.max(margin, Math.min(wished, bounds.width - margin - list.width));
  const below = bounds.height - margin - (opener.bottom + gap);
  const above = opener.top - gap - margin;
  const isBelow = list.height <= below || below >= above;
  const maxHeight = Math.max(0, isBelow ? below : above);
  const height = Math.min(list.height, maxHeight);
  return { left, top: isBelow ? opener.bottom + gap : opener.top - gap - height, maxHeight };
}
