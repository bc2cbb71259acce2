import { accessSync, constants, existsSync, statSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { exitStatusByCategory, hasProxySettings, isLimnError, redactSecrets, toLimnError, version } from "@limn/core";
import type { Limn } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { formatBytes, formatDuration, formatTable } from "../terminal/format.ts";
import { pictureProtocol } from "../terminal/picture.ts";
import type { JsonOption } from "./account.ts";

interface DoctorOptions extends JsonOption {
  readonly report?: boolean;
}

interface Finding {
  readonly check: string;
  readonly state: "ok" | "note" | "problem";
  readonly text: string;
  readonly hint: string | null;
  /** Of a problem: the exit status that generating would end with. */
  readonly exitStatus?: number;
}

/**
 * `limn doctor`: looks at everything that a picture needs, without spending anything. Exit 0 when nothing is wrong, else the status of
 * the first problem.
 */
export async function doctor(context: HostContext, { json, report }: DoctorOptions): Promise<number> {
  const { terminal } = context;
  const isReport = report === true;
  const all = await findAll(context, isReport);
  const findings = all.map(({ check, state, text, hint }) => ({
    check,
    state,
    text: publicText(context, text, isReport),
    hint: hint === null ? null : publicText(context, hint, isReport),
  }));
  if (json === true) {
    terminal.data(JSON.stringify({ schemaVersion: 1, findings }));
  } else {
    const marks = { ok: "ok", note: "note", problem: "PROBLEM" };
    for (const line of formatTable(findings.map(({ check, state, text }) => [check, marks[state], text])))
      terminal.data(line);
    for (const { check, hint } of findings) if (hint !== null) terminal.data(`→ ${check}: ${hint}`);
  }
  return all.find(({ state }) => state === "problem")?.exitStatus ?? 0;
}

async function findAll(context: HostContext, isReport: boolean): Promise<readonly Finding[]> {
  const findings: Finding[] = [
    {
      check: "program",
      state: "ok",
      text: `limn ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
      hint: null,
    },
  ];
  try {
    const limn = context.limn();
    findings.push(
      settingsFinding(limn),
      folderFinding("settings folder", limn.folders.config),
      folderFinding("picture folder", limn.folders.data),
      ...(await loginFindings(limn, isReport)),
      proxyFinding(context),
      await serviceFinding(limn),
      {
        check: "engine",
        state: "ok",
        text: `auto would take ${limn.images.plan({ operation: "generate", prompt: "x" }).engine}`,
        hint: null,
      },
      await codexFinding(limn),
    );
  } catch (error) {
    const { message, hint, exitStatus } = toLimnError(error);
    findings.push({ check: "settings", state: "problem", text: message, hint, exitStatus });
  }
  findings.push({
    check: "terminal",
    state: "ok",
    text: `pictures: ${pictureProtocol(context.environment.variables) ?? "not shown here"}`,
    hint: null,
  });
  return findings;
}

/** Never a secret; in a report, which goes into public issues, no user name either. */
function publicText({ environment }: HostContext, text: string, isReport: boolean): string {
  const clean = redactSecrets(text);
  const { home } = environment;
  return isReport && home !== null && home !== "/" ? clean.replaceAll(home, "~") : clean;
}

function settingsFinding({ config, address }: Limn): Finding {
  const count = config.size;
  return {
    check: "settings",
    state: "ok",
    text: `${count} ${count === 1 ? "setting" : "settings"} set; address ${address.url}${address.isDefault ? "" : " (not the default)"}`,
    hint: null,
  };
}

function folderFinding(check: string, folder: string): Finding {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    if (!statSync(existing).isDirectory()) throw new TypeError(`${existing} is not a folder`);
    const { bavail, bsize } = statfsSync(existing);
    return {
      check,
      state: "ok",
      text: `${folder}${existing === folder ? "" : " (made when needed)"}, ${formatBytes(bavail * bsize)} free`,
      hint: null,
    };
  } catch {
    return {
      check,
      state: "problem",
      text: `${folder} cannot be written`,
      hint: "Correct its rights, or name another folder: LIMN_HOME=/some/folder limn …",
      exitStatus: exitStatusByCategory.storage,
    };
  }
}

async function loginFindings(limn: Limn, isReport: boolean): Promise<Finding[]> {
  const reports = await limn.credentialReports();
  // What is wrong with a login that nobody needs is worth a note only.
  const isServed = limn.chooseLogin(reports).source !== null;
  return reports.map(({ source, state, place, plan, accountSuffix, email, problem }): Finding => {
    const who = isReport ? [plan, accountSuffix] : [plan, accountSuffix, email];
    const facts = who.filter((fact) => fact !== null).join(", ");
    return {
      check: `login ${source}`,
      state: state === "usable" ? "ok" : state === "absent" || isServed ? "note" : "problem",
      text: problem === null ? `${state}${facts === "" ? "" : ` (${facts})`}, ${place}` : problem.message,
      hint: problem?.hint ?? null,
      exitStatus: exitStatusByCategory.login,
    };
  });
}

function proxyFinding({ environment }: HostContext): Finding {
  const { variables } = environment;
  const proxy = hasProxySettings(variables);
  const authorities = variables.NODE_EXTRA_CA_CERTS;
  return {
    check: "network",
    state: "ok",
    text: `${proxy ? "through the proxy of the environment" : "direct"}${authorities === undefined || authorities === "" ? "" : `, extra certificates ${authorities}`}`,
    hint: null,
  };
}

/** Whether images could be made through the user's own Codex program; nobody needs that, so that it is never a problem. */
async function codexFinding(limn: Limn): Promise<Finding> {
  const check = "engine codex";
  try {
    const { plan } = await limn.checkEngine("codex", new AbortController().signal);
    return {
      check,
      state: "ok",
      text: `usable by name (--engine codex)${plan === null ? "" : `, plan ${plan}`}; it also spends chat tokens of the Codex window`,
      hint: null,
    };
  } catch (error) {
    const { message, code } = toLimnError(error);
    return { check, state: "note", text: `${message} [${code}]`, hint: null };
  }
}

/** Beyond this, tokens are misjudged. */
const skewLimitMs = 5 * 60_000;

/** One call that costs nothing tells connection, sign-in and clock at once. */
async function serviceFinding(limn: Limn): Promise<Finding> {
  try {
    const { plan, clockSkewMs } = await limn.planUsage(new AbortController().signal);
    const reached = `reached and signed in${plan === null ? "" : `, plan ${plan}`}`;
    if (clockSkewMs === null || Math.abs(clockSkewMs) <= skewLimitMs) {
      return { check: "service", state: "ok", text: reached, hint: null };
    }
    const text = `${reached}; this machine's clock is ${formatDuration(Math.abs(clockSkewMs))} ${clockSkewMs > 0 ? "ahead" : "behind"}`;
    return { check: "service", state: "problem", text, hint: "Set the clock: logins seem expired, or not, by it." };
  } catch (error) {
    if (!isLimnError(error)) throw error;
    const { message, code, hint, exitStatus } = error;
    return { check: "service", state: "problem", text: `${message} [${code}]`, hint, exitStatus };
  }
}
