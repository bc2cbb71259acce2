import { effect, signal } from "@preact/signals";
import { keep, kept } from "./keep.ts";

export type Theme = "system" | "light" | "dark";
export const themes: readonly Theme[] = ["system", "light", "dark"];

export const theme = signal<Theme>(themes.find((name) => name === kept("theme")) ?? "system");

export function chooseTheme(chosen: Theme): void {
  keep("theme", chosen);
  theme.value = chosen;
}

/** `system` leaves the choice to the style sheet. */
export function startTheme(): void {
  effect(() => {
    if (theme.value === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme.value;
  });
}
