import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { hasProxySettings, isLimnError, redactSecrets, toLimnError, version } from "@limn/core";
import type { Limn } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { formatBytes, formatTable } from "../terminal/format.ts";
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
}

/** `limn doctor`: looks at everything that a picture needs, without spending anything. Exit 0 when nothing is wrong. */
export async function doctor(context: HostContext, { json, report }: DoctorOptions): Promise<number> {
  const { terminal } = context;
  const findings: Finding[] = [
    {
      check: "program",
      state: "ok",
      text: `limn ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
      hint: null,
    },
  ];
  let exitStatus = 0;
  try {
    const limn = context.limn();
    findings.push(
      settingsFinding(limn),
      folderFinding("pictures", limn.folders.data),
      folderFinding("settings", limn.folders.config),
    );
    findings.push(...(await loginFindings(limn, report === true)));
    findings.push(proxyFinding(context));
    const service = await serviceFinding(limn);
    findings.push(service.finding);
    exitStatus = service.exitStatus;
    findings.push({
      check: "engine",
      state: "ok",
      text: `auto would take ${limn.images.plan({ operation: "generate", prompt: "x" }).engine}`,
      hint: null,
    });
  } catch (error) {
    const { message, hint, exitStatus: code } = toLimnError(error);
    findings.push({ check: "settings", state: "problem", text: message, hint });
    exitStatus = code;
  }
  findings.push({
    check: "terminal",
    state: "ok",
    text: `pictures: ${pictureProtocol(context.environment.variables) ?? "not shown here"}`,
    hint: null,
  });

  if (json === true) {
    terminal.data(JSON.stringify({ schemaVersion: 1, findings }));
  } else {
    const marks = { ok: "ok", note: "note", problem: "PROBLEM" };
    for (const line of formatTable(
      findings.map(({ check, state, text }) => [
        check,
        marks[state],
        withoutHome(context, redactSecrets(text), report === true),
      ]),
    ))
      terminal.data(line);
    for (const { check, hint } of findings)
      if (hint !== null) terminal.data(`→ ${check}: ${withoutHome(context, hint, report === true)}`);
  }
  const worst = findings.some(({ state }) => state === "problem");
  return worst && exitStatus === 0 ? 1 : exitStatus;
}

/** A report goes into public issues: no user name. */
function withoutHome({ environment }: HostContext, text: string, isReport: boolean): string {
  return isReport && environment.home !== null && environment.home !== "/"
    ? text.replaceAll(environment.home, "~")
    : text;
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
    accessSync(existing, constants.W_OK);
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
      hint: "Correct its rights, or name another folder with LIMN_HOME.",
    };
  }
}

async function loginFindings(limn: Limn, isReport: boolean): Promise<Finding[]> {
  const reports = await limn.credentialReports();
  return reports.map(({ source, state, place, plan, accountSuffix, email, problem }): Finding => {
    const who = isReport ? [plan, accountSuffix] : [plan, accountSuffix, email];
    const facts = who.filter((fact) => fact !== null).join(", ");
    return {
      check: `login ${source}`,
      state: state === "usable" ? "ok" : state === "absent" ? "note" : "problem",
      text: problem === null ? `${state}${facts === "" ? "" : ` (${facts})`}, ${place}` : problem.message,
      hint: problem?.hint ?? null,
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

/** One call that costs nothing tells connection, sign-in and clock at once. */
async function serviceFinding(limn: Limn): Promise<{ readonly finding: Finding; readonly exitStatus: number }> {
  try {
    const { plan } = await limn.planUsage(new AbortController().signal);
    return {
      finding: {
        check: "service",
        state: "ok",
        text: `reached and signed in${plan === null ? "" : `, plan ${plan}`}`,
        hint: null,
      },
      exitStatus: 0,
    };
  } catch (error) {
    if (!isLimnError(error)) throw error;
    return {
      finding: { check: "service", state: "problem", text: `${error.message} [${error.code}]`, hint: error.hint },
      exitStatus: error.exitStatus,
    };
  }
}
