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
  readonly action?: { readonly label: string; readonly run: () => void };
}

const shown = signal<readonly (Toast & { readonly key: number })[]>([]);
const spoken = signal("");
let nextKey = 1;

/** A message that goes by itself: after 8 s, with something to press after 20 s; an error stays until it is put away. */
export function toast(message: Toast): void {
  const key = nextKey++;
  shown.value = [...shown.value.slice(-3), { ...message, key }];
  if (message.isError === true) return;
  setTimeout(() => putAway(key), message.action === undefined ? 8000 : 20_000);
}

/** Says what went wrong, with the next step. */
export function toastError(thrown: unknown): void {
  const error: ApiError = errorOf(thrown);
  toast({ message: error.message, hint: error.hint, isError: true });
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
