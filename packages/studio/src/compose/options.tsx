import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { t, type TextKey } from "../texts/index.ts";
import { Button } from "../widgets/index.ts";
import type { DraftFault, Field } from "./check-draft.ts";
import { FaultWords } from "./fault-words.tsx";
import { emptyOptions, maskOf, type DraftOptions } from "./draft.ts";
import { changeOptions, change, draft, engines } from "./store.ts";
import { sizePresets } from "./size.ts";
import { Wishes } from "./wishes.tsx";

interface Choice<Value extends string> {
  readonly value: Value;
  readonly text: TextKey;
}

const aspects: readonly Choice<string>[] = [
  { value: "", text: "compose.aspectAny" },
  { value: "square", text: "compose.aspectSquare" },
  { value: "landscape", text: "compose.aspectLandscape" },
  { value: "portrait", text: "compose.aspectPortrait" },
];
const fits: readonly Choice<DraftOptions["fit"]>[] = [
  { value: "", text: "compose.fitAuto" },
  { value: "contain", text: "compose.fitContain" },
  { value: "pad", text: "compose.fitPad" },
  { value: "native", text: "compose.fitNative" },
];
const backgroundChoices: readonly Choice<DraftOptions["background"]>[] = [
  { value: "", text: "compose.backgroundAuto" },
  { value: "transparent", text: "compose.backgroundTransparent" },
  { value: "opaque", text: "compose.backgroundOpaque" },
];
const qualityChoices: readonly Choice<DraftOptions["quality"]>[] = [
  { value: "", text: "compose.qualityAuto" },
  { value: "low", text: "compose.qualityLow" },
  { value: "medium", text: "compose.qualityMedium" },
  { value: "high", text: "compose.qualityHigh" },
  { value: "xhigh", text: "compose.qualityXhigh" },
  { value: "max", text: "compose.qualityMax" },
];
const formats = ["png", "jpeg", "webp", "avif", "gif"] as const;

/** How the picture is to be; what matters most first, the rest behind one press. */
export function Options({ faults }: { readonly faults: readonly DraftFault[] }): JSX.Element {
  const now = draft.value;
  const { options } = now;
  const hasMask = maskOf(now) !== null;
  const hidden = countSet(options);
  const isHidden = faults.some(({ field }) => hiddenFields.some((one) => one === field));
  return (
    <section class="options">
      {hasMask ? (
        <p class="composer-note">{t("compose.withMask")}</p>
      ) : (
        <div class="option-grid">
          <SizeField faults={faults} />
          <AspectField faults={faults} />
        </div>
      )}
      <div class="option-grid">
        <Select
          field="n"
          label="compose.count"
          faults={faults}
          value={String(options.n)}
          onChange={(value) => changeOptions({ n: Number(value) })}
        >
          {Array.from({ length: 10 }, (_, index) => (
            <option key={index} value={String(index + 1)}>
              {index + 1}
            </option>
          ))}
        </Select>
        <ChoiceField
          field="background"
          label="compose.background"
          faults={faults}
          choices={backgroundChoices}
          value={options.background}
          onChange={(background) => changeOptions({ background })}
        />
      </div>
      <details class="more-options" open={isHidden || undefined}>
        <summary>
          {t("compose.more")}
          {hidden > 0 && <span class="badge">{t("compose.moreSet", { count: hidden })}</span>}
        </summary>
        <div class="option-grid">
          {!hasMask && (
            <>
              <ChoiceField
                field="fit"
                label="compose.fit"
                faults={faults}
                choices={fits}
                value={options.fit === "cover" ? "" : options.fit}
                onChange={(fit) => changeOptions({ fit })}
              />
              <Select
                field="format"
                label="compose.format"
                faults={faults}
                value={options.format}
                onChange={(value) => changeOptions({ format: formats.find((format) => format === value) ?? "" })}
              >
                <option value="">{t("compose.formatAuto")}</option>
                {formats.map((format) => (
                  <option key={format} value={format}>
                    {format.toUpperCase()}
                  </option>
                ))}
              </Select>
              <TextInput
                field="compression"
                label="compose.compression"
                hint="compose.compressionHint"
                faults={faults}
                inputMode="numeric"
                value={options.compression}
                onChange={(compression) => changeOptions({ compression })}
              />
            </>
          )}
          <ChoiceField
            field="quality"
            label="compose.quality"
            faults={faults}
            choices={qualityChoices}
            value={options.quality === "auto" ? "" : options.quality}
            onChange={(quality) => changeOptions({ quality })}
          />
          <EngineField faults={faults} />
          <Select
            field="partials"
            label="compose.partials"
            faults={faults}
            value={String(options.partials)}
            onChange={(value) => changeOptions({ partials: Number(value) })}
          >
            <option value="0">{t("compose.partialsNone")}</option>
            {[1, 2, 3].map((number) => (
              <option key={number} value={String(number)}>
                {number}
              </option>
            ))}
          </Select>
          <TextInput
            field="model"
            label="compose.model"
            hint="compose.modelHint"
            faults={faults}
            value={options.model}
            onChange={(model) => changeOptions({ model })}
          />
        </div>
        <label class="check">
          <input
            type="checkbox"
            id="compose-shrinkInputs"
            checked={options.shrinkInputs}
            onChange={(event) => changeOptions({ shrinkInputs: event.currentTarget.checked })}
          />
          <span>
            {t("compose.shrink")}
            <span class="muted small"> {t("compose.shrinkHint")}</span>
          </span>
        </label>
        {countSet(options) > 0 && (
          <Button kind="quiet" icon="undo" onClick={() => change({ ...draft.peek(), options: emptyOptions })}>
            {t("compose.reset")}
          </Button>
        )}
      </details>
      <Wishes />
    </section>
  );
}

