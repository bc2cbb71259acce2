import type { Point } from "./mask-raster.ts";

/** What pointers mean on the picture; points are those of the window. */
export interface Gestures {
  /** `pressure` 0..1: how wide the brush is of its full width; only a pen has less than 1. */
  begin(at: Point, pressure: number): void;
  move(at: Point, pressure: number): void;
  end(at: Point): void;
  /** What was begun does not count: a second finger came, or the system took over. */
  cancel(): void;
  /** Null: the pointer is gone. */
  hover(at: Point | null): void;
  pinch(factor: number, middle: Point, by: Point): void;
}

/** Painting with mouse, pen or one finger; two fingers, or the wheel with Ctrl, zoom. Returns what ends it. */
export function followPointers(stage: HTMLElement, view: HTMLElement, gestures: Gestures): () => void {
  const touches = new Map<number, Point>();
  let painting: number | null = null;
  let isPinching = false;

  const down = (event: PointerEvent): void => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    if (event.pointerType === "touch") touches.set(event.pointerId, pointOf(event));
    if (touches.size > 1) {
      if (painting !== null) gestures.cancel();
      painting = null;
      isPinching = true;
      return;
    }
    if (painting !== null || isPinching) return;
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    painting = event.pointerId;
    gestures.begin(pointOf(event), pressureOf(event));
  };
  const move = (event: PointerEvent): void => {
    if (event.pointerType !== "touch") gestures.hover(pointOf(event));
    if (isPinching && touches.has(event.pointerId)) {
      pinch(event);
      return;
    }
    if (event.pointerId !== painting) return;
    const passed = event.getCoalescedEvents();
    for (const one of passed.length > 0 ? passed : [event]) gestures.move(pointOf(one), pressureOf(one));
  };
  const pinch = (event: PointerEvent): void => {
    const [one, other] = [...touches.values()];
    const before = touches.get(event.pointerId);
    if (one === undefined || other === undefined || before === undefined) return;
    const now = pointOf(event);
    const still = before === one ? other : one;
    touches.set(event.pointerId, now);
    const length = (from: Point): number => Math.max(1, Math.hypot(from.x - still.x, from.y - still.y));
    gestures.pinch(
      length(now) / length(before),
      { x: (now.x + still.x) / 2, y: (now.y + still.y) / 2 },
      { x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 },
    );
  };
  const up = (event: PointerEvent): void => {
    touches.delete(event.pointerId);
    if (touches.size === 0) isPinching = false;
    if (event.pointerId !== painting) return;
    painting = null;
    gestures.end(pointOf(event));
  };
  const cancel = (event: PointerEvent): void => {
    touches.delete(event.pointerId);
    if (touches.size === 0) isPinching = false;
    if (event.pointerId !== painting) return;
    painting = null;
    gestures.cancel();
  };
  const leave = (): void => gestures.hover(null);
  const wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    gestures.pinch(Math.exp(-event.deltaY / 300), pointOf(event), { x: 0, y: 0 });
  };
  stage.addEventListener("pointerdown", down);
  stage.addEventListener("pointermove", move);
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", cancel);
  stage.addEventListener("pointerleave", leave);
  view.addEventListener("wheel", wheel, { passive: false });
  return () => {
    stage.removeEventListener("pointerdown", down);
    stage.removeEventListener("pointermove", move);
    stage.removeEventListener("pointerup", up);
    stage.removeEventListener("pointercancel", cancel);
    stage.removeEventListener("pointerleave", leave);
    view.removeEventListener("wheel", wheel);
  };
}

function pointOf(event: MouseEvent): Point {
  return { x: event.clientX, y: event.clientY };
}

function pressureOf(event: PointerEvent): number {
  return event.pointerType === "pen" && event.pressure > 0 ? 0.35 + 0.65 * event.pressure : 1;
}
