import { tmpdir } from "node:os";
import { readPlanUsage } from "./account/index.ts";
import type { PlanUsage } from "./account/index.ts";
import { createArtifactStore } from "./artifacts/index.ts";
import type { ArtifactStore } from "./artifacts/index.ts";
import { createClient } from "./client/index.ts";
import type { ImageClient } from "./client/index.ts";
import { codexHome, limnFolders, loadConfig, readEnvironment, serviceAddress, variable } from "./config/index.ts";
import type { Config, Environment, LimnFolders, ServiceAddress } from "./config/index.ts";
import type { EngineCapabilities } from "./contracts/capabilities.ts";
import type { CredentialReport, CredentialSource } from "./contracts/credential.ts";
import { createCodexSource, createCredentialProvider, createTokenSource, tokenVariable } from "./credentials/index.ts";
import { selectEngine } from "./engines/select.ts";
import { createEngines } from "./engines/table.ts";
import {
  createFetchClient,
  createNodeClient,
  createProxyChoice,
  createTransport,
  defaultTimeLimits,
} from "./transport/index.ts";
import type { HttpClient, TimeLimits } from "./transport/index.ts";
import { version } from "./version.ts";

/** Everything has a default; a program that wants nothing special passes nothing. */
export interface LimnOptions {
  /** @default the process's own variables, home and working folder */
  readonly environment?: Environment;
  /** Settings; @default read from variables and config files */
  readonly config?: Config;
  /** Send requests with a host's own `fetch`, so that its proxy and certificates count. @default Node's http and https */
  readonly fetch?: typeof globalThis.fetch;
  /** Time limits in ms. @default connect 30 s, idle 60 s once a body has begun, 330 s in all */
  readonly limits?: Partial<TimeLimits>;
  /** How often a request that certainly did nothing is sent again. @default 2 */
  readonly retries?: number;
  /** The emulator to talk to, with its made-up login. Results are marked as emulated. No real login is looked at. */
  readonly sandbox?: { readonly baseURL: string; readonly accessToken: string };
}

/** The parts that hosts use, put together. */
export interface Limn {
  readonly images: ImageClient;
  readonly store: ArtifactStore;
  readonly capabilities: readonly EngineCapabilities[];
  readonly config: Config;
  readonly folders: LimnFolders;
  readonly address: ServiceAddress;
  credentialReports(): Promise<readonly CredentialReport[]>;
  planUsage(signal: AbortSignal): Promise<PlanUsage>;
}

/**
 * The composition root: the one place that wires real parts. Reads variables and config files, opens no connection.
 * @throws config_invalid
 */
export function createLimn(options: LimnOptions = {}): Limn {
  const environment = options.environment ?? readEnvironment();
  const config = options.config ?? loadConfig(environment);
  const clock = Date.now;
  const folders = limnFolders(environment);
  const address: ServiceAddress =
    options.sandbox === undefined
      ? serviceAddress(config, "baseUrl")
      : { url: options.sandbox.baseURL, mayReceiveStoredLogin: false, isDefault: false };
  const sources = credentialSources(environment, options.sandbox?.accessToken ?? null, clock);
  const token = sources.find(({ id }) => id !== "codex");
  const usable = token !== undefined ? [token] : address.mayReceiveStoredLogin ? sources : [];
  const transport = createTransport({
    http: httpClient(options, environment),
    credentials: createCredentialProvider({
      sources: usable,
      ...(address.mayReceiveStoredLogin ? {} : { withheldFor: address.url }),
    }),
    baseURL: address.url,
    limits: { ...defaultTimeLimits, ...options.limits },
    retries: options.retries ?? 2,
    userAgent: `limn/${version}`,
    clock,
    random: Math.random,
  });
  const engines = createEngines({ transport, clock });
  const store = createArtifactStore(folders.data);
  return {
    images: createClient({
      selectEngine: (wanted, model) => selectEngine(engines, wanted, model),
      store,
      clock,
      version,
      workingFolder: environment.workingFolder,
      temporaryFolder: tmpdir(),
      emulated: options.sandbox !== undefined,
    }),
    store,
    capabilities: engines.map(({ capabilities }) => capabilities),
    config,
    folders,
    address,
    credentialReports: async () => Promise.all(sources.map(async (source) => source.report())),
    planUsage: async (signal) => readPlanUsage(transport, signal),
  };
}

/** Make images from a program. The same as `createLimn(options).images`. */
export function createImageClient(options: LimnOptions = {}): ImageClient {
  return createLimn(options).images;
}

/** In order of preference: what was handed in for this run, then what is borrowed. */
function credentialSources(
  environment: Environment,
  sandboxToken: string | null,
  clock: () => number,
): readonly CredentialSource[] {
  if (sandboxToken !== null) return [createTokenSource(sandboxToken, clock, "sandbox")];
  const codex = createCodexSource({ codexHome: codexHome(environment), clock });
  const token = variable(environment, tokenVariable);
  return token === null ? [codex] : [createTokenSource(token, clock), codex];
}

function httpClient(options: LimnOptions, environment: Environment): HttpClient {
  if (options.fetch !== undefined) return createFetchClient(options.fetch);
  return createNodeClient(createProxyChoice(environment.variables));
}
