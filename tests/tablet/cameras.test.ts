/** What the engineer sees of the cameras, and correcting them by hand. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { json, run, simulate, site, until, type Running } from "./stadium";

/** Camera 2 is knocked out of its place, far enough to be corrected by itself. */
const KNOCKED = 2;

interface Camera {
  id: number;
  correction: { version: number };
  corrections: unknown[];
  chart: unknown[];
}

let browser: Browser;
let daemon: Running;
let stadium: { stop: () => Promise<void> };
let venue = "";

const camera = async (): Promise<Camera | undefined> => {
  const { cameras } = await json<{ cameras: Camera[] }>(daemon.url, `/api/calibration/${venue}`);
  return cameras.find(({ id }) => id === KNOCKED);
};

beforeAll(async () => {
  browser = await launch();
  const at = await site();
  daemon = await run(at);
  ({ id: venue } = await json<{ id: string }>(daemon.url, "/api/venue"));
  stadium = simulate(at, "--pace", "3", "--break", "3", "--seed", "5", "--knock", `${KNOCKED}@0:3,0`);
  await until("the knocked camera is corrected", async () => ((await camera())?.correction.version ?? 0) > 0, 240_000, 500);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await stadium?.stop();
  await daemon?.stop();
});

test("System tells what was done to a camera, with its chart, and how well each value is known", async () => {
  const { page, faults, close } = await open(browser, `${daemon.url}/system`);
  const shown = page.locator(`[data-camera="${KNOCKED}"]`);
  await shown.waitFor({ timeout: 20_000 });
  await shown.locator("summary").click();
  const made = shown.locator("details li").last();
  expect(await made.innerText()).toMatch(/^v\d+, \d+:\d\d [AP]M: across [+−]?\d+\.\d\d, up [+−]?\d+\.\d\d px, clock [+−]?\d+ µs; off by \d+\.\d\d → (–|\d+\.\d\d) px; \w/);
  const known = await camera();
  expect(await shown.locator("details li").count()).toBeGreaterThanOrEqual(known?.corrections.length ?? Infinity);
  await shown.locator("[data-corrected]").first().waitFor({ state: "attached" });
  expect(await shown.locator("[data-band]").count()).toBeGreaterThanOrEqual(4);
  expect(await shown.innerText()).toMatch(/across ([+−]\d+\.\d+ ± \d\.\d+\spx|within its error \(±\s\d\.\d+\spx\)); up ([+−]\d+\.\d+ ± \d\.\d+\spx|within its error \(±\s\d\.\d+\spx\))/);
  await shown.scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${OUTPUT}/cameras.png` });
  expect(faults).toEqual([]);
  await close();
});

test("a recalibration says first what it would do, and does nothing without a yes", async () => {
  const { page, faults, close } = await open(browser, `${daemon.url}/system`);
  const asked: boolean[] = [];
  page.on("request", (request) => request.url().endsWith("/recalibrate") && asked.push((request.postDataJSON() as { dry_run: boolean }).dry_run));
  await page.getByRole("button", { name: "Recalibrate all cameras" }).click();
  const question = page.getByRole("dialog", { name: "Recalibrate all cameras?" });
  await question.getByText(/^By what pitches and landmarks so far say|^Nothing would be done/).waitFor();
  await page.screenshot({ path: `${OUTPUT}/recalibrate.png` });
  await question.getByRole("button", { name: /Cancel|Close/ }).click();
  await question.waitFor({ state: "hidden" });
  expect(asked).toEqual([true]);

  // Some camera can always be told a little better than it is.
  const all = await json<{ proposals: { camera: number; applies: boolean }[] }>(daemon.url, `/api/calibration/${venue}/recalibrate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dry_run: true }),
  });
  const applies = all.proposals.find((each) => each.applies);
  const one = applies?.camera ?? KNOCKED;
  await page.getByRole("button", { name: `Recalibrate camera ${one}` }).click();
  const single = page.getByRole("dialog", { name: new RegExp(`(Recalibrate|Done to) camera ${one}`) });
  await single.getByText(new RegExp(`^Camera ${one}`)).waitFor();
  const doIt = single.getByRole("button", { name: "Do that" });
  if (await doIt.isVisible()) {
    await doIt.click();
    await page.getByRole("dialog", { name: `Done to camera ${one}` }).getByRole("status").getByText(new RegExp(`^Camera ${one}`)).waitFor();
    expect(asked.at(-1)).toBe(false);
  }
  await single.getByRole("button", { name: "Close" }).click();
  expect(faults).toEqual([]);
  await close();
});

test("a wall's tablet shows the cameras and changes nothing", async () => {
  const { page, close } = await open(browser, `${daemon.url}/system?kiosk=1`);
  await page.locator(`[data-camera="${KNOCKED}"]`).waitFor();
  expect(await page.getByRole("button", { name: /Recalibrate/ }).count()).toBe(0);
  await close();
});

test("the address at which the cameras stood leads to System", async () => {
  const { page, close } = await open(browser, `${daemon.url}/calibration`);
  await page.getByRole("region", { name: "Cameras" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/system");
  await close();
});
