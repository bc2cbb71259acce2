import type { JSX } from "preact";
import { useEffect, useId } from "preact/hooks";
import type { Facet, LibraryQuery } from "@limn/core";
import { status } from "../api/events.ts";
import { narrow, route } from "../app/route.ts";
import { facets, loadFacets } from "../state/library.ts";
import { t } from "../texts/index.ts";
import { dayBefore, dayEnd, dayOf, dayStart } from "./days.ts";
import { statusName } from "./names.ts";
import "./filters.css";

/** Everything that can be filtered by, with how many there are. */
export function Filters(): JSX.Element {
  const { query } = route.value;
  const known = facets.value;
  useEffect(() => void loadFacets(), []);
  return (
    <section class="filters" id="filters" aria-label={t("filters.title")}>
      <Choice field="status" label={t("filters.status")} options={known?.statuses} name={statusName} />
      <Choice field="engine" label={t("filters.engine")} options={known?.engines} />
      <Choice field="model" label={t("filters.model")} options={known?.models} />
      <Choice field="size" label={t("filters.size")} options={known?.sizes} />
      <Choice field="tag" label={t("filters.tag")} options={known?.tags} />
      <Choice field="kit" label={t("filters.kit")} options={known?.kits} />
      <Choice field="folder" label={t("filters.folder")} options={known?.folders} />
      <Words
        field="operation"
        label={t("filters.operation")}
        words={[
          ["generate", t("filters.generated")],
          ["edit", t("filters.edits")],
        ]}
      />
      <DayField
        label={t("filters.since")}
        value={dayOf(query.since)}
        take={(day) => narrow({ since: dayStart(day) })}
      />
      <DayField
        label={t("filters.until")}
        value={query.until === undefined ? "" : dayOf(dayBefore(query.until))}
        take={(day) => narrow({ until: dayEnd(day) })}
      />
      <Words
        field="emulated"
        label={t("filters.sandbox")}
        unset={status.value?.emulated === true ? t("filters.sandboxToo") : t("filters.sandboxNot")}
        words={[
          status.value?.emulated === true ? ["without", t("filters.sandboxNot")] : ["with", t("filters.sandboxToo")],
          ["only", t("filters.sandboxOnly")],
        ]}
      />
    </section>
  );
}

type ChoiceField = "status" | "engine" | "model" | "size" | "tag" | "kit" | "folder";

function Choice(props: {
  readonly field: ChoiceField;
  readonly label: string;
  readonly options: readonly Facet[] | undefined;
  readonly name?: (value: string) => string;
}): JSX.Element | null {
  const { field, options = [], name = (value: string) => value } = props;
  const chosen = route.value.query[field] ?? "";
  const missing = chosen !== "" && !options.some(({ value }) => value === chosen);
  const all = missing ? [{ value: chosen, count: 0 }, ...options] : options;
  if (all.length === 0) return null;
  return (
    <Words
      field={field}
      label={props.label}
      words={all.map(({ value, count }) => [value, t("filters.counted", { name: name(value), count })])}
    />
  );
}

function Words(props: {
  readonly field: keyof LibraryQuery;
  readonly label: string;
  readonly words: readonly (readonly [string, string])[];
  readonly unset?: string;
}): JSX.Element {
  const id = useId();
  const { field, label, words, unset } = props;
  const chosen = route.value.query[field];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={chosen === undefined ? "" : String(chosen)}
        onChange={(event) => {
          const { value } = event.currentTarget;
          narrow({ [field]: value === "" ? undefined : value });
        }}
      >
        <option value="">{unset ?? t("filters.any")}</option>
        {words.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

function DayField(props: {
  readonly label: string;
  readonly value: string;
  readonly take: (day: string) => void;
}): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input id={id} type="date" value={props.value} onChange={(event) => props.take(event.currentTarget.value)} />
    </div>
  );
}
