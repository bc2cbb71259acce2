export { LimitNotice, limitNow } from "./limit-notice.tsx";
export { OfflineBanner } from "./offline-banner.tsx";
export { StatusBar } from "./status-bar.tsx";
export { useNow } from "./use-now.ts";
