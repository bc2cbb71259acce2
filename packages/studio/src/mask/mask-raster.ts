/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Whole pixels. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How much each pixel may change: 0 = not at all, 255 = wholly. Row by row. */
export interface MaskRaster extends Size {
  readonly weights: Uint8Array;
}

export interface Brush {
  /** Pixels. */
  readonly radius: number;
  /** Pixels inside the radius over which the weight falls to nothing; 0 = a hard edge. */
  readonly feather: number;
  readonly isErasing: boolean;
}

export function createMask({ width, height }: Size): MaskRaster {
  return { width, height, weights: new Uint8Array(width * height) };
}

/** The weight `depth` pixels inside an edge. A hard edge is smoothed over one pixel. */
function weightAt(depth: number, feather: number): number {
  const rise = Math.min(1, Math.max(0, feather > 0 ? depth / feather : depth + 0.5));
  return Math.round(255 * (feather > 0 ? rise * rise * (3 - 2 * rise) : rise));
}

/** Painting never takes weight away and erasing never adds any, so that strokes can cross. */
function lay(weights: Uint8Array, index: number, weight: number, isErasing: boolean): void {
  const present = weights[index] ?? 0;
  weights[index] = isErasing ? Math.min(present, 255 - weight) : Math.max(present, weight);
}

/** A stroke's straight part with round ends. Returns what may have changed; null when it is outside the picture. */
export function paintSegment(mask: MaskRaster, from: Point, to: Point, brush: Brush): Box | null {
  const feather = Math.min(brush.feather, brush.radius);
  // The edge of a hard brush is half a pixel wider than its radius.
  const outer = brush.radius + (feather > 0 ? 0 : 0.5);
  const inner = feather > 0 ? brush.radius - feather : brush.radius - 0.5;
  const dirty = clip(
    {
      left: Math.floor(Math.min(from.x, to.x) - outer),
      top: Math.floor(Math.min(from.y, to.y) - outer),
      right: Math.ceil(Math.max(from.x, to.x) + outer),
      bottom: Math.ceil(Math.max(from.y, to.y) + outer),
    },
    mask,
  );
  if (dirty === null) return null;
  for (let y = dirty.top; y < dirty.top + dirty.height; y += 1) {
    const row = y * mask.width;
    const reach = rowOfCapsule(from, to, outer, y + 0.5);
    if (reach === null) continue;
    const start = Math.max(0, Math.floor(reach.start - 0.5));
    const end = Math.min(mask.width, Math.ceil(reach.end + 0.5));
    // The middle has the full weight: no distance has to be worked out there.
    const core = inner > 0 ? rowOfCapsule(from, to, inner, y + 0.5) : null;
    const coreStart = core === null ? end : Math.min(end, Math.max(start, Math.ceil(core.start - 0.5)));
    const coreEnd = core === null ? end : Math.min(end, Math.max(coreStart, Math.floor(core.end + 0.5)));
    const edge = (x: number): void => {
      const depth = brush.radius - distanceToSegment(x + 0.5, y + 0.5, from, to);
      lay(mask.weights, row + x, weightAt(depth, feather), brush.isErasing);
    };
    for (let x = start; x < coreStart; x += 1) edge(x);
    mask.weights.fill(brush.isErasing ? 0 : 255, row + coreStart, row + coreEnd);
    for (let x = coreEnd; x < end; x += 1) edge(x);
  }
  return dirty;
}

/** A rectangle, soft inwards. Where it reaches the picture's own border it stays full: there is nothing to fade into. */
export function paintRectangle(mask: MaskRaster, box: Box, brush: Omit<Brush, "radius">): Box | null {
  const dirty = clip({ ...box, right: box.left + box.width, bottom: box.top + box.height }, mask);
  if (dirty === null) return null;
  const far = Number.POSITIVE_INFINITY;
  const leftEdge = box.left <= 0 ? -far : box.left;
  const topEdge = box.top <= 0 ? -far : box.top;
  const rightEdge = box.left + box.width >= mask.width ? far : box.left + box.width;
  const bottomEdge = box.top + box.height >= mask.height ? far : box.top + box.height;
  for (let y = dirty.top; y < dirty.top + dirty.height; y += 1) {
    const down = Math.min(y + 0.5 - topEdge, bottomEdge - y - 0.5);
    for (let x = dirty.left; x < dirty.left + dirty.width; x += 1) {
      const depth = Math.min(down, x + 0.5 - leftEdge, rightEdge - x - 0.5);
      lay(mask.weights, y * mask.width + x, weightAt(depth, brush.feather), brush.isErasing);
    }
  }
  return dirty;
}

export function invertMask(mask: MaskRaster): Box {
  for (let index = 0; index < mask.weights.length; index += 1) mask.weights[index] = 255 - (mask.weights[index] ?? 0);
  return whole(mask);
}

export function clearMask(mask: MaskRaster): Box {
  mask.weights.fill(0);
  return whole(mask);
}

export function whole({ width, height }: Size): Box {
  return { left: 0, top: 0, width, height };
}

/** limn takes a weight below this for nothing, and one above its opposite for full (`@limn/finish`, how masks are read). */
const maskSlack = 16;

/** What limn will make of the mask: nothing, everything, or the share (0..1) that may change. */
export function selectionOf(mask: MaskRaster): {
  readonly kind: "nothing" | "everything" | "part";
  readonly share: number;
} {
  let selected = 0;
  for (const weight of mask.weights) if (weight >= maskSlack) selected += 1;
  if (selected === 0) return { kind: "nothing", share: 0 };
  if (selected === mask.weights.length) return { kind: "everything", share: 1 };
  return { kind: "part", share: selected / mask.weights.length };
}

export function unite(left: Box | null, right: Box | null): Box | null {
  if (left === null || right === null) return left ?? right;
  const [x, y] = [Math.min(left.left, right.left), Math.min(left.top, right.top)];
  const farX = Math.max(left.left + left.width, right.left + right.width);
  const farY = Math.max(left.top + left.height, right.top + right.height);
  return { left: x, top: y, width: farX - x, height: farY - y };
}

interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function clip(edges: Edges, { width, height }: Size): Box | null {
  const left = Math.max(0, edges.left);
  const top = Math.max(0, edges.top);
  const right = Math.min(width, edges.right);
  const bottom = Math.min(height, edges.bottom);
  return right > left && bottom > top ? { left, top, width: right - left, height: bottom - top } : null;
}

function distanceToSegment(x: number, y: number, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length));
  return Math.hypot(x - from.x - along * dx, y - from.y - along * dy);
}

/** Where a horizontal line crosses the segment's surroundings; they are convex, so it is one piece. */
function rowOfCapsule(from: Point, to: Point, radius: number, y: number): { start: number; end: number } | null {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  const reach = (x: number): void => {
    start = Math.min(start, x);
    end = Math.max(end, x);
  };
  for (const centre of [from, to]) {
    const half = radius * radius - (y - centre.y) ** 2;
    if (half < 0) continue;
    reach(centre.x - Math.sqrt(half));
    reach(centre.x + Math.sqrt(half));
  }
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length > 0 && from.y !== to.y) {
    const across = ((to.y - from.y) / length) * radius;
    const down = ((to.x - from.x) / length) * radius;
    for (const side of [-1, 1]) {
      // The flanks: the segment, moved to either side by the radius.
      const along = (y - from.y - side * down) / (to.y - from.y);
      if (along >= 0 && along <= 1) reach(from.x - side * across + along * (to.x - from.x));
    }
  }
  return end >= start ? { start, end } : null;
}
