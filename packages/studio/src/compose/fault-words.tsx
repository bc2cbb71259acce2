import type { JSX } from "preact";
import { t } from "../texts/index.ts";
import type { DraftFault, Field } from "./check-draft.ts";

/** What is wrong with one control; its id is named by the control. */
export function FaultWords({
  faults,
  field,
}: {
  readonly faults: readonly DraftFault[];
  readonly field: Field;
}): JSX.Element {
  return (
    <div id={`compose-${field}-fault`} class="fault">
      {faults
        .filter((fault) => fault.field === field)
        .map(({ text, values }) => (
          <p key={text}>{t(text, values)}</p>
        ))}
    </div>
  );
}
