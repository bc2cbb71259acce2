import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const options = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
  // axe leaves this one of WCAG 2.2 out unless it is asked for.
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
};

/** What is against WCAG 2.2 AA in the page as it is now, as far as a program can tell: one line for each place. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // Through the debugger's protocol, which the page's content policy does not touch.
  await page.evaluate(source);
  const text = await page.evaluate<string>(
    `axe.run(document, ${JSON.stringify(options)}).then((found) => JSON.stringify(found.violations))`,
  );
  const violations: unknown = JSON.parse(text);
  if (!Array.isArray(violations)) throw new TypeError("axe gave no list");
  return violations.flatMap((violation: unknown) => linesOf(violation));
}

function linesOf(violation: unknown): readonly string[] {
  if (!isRecord(violation) || !Array.isArray(violation.nodes)) throw new TypeError("axe gave no violation");
  const { id, help } = violation;
  return violation.nodes.map((node: unknown) => {
    if (!isRecord(node)) throw new TypeError("axe gave no place");
    return `${String(id)} (${String(help)}): ${String(node.target)} ${String(node.html)} ${String(node.failureSummary)}`;
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
