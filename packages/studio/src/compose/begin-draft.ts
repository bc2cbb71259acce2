import { t } from "../texts/index.ts";
import { toast } from "../widgets/index.ts";
import type { Draft } from "./draft.ts";
import { drafts, focusWish, isComposerOpen, startWith } from "./store.ts";
import { isBlank } from "./two-drafts.ts";

/** Begins anew; what had to make room for it can be had again for a while. */
export function beginDraft(next: Draft): void {
  const replaced = drafts.peek().slots[next.operation].draft;
  startWith(next);
  focusWish.value += 1;
  // Pictures alone are soon chosen again.
  if (isBlank({ ...replaced, references: [] })) return;
  toast({
    message: t("compose.replaced"),
    action: {
      label: t("compose.bringBack"),
      run: () => {
        startWith(replaced);
        isComposerOpen.value = true;
        focusWish.value += 1;
      },
    },
  });
}
