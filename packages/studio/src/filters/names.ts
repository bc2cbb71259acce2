import type { LibraryQuery } from "@limn/core";
import { language, t } from "../texts/index.ts";
import { dayBefore } from "./days.ts";

/** What a filter says, for a chip that takes it away. */
export function nameOf(field: keyof LibraryQuery, value: string): string {
  switch (field) {
    case "text":
      return t("filters.isText", { value });
    case "since":
      return t("filters.isSince", { value: dateText(value) });
    case "until":
      return t("filters.isUntil", { value: dateText(dayBefore(value)) });
    case "engine":
      return t("filters.isEngine", { value });
    case "model":
    case "size":
      return value;
    case "parent":
      return t("filters.isParent", { value: value.slice(0, 12) });
    case "status":
      return statusName(value);
    case "folder":
      return t("filters.isFolder", { value });
    case "kit":
      return t("filters.isKit", { value });
    case "tag":
      return t("filters.isTag", { value });
    case "favourite":
      return t("filters.favourites");
    case "operation":
      return value === "edit" ? t("filters.edits") : t("filters.generated");
    case "emulated":
      return t(
        value === "only" ? "filters.isSandboxOnly" : value === "with" ? "filters.isSandboxToo" : "filters.isSandboxNot",
      );
    case "trash":
      return t("app.trash");
  }
}

export function statusName(value: string): string {
  switch (value) {
    case "done":
      return t("filters.statusDone");
    case "partial":
      return t("filters.statusPartial");
    case "failed":
      return t("filters.statusFailed");
    case "running":
      return t("filters.statusRunning");
    case "unknown":
      return t("filters.statusUnknown");
    case "cancelled":
      return t("filters.statusCancelled");
    default:
      return value;
  }
}

function dateText(moment: string): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime())
    ? moment
    : new Intl.DateTimeFormat(language.value, { dateStyle: "medium" }).format(date);
}
