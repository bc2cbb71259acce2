import { describe, expect, test } from "vitest";
import { emptyDraft, setRole, type Draft, type LibraryReference } from "./draft.ts";
import { changeShown, emptySlots, shownSlot, startDraft, switchTo, withSlot, type TwoDrafts } from "./two-drafts.ts";

const picture: LibraryReference = {
  kind: "library",
  key: "a",
  name: "a fox",
  id: "gen_a",
  index: 0,
  sha256: "ab",
  width: 10,
  height: 10,
};
const empty: TwoDrafts = { shown: "generate", slots: emptySlots };
const fox: Draft = { ...emptyDraft, prompt: "a fox" };
const redder: Draft = { ...emptyDraft, operation: "edit", prompt: "make it red", references: [picture] };
const intent = { key: "k", fingerprint: "f", isUnclear: true };
const promptsOf = ({ slots }: TwoDrafts): string[] => [slots.generate.draft.prompt, slots.edit.draft.prompt];

describe("a new picture and a change", () => {
  const both = startDraft(changeShown(empty, fox), redder);

  test("keep their own words and keys, whichever is in view", () => {
    const tried = withSlot(both, "edit", { intent });
    expect([both.shown, promptsOf(both)]).toEqual(["edit", ["a fox", "make it red"]]);
    const back = switchTo(tried, "generate");
    expect(shownSlot(back)).toEqual({ draft: fox, intent: null });
    expect(shownSlot(switchTo(back, "edit"))).toEqual({ draft: redder, intent });
  });

  test("the switch takes a new picture's pictures along where no change is begun, and nothing otherwise", () => {
    const begun = changeShown(empty, { ...fox, references: [picture] });
    const changed = switchTo(begun, "edit");
    expect(shownSlot(changed).draft).toEqual({ ...fox, operation: "edit", references: [picture] });
    expect(changed.slots.generate.draft).toEqual(emptyDraft);
    const kept = switchTo(changeShown({ ...both, shown: "generate" }, { ...fox, references: [picture] }), "edit");
    expect(shownSlot(kept).draft).toEqual(redder);
    expect(shownSlot(switchTo(changeShown(empty, fox), "edit")).draft.prompt).toBe("");
  });

  test("a role that turns one into the other takes the wish and its key along", () => {
    const begun = withSlot(changeShown(empty, { ...fox, references: [picture] }), "generate", { intent });
    const turned = changeShown(begun, setRole(shownSlot(begun).draft, "a", "source"));
    expect([turned.shown, shownSlot(turned).draft.prompt, shownSlot(turned).intent]).toEqual(["edit", "a fox", intent]);
    expect(turned.slots.generate).toEqual(emptySlots.generate);
  });

  test("another beginning replaces only its own kind", () => {
    expect(promptsOf(startDraft(both, { ...redder, prompt: "" }))).toEqual(["a fox", ""]);
  });
});
