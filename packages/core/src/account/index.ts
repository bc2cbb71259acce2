export { readPlanUsage } from "./plan-usage.ts";
export type { PlanUsage } from "./plan-usage.ts";
