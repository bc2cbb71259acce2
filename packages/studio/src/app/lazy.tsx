import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { online } from "../api/events.ts";
import { t } from "../texts/index.ts";
import { Button } from "../widgets/index.ts";

/** A component whose code is fetched when it is first shown; what did not come while limn was away is fetched when it is back. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => JSX.Element {
  let loaded: ComponentType<P> | null = null;
  return (props) => {
    const [, render] = useState(0);
    const [hasFailed, setFailed] = useState(false);
    const isThere = online.value;
    useEffect(() => {
      if (loaded !== null || (hasFailed && !isThere)) return;
      let isWanted = true;
      const fetching = hasFailed ? fetchStylesAgain().then(load) : load();
      fetching.then(
        (component) => {
          loaded = component;
          if (!isWanted) return;
          setFailed(false);
          render(1);
        },
        () => isWanted && setFailed(true),
      );
      return () => {
        isWanted = false;
      };
    }, [isThere]);
    if (loaded === null && hasFailed) return <Missing />;
    if (loaded === null) return <p class="visually-hidden">{t("app.loading")}</p>;
    const Shown = loaded;
    return <Shown {...props} />;
  };
}

/** The loader of parts asks for a style sheet once in the life of a page, also when it did not come. Never rejects. */
async function fetchStylesAgain(): Promise<void> {
  const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')].filter(isWithoutRules);
  await Promise.all(
    links.map(async (link) => {
      const again = document.createElement("link");
      again.rel = "stylesheet";
      again.crossOrigin = link.crossOrigin;
      again.href = link.href;
      const ended = new Promise((resolve) => {
        again.addEventListener("load", resolve);
        again.addEventListener("error", resolve);
      });
      link.replaceWith(again);
      await ended;
    }),
  );
}

/** As a sheet that did not come looks: not there, closed to the page, or empty. */
function isWithoutRules(link: HTMLLinkElement): boolean {
  try {
    return link.sheet === null || link.sheet.cssRules.length === 0;
  } catch {
    return true;
  }
}

/** The code that was asked for is not there: another limn serves this address now, or none does. */
function Missing(): JSX.Element {
  return (
    <div class="lazy-missing">
      <div class="nothing" role="alert">
        <h2>{t("app.partMissing")}</h2>
        <p class="muted">{t("app.partMissingHint")}</p>
        <Button kind="primary" icon="again" onClick={() => location.reload()}>
          {t("app.reload")}
        </Button>
      </div>
    </div>
  );
}
