import type { JSX } from "preact";
import { t, type TextKey } from "../texts/index.ts";
import { Dialog } from "../widgets/index.ts";

const keys: readonly (readonly [readonly string[], TextKey])[] = [
  [["←", "↑", "↓", "→"], "app.keyMove"],
  [["Enter"], "app.keyOpen"],
  [["Space"], "app.keySelect"],
  [["Shift", "Space"], "app.keyRange"],
  [["/"], "app.keySearch"],
  [["c"], "app.keyCompose"],
  [["e"], "app.keyEdit"],
  [["f"], "app.keyFavourite"],
  [["Delete"], "app.keyTrash"],
  [["←", "→"], "app.keyNext"],
  [["z"], "app.keyZoom"],
  [["?"], "app.keyHelp"],
  [["Esc"], "app.keyEscape"],
];

export function Help({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title={t("app.helpTitle")} onClose={onClose}>
      <dl class="keys">
        {keys.map(([names, meaning]) => (
          <div key={meaning}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{t(meaning)}</dd>
          </div>
        ))}
      </dl>
      <p class="muted small">{t("app.helpPlace")}</p>
      <pre class="code">
        limn history{"\n"}limn show @last{"\n"}limn generate "a red fox in the snow"
      </pre>
    </Dialog>
  );
}
