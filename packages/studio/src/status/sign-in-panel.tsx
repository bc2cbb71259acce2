import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiError, DeviceSignIn } from "@limn/core";
import { refreshStatus, status } from "../api/events.ts";
import { errorOf, sendJson } from "../api/request.ts";
import { t } from "../texts/index.ts";
import { announce, Button, copyText, Icon, Problem } from "../widgets/index.ts";
import { formatCountdown } from "./format.ts";
import { planName } from "./plan-name.ts";
import { useNow } from "./use-now.ts";
import "./status.css";

/** Sign-in by a code: asked for here, entered on OpenAI's page, noticed here. `onDone` puts the panel away afterwards. */
export function SignInPanel({ onDone }: { readonly onDone?: () => void }): JSX.Element {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const nowMs = useNow(1000);
  const login = status.value?.login;
  const signIn = status.value?.signIn ?? null;
  const isSignedIn = login?.state === "signed-in";
  const wasSignedIn = useRef(isSignedIn);

  useEffect(() => {
    if (isSignedIn && !wasSignedIn.current) announce(t("status.signInDone"));
    wasSignedIn.current = isSignedIn;
  }, [isSignedIn]);

  const act = async (method: "POST" | "DELETE"): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const answer = await sendJson<DeviceSignIn | undefined>(method, "/api/sign-in", null);
      const known = status.peek();
      if (known !== null) status.value = { ...known, signIn: method === "POST" ? (answer ?? null) : null };
      if (method === "DELETE") await refreshStatus();
    } catch (thrown) {
      setError(errorOf(thrown));
    } finally {
      setBusy(false);
    }
  };

  if (isSignedIn) {
    const plan = planName(login.plan);
    return (
      <div class="sign-in sign-in-done">
        <Icon name="check" />
        <p>{plan === null ? t("status.signInDone") : t("status.signInDonePlan", { plan })}</p>
        {onDone !== undefined && (
          <Button kind="primary" onClick={onDone}>
            {t("app.close")}
          </Button>
        )}
      </div>
    );
  }
  const isExpired = signIn?.state === "waiting" && Date.parse(signIn.expiresAt) <= nowMs;
  const start = (words: string): JSX.Element => (
    <Button kind="primary" icon="user" isBusy={isBusy} onClick={() => void act("POST")}>
      {words}
    </Button>
  );
  return (
    <div class="sign-in">
      {login !== undefined && login.state !== "missing" && (
        <p class="sign-in-why">
          {login.message} {login.hint}
        </p>
      )}
      {error !== null && <Problem error={error} />}
      {signIn === null ? (
        <>
          <p>{t("status.signInLead")}</p>
          <p class="sign-in-consent">{t("status.signInConsent")}</p>
          {start(t("status.signInStart"))}
        </>
      ) : signIn.state === "failed" ? (
        <>
          {signIn.error === null ? <p role="alert">{t("status.signInFailed")}</p> : <Problem error={signIn.error} />}
          {start(t("status.signInAgain"))}
        </>
      ) : isExpired ? (
        <>
          <p role="alert">{t("status.signInExpired")}</p>
          {start(t("status.signInAgain"))}
        </>
      ) : (
        <CodeSteps signIn={signIn} nowMs={nowMs} isBusy={isBusy} giveUp={() => void act("DELETE")} />
      )}
    </div>
  );
}

function CodeSteps(props: {
  readonly signIn: DeviceSignIn;
  readonly nowMs: number;
  readonly isBusy: boolean;
  readonly giveUp: () => void;
}): JSX.Element {
  const { signIn, nowMs, isBusy, giveUp } = props;
  const address = webAddress(signIn.verificationUrl);
  return (
    <>
      <ol class="sign-in-steps">
        <li>
          {t("status.signInStep1")}
          <p>
            {address === null ? (
              <code>{signIn.verificationUrl}</code>
            ) : (
              <a class="button button-primary" href={address} target="_blank" rel="noopener noreferrer">
                <Icon name="external" />
                <span class="button-text">
                  {t("status.signInOpen")}
                  <span class="visually-hidden"> ({t("status.signInNewTab")})</span>
                </span>
              </a>
            )}
          </p>
        </li>
        <li>
          {t("status.signInStep2")}
          <p class="sign-in-code-line">
            <output class="sign-in-code" aria-label={t("status.signInCode")}>
              {signIn.userCode}
            </output>
            <Button icon="copy" onClick={() => void copyText(signIn.userCode, t("status.signInCode"))}>
              {t("status.signInCopy")}
            </Button>
          </p>
        </li>
      </ol>
      <p class="sign-in-consent">{t("status.signInConsent")}</p>
      <p class="sign-in-consent">{t("status.signInWarning")}</p>
      <p class="sign-in-waiting">
        <span class="spinner" aria-hidden="true" />
        <span role="timer">
          {t("status.signInWaiting", { time: formatCountdown(Date.parse(signIn.expiresAt), nowMs) })}
        </span>
        <Button kind="quiet" isBusy={isBusy} onClick={giveUp}>
          {t("status.signInGiveUp")}
        </Button>
      </p>
    </>
  );
}

/** Only what a browser opens as a page becomes a link. */
function webAddress(text: string): string | null {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url.href : null;
}
