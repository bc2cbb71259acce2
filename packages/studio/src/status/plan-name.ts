/** Names are shown as people know them: `plus` is Plus. */
export function planName(plan: string | null): string | null {
  return plan === null || plan === "" ? null : plan.slice(0, 1).toUpperCase() + plan.slice(1);
}
