type Kept = "language" | "theme" | "composer" | "filters";

/** What a person chose, in this browser. Where the browser forbids keeping, the choice lasts as long as the page. */
export function keep(name: Kept, value: string): void {
  try {
    localStorage.setItem(`limn-${name}`, value);
  } catch {
    // Private windows may refuse; the choice holds until the page is closed.
  }
}

export function kept(name: Kept): string | null {
  try {
    return localStorage.getItem(`limn-${name}`);
  } catch {
    return null;
  }
}
