/** What the box refuses and whose clock is off, as the engineer sees it on System: each is told with who it was and what to do. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { mark } from "./marks";
import { sideways, sticksOut } from "./narrow";
import { relay } from "./relay";
import { broker, datagram, showKey, type Broker } from "./rubbish";
import { json, run, simulate, site, sleep, until, verb, type Running, type Site } from "./stadium";

const SIZES = [
  [1280, 800],
  [390, 844],
  [320, 640],
] as const;

let sensors: Broker | null;
let at: Site;
let daemon: Running;
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  sensors = await broker();
  at = await site({ more: sensors ? `[mqtt]\nurl = "${sensors.url}"\n` : "" });
  await verb("--config", at.config, "key", "add", "--name", "bullpen tablet");
  daemon = await run(at);
});

afterAll(async () => {
  await browser?.close();
  await daemon?.stop();
  sensors?.stop();
});

async function system(): Promise<{ page: Page; close: () => Promise<void>; faults: string[] }> {
  const opened = await open(browser, `${daemon.url}/system`);
  await opened.page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 20_000 });
  await expect.poll(() => opened.page.getByText(/^Loading /).count(), { timeout: 20_000 }).toBe(0);
  return opened;
}

/** Nothing sticks out on any screen, and what is refused is read without moving it. */
async function fits(page: Page, name: string): Promise<void> {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: `${OUTPUT}/${name}-${width}x${height}.png`, fullPage: true });
    expect(await sticksOut(page), `${width} px`).toEqual([]);
    for (const label of ["Refused lately", "Parts"]) {
      if ((await page.getByRole("region", { name: label }).count()) > 0) expect(await sideways(page, label), `${label} at ${width} px`).toBeLessThanOrEqual(0);
    }
  }
}

test("datagrams and keys that are refused are told with who sent them, when, why and how they begin", async () => {
  const unknown = mark("on_mound", { pitcher: 1 });
  const cut = unknown.subarray(0, 30);
  const broken = Buffer.from(unknown);
  broken.writeUInt8(broken.readUInt8(30) ^ 1, 30);
  for (const bytes of ['{"sensor": "dugout", "temperature_c": 21.5}', cut, broken]) await datagram(at.udp, bytes);
  expect(await showKey(daemon.url, "pgk_another")).toBe(401);
  await verb("--config", at.config, "key", "add", "--name", "old tablet").then(async (said) => {
    const key = /^pgk_\S+/m.exec(said)?.[0] ?? "";
    await verb("--config", at.config, "key", "revoke", "old tablet");
    await until("the revoked key is refused", async () => (await showKey(daemon.url, key)) === 401, 10_000);
  });
  const { page, close, faults } = await system();
  const table = page.getByRole("region", { name: "Refused lately" }).getByRole("table");
  await table.getByRole("row", { name: /key .*`old tablet` .*revoked \d{4}-\d\d-\d\d/ }).waitFor({ timeout: 10_000 });
  const rows = await table.getByRole("row").allInnerTexts();
  const told = (pattern: RegExp): void => expect(rows.join("\n"), `${pattern}`).toMatch(pattern);
  told(/127\.0\.0\.1:\d+\s+(just now|\d+ s ago)\s+no frame: .*looks like JSON text/);
  told(/cut short: 30 bytes, its header asks for 48[\s\S]*30 bytes: 50 47 01/);
  told(/checksum/i);
  await fits(page, "refused");
  expect(faults).toEqual([]);
  await close();
});

