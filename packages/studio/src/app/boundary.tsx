import { Component, type ComponentChildren, type JSX } from "preact";
import { t } from "../texts/index.ts";
import { Button } from "../widgets/index.ts";

/** Where a part of the page broke, it says so, and the rest goes on. */
export class Boundary extends Component<{ readonly children: ComponentChildren }, { error: Error | null }> {
  override state = { error: null };

  static override getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ComponentChildren {
    return this.state.error === null ? this.props.children : <Broken />;
  }
}

function Broken(): JSX.Element {
  return (
    <div class="nothing" role="alert">
      <h2>{t("app.broke")}</h2>
      <p class="muted">{t("app.brokeHint")}</p>
      <Button icon="again" onClick={() => location.reload()}>
        {t("app.reload")}
      </Button>
    </div>
  );
}
