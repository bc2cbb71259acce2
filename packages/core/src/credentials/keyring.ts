import { createRequire } from "node:module";
import { isObject } from "../json/index.ts";

/** One secret of the operating system's keyring. Every method throws where there is none, or it is locked. */
export interface Keyring {
  /** Null when there is no such secret. */
  get(profile: string): string | null;
  set(profile: string, secret: string): void;
  delete(profile: string): void;
}

interface Entry {
  setPassword(secret: string): void;
  getPassword(): string | null;
  deletePassword(): boolean;
}
type EntryConstructor = new (service: string, account: string) => Entry;

const service = "limn";

/** The system's keyring through an optional native module; null when that is not installed here. */
export function openKeyring(): Keyring | null {
  const Entry = loadEntry();
  if (Entry === null) return null;
  return {
    get: (profile) => new Entry(service, profile).getPassword(),
    set: (profile, secret) => new Entry(service, profile).setPassword(secret),
    delete: (profile) => {
      new Entry(service, profile).deletePassword();
    },
  };
}

function loadEntry(): EntryConstructor | null {
  let module: unknown;
  try {
    // Not an import: it is optional, native, and needed at once.
    module = createRequire(import.meta.url)("@napi-rs/keyring");
  } catch {
    // Not installed, or not for this system.
    return null;
  }
  return hasEntry(module) ? module.Entry : null;
}

function hasEntry(module: unknown): module is { readonly Entry: EntryConstructor } {
  return isObject(module) && typeof module.Entry === "function";
}
