import type { JSX } from "preact";
import { t } from "../texts/index.ts";
import { Button, Icon } from "../widgets/index.ts";

/** The server does not know this page any more; only a new one-time link leads back. */
export function SessionLost(): JSX.Element {
  return (
    <main class="nothing">
      <Icon name="user" />
      <h1>{t("app.sessionLost")}</h1>
      <p class="muted">{t("app.sessionLostHint")}</p>
      <pre class="code">limn studio</pre>
      <Button icon="again" onClick={() => location.reload()}>
        {t("app.reload")}
      </Button>
    </main>
  );
}
