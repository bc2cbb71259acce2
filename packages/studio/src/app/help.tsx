import type { JSX } from "preact";
import { t, type TextKey } from "../texts/index.ts";
import { Dialog } from "../widgets/index.ts";

type Keys = readonly (readonly [readonly string[], TextKey])[];

const everywhere: Keys = [
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

const inComposer: Keys = [[["Ctrl", "Enter"], "app.keySend"]];

const inMask: Keys = [
  [["b"], "mask.brush"],
  [["r"], "mask.rectangle"],
  [["e"], "app.keyUnmark"],
  [["[", "]"], "app.keyBrushSize"],
  [["Ctrl", "Z"], "mask.undo"],
  [["Ctrl", "Shift", "Z"], "mask.redo"],
  [["+", "-", "0"], "app.keyMaskZoom"],
];

export function Help({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title={t("app.helpTitle")} onClose={onClose}>
      <KeyList keys={everywhere} />
      <h3>{t("app.composer")}</h3>
      <KeyList keys={inComposer} />
      <h3>{t("app.keysInMask")}</h3>
      <KeyList keys={inMask} />
      <p class="muted small">{t("app.helpPlace")}</p>
      <pre class="code">
        limn history{"\n"}limn show @last{"\n"}limn generate "a red fox in the snow"
      </pre>
    </Dialog>
  );
}

function KeyList({ keys }: { readonly keys: Keys }): JSX.Element {
  return (
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
  );
}
