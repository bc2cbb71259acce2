import type { Environment } from "@limn/core";
import { isObject } from "./config-format.ts";
import type { ConfigTarget, Json } from "./config-format.ts";
import { envFormat } from "./env-format.ts";
import { jsonFormat } from "./json-format.ts";
import { yamlFormat } from "./yaml-format.ts";

/** Where `limn serve` answers, and its key. */
export interface ServePlace {
  /** Ends with `/v1`. */
  readonly baseURL: string;
  /** Its user named the address, so that one of an earlier setup gives way. */
  readonly isNamed: boolean;
  readonly key: string;
}

/** One entry in a file of the program's settings folder. */
export interface ImagePlugEntry extends ConfigTarget<ServePlace> {
  readonly fileName: string;
}

/** A program's own image tool, pointed at `limn serve`; no code of limn's runs in it. */
export interface ImagePlug {
  /** Absolute; null when it is not known. */
  folder(environment: Environment): string | null;
  /** The first is the one that `--file` names; the others are beside it. */
  readonly entries: readonly ImagePlugEntry[];
  /** Whether `limn setup` writes it without being asked to: nothing that the program does now is changed by it. */
  readonly byDefault: boolean;
  /** What is left to do for the user. */
  readonly next: string;
}

/** What `limn serve` listens on when it is told nothing. */
export const defaultServeAddress = "http://127.0.0.1:4310";

/** The variable that Hermes reads the key from; one of its own, so that a key of OpenAI's stays what it is. */
const hermesKeyVariable = "LIMN_SERVE_KEY";

/** `image_gen.openai` of config.yaml, and the key in its `.env` (docs/clients/hermes.md). */
export function hermesImages(folder: ImagePlug["folder"]): ImagePlug {
  const hermes = { id: "hermes", title: "Hermes Agent" };
  return {
    folder,
    byDefault: false,
    entries: [
      {
        ...hermes,
        fileName: "config.yaml",
        format: yamlFormat,
        place: () => ({ kind: "member", path: [], name: "image_gen" }),
        adopt: (existing, place) =>
          adoptAddress(place, isObject(existing) ? existing["openai"] : undefined, "base_url"),
        entry: ({ baseURL }) => ({
          provider: "openai",
          openai: { base_url: baseURL, key_env: hermesKeyVariable },
        }),
      },
      {
        ...hermes,
        fileName: ".env",
        format: envFormat,
        place: () => ({ kind: "member", path: [], name: hermesKeyVariable }),
        entry: ({ key }) => key,
        secrets: (entry) => (typeof entry === "string" ? [entry] : []),
      },
    ],
    next: "Keep limn serve running, and start Hermes again. Its tool image_generate draws with your plan then.",
  };
}

/** The provider `custom-image` of media-config.json (docs/clients/open-design.md). */
export function openDesignImages(folder: ImagePlug["folder"]): ImagePlug {
  return {
    folder,
    byDefault: true,
    entries: [
      {
        id: "open-design",
        title: "Open Design",
        fileName: "media-config.json",
        format: jsonFormat({ comments: false, trailingCommas: false }),
        place: () => ({ kind: "member", path: ["providers"], name: "custom-image" }),
        // In this order the key is not at the edge of what is added.
        entry: ({ baseURL, key }) => ({ baseUrl: baseURL, apiKey: key, model: "gpt-image-2" }),
        secrets: (entry) => textMembers(entry, "apiKey"),
        adopt: (existing, place) => adoptAddress(place, existing, "baseUrl"),
        isTaken: (existing, { baseURL }) => {
          const [address = ""] = textMembers(existing, "baseUrl");
          return address === "" || originOf(address) === originOf(baseURL)
            ? null
            : `Open Design's custom-image already asks ${originOf(address)}, so it is left alone. Remove it there to have limn in its place.`;
        },
      },
    ],
    next: "Keep limn serve running; gpt-image-2 and “Custom Image API” in Open Design draw with your plan then.",
  };
}

function adoptAddress(place: ServePlace, entry: Json | undefined, name: string): ServePlace {
  const [baseURL] = textMembers(entry, name);
  return place.isNamed || baseURL === undefined ? place : { ...place, baseURL };
}

function textMembers(entry: Json | undefined, name: string): readonly string[] {
  const value = isObject(entry) ? entry[name] : undefined;
  return typeof value === "string" ? [value] : [];
}

/** Of an address, without anything that could be a secret. */
function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : "another address";
}

/** Base URL from what the user calls the address: with or without `/v1`. Null when it is none. */
export function baseURLOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, username, password, origin, pathname, search, hash } = new URL(address);
  const isPlain = /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === "";
  return isPlain ? `${origin}${pathname.replace(/\/+$/, "").replace(/\/v1$/, "")}/v1` : null;
}
