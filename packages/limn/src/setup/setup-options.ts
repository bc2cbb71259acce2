import { LimnError } from "@limn/core";
import type { Client, Scope } from "./clients.ts";
import { baseURLOf, defaultServeAddress } from "./image-plug.ts";

/** What `limn setup` takes beside the client's name. */
export interface SetupOptions {
  readonly project?: boolean;
  /** The client's settings, when they are elsewhere. */
  readonly file?: string;
  readonly skill?: boolean;
  /** The client's own image tool instead of limn's tools. */
  readonly images?: boolean;
  /** Where `limn serve` is. */
  readonly url?: string;
  readonly showKey?: boolean;
  readonly undo?: boolean;
  readonly print?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Refuses options that exclude each other or would do nothing. @throws invalid_option */
export function checkOptions({ id, title, images }: Client, scope: Scope, options: SetupOptions): void {
  const { print = false, undo = false, skill = false, showKey = false, images: isForImages = false } = options;
  const isWithImages = images?.byDefault === true && scope === "user" && !(print && skill);
  const showsAddress = !undo && (isForImages || isWithImages);
  const faults: readonly (readonly [boolean, string])[] = [
    [print && undo, "--print and --undo exclude each other."],
    [isForImages && images === undefined, `${title} has no image tool that limn can serve.`],
    [isForImages && scope === "project", `${title} has no image tool of a project's own.`],
    [isForImages && skill, "--images and --skill exclude each other."],
    [isForImages && print && options.file !== undefined, "--file means nothing where the settings are only printed."],
    [options.url !== undefined && !showsAddress, "--url is the address of limn serve, which is not written here."],
    [showKey && !(print && showsAddress), "--show-key goes with --print --images."],
  ];
  const [, fault] = faults.find(([isWrong]) => isWrong) ?? [];
  if (fault !== undefined)
    throw new LimnError("invalid_option", {
      message: fault,
      hint: `See: limn setup --help. Without it: limn setup ${id}`,
    });
}

/** Where `limn serve` is, as `--url` says or else as is known. @throws invalid_option */
export function chosenBaseURL({ url }: SetupOptions, known: string = defaultServeAddress): string {
  const address = baseURLOf(url ?? known);
  if (address !== null) return address;
  throw new LimnError("invalid_option", {
    message: "--url must be an http address without a user and a query.",
    hint: `For example: --url ${defaultServeAddress}`,
  });
}
