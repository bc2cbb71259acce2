/** Deciding by an error's code: node examples/errors.ts --sandbox */
import { createImageClient, isLimnError } from "@limn/core";
import type { GenerationResult, ImageClient } from "@limn/core";
import { connect } from "./connection.ts";

/** Null when it has to wait, or cannot be made. */
async function picture(client: ImageClient, prompt: string): Promise<GenerationResult | null> {
  try {
    return await client.generate({ operation: "generate", prompt });
  } catch (error) {
    if (!isLimnError(error)) throw error;
    switch (error.code) {
      case "usage_limit_reached":
        console.log(`the plan is used up; again in ${Math.ceil((error.retryAfterMs ?? 0) / 60_000)} minutes`);
        return null;
      case "content_refused":
        console.log("other words are needed");
        return null;
      case "outcome_unknown":
        // It may have been drawn and paid for: look at the history before asking again.
        console.log(error.hint);
        return null;
      default:
        // The message says what happened to which thing, the hint what to do.
        console.error(`${error.message} [${error.code}] ${error.hint ?? ""}`);
        process.exitCode = error.exitStatus;
        return null;
    }
  }
}

const { options, close } = await connect();
const made = await picture(createImageClient(options), "a red fox");
console.log(made === null ? "no picture" : made.images[0]?.path);
await close();
