export { readPlanUsage } from "./plan-usage.ts";
export type { PlanUsage } from "./plan-usage.ts";
export { createCapabilityMemory } from "./capability-memory.ts";
export { createLimitMemory } from "./limit-memory.ts";
export { createRouteFinder } from "./workspace-routing.ts";
