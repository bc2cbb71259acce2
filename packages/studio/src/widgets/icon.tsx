import type { JSX } from "preact";

/** Strokes on a field of 24 by 24. */
const strokes = {
  again: "M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7",
  back: "M19 12H5m6-6-6 6 6 6",
  brush: "M9.5 14.5 19 5a2 2 0 0 0-3-3l-9 10m2.5 2.5a3.5 3.5 0 1 1-6 3.5c0 2-1 3-2 3 4 2 8 0 8-3.5",
  check: "m5 12.5 4.5 4.5L19 7.5",
  "chevron-down": "m6 9 6 6 6-6",
  "chevron-left": "m15 5-7 7 7 7",
  "chevron-right": "m9 5 7 7-7 7",
  "chevron-up": "m6 15 6-6 6 6",
  clock: "M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0",
  close: "m6 6 12 12M18 6 6 18",
  code: "m8 7-5 5 5 5m8-10 5 5-5 5M13.5 4.5l-3 15",
  compare: "M12 3v18M8 7H4v10h4m8-10h4v10h-4",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11m-5-4.5 5 5 5-5M5 20h14",
  edit: "m4 20 1-4.5L16 4.5a2 2 0 0 1 3 0l.5.5a2 2 0 0 1 0 3L8.5 19zM14 6.5l3.5 3.5",
  eraser: "m8 20-5-5L14 4l6 6-10 10zm0 0h12M9 9l6 6",
  external: "M14 4h6v6m0-6-9 9M10 5H5v14h14v-5",
  filter: "M3 6h18M7 12h10m-7 6h4",
  folder: "M3 6h6l2 2.5h10V19H3z",
  grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  heart: "M12 20S3.5 15 3.5 9A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 8.5 2c0 6-8.5 11-8.5 11",
  help: "M9.5 9a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7m0 3.5h.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0",
  image: "M4 5h16v14H4zm0 11 4.5-4.5 4 4L15 13l5 5M15.5 9h.01",
  info: "M12 11v5.5m0-9h.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0",
  invert: "M12 3a9 9 0 1 0 0 18V3m3 1 5 5m-5-.5 6 6m-6-1 4.5 4.5M15 18l2 2",
  kit: "M4 4h7v7H4zm9 0h7v7h-7zm-9 9h7v7H4zm9 0h7v7h-7z",
  menu: "M4 7h16M4 12h16M4 17h16",
  minus: "M5 12h14",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  plus: "M12 5v14M5 12h14",
  rectangle: "M4 6h16v12H4z",
  redo: "m15 4 5 5-5 5m5-5H9a5 5 0 0 0 0 10h3",
  restore: "M4 11a8 8 0 1 1 2.3 6.3M4 4v7h7",
  search: "m20 20-4.8-4.8M17 10.5a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0",
  select: "M4 4h16v16H4zm4 8 3 3 5-6",
  sparkle: "M12 3c.7 5 3 7.5 8 9-5 1.5-7.3 4-8 9-.7-5-3-7.5-8-9 5-1.5 7.3-4 8-9",
  stop: "M6 6h12v12H6z",
  sun: "M12 3V1.5m0 21V21m9-9h1.5M1.5 12H3m15.4-6.4 1-1M4.6 19.4l1-1m12.8 0 1 1M4.6 4.6l1 1M16.5 12a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0",
  tag: "M3.5 11.5V4h7.5l9.5 9.5-7.5 7.5zM7.5 8h.01",
  terminal: "m5 7 5 5-5 5m7 0h7",
  trash: "M4 6.5h16M9 6V3.5h6V6m3 .5-1 14H7l-1-14m4 4v6.5m4-6.5v6.5",
  tree: "M6 3.5v17M6 8h6m-6 9h6m0-11.5h7v5h-7zm0 9h7v5h-7z",
  undo: "M9 4 4 9l5 5M4 9h11a5 5 0 0 1 0 10h-3",
  unknown: "M9.5 9a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7m0 3.5h.01M12 2l10 10-10 10L2 12z",
  upload: "M12 16V5m-5 4.5 5-5 5 5M5 20h14",
  user: "M16 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0M4 21c.5-4.5 3.5-7 8-7s7.5 2.5 8 7",
  warning: "M12 3 2 20.5h20zm0 7v5m0 2.5h.01",
  "wifi-off":
    "M2 9a15 15 0 0 1 5-3m4-1a15 15 0 0 1 11 4M5.5 12.5A10 10 0 0 1 10 10m4 .2a10 10 0 0 1 4.5 2.3M9 16a5 5 0 0 1 6 0m-3 3.5h.01M3 3l18 18",
  zoom: "m20 20-4.8-4.8M17 10.5a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0m-9 0h5m-2.5-2.5v5",
} as const;

export type IconName = keyof typeof strokes;

/** Decoration: the control that holds it has the name. */
export function Icon({
  name,
  isFilled = false,
}: {
  readonly name: IconName;
  readonly isFilled?: boolean;
}): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill={isFilled ? "currentColor" : "none"}>
      <path
        d={strokes[name]}
        stroke="currentColor"
        stroke-width="1.75"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
