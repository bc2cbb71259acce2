import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { worldWithSignIn } from "../e2e/support/sign-in.ts";
import { World } from "../e2e/support/world.ts";
import { seedLibrary } from "../support/seed-library.ts";
import { axeViolations } from "./support/accessibility.ts";
import { shoot } from "./support/screenshots.ts";
import { phone, startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

const looks = [
  { name: "light", options: { colorScheme: "light" } },
  { name: "dark", options: { colorScheme: "dark" } },
  { name: "phone", options: { colorScheme: "light", viewport: phone, hasTouch: true, isMobile: true } },
  { name: "phone-dark", options: { colorScheme: "dark", viewport: phone, hasTouch: true, isMobile: true } },
] as const;

describeInBrowser("everybody can use the studio", (browser) => {
  it.each(looks)(
    "no view is against WCAG 2.2 AA, as far as axe can tell: $name",
    async ({ name, options }) => {
      const world = new World();
      const entries = await seedLibrary({ folder: world.limnHome, count: 200 });
      const edit = entries.findLast(({ manifest }) => manifest.operation === "edit" && manifest.state === "done");
      const unknown = entries.find(({ manifest }) => manifest.state === "sent");
      if (edit === undefined || unknown === undefined) throw new Error("the library has too little in it");
      const served = await startStudio(world);
      const { page, expectComplaint } = await visit(browser(), served, options);
      const found: string[] = [];
      const look = async (view: string): Promise<void> => {
        await picturesThere(page);
        await shoot(page, `${view}-${name}`);
        found.push(...(await axeViolations(page)).map((line) => `${view}: ${line}`));
      };
      const open = async (path: string): Promise<void> => {
        await page.goto(`${served.url}${path}`);
      };
      await page.locator("#wall img").first().waitFor();
      await look("wall");
      await page.getByRole("button", { name: "Filters", exact: true }).click();
      await page.getByRole("combobox", { name: "Engine" }).waitFor();
      await look("filters");
      // On a phone they are a sheet of their own.
      const sheet = page.getByRole("dialog", { name: "Filters" }).getByRole("button", { name: "Show what was found" });
      if (await sheet.isVisible()) await sheet.click();
      else await page.getByRole("button", { name: "Filters", exact: true }).click();
      await page.getByRole("button", { name: "Select", exact: true }).click();
      await page.locator("#wall a[data-id]").first().click();
      await page.getByText("1 selected").waitFor();
      await look("selection");
      await page.getByRole("button", { name: "Mark", exact: true }).click();
      await look("menu");
      await page.getByRole("menuitem", { name: "Add a tag" }).click();
      await page.getByRole("dialog", { name: "Add a tag" }).waitFor();
      await look("tag-dialog");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "End the selection" }).click();
      await page.getByRole("button", { name: "Look and language" }).click();
      await look("settings");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /Plan Plus/ }).click();
      await look("plan");
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
      await look("help");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Create", exact: true }).first().click();
      const composer = page.locator("#composer");
      await composer.getByRole("textbox", { name: "Prompt" }).fill("a paper boat");
      await composer.getByText("More options").click();
      await composer.getByText("Nothing has been sent yet.").waitFor();
      await look("composer");
      await composer.getByRole("button", { name: "From the library" }).click();
      await page.getByRole("dialog", { name: "Pictures of the library" }).locator("img").first().waitFor();
      await look("picker");
      await page.keyboard.press("Escape");

      await open(`/g/${edit.manifest.id}`);
      await page.locator(".detail img").first().waitFor();
      await page.getByRole("heading", { name: "Family" }).waitFor();
      await look("detail");
      await page.getByRole("button", { name: "Compare" }).click();
      await page.getByRole("slider", { name: "How much of the other picture is shown" }).waitFor();
      await look("compare");
      await open(`/g/${edit.manifest.id}`);
      await page.getByRole("button", { name: "Edit a region" }).click();
      await page.getByText("Nothing is marked yet.").waitFor();
      await page.getByRole("button", { name: "Rectangle" }).click();
      await look("mask");
      await open(`/g/${unknown.manifest.id}`);
      await page.getByRole("heading", { name: "Nobody knows how this ended" }).waitFor();
      await look("unknown");
      for (const state of ["failed", "partial", "cancelled"]) {
        const entry = entries.find(({ manifest }) => manifest.state === state);
        if (entry === undefined) throw new Error(`the library has none that is ${state}`);
        await open(`/g/${entry.manifest.id}`);
        await page.getByRole("heading", { name: "Asked, sent, got" }).waitFor();
        await look(state);
      }
      expectComplaint(/404.*gen_0{20}/);
      await open("/g/gen_00000000000000000000");
      await page.getByText("This picture is not here any more").waitFor();
      await look("gone");
      await open("/trash");
      await page.getByRole("heading", { name: "Trash" }).waitFor();
      await look("trash");
      await open("/?text=nothing-is-called-that");
      await page.getByRole("heading", { name: "Nothing found" }).waitFor();
      await look("nothing-found");
      expect(found).toEqual([]);
    },
    180_000,
  );

  it.each(looks)("nor is the empty library or signing in: $name", async ({ name, options }) => {
    const { world } = await worldWithSignIn();
    const { page } = await visit(browser(), await startStudio(world, []), options);
    await page.getByRole("button", { name: "Get a sign-in code" }).waitFor();
    await shoot(page, `signed-out-${name}`);
    const found = [...(await axeViolations(page))];
    await page.getByRole("button", { name: "Get a sign-in code" }).click();
    await page.getByLabel("Sign-in code", { exact: true }).waitFor();
    await shoot(page, `sign-in-code-${name}`);
    found.push(...(await axeViolations(page)));
    expect(found).toEqual([]);
  });

  it.each([
    { language: "de", locale: "de-DE" },
    { language: "zh", locale: "zh-CN" },
  ])("speaks $language to a browser that does", async ({ language, locale }) => {
    const world = new World();
    await seedLibrary({ folder: world.limnHome, count: 20, trashedShare: 0 });
    const { page } = await visit(browser(), await startStudio(world), { locale });
    await page.locator("#wall img").first().waitFor();
    expect(await page.evaluate("document.documentElement.lang")).toMatch(new RegExp(`^${language}`));
    await picturesThere(page);
    await shoot(page, `wall-${language}`);
    expect(await axeViolations(page)).toEqual([]);
    // A text that was forgotten would show its key.
    expect(await page.evaluate<string>("document.body.innerText")).not.toMatch(/\b(?:app|wall|filters|status)\.[a-z]/);
  });
});

/** What is to be seen is loaded. */
async function picturesThere(page: Page): Promise<void> {
  await expect
    .poll(
      async () => page.evaluate("[...document.images].every((image) => image.complete || image.loading === 'lazy')"),
      { timeout: 20_000 },
    )
    .toBe(true);
}
