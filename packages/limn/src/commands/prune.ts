import { LimnError } from "@limn/core";
import type { Fault, Library, PruneReport, PruneRule } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { formatBytes, formatTable } from "../terminal/format.ts";
import { oneLine } from "../terminal/terminal.ts";
import type { JsonOption } from "./account.ts";
import { agree } from "./agree.ts";
import { readAge, readBytes } from "./history-query.ts";

interface PruneOptions extends JsonOption {
  readonly older?: string;
  readonly larger?: string;
  readonly keep?: string;
  readonly trash?: boolean;
  readonly sandbox?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `limn prune`: remove for good what a rule names, after it was shown and agreed to. */
export async function prune(context: HostContext, options: PruneOptions): Promise<number> {
  const { terminal } = context;
  const rule = readRule(options);
  const library = await context.library();
  try {
    const plan = await library.prune(rule, { isDryRun: true });
    const isNothing = plan.removed.length === 0 && plan.leftovers.files === 0;
    if (options.dryRun === true || isNothing) {
      print(context, plan, true, options);
      return 0;
    }
    if (options.yes !== true) {
      if (process.stdin.isTTY !== true)
        throw new LimnError("invalid_option", {
          message: `Removing for good has to be agreed to: ${countOf(plan)}.`,
          hint: "Look at it with --dry-run, and agree with --yes.",
          details: { generations: plan.removed.length, bytes: plan.bytes },
        });
      print(context, plan, true, {});
      if (!(await agree(terminal.style("bold", "Remove them for good?")))) {
        terminal.say("nothing was removed");
        return 0;
      }
    }
    // More may have come under the rule while it was looked at.
    const agreed = { ...rule, among: plan.removed.map(({ id }) => id) };
    return await remove(context, library, agreed, options);
  } finally {
    library.close();
  }
}

async function remove(context: HostContext, library: Library, rule: PruneRule, options: PruneOptions): Promise<number> {
  const report = await library.prune(rule, { isDryRun: false });
  print(context, report, false, options);
  if (report.failures.length === 0) return 0;
  throw new LimnError("artifact_write_failed", {
    message: `${report.failures.length} of ${report.failures.length + report.removed.length} generations could not be removed: ${report.failures[0]?.message ?? ""}`,
    hint: "Correct the rights of the folder and repeat it.",
    details: { failures: report.failures },
  });
}

function readRule(options: PruneOptions): PruneRule {
  const faults: Fault[] = [];
  const age = options.older === undefined ? undefined : readAge(options.older);
  if (age === null) faults.push({ field: "--older", message: "must be an age such as 90d, 12h, 8w or 1y" });
  const bytes = options.larger === undefined ? undefined : readBytes(options.larger);
  if (bytes === null) faults.push({ field: "--larger", message: "must be a size such as 20MB or 1.5GB" });
  const keep = options.keep === undefined ? undefined : /^\d{1,9}$/.test(options.keep) ? Number(options.keep) : null;
  if (keep === null) faults.push({ field: "--keep", message: "must be a whole number" });
  if (faults.length > 0)
    throw new LimnError("invalid_option", {
      message: `${faults.map(({ field, message }) => `${field} ${message}`).join("; ")}.`,
      hint: "See: limn prune --help",
      details: { faults },
    });
  const given =
    [age, bytes, keep].some((value) => value !== undefined) || options.trash === true || options.sandbox === true;
  if (!given)
    throw new LimnError("invalid_option", {
      message: "Without a rule everything would go; say what may.",
      hint: "Such as: limn prune --older 90d --dry-run, or the whole trash: limn prune --trash",
    });
  return {
    ...(typeof age === "number" ? { olderThanMs: age } : {}),
    ...(typeof bytes === "number" ? { largerThanBytes: bytes } : {}),
    ...(typeof keep === "number" ? { keep } : {}),
    trashOnly: options.trash === true,
    emulatedOnly: options.sandbox === true,
  };
}

function countOf({ removed, bytes, leftovers }: PruneReport): string {
  const parts = [
    ...(removed.length === 0
      ? []
      : [`${removed.length} ${removed.length === 1 ? "generation" : "generations"}, ${formatBytes(bytes)}`]),
    ...(leftovers.files === 0
      ? []
      : [`${leftovers.files} ${leftovers.files === 1 ? "leftover" : "leftovers"}, ${formatBytes(leftovers.bytes)}`]),
  ];
  return parts.length === 0 ? "nothing" : parts.join("; ");
}

function print({ terminal }: HostContext, report: PruneReport, isDryRun: boolean, { json }: JsonOption): void {
  if (json === true) {
    terminal.data(JSON.stringify({ schemaVersion: 1, dryRun: isDryRun, ...report }));
    return;
  }
  const kindOf = ({ trashed, emulated }: PruneReport["removed"][number]): string =>
    [...(trashed ? ["trash"] : []), ...(emulated ? ["sandbox"] : [])].join(", ");
  const hasKinds = report.removed.some((entry) => kindOf(entry) !== "");
  const rows = report.removed.map((entry) => [
    entry.id,
    formatBytes(entry.bytes),
    ...(hasKinds ? [kindOf(entry)] : []),
    oneLine(entry.prompt ?? "(prompt not kept)", 60),
  ]);
  for (const line of formatTable(rows)) terminal.data(line);
  const { history, sandbox, trash } = report.keptByKind;
  const others = [
    ...(sandbox === 0 ? [] : [`${sandbox} of the sandbox`]),
    ...(trash === 0 ? [] : [`${trash} in the trash`]),
  ];
  const beside = others.length === 0 ? "" : `, beside ${others.join(" and ")}`;
  const kept = `${history} ${history === 1 ? "stays" : "stay"}${beside}`;
  terminal.say(
    `${isDryRun ? "would remove" : "removed"} ${countOf(report)}; ${kept}${isDryRun ? "; nothing was removed yet" : ""}`,
  );
}
