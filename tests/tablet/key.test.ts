/** A box that listens beyond loopback lets a tablet in by a key, once, and keeps it in. */
import { networkInterfaces } from "node:os";

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch, link, open, OUTPUT } from "./browser";
import { run, site, sleep, verb, type Running, type Site } from "./stadium";

/** This machine as others see it; a machine that nobody sees has no such address. */
const HOST = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === "IPv4" && !address.internal)?.address;

describe.skipIf(HOST === undefined)("a box beyond loopback", () => {
  let at: Site;
  let daemon: Running;
  let browser: Browser;
  let key = "";

  beforeAll(async () => {
    browser = await launch();
    at = await site({ host: HOST });
    const said = await verb("--config", at.config, "key", "add", "--name", "bullpen tablet");
    key = /^pgk_\S+/m.exec(said)?.[0] ?? "";
    daemon = await run(at);
  });

  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  test("asks a tablet for its key, says what is wrong with another, lets it in, and remembers it", async () => {
    const { page, faults, close } = await open(browser, daemon.url, { viewport: { width: 390, height: 844 } });
    const dialog = page.getByRole("dialog", { name: "This box asks for a key" });
    const field = dialog.getByRole("textbox", { name: "Key" });
    await dialog.waitFor();
    expect(await field.evaluate((input) => input === document.activeElement), "ready to type").toBe(true);
    await field.fill("pgk_another");
    await field.press("Enter");
    await dialog.getByRole("alert").getByText(/not in force/).waitFor();
    await page.screenshot({ path: `${OUTPUT}/key.png` });

    await field.fill(key);
    await dialog.getByRole("button", { name: "Open" }).click();
    await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 5_000 });
    await dialog.waitFor({ state: "hidden" });
    await page.getByText(/^Who is throwing is not known/).waitFor();
    await page.reload();
    await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 5_000 });
    expect(await dialog.count(), "by its cookie").toBe(0);
    expect(await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })), "out of reach of scripts").not.toContain(key.slice(0, 12));
    expect(faults).toEqual([]);
    await close();
  });

  test("asks for the key on System, to which the cameras' old address leads", async () => {
    const { page, close } = await open(browser, `${daemon.url}/calibration`);
    expect(new URL(page.url()).pathname).toBe("/system");
    const dialog = page.getByRole("dialog", { name: "This box asks for a key" });
    await dialog.getByRole("textbox", { name: "Key" }).fill(key);
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Cameras" }).getByRole("button", { name: "Recalibrate all cameras" }).waitFor();
    await close();
  });

  test("asks for the key on a page without views, says what is wrong with another, and shows the page then", async () => {
    const { page, close } = await open(browser, `${daemon.url}/api/docs/`);
    await page.getByRole("heading", { name: "This box asks for a key" }).waitFor();
    const field = page.getByLabel("Key");
    expect(await field.evaluate((input) => input === document.activeElement), "ready to type").toBe(true);
    await field.fill("pgk_another");
    await field.press("Enter");
    await page.getByRole("alert").getByText(/not in force/).waitFor();
    await page.screenshot({ path: `${OUTPUT}/key-docs.png` });
    await field.fill(key);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { name: /PitchGuard/ }).first().waitFor();
    await page.reload();
    await page.getByRole("heading", { name: /PitchGuard/ }).first().waitFor();
    await close();
  });

  test("leaves alone who has no key at hand, and lets him in when he has", async () => {
    const { page, close } = await open(browser, daemon.url);
    const dialog = page.getByRole("dialog", { name: "This box asks for a key" });
    await dialog.getByRole("button", { name: "Not now" }).click();
    await dialog.waitFor({ state: "hidden" });
    // The page goes on asking whether it is let in, and each answer is a refusal.
    await sleep(4_000);
    expect([await dialog.count(), await link(page)]).toEqual([0, "key"]);
    expect(await page.getByLabel("Time at the park").count(), "nobody knows it yet").toBe(0);
    await page.getByRole("button", { name: "Enter the key" }).click();
    await dialog.getByRole("textbox", { name: "Key" }).fill(key);
    await page.keyboard.press("Enter");
    await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 5_000 });
    await page.getByLabel("Time at the park").waitFor();
    await close();
  });

  test("shuts out a tablet whose key was revoked, and says how old is what it shows", async () => {
    const { page, close } = await open(browser, daemon.url);
    await page.getByRole("textbox", { name: "Key" }).fill(key);
    await page.keyboard.press("Enter");
    await page.locator('[data-link="live"]').waitFor({ state: "attached" });
    await verb("--config", at.config, "key", "revoke", "bullpen tablet");
    await page.getByText(/The box asks for a key. Shown is what was known at/).waitFor({ timeout: 30_000 });
    await page.getByRole("dialog", { name: "This box asks for a key" }).waitFor();
    await close();
  });

  test("asks before a page is left while the box is away, where no browser keeps it", async () => {
    const { page, close } = await open(browser, daemon.url);
    expect(await page.evaluate(() => "serviceWorker" in navigator), "no secure address").toBe(false);
    await page.getByRole("button", { name: "Not now" }).click();
    await daemon.kill();
    await page.getByText(/The box does not answer/).waitFor({ timeout: 20_000 });
    // A browser asks only where somebody has touched the page.
    await page.getByRole("link", { name: "Bullpen" }).click();
    const asked = page.waitForEvent("dialog", { timeout: 10_000 });
    const reloading = page.reload({ timeout: 3_000 }).catch(() => null);
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    await reloading;
    await page.getByText(/^The box does not answer/).waitFor();
    await close();
  });
});
