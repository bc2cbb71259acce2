import type { ButtonHTMLAttributes, ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

type Native = Omit<ButtonHTMLAttributes, "icon" | "class">;

export interface ButtonProps extends Native {
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  readonly isIconFilled?: boolean;
  readonly kind?: "plain" | "primary" | "danger" | "quiet";
  readonly class?: string;
  /** Shows that it works, and cannot be pressed meanwhile. */
  readonly isBusy?: boolean;
}

export function Button(props: ButtonProps): JSX.Element {
  const {
    children,
    icon,
    isIconFilled = false,
    kind = "plain",
    isBusy = false,
    disabled,
    class: name,
    ...rest
  } = props;
  return (
    <button
      type="button"
      {...rest}
      class={`button button-${kind}${name === undefined ? "" : ` ${name}`}`}
      disabled={disabled === true || isBusy}
      aria-busy={isBusy}
    >
      {isBusy ? (
        <span class="spinner" aria-hidden="true" />
      ) : (
        icon !== undefined && <Icon name={icon} isFilled={isIconFilled} />
      )}
      {children !== undefined && <span class="button-text">{children}</span>}
    </button>
  );
}

/** A button that shows only an icon; `label` is its name and its tip. */
export function IconButton(props: ButtonProps & { readonly icon: IconName; readonly label: string }): JSX.Element {
  const { label, class: name, kind = "quiet", ...rest } = props;
  return (
    <Button
      {...rest}
      kind={kind}
      class={`button-icon${name === undefined ? "" : ` ${name}`}`}
      aria-label={label}
      title={label}
    />
  );
}
