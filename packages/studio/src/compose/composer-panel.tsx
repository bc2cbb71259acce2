import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { language, t } from "../texts/index.ts";
import { Button, IconButton, Problem } from "../widgets/index.ts";
import { LimitNotice, limitNow, useNow } from "../status/index.tsx";
import { status } from "../api/events.ts";
import { lazy } from "../app/lazy.tsx";
import { checkDraft, maxPromptLength, type Field } from "./check-draft.ts";
import { sourceOf } from "./draft.ts";
import { FaultWords } from "./fault-words.tsx";
import { mostImages } from "./honours.ts";
import { fingerprintOf } from "./intent.ts";
import { Options } from "./options.tsx";
import { PlanPreview } from "./plan-preview.tsx";
import { References } from "./references.tsx";
import { refusalWords } from "./refusal-words.ts";
import { send } from "./send.ts";
import { SentList } from "./sent-list.tsx";
import {
  areFaultsShown,
  blockAt,
  change,
  draft,
  engines,
  focusWish,
  isComposerOpen,
  isMaskOpen,
  isPicking,
  isSending,
  loadEngines,
  pendingIntent,
  sendError,
  switchDraft,
} from "./store.ts";
import { toRequest } from "./studio-request.ts";

const LibraryPicker = lazy(async () => (await import("./library-picker.tsx")).LibraryPicker);
const MaskDialog = lazy(async () => (await import("../mask/index.tsx")).MaskDialog);

/** Where a request is put together, sent and followed. */
export function ComposerPanel(): JSX.Element {
  const now = draft.value;
  const nowMs = useNow(5000);
  const prompt = useRef<HTMLTextAreaElement>(null);
  useEffect(() => void loadEngines(), []);
  useEffect(() => prompt.current?.focus(), [focusWish.value]);

  const faults = checkDraft(now, { maxImages: mostImages(engines.value, now.options.engine) });
  const shown = areFaultsShown.value ? faults : faults.filter(({ text }) => !onlyWhenSent.has(text));
  const block = blockAt(nowMs);
  const limit = limitNow(status.value, nowMs);
  const source = sourceOf(now);

  const press = async (): Promise<void> => {
    const field = await send();
    if (field !== null) focusField(field);
  };
  // The dialogs are beside the form: what is pressed in them must not send it.
  return (
    <>
      <form
        class="composer"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void press();
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !event.defaultPrevented && document.querySelector("dialog[open]") === null) {
            isComposerOpen.value = false;
            return;
          }
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.repeat) return;
          event.preventDefault();
          void press();
        }}
      >
        <h2 class="visually-hidden">{t("compose.title")}</h2>
        <div class="composer-head">
          <fieldset class="segments">
            <legend class="visually-hidden">{t("compose.operation")}</legend>
            {(["generate", "edit"] as const).map((operation) => (
              <label key={operation} class={now.operation === operation ? "segment segment-on" : "segment"}>
                <input
                  type="radio"
                  name="operation"
                  class="visually-hidden"
                  checked={now.operation === operation}
                  onChange={() => switchDraft(operation)}
                />
                {t(`compose.${operation}`)}
              </label>
            ))}
          </fieldset>
          <IconButton icon="close" label={t("app.close")} onClick={() => (isComposerOpen.value = false)} />
        </div>
        <div class="composer-body">
          <div class="field">
            <label for="compose-prompt">{t("compose.prompt")}</label>
            <textarea
              id="compose-prompt"
              ref={prompt}
              rows={4}
              value={now.prompt}
              placeholder={t(now.operation === "edit" ? "compose.promptPlaceholderEdit" : "compose.promptPlaceholder")}
              aria-describedby="compose-prompt-count compose-prompt-fault"
              aria-invalid={shown.some(({ field }) => field === "prompt")}
              onInput={(event) => change({ ...draft.peek(), prompt: event.currentTarget.value })}
            />
            <PromptCount length={now.prompt.length} />
            <FaultWords faults={shown} field="prompt" />
          </div>
          <SentList />
          <References faults={shown} />
          <Options faults={shown} />
          {faults.length === 0 && <PlanPreview />}
        </div>
        <div class="composer-foot">
          {limit !== null && <LimitNotice limit={limit} id="compose-limit" />}
          {sendError.value !== null && <Problem error={refusalWords(sendError.value, now)} />}
          {pendingIntent.value !== null && !isSending.value && (
            <p class="composer-note" role="status">
              {t(
                faults.length === 0 && pendingIntent.value.fingerprint === fingerprintOf(toRequest(now))
                  ? "compose.unclear"
                  : "compose.unclearChanged",
              )}
            </p>
          )}
          {areFaultsShown.value && faults.length > 1 && (
            <p class="composer-note composer-faults" role="alert">
              {t("compose.faults", { count: faults.length })}
            </p>
          )}
          <div class="composer-send">
            <span class={block === null ? "muted small send-keys" : "small"} id="compose-send-note">
              {block === null ? t(isMac() ? "compose.sendKeysMac" : "compose.sendKeys") : t(block)}
            </span>
            <Button
              type="submit"
              kind="primary"
              icon="sparkle"
              isBusy={isSending.value}
              disabled={block !== null}
              aria-describedby={limit === null ? "compose-send-note" : "compose-send-note compose-limit"}
            >
              {t(isSending.value ? "compose.sending" : now.operation === "edit" ? "compose.sendEdit" : "compose.send")}
            </Button>
          </div>
        </div>
      </form>
      {isMaskOpen.value && source !== null && <MaskDialog source={source} />}
      {isPicking.value && <LibraryPicker onClose={() => (isPicking.value = false)} />}
    </>
  );
}

/** What is missing is only said once somebody wants to send. */
const onlyWhenSent: ReadonlySet<string> = new Set(["compose.faultPromptMissing", "compose.faultNoSource"]);

function PromptCount({ length }: { readonly length: number }): JSX.Element {
  const left = maxPromptLength - length;
  return (
    <p id="compose-prompt-count" class={left < 0 ? "composer-count composer-count-over" : "composer-count"}>
      {left < 0
        ? t("compose.promptOver", { count: -left })
        : left < 1000
          ? t("compose.promptLeft", { count: left })
          : t("compose.promptCount", { length, limit: maxPromptLength })}
    </p>
  );
}

/** Into the control, opening what hides it. */
function focusField(field: Field): void {
  requestAnimationFrame(() => {
    const control =
      document.querySelector<HTMLElement>(`#compose-${field}-own`) ??
      document.querySelector<HTMLElement>(`#compose-${field}`);
    const hiding = control?.closest("details") ?? null;
    if (hiding !== null) hiding.open = true;
    control?.focus();
    control?.scrollIntoView({ block: "nearest" });
  });
}

function isMac(): boolean {
  void language.value;
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
