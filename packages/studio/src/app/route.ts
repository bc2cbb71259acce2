import { computed, signal } from "@preact/signals";
import type { LibraryQuery } from "@limn/core";
import { detailAddress, parseAddress, queryKey, wallAddress, type Route } from "./address.ts";

const address = signal(location.pathname + location.search);

/** How many pages of ours lie behind this one: whether going back stays in the studio. */
let depth = 0;

/** The address of now, read. */
export const route = computed<Route>(() => parseAddress(address.value));

/** What the wall shows; changes only when its meaning does. */
const wallKey = computed(() => queryKey(route.value.query));
export const wallQuery = computed<LibraryQuery>(() => {
  void wallKey.value;
  return route.peek().query;
});

/** Goes to a path of the page; `isReplacing` leaves no step to go back to. */
export function go(path: string, isReplacing = false): void {
  if (path === address.peek()) return;
  if (isReplacing) history.replaceState(history.state, "", path);
  else {
    depth += 1;
    history.pushState({ depth }, "", path);
  }
  address.value = path;
}

export function openDetail(id: string, image = 0): void {
  const isReplacing = route.peek().view === "detail";
  go(detailAddress(id, route.peek().query, image), isReplacing);
}

/** Back to the wall (or the trash) as it was. */
export function closeDetail(): void {
  if (depth > 0) history.back();
  else go(wallAddress(route.peek().query), true);
}

/** Changes what the wall shows; an undefined field goes away. While somebody types, no step is left behind. */
export function narrow(
  change: { readonly [K in keyof LibraryQuery]?: LibraryQuery[K] | undefined },
  isTyping = false,
): void {
  const merged = Object.fromEntries(
    Object.entries({ ...route.peek().query, ...change }).filter(([, value]) => value !== undefined && value !== ""),
  );
  go(wallAddress(merged), isTyping);
}

/** Follows the browser's own steps, and links of the page without loading anything. */
export function followAddress(): void {
  const state: unknown = history.state;
  depth = depthOf(state);
  addEventListener("popstate", (event) => {
    depth = depthOf(event.state);
    address.value = location.pathname + location.search;
  });
  document.addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.target !== "" || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}

function depthOf(state: unknown): number {
  return typeof state === "object" && state !== null && "depth" in state && typeof state.depth === "number"
    ? state.depth
    : 0;
}
