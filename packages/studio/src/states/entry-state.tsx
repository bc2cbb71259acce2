import type { JSX } from "preact";
import type { GenerationStatus, LibraryEntry, ProgressNotice } from "@limn/core";
import { progressOf } from "../api/events.ts";
import { t, type TextKey } from "../texts/index.ts";
import { Icon, type IconName } from "../widgets/index.ts";
import "./states.css";

const looks: Readonly<
  Record<GenerationStatus, { readonly icon: IconName; readonly tone: string; readonly name: TextKey }>
> = {
  done: { icon: "check", tone: "good", name: "states.done" },
  partial: { icon: "warning", tone: "warn", name: "states.partial" },
  failed: { icon: "close", tone: "bad", name: "states.failed" },
  running: { icon: "clock", tone: "running", name: "states.running" },
  unknown: { icon: "unknown", tone: "warn", name: "states.unknown" },
  cancelled: { icon: "stop", tone: "quiet", name: "states.cancelled" },
};

/** How a generation stands. `words` adds the sentence that explains it. */
export function EntryState(props: { readonly entry: LibraryEntry; readonly words?: boolean }): JSX.Element {
  const { entry, words = false } = props;
  const { icon, tone, name } = looks[entry.status];
  return (
    <span class="entry-state">
      <span class={`badge badge-${tone}`}>
        {entry.status === "running" ? <span class="spinner" aria-hidden="true" /> : <Icon name={icon} />}
        {entry.status === "running" && !words ? <RunningWords id={entry.id} /> : t(name)}
      </span>
      {words && <span class="entry-state-words">{explain(entry)}</span>}
    </span>
  );
}

export function stateName(status: GenerationStatus): string {
  return t(looks[status].name);
}

function explain(entry: LibraryEntry): string {
  switch (entry.status) {
    case "done":
      return t("states.doneWords");
    case "partial":
      return t("states.partialWords", { count: entry.images.length, all: entry.n });
    case "failed":
      return entry.failure?.message ?? t("states.failedWords");
    case "running":
      return t("states.runningWords");
    case "unknown":
      return t("states.unknownWords");
    case "cancelled":
      return t("states.cancelledWords");
  }
}

function RunningWords({ id }: { readonly id: string }): JSX.Element {
  const [first] = progressOf(id).value;
  return <>{first === undefined ? t("states.running") : stageWords(first)}</>;
}

/** What happens to one picture just now. */
export function stageWords({ stage, bytes }: Pick<ProgressNotice, "stage" | "bytes">): string {
  switch (stage) {
    case "connecting":
      return t("states.stageConnecting");
    case "sent":
      return t("states.stageSent");
    case "receiving":
      return bytes === undefined || bytes < 50_000
        ? t("states.stageReceiving")
        : t("states.stageReceivingBytes", { megabytes: Math.round(bytes / 1e5) / 10 });
    case "saving":
      return t("states.stageSaving");
    case "finishing":
      return t("states.stageFinishing");
    case "waiting":
      return t("states.stageWaiting");
  }
}
