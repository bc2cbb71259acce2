import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { formatPercent } from "../status/format.ts";
import { language, t } from "../texts/index.ts";
import { announce, Button, IconButton } from "../widgets/index.ts";
import { frameByKey, startFrame } from "./frame.ts";
import type { MaskWork } from "./index.tsx";
import { drawOverlay } from "./mask-overlay.ts";
import {
  clearMask,
  invertMask,
  paintRectangle,
  paintSegment,
  unite,
  whole,
  type Box,
  type Point,
  type selectionOf,
} from "./mask-raster.ts";
import { followPointers, type Gestures } from "./pointers.ts";
import { zoomAround, zoomLimits } from "./zoom.ts";

/** Soft edges to choose from, in pixels of the picture; below 8 it could not be told from the seam that limn blends anyway. */
const feathers = [0, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192];

interface Tools {
  readonly tool: "brush" | "rectangle";
  readonly isErasing: boolean;
  /** Diameter, in pixels of the picture. */
  readonly size: number;
  /** Place in `feathers`. */
  readonly feather: number;
}

export function MaskEditor(props: {
  readonly work: MaskWork;
  readonly selection: ReturnType<typeof selectionOf>;
  /** Something was painted, undone or cleared. */
  readonly onChange: () => void;
}): JSX.Element {
  const { work, selection, onChange } = props;
  const { mask, history, picture } = work;
  const scale = mask.width / picture.size.width;
  const longest = Math.max(picture.size.width, picture.size.height);
  const mostSize = Math.max(64, Math.round(longest / 2));
  const [tools, setTools] = useState<Tools>(() => ({
    tool: "brush",
    isErasing: false,
    size: Math.max(8, Math.round(longest / 14)),
    feather: 2,
  }));
  const [frame, setFrame] = useState<Box>(() => startFrame(mask));
  const [zoom, setZoom] = useState<number | null>(null);
  const view = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const ground = useRef<HTMLCanvasElement>(null);
  const cursor = useRef<HTMLDivElement>(null);
  const fit = useFit(view, mask);
  const shown = zoom ?? fit;
  // What listeners need is read when they run: they are put on once.
  const latest = useRef({ tools, shown, fit, zoom });
  latest.current = { tools, shown, fit, zoom };

  const repaint = useRepaint(overlay, work);
  useLayoutEffect(() => {
    ground.current?.getContext("2d")?.drawImage(picture.bitmap, 0, 0);
    // A mask that was begun before is there to see again; drawing an empty one would only take time.
    if (history.canUndo) repaint(whole(mask));
  }, [work]);

  const featherPixels = (): number => (feathers[latest.current.tools.feather] ?? 0) * scale;
  const commit = (box: Box | null): void => {
    if (box === null) return;
    history.record(box);
    repaint(box);
    onChange();
  };
  const applyFrame = (isErasing: boolean): void =>
    commit(paintRectangle(mask, frame, { feather: featherPixels(), isErasing }));
  const undo = (): void => {
    const box = history.undo();
    if (box !== null) {
      repaint(box);
      onChange();
    }
  };
  const redo = (): void => {
    const box = history.redo();
    if (box !== null) {
      repaint(box);
      onChange();
    }
  };
  const setZoomAround = (next: number, at: Point | null): void => {
    const { fit: least } = latest.current;
    const { from, to } = zoomLimits(least);
    const bounded = Math.min(to, Math.max(from, next));
    if (view.current !== null && stage.current !== null)
      zoomAround(view.current, stage.current, bounded / latest.current.shown, at);
    setZoom(bounded <= least * 1.001 ? null : bounded);
  };

  useEffect(() => {
    const element = stage.current;
    if (element === null || view.current === null) return;
    let dirty: Box | null = null;
    let before: Point | null = null;
    let corner: Point | null = null;
    const place = ({ x, y }: Point): Point => {
      const bounds = element.getBoundingClientRect();
      return {
        x: ((x - bounds.left) / bounds.width) * mask.width,
        y: ((y - bounds.top) / bounds.height) * mask.height,
      };
    };
    const stroke = (point: Point, pressure: number): void => {
      const { tools: now } = latest.current;
      const radius = Math.max(0.5, (now.size / 2) * scale * pressure);
      const brush = { radius, feather: Math.min(featherPixels(), radius), isErasing: now.isErasing };
      const painted = paintSegment(mask, before ?? point, point, brush);
      before = point;
      dirty = unite(dirty, painted);
      if (painted !== null) repaint(painted);
    };
    const gestures: Gestures = {
      begin(at, pressure) {
        const point = place(at);
        if (latest.current.tools.tool === "rectangle") corner = point;
        else stroke(point, pressure);
      },
      move(at, pressure) {
        const point = place(at);
        if (corner !== null) setFrame(between(corner, point));
        else stroke(point, pressure);
      },
      end(at) {
        if (corner !== null) {
          const box = between(corner, place(at));
          if (box.width > 2 && box.height > 2) {
            setFrame(box);
            commit(paintRectangle(mask, box, { feather: featherPixels(), isErasing: latest.current.tools.isErasing }));
          }
        } else commit(dirty);
        dirty = before = corner = null;
      },
      cancel() {
        history.abandon(dirty);
        if (dirty !== null) repaint(dirty);
        dirty = before = corner = null;
      },
      hover(at) {
        const ring = cursor.current;
        if (ring === null) return;
        const { tools: now, shown: factor } = latest.current;
        ring.hidden = at === null || now.tool !== "brush";
        if (at === null) return;
        const bounds = element.getBoundingClientRect();
        const diameter = now.size * scale * factor;
        ring.style.width = ring.style.height = `${diameter}px`;
        ring.style.transform = `translate(${at.x - bounds.left - diameter / 2}px, ${at.y - bounds.top - diameter / 2}px)`;
      },
      pinch(factor, middle, by) {
        setZoomAround(latest.current.shown * factor, middle);
        view.current?.scrollBy(-by.x, -by.y);
      },
    };
    return followPointers(element, view.current, gestures);
  }, [work]);

  const between = (one: Point, other: Point): Box => {
    const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, Math.round(value)));
    const [left, right] = [clamp(Math.min(one.x, other.x), mask.width), clamp(Math.max(one.x, other.x), mask.width)];
    const [top, bottom] = [clamp(Math.min(one.y, other.y), mask.height), clamp(Math.max(one.y, other.y), mask.height)];
    return { left, top, width: right - left, height: bottom - top };
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (isCommand && (key === "z" || key === "y")) {
      event.preventDefault();
      if (key === "y" || event.shiftKey) redo();
      else undo();
      return;
    }
    if (isCommand || event.altKey) return;
    const change: Partial<Tools> | null =
      key === "b"
        ? { tool: "brush" }
        : key === "r"
          ? { tool: "rectangle" }
          : key === "e"
            ? { isErasing: !tools.isErasing }
            : key === "["
              ? { size: Math.max(2, Math.round(tools.size / 1.2)) }
              : key === "]"
                ? { size: Math.min(mostSize, Math.max(tools.size + 1, Math.round(tools.size * 1.2))) }
                : null;
    if (change !== null) setTools({ ...tools, ...change });
    else if (key === "+" || key === "=") setZoomAround(shown * 1.25, null);
    else if (key === "-") setZoomAround(shown / 1.25, null);
    else if (key === "0") setZoom(null);
    else return;
    event.preventDefault();
  };
  const heard = useRef(onKeyDown);
  heard.current = onKeyDown;
  useEffect(() => {
    // Wherever the focus is: the buttons of the dialog are beside this, and one that turns off while it has the focus loses it.
    const listen = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && !isTyping(event.target)) heard.current(event);
    };
    document.addEventListener("keydown", listen);
    // The dialog gives the focus to its first button when it opens.
    const frameId = requestAnimationFrame(() => view.current?.focus({ preventScroll: true }));
    return () => {
      document.removeEventListener("keydown", listen);
      cancelAnimationFrame(frameId);
    };
  }, []);
  const onFrameKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" || event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      applyFrame(event.key !== "Enter");
      return;
    }
    const moved = frameByKey(frame, mask, event);
    if (moved === null) return;
    event.preventDefault();
    setFrame(moved);
    announce(t("mask.frameAt", frameWords(moved, scale)));
  };
  const toggle = (isOn: boolean): { "aria-pressed": boolean } => ({ "aria-pressed": isOn });
  const feather = feathers[tools.feather] ?? 0;
  return (
    <div class="mask-editor">
      <div class="mask-tools">
        <div class="row" role="group" aria-label={t("mask.tool")}>
          <Button
            icon="brush"
            {...toggle(tools.tool === "brush")}
            onClick={() => setTools({ ...tools, tool: "brush" })}
          >
            {t("mask.brush")}
          </Button>
          <Button
            icon="rectangle"
            {...toggle(tools.tool === "rectangle")}
            onClick={() => setTools({ ...tools, tool: "rectangle" })}
          >
            {t("mask.rectangle")}
          </Button>
        </div>
        <div class="row" role="group" aria-label={t("mask.mode")}>
          <Button icon="plus" {...toggle(!tools.isErasing)} onClick={() => setTools({ ...tools, isErasing: false })}>
            {t("mask.add")}
          </Button>
          <Button icon="eraser" {...toggle(tools.isErasing)} onClick={() => setTools({ ...tools, isErasing: true })}>
            {t("mask.take")}
          </Button>
        </div>
        {tools.tool === "brush" && (
          <label class="mask-slider">
            <span>{t("mask.size")}</span>
            <input
              type="range"
              min={2}
              max={mostSize}
              value={tools.size}
              aria-valuetext={t("mask.sizeValue", { pixels: tools.size })}
              onInput={(event) => setTools({ ...tools, size: event.currentTarget.valueAsNumber })}
            />
            <output>{t("mask.sizeValue", { pixels: tools.size })}</output>
          </label>
        )}
        <label class="mask-slider">
          <span>{t("mask.feather")}</span>
          <input
            type="range"
            min={0}
            max={feathers.length - 1}
            value={tools.feather}
            aria-valuetext={feather === 0 ? t("mask.featherNone") : t("mask.featherValue", { pixels: feather })}
            onInput={(event) => setTools({ ...tools, feather: event.currentTarget.valueAsNumber })}
          />
          <output>{feather === 0 ? t("mask.featherNone") : t("mask.featherValue", { pixels: feather })}</output>
        </label>
        {tools.tool === "rectangle" && (
          <div class="row">
            <Button onClick={() => applyFrame(false)}>{t("mask.frameApply")}</Button>
            <Button onClick={() => applyFrame(true)}>{t("mask.frameTake")}</Button>
          </div>
        )}
        <div class="row mask-buttons">
          <IconButton icon="undo" label={t("mask.undo")} disabled={!history.canUndo} onClick={undo} />
          <IconButton icon="redo" label={t("mask.redo")} disabled={!history.canRedo} onClick={redo} />
          <IconButton icon="invert" label={t("mask.invert")} onClick={() => commit(invertMask(mask))} />
          <IconButton
            icon="trash"
            label={t("mask.clear")}
            disabled={selection.kind === "nothing"}
            onClick={() => commit(clearMask(mask))}
          />
        </div>
      </div>
      <div class="mask-view" ref={view} tabIndex={0} role="group" aria-label={t("mask.title")}>
        <div
          class={`mask-stage mask-stage-${tools.tool}`}
          ref={stage}
          style={{ width: `${mask.width * shown}px`, height: `${mask.height * shown}px` }}
        >
          <canvas ref={ground} width={mask.width} height={mask.height} role="img" aria-label={t("mask.picture")} />
          <canvas ref={overlay} width={mask.width} height={mask.height} aria-hidden="true" />
          <div class="mask-cursor" ref={cursor} hidden />
          {tools.tool === "rectangle" && (
            <div
              class="mask-frame"
              tabIndex={0}
              role="application"
              aria-label={t("mask.frame")}
              style={{
                left: `${frame.left * shown}px`,
                top: `${frame.top * shown}px`,
                width: `${frame.width * shown}px`,
                height: `${frame.height * shown}px`,
              }}
              onKeyDown={onFrameKey}
            />
          )}
        </div>
      </div>
      <div class="mask-below">
        <p class="mask-selection" role="status">
          {selection.kind === "nothing"
            ? t("mask.selectedNothing")
            : selection.kind === "everything"
              ? t("mask.selectedEverything")
              : t("mask.selectedPart", { percent: sharePercent(selection.share) })}
        </p>
        <div class="row">
          <IconButton
            icon="minus"
            label={t("mask.zoomOut")}
            disabled={zoom === null}
            onClick={() => setZoomAround(shown / 1.5, null)}
          />
          <button
            type="button"
            class="button button-quiet mask-zoom"
            title={t("mask.zoomFit")}
            onClick={() => setZoom(null)}
          >
            {formatPercent(shown * scale * 100, language.value)}
            <span class="visually-hidden">: {t("mask.zoomFit")}</span>
          </button>
          <IconButton icon="plus" label={t("mask.zoomIn")} onClick={() => setZoomAround(shown * 1.5, null)} />
        </div>
      </div>
    </div>
  );
}

