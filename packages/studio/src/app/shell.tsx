import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isSessionLost } from "../api/request.ts";
import { BatchBar } from "../batch/index.tsx";
import { closeComposer, Composer, isComposerOpen, openComposer } from "../compose/index.tsx";
import { Filters, Toolbar } from "../filters/index.tsx";
import { OfflineBanner, StatusBar } from "../status/index.tsx";
import { t } from "../texts/index.ts";
import { Button, Dialog, Toasts } from "../widgets/index.ts";
import { putErrorsAway } from "../widgets/toast.tsx";
import { Wall } from "../wall/index.tsx";
import { Boundary } from "./boundary.tsx";
import { Header } from "./header.tsx";
import { addShortcuts } from "./keyboard.ts";
import { lazy } from "./lazy.tsx";
import { go, route } from "./route.ts";
import { SessionLost } from "./session-lost.tsx";
import { areFiltersOpen, isHelpOpen } from "./shown.ts";
import { useMedia } from "./use-media.ts";
import "./shell.css";

const Detail = lazy(async () => (await import("../detail/index.tsx")).Detail);
const Help = lazy(async () => (await import("./help.tsx")).Help);

export function Shell(): JSX.Element {
  const { view, id, image, query } = route.value;
  const isSheet = useMedia("(max-width: 799px)");
  const isPhone = useMedia("(max-width: 559px)");
  const main = useRef<HTMLElement>(null);
  useEffect(
    () =>
      addShortcuts({
        "/": () => document.querySelector<HTMLElement>("#search")?.focus(),
        "?": () => (isHelpOpen.value = true),
        c: () => openComposer({ operation: "generate" }),
        Escape: () => isComposerOpen.peek() && closeComposer(),
      }),
    [],
  );
  useEffect(() => {
    // An address for bookmarks; the panel itself is no place of its own.
    if (view !== "compose") return;
    openComposer({ operation: "generate" });
    go("/", true);
  }, [view]);
  useEffect(() => {
    document.title = query.trash === true ? `${t("app.trash")} – ${t("app.title")}` : t("app.title");
  });
  useEffect(putErrorsAway, [view, id]);
  useFocusBack(view === "detail" ? id : null);
  if (isSessionLost.value) return <SessionLost />;
  const isCovered = isSheet && isComposerOpen.value;
  const isDetail = view === "detail" && id !== null;
  return (
    <div class="shell">
      <a class="skip-link" href="#main" onClick={(event) => skipTo(event, main.current)}>
        {t("app.skipToWall")}
      </a>
      <div class="shell-top" inert={isCovered}>
        <Header />
        <OfflineBanner />
      </div>
      <div class="shell-middle">
        <main class="main" id="main" tabIndex={-1} ref={main} inert={isCovered}>
          <div class="main-wall" inert={isDetail}>
            {areFiltersOpen.value && !isPhone && <Filters />}
            <Toolbar />
            {query.trash === true && <p class="muted small trash-note">{t("trash.explained")}</p>}
            <Boundary>
              <Wall />
            </Boundary>
            <BatchBar />
          </div>
          {isDetail && (
            <Boundary key={id}>
              <Detail id={id} image={image} />
            </Boundary>
          )}
        </main>
        <aside class="composer-panel" id="composer" aria-label={t("app.composer")} hidden={!isComposerOpen.value}>
          <Composer />
        </aside>
      </div>
      <footer class="shell-foot" inert={isCovered}>
        <StatusBar />
      </footer>
      {areFiltersOpen.value && isPhone && <FiltersDialog />}
      <Toasts />
      {isHelpOpen.value && <Help onClose={() => (isHelpOpen.value = false)} />}
    </div>
  );
}

/** On a phone the filters need the whole of it. */
function FiltersDialog(): JSX.Element {
  const close = (): void => {
    areFiltersOpen.value = false;
  };
  return (
    <Dialog
      title={t("filters.title")}
      size="full"
      onClose={close}
      actions={
        <Button kind="primary" onClick={close}>
          {t("filters.show")}
        </Button>
      }
    >
      <Filters />
    </Dialog>
  );
}

/** The card that was opened has the focus again when its view closes. */
function useFocusBack(id: string | null): void {
  const before = useRef<string | null>(null);
  useEffect(() => {
    const closed = before.current;
    before.current = id;
    if (id !== null || closed === null) return;
    // A card that was thrown away meanwhile left the Tab key to its neighbour.
    const card = document.querySelector<HTMLElement>(`[data-id="${CSS.escape(closed)}"]`);
    (card ?? document.querySelector<HTMLElement>('[data-id][tabindex="0"]'))?.focus({ preventScroll: true });
  }, [id]);
}

function skipTo(event: Event, main: HTMLElement | null): void {
  event.preventDefault();
  const first = main?.querySelector<HTMLElement>('[data-id][tabindex="0"]');
  (first ?? main)?.focus();
}
