// First, so that what a part of the page says of itself wins.
import "./styles/tokens.css";
import "./styles/base.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { refreshStatus, startEvents } from "./api/events.ts";
import { startKeyboard } from "./app/keyboard.ts";
import { followAddress } from "./app/route.ts";
import { Shell } from "./app/shell.tsx";
import { startTheme } from "./app/theme.ts";
import { startLibrary } from "./state/library.ts";
import { language, startLanguage } from "./texts/index.ts";

async function start(): Promise<void> {
  startTheme();
  followAddress();
  startKeyboard();
  // First the stream, then the list: what changes in between is not missed.
  const following = startEvents();
  // Without an answer the banner says so; the stream brings the status when the server is back.
  refreshStatus().catch(() => undefined);
  await Promise.all([following, startLanguage()]);
  startLibrary();
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-Hans" : language.value;
  });
  const place = document.querySelector("#studio");
  if (place !== null) render(<Shell />, place);
}

void start();
