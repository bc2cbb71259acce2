import type { JSX } from "preact";
import type { LibraryQuery } from "@limn/core";
import { go } from "../app/route.ts";
import { EmptyLibrary } from "../states/index.tsx";
import { t } from "../texts/index.ts";
import { Button, Icon } from "../widgets/index.ts";

/** Why there is nothing to see, and the way on. */
export function Nothing({ query }: { readonly query: LibraryQuery }): JSX.Element {
  const { trash: isTrash, emulated: _emulated, ...filters } = query;
  const isFiltered = Object.keys(filters).length > 0;
  if (!isFiltered && isTrash !== true) return <EmptyLibrary />;
  return (
    <div class="nothing">
      <Icon name={isFiltered ? "search" : "trash"} />
      <h2>{isFiltered ? t("wall.nothingFound") : t("trash.empty")}</h2>
      <p class="muted">{isFiltered ? t("wall.nothingFoundHint") : t("trash.emptyHint")}</p>
      {isFiltered ? (
        <Button onClick={() => go(isTrash === true ? "/trash" : "/")}>{t("filters.clearAll")}</Button>
      ) : (
        <Button icon="back" onClick={() => go("/")}>
          {t("app.library")}
        </Button>
      )}
    </div>
  );
}
