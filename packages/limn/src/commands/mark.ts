import { LimnError } from "@limn/core";
import type { MarksChange } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import type { JsonOption } from "./account.ts";
import { changeEach } from "./change-each.ts";
import { notesOf } from "./history.ts";
import { scopeOf } from "./scope.ts";

interface MarkOptions extends JsonOption {
  readonly favourite?: boolean;
  readonly tag?: readonly string[];
  readonly untag?: readonly string[];
  /** False: `--no-kit`. */
  readonly kit?: string | false;
  readonly alt?: readonly string[];
  readonly sandbox?: boolean;
}

/** `limn mark ID…`: what a person notes about generations. */
export async function mark(context: HostContext, references: readonly string[], options: MarkOptions): Promise<number> {
  const change = readChange(options);
  const { store } = context.limn();
  const scope = scopeOf(context, options);
  return changeEach(
    context,
    references,
    options,
    (reference) => store.find(reference, scope).id,
    async (library, id) => library.mark(id, change),
    (entry) => {
      const notes = notesOf(entry, 2000);
      const texts = Object.keys(entry.altTexts).length;
      return (
        [notes, ...(texts === 0 ? [] : [`${texts} alt ${texts === 1 ? "text" : "texts"}`])]
          .filter((part) => part !== "")
          .join(", ") || "no marks"
      );
    },
  );
}

function readChange({ favourite, tag, untag, kit, alt }: MarkOptions): MarksChange {
  if ([favourite, tag, untag, kit, alt].every((given) => given === undefined))
    throw new LimnError("invalid_option", {
      message: "There is nothing to note.",
      hint: "Say what: limn mark @last --favourite --tag portrait",
    });
  return {
    ...(favourite === undefined ? {} : { favourite }),
    ...(tag === undefined ? {} : { addTags: tag }),
    ...(untag === undefined ? {} : { removeTags: untag }),
    ...(kit === undefined ? {} : { kit: kit === false ? null : kit }),
    ...(alt === undefined ? {} : { altTexts: Object.fromEntries(alt.map(readAlt)) }),
  };
}

/** `TEXT` is the first picture's, `2=TEXT` the second's; an empty text takes it away. */
function readAlt(given: string): [index: string, text: string | null] {
  const [, number, text] = /^(\d{1,2})=([^]*)$/.exec(given) ?? [];
  if (number === "0")
    throw new LimnError("invalid_option", {
      message: "--alt counts pictures from 1.",
      hint: 'Such as: limn mark @last --alt "2=a red fox in the snow"',
    });
  const words = text ?? given;
  return [String(number === undefined ? 0 : Number(number) - 1), words === "" ? null : words];
}
