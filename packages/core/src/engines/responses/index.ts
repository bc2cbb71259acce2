import type { Engine, EngineCall, EngineAnswer } from "../../contracts/engine.ts";
import { accountKeyOf } from "../../transport/index.ts";
import type { Transport } from "../../transport/index.ts";
import { responsesCapabilities } from "./capabilities.ts";
import { responsesFields, responsesPath } from "./request.ts";

export interface ResponsesEngineOptions {
  readonly transport: Transport;
  readonly clock: () => number;
}

/**
 * The hosted tool on the Responses route: previews, a revised prompt, up to sixteen inputs; a chat model is between (contract 4). What
 * makes a picture is loaded by the first that is wanted from it: most are the images engine's.
 */
export function createResponsesEngine({ transport, clock }: ResponsesEngineOptions): Engine {
  let run: Promise<(call: EngineCall) => Promise<EngineAnswer>> | null = null;
  const load = async (): Promise<(call: EngineCall) => Promise<EngineAnswer>> => {
    const { createResponsesRun } = await import("./run.ts");
    return createResponsesRun(transport, clock);
  };
  return {
    id: "responses",
    capabilities: responsesCapabilities,
    describe: (request) => ({
      method: "POST",
      url: transport.baseURL + responsesPath,
      headers: { ...transport.commonHeaders(), "content-type": "application/json", accept: "text/event-stream" },
      body: responsesFields(request, request.model ?? "(the first of the account's list that takes images)"),
    }),
    prepare: async () => {
      const { plan, source, accountId } = await transport.credential();
      return { plan, source, accountKey: accountKeyOf(accountId, transport.baseURL) };
    },
    run: async (call) => (await (run ??= load()))(call),
  };
}
