import { signal } from "@preact/signals";
import { kept } from "./keep.ts";

/** Parts of the page that are there or not, beside what the address says. */
export const areFiltersOpen = signal(kept("filters") === "open" && innerWidth >= 900);
export const isHelpOpen = signal(false);
