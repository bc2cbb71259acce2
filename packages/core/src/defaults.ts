import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCapabilityMemory, createLimitMemory, createRouteFinder, readPlanUsage } from "./account/index.ts";
import type { PlanUsage } from "./account/index.ts";
import { codexEngineParts } from "./compose-codex.ts";
import { chooseLogin, codexProgram, namedProfile, ownLoginFile, rankSources } from "./compose-credentials.ts";
import type { LoginChoice } from "./compose-credentials.ts";
import { createCodexRenewal } from "./compose-renewal.ts";
import { createOwnLoginControl } from "./compose-sign-in.ts";
import type { OwnLoginControl } from "./compose-sign-in.ts";
import { createArtifactStore } from "./artifacts/index.ts";
import type { ArtifactStore } from "./artifacts/index.ts";
import { createClient } from "./client/index.ts";
import type { ImageClient } from "./client/index.ts";
import { codexHome, limnFolders, loadConfig, readEnvironment, serviceAddress } from "./config/index.ts";
import type { Config, Environment, LimnFolders, ServiceAddress } from "./config/index.ts";
import type { EngineCapabilities } from "./contracts/capabilities.ts";
import type { CredentialReport } from "./contracts/credential.ts";
import type { Engine, Payer } from "./contracts/engine.ts";
import type { LoadImageTools } from "./contracts/image-tools.ts";
import type { Library } from "./contracts/library.ts";
import type { EngineId } from "./contracts/request.ts";
import { createCodexSource, createCredentialProvider, createTokenSource } from "./credentials/index.ts";
import type { RankedSource } from "./credentials/index.ts";
import { openLibrary } from "./open-library.ts";
import { createSignInService } from "./sign-in/sign-in-service.ts";
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
  /** One of limn's own logins by name; then no other login is looked at. @default the setting `profile`, else whatever is there */
  readonly profile?: string;
  /**
   * Loads what works on pixels, for exact sizes, file types, transparency, masks and inputs that need converting:
   * `async () => (await import("@limn/finish")).createImageTools()`. @default none; such options are `unsupported_option`
   */
  readonly imageTools?: LoadImageTools;
  /** The emulator to talk to, with its made-up login. Results are marked as emulated. No real login is looked at. */
  readonly sandbox?: { readonly baseURL: string; readonly accessToken: string };
}

