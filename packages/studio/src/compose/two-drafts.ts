import { emptyDraft, type Draft } from "./draft.ts";
import type { Intent } from "./intent.ts";

/** What is being composed, and the wish made of it that was sent and not clearly answered. */
export interface Slot {
  readonly draft: Draft;
  readonly intent: Intent | null;
}

type Operation = Draft["operation"];

/** A new picture and a change are composed apart, so that neither is ever sent with the other's words. */
export type Slots = Readonly<Record<Operation, Slot>>;

export interface TwoDrafts {
  /** The one in view. */
  readonly shown: Operation;
  readonly slots: Slots;
}

export const emptySlots: Slots = {
  generate: { draft: emptyDraft, intent: null },
  edit: { draft: { ...emptyDraft, operation: "edit" }, intent: null },
};

/** Nothing in it that anybody would miss. */
export function isBlank({ prompt, references, mask }: Draft): boolean {
  return prompt.trim() === "" && references.length === 0 && mask === null;
}

/** Nothing but how the picture is to be. */
export function blankOf({ operation, options }: Draft): Draft {
  return { ...emptyDraft, operation, options };
}

export function shownSlot({ shown, slots }: TwoDrafts): Slot {
  return slots[shown];
}

export function withSlot(drafts: TwoDrafts, operation: Operation, change: Partial<Slot>): TwoDrafts {
  const slot = { ...drafts.slots[operation], ...change };
  return { ...drafts, slots: { ...drafts.slots, [operation]: slot } };
}

/**
 * The draft in view becomes `next`. Where that makes a change of a new picture, or the other way round, the whole wish goes over to the
 * other place and leaves its own empty.
 */
export function changeShown(drafts: TwoDrafts, next: Draft): TwoDrafts {
  const { shown } = drafts;
  if (next.operation === shown) return withSlot(drafts, shown, { draft: next });
  const { draft, intent } = shownSlot(drafts);
  const left = withSlot(drafts, shown, { draft: blankOf(draft), intent: null });
  const there = drafts.slots[next.operation].intent;
  return { ...withSlot(left, next.operation, { draft: next, intent: intent ?? there }), shown: next.operation };
}

/** Puts `next` in the place of what is composed of its kind, and shows it. */
export function startDraft(drafts: TwoDrafts, next: Draft): TwoDrafts {
  return { ...withSlot(drafts, next.operation, { draft: next }), shown: next.operation };
}

/**
 * What the switch between the two does: shows the other. A new picture that has pictures becomes a change of them where no change is
 * begun; otherwise both stay as they are.
 */
export function switchTo(drafts: TwoDrafts, operation: Operation): TwoDrafts {
  const { draft } = shownSlot(drafts);
  const isTakenAlong =
    operation === "edit" &&
    draft.operation === "generate" &&
    draft.references.length > 0 &&
    isBlank(drafts.slots.edit.draft);
  return isTakenAlong ? changeShown(drafts, { ...draft, operation }) : { ...drafts, shown: operation };
}
