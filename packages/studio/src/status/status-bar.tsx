import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { LimitWindow, StudioStatus } from "@limn/core";
import { online, status } from "../api/events.ts";
import { language, t } from "../texts/index.ts";
import { Button, Dialog, Icon } from "../widgets/index.ts";
import { formatLength, formatMoment, formatPercent } from "./format.ts";
import { Meter } from "./meter.tsx";
import { planName } from "./plan-name.ts";
import { SignInPanel } from "./sign-in-panel.tsx";
import { useNow } from "./use-now.ts";
import "./status.css";

/** Who pays, what is left, and whether the service can be reached; the rest opens on a press. */
export function StatusBar(): JSX.Element {
  const now = status.value;
  const [isSigningIn, setSigningIn] = useState(false);
  return (
    <div class="status-bar" role="group" aria-label={t("status.bar")}>
      {now?.emulated === true && (
        <span class="status-mark status-sandbox" title={t("status.sandboxHint")}>
          {t("status.sandbox")}
        </span>
      )}
      {now?.isReadOnly === true && (
        <span class="status-mark" title={t("status.readOnlyHint")}>
          {t("status.readOnly")}
        </span>
      )}
      {now === null ? (
        <span class="status-quiet">{t("status.loading")}</span>
      ) : now.login.state === "signed-in" ? (
        <PlanButton status={now} />
      ) : (
        <Button kind="primary" icon="user" title={loginWords(now)} onClick={() => setSigningIn(true)}>
          {t("status.signIn")}
        </Button>
      )}
      {isSigningIn && (
        <Dialog title={t("status.signInTitle")} onClose={() => setSigningIn(false)}>
          <SignInPanel onDone={() => setSigningIn(false)} />
        </Dialog>
      )}
    </div>
  );
}

function loginWords({ login }: StudioStatus): string {
  if (login.state === "signed-in") return "";
  const words = {
    missing: t("status.loginMissing"),
    expired: t("status.loginExpired"),
    refused: t("status.loginRefused"),
  };
  return words[login.state];
}

function PlanButton({ status: now }: { readonly status: StudioStatus }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const onPress = (event: PointerEvent): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) !== true) setOpen(false);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      setOpen(false);
      box.current?.querySelector("button")?.focus();
    };
    document.addEventListener("pointerdown", onPress);
    document.addEventListener("keydown", onKey, true);
    return () => {
      document.removeEventListener("pointerdown", onPress);
      document.removeEventListener("keydown", onKey, true);
    };
  }, [isOpen]);
  const plan = now.login.state === "signed-in" ? planName(now.login.plan) : null;
  const shown = mostUsed(now);
  return (
    <div class="status-plan" ref={box}>
      <button
        type="button"
        class="status-button"
        aria-expanded={isOpen}
        aria-controls="status-details"
        title={t("status.details")}
        onClick={() => setOpen(!isOpen)}
      >
        <span class={`status-dot${now.online && online.value ? "" : " status-dot-off"}`} aria-hidden="true" />
        <span class="status-plan-name">{plan === null ? t("status.planUnknown") : t("status.plan", { plan })}</span>
        {shown !== null && (
          <span class="status-window" aria-hidden="true">
            <span class={`meter meter-${shown.percent >= 100 ? "full" : shown.percent >= 80 ? "high" : "calm"}`}>
              <span class="meter-fill" style={{ width: `${Math.min(100, shown.percent)}%` }} />
            </span>
            {formatPercent(shown.percent, language.value)}
          </span>
        )}
        {shown !== null && (
          <span class="visually-hidden">
            {t("status.windowUsed", { name: shown.name, percent: formatPercent(shown.percent, language.value) })}
          </span>
        )}
        <Icon name={isOpen ? "chevron-down" : "chevron-up"} />
      </button>
      {isOpen && <PlanDetails status={now} />}
    </div>
  );
}

/** The window that will end first what a person can do. */
function mostUsed(now: StudioStatus): { readonly name: string; readonly percent: number } | null {
  const all = [
    ...now.windows.map((window) => ({ name: windowName(window), percent: window.usedPercent })),
    ...(now.imageWindow === null ? [] : [{ name: t("status.images"), percent: now.imageWindow.usedPercent }]),
  ];
  return all.toSorted((one, other) => other.percent - one.percent)[0] ?? null;
}

function windowName(window: LimitWindow): string {
  return t("status.window", { length: formatLength(window.windowMinutes, language.value) });
}

function PlanDetails({ status: now }: { readonly status: StudioStatus }): JSX.Element {
  const nowMs = useNow(30_000);
  const { login, windows, imageWindow } = now;
  const expires =
    login.state === "signed-in" && login.expiresAt !== null
      ? formatMoment(login.expiresAt, nowMs, language.value)
      : null;
  return (
    <div class="status-details" id="status-details">
      {windows.map((window) => (
        <WindowRow
          key={`${window.limit}-${window.windowMinutes}`}
          name={windowName(window)}
          window={window}
          nowMs={nowMs}
        />
      ))}
      {windows.length === 0 && <p class="status-quiet">{t("status.noWindows")}</p>}
      {imageWindow === null ? (
        <div class="status-row">
          <span>{t("status.images")}</span>
          <span class="status-quiet">{t("status.imagesUnseen")}</span>
        </div>
      ) : (
        <WindowRow
          name={t("status.images")}
          window={imageWindow}
          nowMs={nowMs}
          note={t("status.imagesSeen", { time: formatMoment(imageWindow.seenAt, nowMs, language.value) ?? "–" })}
        />
      )}
      <dl class="status-facts">
        {login.state === "signed-in" && (
          <div>
            <dt>{t("status.source")}</dt>
            <dd>{sourceName(login.source)}</dd>
          </div>
        )}
        {expires !== null && (
          <div>
            <dt>{t("status.loginUntil")}</dt>
            <dd>{expires}</dd>
          </div>
        )}
        <div>
          <dt>limn</dt>
          <dd>{now.version}</dd>
        </div>
      </dl>
    </div>
  );
}

function WindowRow(props: {
  readonly name: string;
  readonly window: LimitWindow;
  readonly nowMs: number;
  readonly note?: string;
}): JSX.Element {
  const { name, window, nowMs, note } = props;
  const percent = formatPercent(window.usedPercent, language.value);
  const reset = window.resetsAt === null ? null : formatMoment(window.resetsAt, nowMs, language.value);
  return (
    <div class="status-row">
      <span>{name}</span>
      <span>{t("status.used", { percent })}</span>
      <Meter label={name} percent={window.usedPercent} words={t("status.used", { percent })} />
      <span class="status-quiet">
        {[reset === null ? null : t("status.resets", { time: reset }), note ?? null]
          .filter((part) => part !== null)
          .join(" · ")}
      </span>
    </div>
  );
}

const programNames: Readonly<Record<string, string>> = {
  codex: "Codex",
  pi: "Pi",
  opencode: "opencode",
  hermes: "Hermes",
};

function sourceName(source: string): string {
  if (source === "limn") return t("status.sourceLimn");
  if (source === "token") return t("status.sourceToken");
  if (source === "sandbox") return t("status.sourceSandbox");
  return t("status.sourceBorrowed", { program: programNames[source] ?? source });
}
