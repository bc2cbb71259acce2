import { getJson, sendForm, ApiFailure, errorOf } from "../api/request.ts";
import { generationAddress } from "../api/addresses.ts";
import type { GenerationDetail } from "@limn/core";
import { putEntry } from "../state/library.ts";
import { t } from "../texts/index.ts";
import { announce, toastError } from "../widgets/index.ts";
import { checkDraft, type Field } from "./check-draft.ts";
import { emptyDraft } from "./draft.ts";
import { mostImages } from "./honours.ts";
import { intentAfter, intentFor, outcomeOf } from "./intent.ts";
import {
  areFaultsShown,
  blockAt,
  clearSent,
  draft,
  engines,
  isSending,
  keepDraft,
  pendingIntent,
  sendError,
  sentItems,
  setIntent,
} from "./store.ts";
import { toForm, toRequest } from "./studio-request.ts";

/**
 * Sends the draft, once: while one is on its way nothing else goes, and a try of the same wish goes under the same key. Answers the
 * control that needs attention, if any.
 */
export async function send(): Promise<Field | null> {
  if (isSending.peek() || blockAt(Date.now()) !== null) return null;
  const sent = draft.peek();
  const [fault] = checkDraft(sent, { maxImages: mostImages(engines.peek(), sent.options.engine) });
  areFaultsShown.value = fault !== undefined;
  if (fault !== undefined) return fault.field;
  const parts = toRequest(sent);
  const intent = intentFor(parts, pendingIntent.peek(), () => crypto.randomUUID());
  const { operation } = sent;
  setIntent(operation, intent);
  keepDraft();
  isSending.value = true;
  sendError.value = null;
  try {
    const { id } = await sendForm<{ readonly id: string }>("/api/generations", toForm(parts), {
      "Idempotency-Key": intent.key,
    });
    setIntent(operation, intentAfter(intent, "accepted"));
    sentItems.value = [{ id, draft: sent }, ...sentItems.peek()].slice(0, 12);
    // What was sent is gone from the form, so that a second press cannot send it again.
    clearSent(sent);
    announce(t("compose.sentNow"));
    void showSoon(id);
    return "prompt";
  } catch (thrown) {
    const status = thrown instanceof ApiFailure ? thrown.status : 0;
    setIntent(operation, intentAfter(intent, outcomeOf(status)));
    sendError.value = errorOf(thrown);
    return fieldOf(sendError.value.details);
  } finally {
    isSending.value = false;
    keepDraft();
  }
}

/** The event stream tells of it too; this one does not wait for it. */
async function showSoon(id: string): Promise<void> {
  try {
    putEntry((await getJson<GenerationDetail>(generationAddress(id))).entry);
  } catch (thrown) {
    toastError(thrown);
  }
}

const fields: readonly string[] = ["prompt", "images", "mask", ...Object.keys(emptyDraft.options)] satisfies
  | Field[]
  | string[];

/** The control that an error is about, where it says so. */
function fieldOf(details: Readonly<Record<string, unknown>>): Field | null {
  const named: unknown[] = [];
  const { faults, options } = details;
  if (Array.isArray(faults)) for (const fault of faults) named.push(isRecord(fault) ? fault["field"] : null);
  if (Array.isArray(options)) named.push(...options);
  return named.find(isField) ?? null;
}

function isField(name: unknown): name is Field {
  return typeof name === "string" && fields.includes(name);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
