export { loginWithBrowser } from "./browser-login.ts";
export type { BrowserLoginOptions } from "./browser-login.ts";
export { loginWithDeviceCode } from "./device-login.ts";
export type { DeviceLoginOptions } from "./device-login.ts";
export { createSignInService } from "./sign-in-service.ts";
export type { SignInService } from "./sign-in-service.ts";
