import { LimnError, validateRequest } from "@limn/core";
import type { Fault } from "@limn/core";
import { faultName, readRequest, readSettings, refuseTerminalOutput } from "../generate-options.ts";
import type { RawGenerateOptions } from "../generate-options.ts";
import type { HostContext } from "../host-context.ts";
import { readInputs } from "../read-inputs.ts";
import { readPrompt } from "../read-prompt.ts";
import { runRequest } from "./run-request.ts";

/** `limn generate` and `limn edit`. Returns the exit status. */
export async function generate(
  context: HostContext,
  operation: "generate" | "edit",
  words: readonly string[],
  raw: RawGenerateOptions,
  usageFaults: readonly Fault[],
): Promise<number> {
  const { terminal, environment } = context;
  const faults = [...usageFaults];
  const config = context.config();
  const settings = readSettings(raw, config, faults);
  const sources = raw.image ?? [];
  const isStdinTaken = sources.includes("-");
  const prompt = isStdinTaken
    ? await promptBesideStdin(words, raw.promptFile)
    : await readPrompt(words, raw.promptFile, (line) => terminal.say(line));
  const nameOf = (field: string): string => faultName(field, raw, config);
  // Every fault of the words is told before a picture is read for nothing.
  validateRequest(readRequest(operation, raw, prompt, sources, config), faults, nameOf);
  refuseTerminalOutput(settings.output, terminal.isOutputTerminal && raw.dryRun !== true);
  const images = raw.dryRun === true ? sources : await readInputs(sources, environment.variables);
  const request = validateRequest(readRequest(operation, raw, prompt, images, config), [], nameOf);
  return runRequest(context, request, settings, raw);
}

/** With a picture on stdin the words must come from elsewhere. */
async function promptBesideStdin(
  words: readonly string[],
  promptFile: string | undefined,
): Promise<string | undefined> {
  if (promptFile === "-" || (words.length === 1 && words[0] === "-"))
    throw new LimnError("invalid_option", {
      message: "The prompt and a picture cannot both come from stdin.",
      hint: 'Give the prompt as words: cat fox.png | limn edit "make it night" -i -',
    });
  return promptFile === undefined ? words.join(" ") : readPrompt(words, promptFile, () => undefined);
}
