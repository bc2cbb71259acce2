import type { ComponentChildren, JSX } from "preact";
import type { ApiError } from "@limn/core";
import { Icon } from "./icon.tsx";

/** An error in its place: what happened, and the next step. */
export function Problem({
  error,
  children,
}: {
  readonly error: ApiError;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <div>
        <p>{error.message}</p>
        {error.hint !== null && <p class="problem-hint">{error.hint}</p>}
        {children}
      </div>
    </div>
  );
}