/** The parts that hosts use, put together. */
export interface Limn {
  readonly images: ImageClient;
  readonly store: ArtifactStore;
  /** The history with search, marks and trash; the same one each time. */
  library(): Promise<Library>;
  /** Every engine's table, corrected by what results on the account that was used last really were. */
  readonly capabilities: readonly EngineCapabilities[];
  readonly config: Config;
  readonly folders: LimnFolders;
  readonly address: ServiceAddress;
  /** Every login that was looked for, in the order of preference. */
  credentialReports(): Promise<readonly CredentialReport[]>;
  /** Which of the reported logins would pay, and why. */
  chooseLogin(reports: readonly CredentialReport[]): LoginChoice;
  /** What is left of the plan, asked of the service now. @throws the login and connection codes */
  planUsage(signal: AbortSignal): Promise<PlanUsage>;
  /** The plan's limit that is known to be used up for the login that would pay; until its reset nothing is sent. @throws the login codes */
  knownLimit(signal: AbortSignal): Promise<{ readonly limit: string | null; readonly resetsAt: string } | null>;
  /** Whether the engine could be used now, and who would pay; spends nothing. @throws the login and engine codes */
  checkEngine(id: EngineId, signal: AbortSignal): Promise<Payer>;
  readonly ownLogin: OwnLoginControl;
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
  const limits = { ...defaultTimeLimits, ...options.limits };
  const http = httpClient(options, environment);
  const userAgent = `limn/${version}`;
  const tokens = createSignInService({ http, authURL: serviceAddress(config, "authUrl").url, userAgent, clock });
  const profile = options.profile ?? null;
  const named = namedProfile(config, profile);
  const renewCodex = createCodexRenewal({
    lockPath: join(folders.config, "auth", "renew-codex.lock"),
    codex: () => codexProgram(environment),
    codexLogin: async () =>
      createCodexSource({
        codexHome: codexHome(environment),
        clock,
        askForToken: async () => null,
        renew: null,
      }).find(),
    clock,
  });
  const sources: readonly RankedSource[] =
    options.sandbox === undefined
      ? rankSources({ environment, config, folders, tokens, clock, profile, renewCodex })
      : [{ source: createTokenSource(options.sandbox.accessToken, clock, "sandbox"), onProblem: "stop" }];
  // A token that was handed in for this run may go where its user sends it; stored ones only where they are safe.
  const usable = address.mayReceiveStoredLogin
    ? sources
    : sources.filter(({ source }) => source.id === "token" || source.id === "sandbox");
  const transport = createTransport({
    http,
    credentials: createCredentialProvider({
      sources: usable,
      ...(address.mayReceiveStoredLogin ? {} : { withheldFor: address.url }),
      ...(named === null || options.sandbox !== undefined ? {} : { profile: named }),
    }),
    baseURL: address.url,
    // Another address than the default has no workspaces; an origin that it named would not be followed either.
    ...(address.isDefault ? { routeFor: createRouteFinder({ http, baseURL: address.url, userAgent }) } : {}),
    limits,
    retries: options.retries ?? 2,
    userAgent,
    clock,
    random: Math.random,
  });
  const engines = createEngines({
    transport,
    clock,
    codex: options.sandbox === undefined ? codexEngineParts({ environment, clock, limits }) : null,
  });
  const store = createArtifactStore(folders.data);
  const limitMemory = createLimitMemory(folders.data);
  const capabilityMemory = createCapabilityMemory(folders.data);
  const tools = options.imageTools === undefined ? null : keptOnce(options.imageTools);
  let library: Promise<Library> | null = null;
  return {
    images: createClient({
      selectEngine: (needs) => selectEngine(engines, needs),
      store,
      limits: limitMemory,
      capabilities: capabilityMemory,
      // Most requests have no inputs; the code for them is loaded by the first that has.
      loadInputs: async (wanted, resolveArtifact) => {
        const { createInputLoader, createUrlFetcher } = await import("./inputs/index.ts");
        const load = createInputLoader({
          workingFolder: environment.workingFolder,
          temporaryFolder: tmpdir(),
          tools,
          fetchUrl: createUrlFetcher({ userAgent, proxyAgent: createProxyChoice(environment.variables) }),
        });
        return load(wanted, resolveArtifact);
      },
      tools,
      clock,
      version,
      workingFolder: environment.workingFolder,
      temporaryFolder: tmpdir(),
      emulated: options.sandbox !== undefined,
    }),
    store,
    library: async () => (library ??= openLibrary(environment)),
    capabilities: engines.map(({ capabilities }) =>
      options.sandbox === undefined ? capabilityMemory.corrected(capabilities, null) : capabilities,
    ),
    config,
    folders,
    address,
    credentialReports: async () => Promise.all(sources.map(async ({ source }) => source.report())),
    chooseLogin: (reports) => chooseLogin(usable, reports),
    checkEngine: async (id, signal) => engineById(engines, id).prepare(signal),
    planUsage: async (signal) => readPlanUsage(transport, signal),
    knownLimit: async (signal) => {
      if (options.sandbox !== undefined) return null;
      const { accountKey } = await engineById(engines, "images").prepare(signal);
      return accountKey === null ? null : limitMemory.known(accountKey, clock());
    },
    ownLogin: createOwnLoginControl({
      service: tokens,
      file: ownLoginFile(folders, config, profile),
      clock,
      renewCodex,
    }),
  };
}

/** Make images from a program. The same as `createLimn(options).images`. */
export function createImageClient(options: LimnOptions = {}): ImageClient {
  return createLimn(options).images;
}

function engineById(engines: readonly Engine[], id: EngineId): Engine {
  return selectEngine(engines, { wanted: id, model: null, inputImages: 0, partials: 0, drivesCodex: false }).engine;
}

/** Loaded at most once, when first needed. */
function keptOnce(load: LoadImageTools): LoadImageTools {
  let loaded: ReturnType<LoadImageTools> | null = null;
  return async () => (loaded ??= load());
}

function httpClient(options: LimnOptions, environment: Environment): HttpClient {
  if (options.fetch !== undefined) return createFetchClient(options.fetch);
  return createNodeClient(createProxyChoice(environment.variables));
}