/** A slider takes no text, so letters go through it. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=range]), textarea, select");
}

function sharePercent(share: number): string {
  return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(
    Math.max(0.001, share),
  );
}

function frameWords({ left, top, width, height }: Box, scale: number): Record<string, number> {
  const inPicture = (value: number): number => Math.round(value / scale);
  return { left: inPicture(left), top: inPicture(top), width: inPicture(width), height: inPicture(height) };
}

/** The factor at which the whole picture is seen. */
function useFit(
  view: { readonly current: HTMLDivElement | null },
  { width, height }: { readonly width: number; readonly height: number },
): number {
  const [fit, setFit] = useState(0.1);
  useLayoutEffect(() => {
    const element = view.current;
    if (element === null) return;
    const measure = (): void => {
      const room = { width: element.clientWidth - 24, height: element.clientHeight - 24 };
      if (room.width > 0 && room.height > 0) setFit(Math.min(room.width / width, room.height / height, 4));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [width, height]);
  return fit;
}

/** Parts to be drawn are gathered, and drawn once a frame. */
function useRepaint(overlay: { readonly current: HTMLCanvasElement | null }, { mask }: MaskWork): (box: Box) => void {
  const waiting = useRef<Box | null>(null);
  return (box) => {
    const isAsked = waiting.current !== null;
    waiting.current = unite(waiting.current, box);
    if (isAsked) return;
    requestAnimationFrame(() => {
      const context = overlay.current?.getContext("2d") ?? null;
      if (context !== null && waiting.current !== null) drawOverlay(context, mask, waiting.current);
      waiting.current = null;
    });
  };
}
