import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { ApiError } from "@limn/core";
import { errorOf } from "../api/request.ts";
import { t } from "../texts/index.ts";
import { Button, IconButton } from "./button.tsx";

export interface Toast {
  readonly message: string;
  readonly hint?: string | null;
  readonly isError?: boolean;
  /** A newer message of the same kind takes the place of an older one. */
  readonly kind?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const shown = signal<readonly (Toast & { readonly key: number })[]>([]);
const spoken = signal("");
let nextKey = 1;

/** A message that goes by itself: after 8 s, with something to press after 20 s, an error after 30 s or with the page that it was about. */
export function toast(message: Toast): void {
  const key = nextKey++;
  const others = shown.value.filter(({ kind }) => kind === undefined || kind !== message.kind);
  shown.value = [...others.slice(-3), { ...message, key }];
  const stayMs = message.isError === true ? 30_000 : message.action === undefined ? 8000 : 20_000;
  setTimeout(() => putAway(key), stayMs);
}

/** Another page is shown: what went wrong on the one before is over. */
export function putErrorsAway(): void {
  shown.value = shown.value.filter(({ isError }) => isError !== true);
}

/** Says what went wrong, with the next step. */
export function toastError(thrown: unknown): void {
  const error: ApiError = errorOf(thrown);
  toast({ message: error.message, hint: error.hint, isError: true, kind: error.code });
}

/** For those who listen: said once, politely, not shown. */
export function announce(message: string): void {
  // The same words again are only spoken when they change in between.
  spoken.value = spoken.value === message ? `${message}\u00a0` : message;
}

function putAway(key: number): void {
  shown.value = shown.value.filter((one) => one.key !== key);
}

/** The place of toasts and the live region; once, in the shell. */
export function Toasts(): JSX.Element {
  return (
    <>
      <div class="toasts" role="region" aria-label={t("app.messages")}>
        <div role="status" class="toast-list">
          {shown.value.map(({ key, message, hint, isError, action }) => (
            <div key={key} class={`toast${isError === true ? " toast-error" : ""}`}>
              <div class="toast-text">
                <p>{message}</p>
                {typeof hint === "string" && <p class="toast-hint">{hint}</p>}
              </div>
              {action !== undefined && (
                <Button
                  kind="quiet"
                  onClick={() => {
                    putAway(key);
                    action.run();
                  }}
                >
                  {action.label}
                </Button>
              )}
              <IconButton icon="close" label={t("app.dismiss")} onClick={() => putAway(key)} />
            </div>
          ))}
        </div>
      </div>
      <div class="visually-hidden" role="status" aria-live="polite" id="announcements">
        {spoken.value}
      </div>
    </>
  );
}
