import type { Limn } from "@limn/core";
import { LimnError } from "@limn/core";
import { expect, it } from "vitest";
import { SignInDesk } from "./sign-in-desk.ts";

type Options = Parameters<Limn["ownLogin"]["withDeviceCode"]>[0];

/** Sign-ins that give their code and end when they are told to. */
class SigningIn {
  readonly begun: { readonly options: Options; readonly end: PromiseWithResolvers<never> }[] = [];
  changes = 0;
  readonly desk = new SignInDesk({
    ownLogin: {
      withDeviceCode: async (options) => {
        const end = Promise.withResolvers<never>();
        this.begun.push({ options, end });
        return end.promise;
      },
    },
    emulated: false,
    changed: () => {
      this.changes += 1;
    },
  });

  code(place: number, userCode: string): void {
    this.begun[place]?.options.onCode({
      userCode,
      deviceAuthId: "device",
      intervalMs: 5000,
      verificationUrl: "https://example.test/device",
      expiresAtMs: 1_800_000_000_000,
    });
  }
}

it("is begun once however often it is asked for", async () => {
  const signing = new SigningIn();
  const both = [signing.desk.start(), signing.desk.start()];
  signing.code(0, "AAAA");
  expect((await Promise.all(both)).map(({ userCode }) => userCode)).toEqual(["AAAA", "AAAA"]);
  expect(signing.begun.length).toBe(1);
});

it("that was given up says nothing about the one that was begun after it", async () => {
  const signing = new SigningIn();
  const first = signing.desk.start();
  signing.code(0, "AAAA");
  await first;
  signing.desk.stop();
  const second = signing.desk.start();
  signing.code(1, "BBBB");
  await second;
  // Its end, and its code, come only now.
  signing.code(0, "AAAA");
  signing.begun[0]?.end.reject(signing.begun[0].options.signal.reason);
  await Promise.allSettled([signing.begun[0]?.end.promise]);
  expect(signing.desk.current).toMatchObject({ userCode: "BBBB", state: "waiting" });
});

it("that failed is shown until it is put away, and every window is told of both", async () => {
  const signing = new SigningIn();
  const begun = signing.desk.start();
  signing.code(0, "AAAA");
  await begun;
  signing.begun[0]?.end.reject(new LimnError("login_refused", { message: "The code was not used in time." }));
  await expect.poll(() => signing.changes).toBe(1);
  expect(signing.desk.current).toMatchObject({ state: "failed", error: { code: "login_refused" } });
  signing.desk.stop();
  expect([signing.desk.current, signing.changes]).toEqual([null, 2]);
});
