import type { JSX } from "preact";
import type { LibraryQuery } from "@limn/core";
import { go, narrow, route } from "../app/route.ts";
import { list } from "../state/library.ts";
import { clearSelection, isSelecting } from "../state/selection.ts";
import { t } from "../texts/index.ts";
import { Button, Icon } from "../widgets/index.ts";
import { nameOf } from "./names.ts";

/** How many pictures there are, what narrows them, and the switch for choosing several. */
export function Toolbar(): JSX.Element {
  const { query, view } = route.value;
  const shown = list.value;
  void shown.version.value;
  const isTrash = query.trash === true;
  const given = Object.entries(query).flatMap(([field, value]) =>
    isField(field) && field !== "trash" ? [[field, String(value)] as const] : [],
  );
  const isEmpty = shown.total === 0 && given.length === 0;
  return (
    <div class="toolbar">
      <h1 class="toolbar-title" tabIndex={-1} data-view={view}>
        {isTrash ? t("app.trash") : t("app.library")}
      </h1>
      <p class="muted" role="status">
        {shown.total === null ? "" : t("wall.total", { count: shown.total })}
      </p>
      <ul class="row chips" aria-label={t("filters.active")} hidden={given.length === 0}>
        {given.map(([field, value]) => (
          <li key={field}>
            <button
              type="button"
              class="chip"
              aria-label={t("filters.remove", { name: nameOf(field, value) })}
              onClick={() => narrow({ [field]: undefined })}
            >
              {nameOf(field, value)}
              <Icon name="close" />
            </button>
          </li>
        ))}
        {given.length > 1 && (
          <li>
            <Button kind="quiet" onClick={() => go(isTrash ? "/trash" : "/")}>
              {t("filters.clearAll")}
            </Button>
          </li>
        )}
      </ul>
      <span class="toolbar-space" />
      {!isTrash && !isEmpty && (
        <Button
          kind="quiet"
          icon="heart"
          isIconFilled={query.favourite === true}
          aria-pressed={query.favourite === true}
          onClick={() => narrow({ favourite: query.favourite === true ? undefined : true })}
        >
          {t("filters.favourites")}
        </Button>
      )}
      {!isEmpty && (
        <Button
          kind="quiet"
          icon="select"
          aria-pressed={isSelecting.value}
          onClick={() => (isSelecting.value ? clearSelection() : (isSelecting.value = true))}
        >
          {t("batch.selectSeveral")}
        </Button>
      )}
    </div>
  );
}

const fields: readonly (keyof LibraryQuery)[] = [
  "text",
  "since",
  "until",
  "engine",
  "model",
  "size",
  "parent",
  "status",
  "folder",
  "kit",
  "tag",
  "favourite",
  "operation",
  "emulated",
  "trash",
];

function isField(name: string): name is keyof LibraryQuery {
  return fields.some((field) => field === name);
}
