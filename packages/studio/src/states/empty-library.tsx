import type { JSX } from "preact";
import { status } from "../api/events.ts";
import { openComposer } from "../compose/index.tsx";
import { SignInPanel } from "../status/sign-in-panel.tsx";
import { t } from "../texts/index.ts";
import { Button, Icon } from "../widgets/index.ts";
import "./states.css";

const examples = ["states.exampleFox", "states.exampleIcon", "states.exampleRoom", "states.examplePoster"] as const;

/** The first step where no picture is yet: sign in where that is missing, then a prompt to begin with. */
export function EmptyLibrary(): JSX.Element {
  const now = status.value;
  const needsSignIn = now !== null && now.login.state !== "signed-in";
  return (
    <section class="empty-library" aria-labelledby="empty-title">
      <span class="empty-mark" aria-hidden="true">
        <Icon name="image" />
      </span>
      <h2 id="empty-title">{t("states.emptyTitle")}</h2>
      {needsSignIn ? (
        <>
          <p>{t("states.emptySignIn")}</p>
          <div class="empty-sign-in">
            <SignInPanel />
          </div>
        </>
      ) : (
        <>
          <p>{now?.emulated === true ? t("states.emptySandboxLead") : t("states.emptyLead")}</p>
          <Button kind="primary" icon="sparkle" onClick={() => openComposer({ operation: "generate" })}>
            {t("states.emptyWrite")}
          </Button>
          <h3>{t("states.emptyTry")}</h3>
          <ul class="empty-examples">
            {examples.map((example) => (
              <li key={example}>
                <button type="button" onClick={() => openComposer({ operation: "generate", prompt: t(example) })}>
                  {t(example)}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <p class="muted small">
        {t("states.emptyTerminal")} <code>{needsSignIn ? "limn login" : `limn "${t("states.exampleFox")}"`}</code>
      </p>
    </section>
  );
}
