import { accountById } from "../login/account.ts";
import type { EmulatorState } from "../state.ts";

/** Approves the device that shows this code for an account, or denies it. Throws a `TypeError` where that is not possible. */
export function decideDevice(state: EmulatorState, userCode: string, accountId: string | undefined): void {
  const { devices } = state;
  const request = devices.findByUserCode(userCode);
  if (request === undefined) throw new TypeError("No device shows this code.");
  const closed = devices.closedBecause(request);
  if (closed === "expired") throw new TypeError("This code has expired.");
  if (closed === "decided") throw new TypeError("This code was entered before.");
  request.decision = accountId === undefined ? "denied" : accountById(state.options.accounts, accountId);
}
