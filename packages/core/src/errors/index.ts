export { LimnError, isLimnError, toLimnError } from "./limn-error.ts";
export { Secret } from "./secret.ts";
export { publicServiceMessage, redactSecrets, shorten } from "./redact.ts";
export { nearest } from "./nearest.ts";
