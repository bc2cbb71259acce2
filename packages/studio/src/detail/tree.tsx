import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { GenerationDetail, LibraryEntry } from "@limn/core";
import { generationAddress, thumbnailAddress } from "../api/addresses.ts";
import { getJson } from "../api/request.ts";
import { detailAddress } from "../app/address.ts";
import { route } from "../app/route.ts";
import { t } from "../texts/index.ts";
import { Icon, IconButton, toastError } from "../widgets/index.ts";
import { shorten } from "../wall/shorten.ts";

type Direction = "parents" | "children";

/** Where a picture comes from and what became of it; each branch is walked on when it is opened. */
export function Tree({ detail }: { readonly detail: GenerationDetail }): JSX.Element | null {
  const { parents, children, entry } = detail;
  const unknown = entry.parents.length - parents.length;
  if (parents.length === 0 && children.length === 0 && unknown <= 0) return null;
  return (
    <section class="info-part" aria-labelledby="detail-tree">
      <h2 id="detail-tree">{t("detail.tree")}</h2>
      {parents.length > 0 && (
        <>
          <p class="muted small">{t("detail.madeFrom")}</p>
          <Branch entries={parents} direction="parents" seen={[entry.id]} />
        </>
      )}
      {unknown > 0 && <p class="muted small">{t("detail.parentsGone", { count: unknown })}</p>}
      {children.length > 0 && (
        <>
          <p class="muted small">{t("detail.becameOf", { count: children.length })}</p>
          <Branch entries={children} direction="children" seen={[entry.id]} />
        </>
      )}
    </section>
  );
}

function Branch(props: {
  readonly entries: readonly LibraryEntry[];
  readonly direction: Direction;
  readonly seen: readonly string[];
}): JSX.Element {
  return (
    <ul class="tree">
      {props.entries.map((entry) => (
        <Node key={entry.id} entry={entry} direction={props.direction} seen={props.seen} />
      ))}
    </ul>
  );
}

function Node(props: {
  readonly entry: LibraryEntry;
  readonly direction: Direction;
  /** The way here: a broken record may name a descendant as its parent. */
  readonly seen: readonly string[];
}): JSX.Element {
  const { entry, direction, seen } = props;
  const [isOpen, setOpen] = useState(false);
  const [further, setFurther] = useState<readonly LibraryEntry[] | null>(null);
  const [image] = entry.images;
  const mayGoOn = direction === "children" || entry.parents.length > 0;
  const toggle = async (): Promise<void> => {
    setOpen(!isOpen);
    if (further !== null || isOpen) return;
    try {
      const detail = await getJson<GenerationDetail>(generationAddress(entry.id));
      setFurther(detail[direction].filter(({ id }) => id !== entry.id && !seen.includes(id)));
    } catch (error) {
      setOpen(false);
      toastError(error);
    }
  };
  const name = shorten(entry.prompt ?? t("wall.untitled"), 90);
  return (
    <li>
      <div class="tree-node">
        {mayGoOn && further?.length !== 0 ? (
          <IconButton
            icon={isOpen ? "chevron-down" : "chevron-right"}
            label={t(direction === "parents" ? "detail.parentsOf" : "detail.childrenOf", { name: shorten(name, 40) })}
            aria-expanded={isOpen}
            onClick={() => void toggle()}
          />
        ) : (
          <span class="tree-leaf" />
        )}
        <a class="tree-link" href={detailAddress(entry.id, route.value.query)}>
          {image === undefined ? (
            <span class="tree-picture">
              <Icon name="image" />
            </span>
          ) : (
            <img class="tree-picture" src={thumbnailAddress(entry, image, 48)} alt="" />
          )}
          <span>{name}</span>
        </a>
      </div>
      {isOpen && further !== null && further.length > 0 && (
        <Branch entries={further} direction={direction} seen={[...seen, entry.id]} />
      )}
      {isOpen && further?.length === 0 && <p class="muted small tree-end">{t("detail.treeEnd")}</p>}
    </li>
  );
}
