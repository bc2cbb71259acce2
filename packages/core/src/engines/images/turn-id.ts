/** A fresh UUIDv7, the form of Codex's own turn ids; the service accepts any (codex-backend contract 2.2). */
export function createTurnId(nowMs: number): string {
  const bytes = process.getBuiltinModule("node:crypto").randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
