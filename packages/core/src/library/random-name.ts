/** Sixteen characters that nobody else has. Node's crypto is loaded by the first use: most readers make none. */
export function randomName(): string {
  return process.getBuiltinModule("node:crypto").randomBytes(12).toString("base64url");
}
