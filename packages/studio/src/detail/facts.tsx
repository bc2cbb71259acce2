import type { ComponentChildren, JSX } from "preact";
import type { GenerationDetail, PropertyTruth } from "@limn/core";
import { language, t } from "../texts/index.ts";
import { Icon, type IconName } from "../widgets/index.ts";
import { shortHashes } from "./short-hashes.ts";

/** What was asked, what was sent, what came back: never mixed. */
export function Facts({ detail }: { readonly detail: GenerationDetail }): JSX.Element {
  const { asked, sent, got, truth, steps, warnings, failures } = detail;
  return (
    <>
      {warnings.length + failures.length > 0 && (
        <section class="info-part stack" aria-labelledby="detail-warnings">
          <h2 id="detail-warnings">{t("detail.warnings")}</h2>
          <ul class="stack">
            {failures.map(({ index, message, hint }) => (
              <Note key={`f${index}`} tone="bad">
                <p>{t("detail.failed", { number: index + 1, message })}</p>
                {hint !== null && <p class="muted small">{hint}</p>}
              </Note>
            ))}
            {warnings.map(({ code, message, index }) => (
              <Note key={`${code}${index ?? ""}`} tone="warn">
                <p>{message}</p>
              </Note>
            ))}
          </ul>
        </section>
      )}
      {truth.length > 0 && (
        <section class="info-part" aria-labelledby="detail-truth">
          <h2 id="detail-truth">{t("detail.truth")}</h2>
          <ul class="truth">
            {truth.map((one) => (
              <Truth key={one.property} {...one} />
            ))}
          </ul>
        </section>
      )}
      {steps.length > 0 && (
        <section class="info-part" aria-labelledby="detail-steps">
          <h2 id="detail-steps">{t("detail.steps")}</h2>
          <ol class="steps">
            {steps.map((step, place) => (
              <li key={place}>{shortHashes(step)}</li>
            ))}
          </ol>
        </section>
      )}
      <section class="info-part" aria-labelledby="detail-asked">
        <h2 id="detail-asked">{t("detail.askedSentGot")}</h2>
        <Pairs name={t("detail.asked")} record={asked} none={t("detail.askedNothing")} />
        <Pairs name={t("detail.sent")} record={sent} none={t("detail.sentNothing")} />
        <Pairs name={t("detail.got")} record={got} none={t("detail.gotNothing")} />
      </section>
    </>
  );
}

export function Note({
  tone,
  children,
}: {
  readonly tone: "warn" | "bad";
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <li class={`note note-${tone}`}>
      <Icon name="warning" />
      <div>{children}</div>
    </li>
  );
}

const outcomes: Readonly<Record<PropertyTruth["outcome"], { readonly icon: IconName; readonly tone: string }>> = {
  honoured: { icon: "check", tone: "good" },
  "done-locally": { icon: "edit", tone: "good" },
  "not-honoured": { icon: "close", tone: "bad" },
  unknown: { icon: "unknown", tone: "warn" },
};

function Truth({ property, asked, outcome, got }: PropertyTruth): JSX.Element {
  const { icon, tone } = outcomes[outcome];
  return (
    <li>
      <span class="truth-name">{property}</span>
      <span class="truth-values">
        {asked}
        {got !== null && got !== asked && ` → ${shortHashes(got)}`}
      </span>
      <span class={`badge badge-${tone}`}>
        <Icon name={icon} />
        {outcomeName(outcome)}
      </span>
    </li>
  );
}

function outcomeName(outcome: PropertyTruth["outcome"]): string {
  switch (outcome) {
    case "honoured":
      return t("detail.honoured");
    case "done-locally":
      return t("detail.doneLocally");
    case "not-honoured":
      return t("detail.notHonoured");
    case "unknown":
      return t("detail.notKnown");
  }
}

function Pairs(props: { readonly name: string; readonly record: object; readonly none: string }): JSX.Element {
  const pairs = Object.entries(props.record).filter(([, value]) => value !== undefined && value !== null);
  return (
    <details class="pairs">
      <summary>{props.name}</summary>
      {pairs.length === 0 ? (
        <p class="muted small">{props.none}</p>
      ) : (
        <dl>
          {pairs.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{valueText(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </details>
  );
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return new Intl.NumberFormat(language.value).format(value);
  if (typeof value === "boolean") return value ? t("detail.yes") : t("detail.no");
  return JSON.stringify(value);
}
