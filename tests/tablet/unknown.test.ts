/** What is not known yet is not shown as if it were. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { json, run, seed, simulate, site, until, type Running } from "./stadium";

const CLOCK = /\d:\d\d( |\u202f)?[AP]M/;

let browser: Browser;
let daemon: Running;
let stadium: { stop: () => Promise<void> };
let pitcher = 0;

beforeAll(async () => {
  browser = await launch();
  const at = await site();
  await seed(at, "bullpen");
  daemon = await run(at);
  stadium = simulate(at, "--scenario", "bullpen", "--pace", "3");
  await until("somebody throws", async () => {
    const { readiness } = await json<{ readiness: { pitcher: number }[] }>(daemon.url, "/api/readiness");
    pitcher = readiness[0]?.pitcher ?? 0;
    return pitcher !== 0;
  });
}, 120_000);

afterAll(async () => {
  await stadium?.stop();
  await daemon?.stop();
  await browser?.close();
});

const UTC = /\d:\d\d(:\d\d)?( |\u202f)?[AP]M UTC/g;

test.each(["/", "/staff", "/system", "pitcher"])("before the box has said where it stands each view shows what is known, and its times are UTC and say so: %s", async (view) => {
  const context = await browser.newContext({ timezoneId: "Asia/Tokyo", serviceWorkers: "block" });
  const page = await context.newPage();
  let isTold = false;
  await page.route("**/api/venue", (route) => (isTold ? route.continue() : route.fulfill({ status: 503, contentType: "application/problem+json", body: '{"detail":"Not yet."}' })));
  try {
    await page.goto(daemon.url + (view === "pitcher" ? `/pitchers/${pitcher}` : view));
    await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 20_000 });
    await page.getByText("The ballpark could not be had.").waitFor();
    await page.getByText("Where the box stands is not known: times are UTC").waitFor();
    const shown = { "/": page.locator("[data-pitcher]").first(), "/staff": page.getByText("Which day it is at the park is not known yet."), "/system": page.locator("[data-verdict]"), pitcher: page.locator("[data-pitcher]") }[view];
    await shown?.waitFor({ timeout: 20_000 });
    if (view !== "/staff") await expect.poll(() => page.locator("main").innerText(), { timeout: 20_000 }).toMatch(/\d:\d\d( |\u202f)[AP]M UTC/);
    const before = await page.locator("main").innerText();
    // The box's own sentences are by the park's clock already.
    const own = view === "/system" ? "" : before.replaceAll(UTC, "");
    expect(own).not.toMatch(CLOCK);
    expect(before).not.toMatch(/mound \d|GMT/i);
    expect(await page.getByLabel("Time at the park").count(), "nobody knows it").toBe(0);
    await page.screenshot({ path: `${OUTPUT}/park-unknown${view.replaceAll("/", "-")}.png` });
    isTold = true;
    await page.getByText("The ballpark could not be had.").waitFor({ state: "detached", timeout: 20_000 });
    await expect.poll(() => page.locator("body").innerText(), { timeout: 20_000 }).toMatch(CLOCK);
    expect(await page.locator("body").innerText()).not.toMatch(/mound \d|UTC|GMT/i);
  } finally {
    await context.close();
  }
});

test("before the stream has said what day it is the staff is told of no day, and nobody is said not to throw", async () => {
  const { page, close } = await open(browser, "about:blank");
  try {
    await page.routeWebSocket("**/api/live*", () => {});
    await page.goto(`${daemon.url}/staff`);
    await page.getByText("Which day it is at the park is not known yet.").waitFor({ timeout: 20_000 });
    expect(await page.locator("[data-as-of]").count()).toBe(0);
    await page.getByRole("combobox", { name: "Risk" }).click();
    await page.getByRole("option", { name: "Throwing now" }).click();
    await page.getByText("Who fits is not known yet.").waitFor();
  } finally {
    await close();
  }
});
