/** What a key does, by its `KeyboardEvent.key`. */
export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const layers: Shortcuts[] = [];

/** The newest layer hears a key first; one that it does not know goes on to the next. Returns what ends it. */
export function addShortcuts(shortcuts: Shortcuts): () => void {
  layers.push(shortcuts);
  return () => {
    const place = layers.lastIndexOf(shortcuts);
    if (place >= 0) layers.splice(place, 1);
  };
}

/** Single keys mean something wherever nobody is typing and neither a dialog nor the zoomed picture is open. */
export function startKeyboard(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open], .pswp") !== null || isTyping(event.target, event.key)) return;
    const found = layers.findLast((layer) => Object.hasOwn(layer, event.key));
    if (found === undefined) return;
    event.preventDefault();
    found[event.key]?.(event);
  });
}

const sliderKeys = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);

/** Fields where letters are text; sliders and lists keep their arrows. */
function isTyping(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("input[type=range]")) return sliderKeys.has(key);
  return target.isContentEditable || target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
}
