/** Without a finger and without eyes: the order of the tab key, and the names of what it reaches. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open } from "./browser";
import { json, loadTest, type Running } from "./stadium";

let box: Running;
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  box = await loadTest("--pitchers", "2", "--rate", "1");
});

afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

test("the tab key goes through the page in reading order, and everything has a name", async () => {
  const { page, close } = await open(browser, box.url);
  await page.locator("[data-pitcher]").nth(1).waitFor();
  const names: string[] = [];
  for (let step = 0; step < 7; step += 1) {
    await page.keyboard.press("Tab");
    names.push(
      await page.evaluate(() => {
        const focused = document.activeElement;
        return focused?.getAttribute("aria-label") ?? focused?.textContent ?? "";
      }),
    );
  }
  expect(names).toEqual(["Skip to the content", "Bullpen", "Staff", "System", "Settings", expect.stringMatching(/^Load Tester/), expect.stringMatching(/^Load Tester/)]);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Load Tester/ }).waitFor();
  expect(new URL(page.url()).pathname).toMatch(/^\/pitchers\/\d+$/);
  await close();
});

test("settings open, change the look and the units, and close by keyboard alone, and are kept", async () => {
  const { page, close } = await open(browser, box.url);
  await page.getByRole("button", { name: "Settings" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Settings of this tablet" });
  await dialog.waitFor();
  await page.getByRole("button", { name: "In the sun" }).press("Enter");
  await page.getByRole("button", { name: "km/h, m" }).press("Enter");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.reload();
  await page.getByText("km/h").first().waitFor();
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(255, 255, 255)");
  await close();
});

test("times are the park's, wherever the tablet thinks it is", async () => {
  const { page, close } = await open(browser, box.url);
  const { time_zone } = await json<{ time_zone: string }>(box.url, "/api/venue");
  const clock = page.getByLabel("Time at the park");
  const there = (): string => new Date().toLocaleTimeString("en-US", { timeZone: time_zone, hour: "numeric", minute: "2-digit" });
  await expect.poll(async () => (await clock.textContent())?.replaceAll(/\s/g, " ")).toBe(there().replaceAll(/\s/g, " "));
  expect(await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone)).not.toBe(time_zone);
  await close();
});

test("on a wall nothing is to be set, and the way leads home by itself", async () => {
  const { page, close } = await open(browser, `${box.url}/?kiosk=1&theme=dark&units=metric`);
  await page.clock.install();
  await page.reload();
  await page.locator("[data-pitcher]").first().waitFor();
  expect(await page.getByRole("button", { name: "Settings" }).count()).toBe(0);
  // Look and units come with its address.
  await page.getByText("km/h").first().waitFor();
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(11, 16, 24)");
  await page.getByRole("link", { name: "Staff" }).click();
  await page.getByRole("heading", { name: "Staff" }).waitFor();
  await page.clock.runFor(125_000);
  await expect.poll(() => new URL(page.url()).pathname, { timeout: 10_000 }).toBe("/");
  await close();
});