test("sensors of which nothing is believed, and those whose clocks are off, are told by name", async ({ skip }) => {
  if (!sensors) return skip();
  const now = (): number => Math.floor(Date.now() / 1000);
  const say = async (sensor: string, payload: string): Promise<void> => sensors?.publish(`stadium/busch_iii/environment/${sensor}`, payload);
  for (let again = 0; again < 4; again += 1) {
    await say("rubbish", "not a number at all");
    await say("unzoned", '{"time":"2026-06-01T19:05:00","temperature_c":21.0}');
    await say("good", `{"time":${now()},"temperature_c":21.0,"pressure_hpa":1000.0}`);
    await say("hour", `{"time":${now() + 3_600},"temperature_c":21.2}`);
    await sleep(2_000);
  }
  const { page, close } = await system();
  const environment = page.getByRole("region", { name: "Environment" });
  await environment.getByText(/Not believed: .*rubbish/).waitFor({ timeout: 20_000 });
  await page.locator("[data-verdict] li").filter({ hasText: /^.{0,3}Sensors degraded/ }).waitFor({ timeout: 20_000 });
  await fits(page, "sensors");
  await close();
});

test("a camera whose clock is off is told with how far, what that usually is, and what to do", async () => {
  const network = await relay(at.udp, (source) => (source === 3 ? 37_000 : 0));
  const stadium = simulate({ ...at, udp: network.udp }, "--pace", "3", "--break", "5");
  try {
    const { page, close } = await system();
    const clocks = page.getByRole("region", { name: "Parts" }).getByRole("row", { name: /^clocks/ });
    await clocks.filter({ hasText: /degraded/ }).waitFor({ timeout: 60_000 });
    await page.locator("[data-alert]").filter({ hasText: /clock/i }).first().waitFor({ timeout: 30_000 });
    expect(await clocks.innerText()).toMatch(/3 .*37 s .*TAI/);
    expect(await page.getByLabel("Time at the park").getAttribute("data-apart"), "the box's own clock is right").toBe("false");
    await fits(page, "camera-clock");
    await close();
  } finally {
    await stadium.stop();
    network.stop();
  }
}, 240_000);

test("where the box and its cameras are two days apart each time says whose it is", async () => {
  const other = await site();
  const box = await run(other);
  // The cameras are right, as far as they tell: the box is 51 h behind them.
  const network = await relay(other.udp, () => 51 * 3_600_000);
  const stadium = simulate({ ...other, udp: network.udp }, "--scenario", "bullpen", "--pace", "3");
  try {
    const home = await open(browser, box.url);
    await home.page.locator("[data-pitcher]").first().waitFor({ timeout: 120_000 });
    const clock = home.page.getByLabel("Time at the park");
    await expect.poll(() => clock.getAttribute("data-apart"), { timeout: 30_000 }).toBe("true");
    const [cameras = "", own = ""] = (await clock.innerText()).split("\n");
    expect(cameras).toMatch(/^Cameras’ clock \d+:\d\d [AP]M$/);
    expect(own).toMatch(/^box’s clock [A-Z][a-z]{2} \d+, \d+:\d\d [AP]M$/);
    const mounds = await home.page.getByRole("region", { name: "Who is on which mound" }).innerText();
    expect(mounds, "what happens now is of today by the clock that it is told by").toMatch(/since \d+:\d\d [AP]M/);
    await fits(home.page, "two-days-home");
    await home.page.goto(`${box.url}/system`);
    await home.page.locator("[data-clocks]").getByText(/The box’s clock is 2 days 3 h behind its cameras’/).waitFor({ timeout: 20_000 });
    // One figure for it, and no time of the box that is of another day without that day.
    await home.page.locator("[data-verdict]").getByText(/this box's clock is 2 days 3 h behind/).first().waitFor({ timeout: 60_000 });
    const dated = /^(as of )?[A-Z][a-z]{2} \d+, \d+:\d\d(:\d\d)? [AP]M$/;
    expect(await home.page.getByText(/^as of /).first().innerText()).toMatch(dated);
    const since = await home.page.getByRole("region", { name: "Parts" }).locator('td[data-head="Since"]').allInnerTexts();
    expect(since.length).toBeGreaterThan(0);
    for (const told of since) expect(told).toMatch(dated);
    await fits(home.page, "two-days-system");
    expect(home.faults).toEqual([]);
    await home.close();
  } finally {
    await stadium.stop();
    network.stop();
    await box.stop();
  }
}, 240_000);
