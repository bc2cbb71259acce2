import type { JSX } from "preact";
import { isComposerOpen, closeComposer, openComposer } from "../compose/index.tsx";
import { SearchBox } from "../filters/index.tsx";
import { chooseLanguage, language, languages, t } from "../texts/index.ts";
import { Button, IconButton, Menu } from "../widgets/index.ts";
import { keep } from "./keep.ts";
import { go, route } from "./route.ts";
import { areFiltersOpen, isHelpOpen } from "./shown.ts";
import { chooseTheme, theme, themes } from "./theme.ts";

export function Header(): JSX.Element {
  const isTrash = route.value.query.trash === true;
  return (
    <header class="header">
      <a class="logo" href="/" aria-label={t("app.title")}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="#3d5af1" />
          <path d="M9 23 20.5 8.5a2.6 2.6 0 0 1 4 3.3L13 26l-5 1z" fill="#fff" />
          <circle cx="10" cy="10" r="3" fill="#ffd166" />
        </svg>
        <span>{t("app.name")}</span>
      </a>
      <SearchBox />
      <nav class="header-buttons" aria-label={t("app.title")}>
        <IconButton
          icon="filter"
          label={t("filters.title")}
          aria-expanded={areFiltersOpen.value}
          onClick={() => {
            areFiltersOpen.value = !areFiltersOpen.value;
            keep("filters", areFiltersOpen.value ? "open" : "closed");
          }}
        />
        <IconButton
          icon="trash"
          label={isTrash ? t("app.library") : t("app.trash")}
          aria-pressed={isTrash}
          onClick={() => go(isTrash ? "/" : "/trash")}
        />
        <Menu
          label={t("app.settings")}
          icon={theme.value === "dark" ? "moon" : "sun"}
          items={[
            ...themes.map((name) => ({
              label: { system: t("app.themeSystem"), light: t("app.themeLight"), dark: t("app.themeDark") }[name],
              isChosen: theme.value === name,
              run: () => chooseTheme(name),
            })),
            "line",
            ...languages.map(({ id, name }) => ({
              label: name,
              isChosen: language.value === id,
              run: () => void chooseLanguage(id),
            })),
          ]}
        />
        <IconButton class="header-help" icon="help" label={t("app.help")} onClick={() => (isHelpOpen.value = true)} />
        <Button
          kind="primary"
          icon="plus"
          class="header-create"
          aria-label={t("app.create")}
          aria-expanded={isComposerOpen.value}
          onClick={() => (isComposerOpen.value ? closeComposer() : openComposer({ operation: "generate" }))}
        >
          {t("app.create")}
        </Button>
      </nav>
    </header>
  );
}
