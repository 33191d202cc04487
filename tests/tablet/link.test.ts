/** A box that dies and comes back, a tablet that sleeps: what is shown never passes for newer than it is. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, link, open, OUTPUT } from "./browser";
import { json, run, seed, simulate, site, sleep, until, type Running, type Site } from "./stadium";

let at: Site;
let daemon: Running;
let stadium: { stop: () => Promise<void>; output: () => string };
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  at = await site();
  await seed(at);
  daemon = await run(at);
  stadium = simulate(at, "--scenario", "bullpen", "--pace", "3");
  await until("somebody throws", async () => (await json<{ readiness: { mound: number }[] }>(daemon.url, "/api/readiness")).readiness.some(({ mound }) => mound === 1));
});

afterAll(async () => {
  await browser?.close();
  await stadium?.stop();
  await daemon?.stop();
});

test("a killed daemon is told of with the age of what is shown, and its page comes back within a second of it", async () => {
  const { page, faults, close } = await open(browser, daemon.url);
  await page.locator("[data-pitcher]").first().waitFor();
  await daemon.kill();
  await page.getByText(/The box does not answer/).waitFor({ timeout: 5_000 });
  const before = await page.locator('[data-mound="1"] [data-age]').first().textContent();
  await sleep(3_000);
  expect(await page.getByText(/Shown is what was known at/).textContent()).toMatch(/[2-9] s ago/);
  expect(await page.locator('[data-mound="1"] [data-age]').first().textContent(), "ages go on").not.toBe(before);
  await page.screenshot({ path: `${OUTPUT}/lost.png` });

  daemon = await run(at);
  const back = Date.now();
  await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 5_000 });
  const took = Date.now() - back;
  console.log(`link back ${took} ms after the box answered`);
  expect(took, "ms from the box answering to the link").toBeLessThan(1_000);
  expect(faults).toEqual([]);
  await close();
});

test("a tablet that slept for an hour starts from a snapshot, and tells no old alert aloud", async () => {
  const { page, faults, close } = await open(browser, daemon.url);
  await page.clock.install();
  await page.reload();
  await page.locator("[data-pitcher]").first().waitFor();
  await page.evaluate(() => {
    const opened: string[] = [];
    Object.assign(globalThis, { opened });
    const Native = WebSocket;
    globalThis.WebSocket = class extends Native {
      constructor(url: string | URL) {
        super(url);
        opened.push(String(url));
      }
    };
  });
  const woke = Date.now();
  await page.clock.fastForward("01:00:00");
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as { opened: string[] }).opened.length), { timeout: 5_000 }).toBeGreaterThan(0);
  await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 5_000 });
  console.log(`live ${Date.now() - woke} ms after waking`);
  const [address] = await page.evaluate(() => (globalThis as unknown as { opened: string[] }).opened);
  expect(address, "everything anew").not.toContain("since");
  expect(await page.locator('[data-mound="1"] [data-age]').first().textContent(), "by the box's clock, not by the sleeper's").toMatch(/just now|[ ,]\d+ s ago|[ ,][1-5] min ago/);
  expect(await page.getByRole("alert").first().textContent()).toBe("");
  expect(faults).toEqual([]);
  await close();
});

test("a link that goes dead without a word is noticed, and back within a second of the network", async () => {
  const { page, faults, close } = await open(browser, daemon.url);
  await page.locator("[data-pitcher]").first().waitFor();
  await page.context().setOffline(true);
  await page.getByText(/The box does not answer/).waitFor({ timeout: 6_000 });
  await sleep(2_000);
  const back = Date.now();
  await page.context().setOffline(false);
  await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 5_000 });
  const took = Date.now() - back;
  console.log(`link back ${took} ms after the network`);
  expect(took).toBeLessThan(1_000);
  expect(faults).toEqual([]);
  await close();
});

test("a page that no longer draws reloads itself", async () => {
  const { page, close } = await open(browser, daemon.url);
  await page.locator("[data-pitcher]").first().waitFor();
  expect(await link(page)).toBe("live");
  const reloaded = page.waitForEvent("load", { timeout: 30_000 });
  // Frames that never come again, as when a tablet's graphics hang.
  await page.evaluate(() => {
    globalThis.requestAnimationFrame = () => 0;
  });
  await reloaded;
  await page.locator("[data-pitcher]").first().waitFor();
  await close();
});