const hiddenFields = [
  "fit",
  "format",
  "compression",
  "quality",
  "engine",
  "partials",
  "model",
  "shrinkInputs",
] as const satisfies readonly Field[];

function countSet(options: DraftOptions): number {
  return hiddenFields.filter((field) => options[field] !== emptyOptions[field]).length;
}

interface Common {
  readonly field: Field;
  readonly label: TextKey;
  readonly faults: readonly DraftFault[];
}

function Select(
  props: Common & {
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly children: ComponentChildren;
  },
): JSX.Element {
  const { field, label, faults, value, onChange, children } = props;
  return (
    <div class="field">
      <label for={`compose-${field}`}>{t(label)}</label>
      <select
        id={`compose-${field}`}
        value={value}
        aria-invalid={faults.some((fault) => fault.field === field)}
        aria-describedby={`compose-${field}-fault`}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {children}
      </select>
      <FaultWords faults={faults} field={field} />
    </div>
  );
}

function ChoiceField<Value extends string>(
  props: Common & {
    readonly choices: readonly Choice<Value>[];
    readonly value: Value;
    readonly onChange: (value: Value) => void;
  },
): JSX.Element {
  const { choices, onChange, ...rest } = props;
  return (
    <Select
      {...rest}
      onChange={(value) => {
        const chosen = choices.find((choice) => choice.value === value);
        if (chosen !== undefined) onChange(chosen.value);
      }}
    >
      {choices.map(({ value, text }) => (
        <option key={value} value={value}>
          {t(text)}
        </option>
      ))}
    </Select>
  );
}

function TextInput(
  props: Common & {
    readonly hint: TextKey;
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly inputMode?: "numeric";
    readonly id?: string;
  },
): JSX.Element {
  const { field, label, hint, faults, value, onChange, inputMode, id = `compose-${field}` } = props;
  return (
    <div class="field">
      <label for={id}>{t(label)}</label>
      <input
        id={id}
        type="text"
        autocomplete="off"
        spellcheck={false}
        {...(inputMode === undefined ? {} : { inputMode })}
        value={value}
        placeholder={t(hint)}
        aria-invalid={faults.some((fault) => fault.field === field)}
        aria-describedby={`compose-${field}-fault`}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <FaultWords faults={faults} field={field} />
    </div>
  );
}

function SizeField({ faults }: { readonly faults: readonly DraftFault[] }): JSX.Element {
  const { size } = draft.value.options;
  const isPreset = sizePresets.some((preset) => preset.size === size);
  const [isOwn, setOwn] = useState(!isPreset);
  const shown = isOwn || !isPreset;
  return (
    <>
      <Select
        field="size"
        label="compose.size"
        faults={shown ? [] : faults}
        value={shown ? "own" : size}
        onChange={(value) => {
          setOwn(value === "own");
          if (value !== "own") changeOptions({ size: value });
        }}
      >
        {sizePresets.map((preset) => (
          <option key={preset.name} value={preset.size}>
            {t(`compose.preset${preset.name}`)}
          </option>
        ))}
        <option value="own">{t("compose.presetcustom")}</option>
      </Select>
      {shown && (
        <TextInput
          field="size"
          id="compose-size-own"
          label="compose.sizeCustom"
          hint="compose.sizeCustomHint"
          faults={faults}
          value={size}
          onChange={(own) => changeOptions({ size: own })}
        />
      )}
    </>
  );
}

function AspectField({ faults }: { readonly faults: readonly DraftFault[] }): JSX.Element {
  const { aspect } = draft.value.options;
  const isPreset = aspects.some(({ value }) => value === aspect);
  const [isOwn, setOwn] = useState(!isPreset);
  const shown = isOwn || !isPreset;
  return (
    <>
      <Select
        field="aspect"
        label="compose.aspect"
        faults={shown ? [] : faults}
        value={shown ? "own" : aspect}
        onChange={(value) => {
          setOwn(value === "own");
          if (value !== "own") changeOptions({ aspect: value });
        }}
      >
        {aspects.map(({ value, text }) => (
          <option key={value} value={value}>
            {t(text)}
          </option>
        ))}
        <option value="own">{t("compose.aspectCustom")}</option>
      </Select>
      {shown && (
        <TextInput
          field="aspect"
          id="compose-aspect-own"
          label="compose.aspectCustomLabel"
          hint="compose.aspectCustomHint"
          faults={faults}
          value={aspect}
          onChange={(own) => changeOptions({ aspect: own })}
        />
      )}
    </>
  );
}

function EngineField({ faults }: { readonly faults: readonly DraftFault[] }): JSX.Element {
  const { engine } = draft.value.options;
  const chosen = engines.value.find(({ id }) => id === engine);
  return (
    <div class="field">
      <label for="compose-engine">{t("compose.engine")}</label>
      <select
        id="compose-engine"
        value={engine}
        aria-describedby="compose-engine-fault compose-engine-note"
        onChange={(event) => {
          const id = event.currentTarget.value;
          changeOptions({ engine: engines.peek().find((one) => one.id === id)?.id ?? "auto" });
        }}
      >
        <option value="auto">{t("compose.engineAuto")}</option>
        {engines.value.map(({ id, isUsable }) => (
          <option key={id} value={id} disabled={!isUsable}>
            {isUsable ? id : t("compose.engineUnusable", { engine: id })}
          </option>
        ))}
      </select>
      <p class="muted small" id="compose-engine-note">
        {chosen?.note}
      </p>
      <FaultWords faults={faults} field="engine" />
    </div>
  );
}
