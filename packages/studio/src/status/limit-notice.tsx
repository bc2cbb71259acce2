import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { StudioStatus } from "@limn/core";
import { refreshStatus } from "../api/events.ts";
import { language, t } from "../texts/index.ts";
import { Button, Icon, toastError } from "../widgets/index.ts";
import { formatDistance, formatMoment } from "./format.ts";
import { useNow } from "./use-now.ts";
import "./status.css";

/** A limit that is known now, and when sending works again. */
export function LimitNotice({
  limit,
  id,
}: {
  readonly limit: NonNullable<StudioStatus["limit"]>;
  readonly id?: string;
}): JSX.Element {
  const nowMs = useNow(15_000);
  const [isBusy, setBusy] = useState(false);
  const time = limit.resetsAt === null ? null : formatMoment(limit.resetsAt, nowMs, language.value);
  const relative = limit.resetsAt === null ? null : formatDistance(limit.resetsAt, nowMs, language.value);
  const look = (): void => {
    setBusy(true);
    refreshStatus()
      .catch(toastError)
      .finally(() => setBusy(false));
  };
  return (
    <div class="notice notice-warning" id={id}>
      <Icon name="clock" />
      <div>
        <p class="notice-title">{t("status.limitTitle")}</p>
        <p>
          {time === null || relative === null ? t("status.limitNoReset") : t("status.limitReset", { relative, time })}
        </p>
        <p class="notice-quiet">{limit.message}</p>
      </div>
      <Button kind="quiet" isBusy={isBusy} onClick={look}>
        {t("status.limitCheck")}
      </Button>
    </div>
  );
}

/** A limit whose reset is over is none, whatever was last told. */
export function limitNow(status: StudioStatus | null, nowMs: number): StudioStatus["limit"] {
  const limit = status?.limit ?? null;
  if (limit === null || limit.resetsAt === null) return limit;
  return Date.parse(limit.resetsAt) <= nowMs ? null : limit;
}
