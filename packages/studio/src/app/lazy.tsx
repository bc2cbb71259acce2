import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../texts/index.ts";
import { Button } from "../widgets/index.ts";

/** A component whose code is fetched when it is first shown. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => JSX.Element {
  let loaded: ComponentType<P> | null = null;
  return (props) => {
    const [, render] = useState(0);
    const [hasFailed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded !== null) return;
      let isWanted = true;
      load().then(
        (component) => {
          loaded = component;
          if (isWanted) render(1);
        },
        () => isWanted && setFailed(true),
      );
      return () => {
        isWanted = false;
      };
    }, []);
    if (hasFailed) return <Missing />;
    if (loaded === null) return <p class="visually-hidden">{t("app.loading")}</p>;
    const Shown = loaded;
    return <Shown {...props} />;
  };
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
