import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { connect, online, refreshStatus, status } from "../api/events.ts";
import { t } from "../texts/index.ts";
import { announce, Button, Icon } from "../widgets/index.ts";
import { isAway, watchAway } from "./away.ts";
import "./status.css";

/** Says that limn, or the service behind it, does not answer; nothing when both do. */
export function OfflineBanner(): JSX.Element | null {
  const [isBusy, setBusy] = useState(false);
  const isHere = !isAway.value;
  useEffect(watchAway, []);
  const wasHere = useRef(isHere);
  useEffect(() => {
    if (isHere && !wasHere.current) announce(t("status.backOnline"));
    wasHere.current = isHere;
  }, [isHere]);
  if (isHere && status.value?.online !== false) return null;
  const retry = async (): Promise<void> => {
    setBusy(true);
    try {
      await refreshStatus();
      if (!online.peek()) connect();
    } catch {
      // It still does not answer: the banner that says so stays.
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="notice notice-warning offline-banner" role="status">
      <Icon name="wifi-off" />
      <div>
        <p class="notice-title">{isHere ? t("status.offlineService") : t("status.offlineProgram")}</p>
        <p>{isHere ? t("status.offlineServiceHint") : t("status.offlineProgramHint")}</p>
      </div>
      <Button isBusy={isBusy} icon="again" onClick={() => void retry()}>
        {t("status.retry")}
      </Button>
    </div>
  );
}
