import type { JSX } from "preact";
import { t, type TextKey } from "../texts/index.ts";
import { Icon, type IconName } from "../widgets/index.ts";
import { wishesOf, type Honoured, type Wish } from "./honours.ts";
import { draft, likelyEngine } from "./store.ts";

const words: Readonly<Record<Honoured, { readonly text: TextKey; readonly icon: IconName }>> = {
  service: { text: "compose.wishService", icon: "check" },
  words: { text: "compose.wishWords", icon: "check" },
  limn: { text: "compose.wishLimn", icon: "check" },
  reported: { text: "compose.wishReported", icon: "info" },
  ignored: { text: "compose.wishIgnored", icon: "warning" },
  unknown: { text: "compose.wishUnknown", icon: "info" },
};
const names: Readonly<Record<string, TextKey>> = {
  size: "compose.propertysize",
  aspect: "compose.propertyaspect",
  background: "compose.propertybackground",
  format: "compose.propertyformat",
  compression: "compose.propertycompression",
  n: "compose.propertyn",
  quality: "compose.propertyquality",
  model: "compose.propertymodel",
  partials: "compose.propertypartials",
  mask: "compose.propertymask",
};

/** What the engine makes of each thing that is asked for, and what limn does itself. */
export function Wishes(): JSX.Element | null {
  const engine = likelyEngine.value;
  const wishes = engine === null ? [] : wishesOf(draft.value, engine);
  if (engine === null || wishes.length === 0) return null;
  return (
    <section class="wishes" aria-labelledby="wishes-title">
      <h3 id="wishes-title">{t("compose.wishes")}</h3>
      <ul>
        {wishes.map((wish) => (
          <WishRow key={wish.property} wish={wish} />
        ))}
      </ul>
    </section>
  );
}

function WishRow({ wish }: { readonly wish: Wish }): JSX.Element {
  const { property, honoured, row } = wish;
  const name = names[property];
  const { text, icon } = words[honoured];
  return (
    <li
      class={`wish wish-${honoured}`}
      {...(row === null || honoured === "limn" ? {} : { title: `${row.note} (${row.source}, ${row.date})` })}
    >
      <Icon name={icon} />
      <span>
        {name === undefined ? property : t(name)}:{" "}
        {t(property === "n" && honoured === "limn" ? "compose.wishEach" : text)}
      </span>
    </li>
  );
}
