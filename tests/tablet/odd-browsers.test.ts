/** Browsers that keep nothing, and browsers that cannot run the pages. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch, OUTPUT, TABLET } from "./browser";
import { run, site, type Running } from "./stadium";

describe("a browser that is not as usual", () => {
  let daemon: Running;
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
    daemon = await run(await site({}));
  });

  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  test("that blocks site data shows every view, and keeps what is chosen until it is left", async () => {
    const context = await browser.newContext({ viewport: TABLET });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    // As Chromium's "block all site data" has it: asking for the storage is refused, and so is asking for the worker.
    await page.addInitScript(() => {
      const refuse = { get: () => { throw new DOMException("Access is denied for this document.", "SecurityError"); } };
      for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, refuse);
      Object.defineProperty(navigator, "serviceWorker", refuse);
    });
    await page.goto(`${daemon.url}/?kiosk=0`);
    await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 10_000 });
    await page.getByText(/^Who is throwing is not known/).waitFor();
    for (const view of ["Staff", "System", "Bullpen"]) {
      await page.getByRole("link", { name: view, exact: true }).first().click();
      expect(await page.getByText("This page has a fault").count(), view).toBe(0);
    }
    await page.screenshot({ path: `${OUTPUT}/blocked-site-data.png` });
    expect(faults).toEqual([]);
    await context.close();
  });

  test("that cannot run the pages is told which browsers can", async () => {
    const context = await browser.newContext({ viewport: TABLET, serviceWorkers: "block" });
    const page = await context.newPage();
    await page.route(/\/assets\/index-.*\.js$/, (route) => route.fulfill({ contentType: "text/javascript", body: "this is no script" }));
    await page.goto(daemon.url);
    await page.getByText(/This browser cannot open these pages\. They need Chrome or Edge/).waitFor({ timeout: 10_000 });
    await page.screenshot({ path: `${OUTPUT}/old-browser.png` });
    expect((await page.request.get(await page.getByRole("link").evaluate((link) => (link as HTMLAnchorElement).href))).status()).toBe(200);
    await context.close();
  });
});
