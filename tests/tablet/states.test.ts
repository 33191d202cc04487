/** What a screen says off the happy way: each statement on it is so. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { mark, say } from "./marks";
import { json, run, seed, simulate, site, sleep, until, type Running, type Site } from "./stadium";

const SIZES = [
  [1280, 800],
  [800, 1280],
] as const;

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser?.close());

/** Pictures of a page as a wall's tablet and as one held upright have it. */
async function picture(page: Page, name: string): Promise<void> {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: `${OUTPUT}/state-${name}-${width}x${height}.png`, fullPage: true });
  }
}

async function show(url: string): Promise<{ page: Page; close: () => Promise<void>; faults: string[] }> {
  const opened = await open(browser, url);
  await opened.page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 20_000 });
  await expect.poll(() => opened.page.getByText(/^Loading /).count(), { timeout: 20_000 }).toBe(0);
  return opened;
}

interface Shown {
  pitcher: number;
  name: string;
  mound: number;
  pitches: number;
  state: string;
  readiness: { value: number | null };
  as_of: { pitches: number; at: string } | null;
}

const readiness = async (daemon: Running): Promise<Shown[]> => (await json<{ readiness: Shown[] }>(daemon.url, "/api/readiness")).readiness;

/** Signs of "good" in a part of the page. */
const good = (page: Page, region: string): Promise<number> => page.getByRole("region", { name: region }).locator('[data-kind="good"]').count();

test("no data: nothing is green that was never seen, and the first sentence says so", async () => {
  const daemon = await run(await site());
  try {
    const system = await show(`${daemon.url}/system`);
    const verdict = system.page.locator("[data-verdict]");
    await verdict.waitFor();
    expect(await verdict.getAttribute("data-verdict")).not.toBe("ready");
    expect(await good(system.page, "Cameras"), "no camera was seen").toBe(0);
    expect(await good(system.page, "Frames"), "no frame came").toBe(0);
    await picture(system.page, "no-data-system");
    await system.close();

    const home = await show(daemon.url);
    await home.page.getByText("Who is throwing is not known: no mound has enough cameras.").waitFor();
    expect(await home.page.getByText("Nobody is throwing").count(), "nobody would be seen").toBe(0);
    expect(await home.page.locator("[data-alert]").count(), "what is about cameras is on System").toBe(0);
    await picture(home.page, "no-data-home");
    await home.page.goto(`${daemon.url}/staff`);
    await home.page.getByText("The box knows no pitcher.").waitFor();
    await picture(home.page, "no-data-staff");
    expect([...system.faults, ...home.faults]).toEqual([]);
    await home.close();
  } finally {
    await daemon.stop();
  }
});

describe("an evening in the bullpens", () => {
  let at: Site;
  let daemon: Running;
  let stadium: { stop: () => Promise<void> };

  beforeAll(async () => {
    at = await site();
    await seed(at, "bullpen");
    daemon = await run(at);
    // One of the two has a season to be compared with.
    stadium = simulate(at, "--scenario", "bullpen", "--pace", "3");
    await until("somebody has a number", async () => (await readiness(daemon)).some((each) => each.readiness.value !== null), 240_000);
  }, 300_000);

  afterAll(async () => {
    await stadium?.stop();
    await daemon?.stop();
  });

  test("the words fit a bullpen, and who is on which mound is told", async () => {
    const { page, close, faults } = await show(daemon.url);
    await page.locator("[data-pitcher]").first().waitFor();
    const text = await page.locator("main").innerText();
    expect(text).not.toMatch(/take out|take him out|warm a reliever/i);
    const mounds = page.getByRole("region", { name: "Who is on which mound" });
    expect(await mounds.innerText()).toMatch(/Game mound:\s*nobody[\s\S]*Home bullpen:\s*\S.* since \d+:\d\d [AP]M/);
    expect(text).not.toMatch(/\bRisk\s+\d/);
    await picture(page, "bullpen");
    expect(faults).toEqual([]);
    await close();
  });

  test("after a kill the age goes on from what was measured, and so does the trend", async () => {
    const { page, close } = await show(daemon.url);
    await stadium.stop();
    const before = (await readiness(daemon)).find((each) => each.as_of !== null);
    const points = async (): Promise<number> => (await json<{ points: unknown[] }>(daemon.url, `/api/readiness/${before?.pitcher}/trend?mound=${before?.mound}`)).points.length;
    const trend = await points();
    await sleep(5_000);
    await daemon.kill();
    await sleep(15_000);
    daemon = await run(at);
    await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 20_000 });
    const card = page.locator(`[data-pitcher="${before?.pitcher}"]`).first();
    await card.waitFor({ timeout: 30_000 });
    const age = await card.locator("[data-age]").first().innerText();
    const told = Date.parse(before?.as_of?.at ?? "");
    const seconds = age.endsWith(" min ago") ? Number(/(\d+) min ago$/.exec(age)?.[1]) * 60 : Number(/(\d+) s ago$/.exec(age)?.[1]);
    expect(Math.abs(seconds - (Date.now() - told) / 1_000), age).toBeLessThan(age.includes("min") ? 61 : 4);
    expect(seconds).toBeGreaterThanOrEqual(15);
    expect(await points(), "the trend goes on").toBeGreaterThanOrEqual(trend);
    await picture(page, "after-kill");
    await close();
  }, 240_000);

  test("who is replaced stands below, smaller, with the man who took his place, and without a verdict or an alert", async () => {
    const [first] = await readiness(daemon);
    if (!first) throw new Error("nobody is shown");
    const { page, close } = await show(daemon.url);
    const card = page.locator(`article[data-pitcher="${first.pitcher}"]`);
    await card.waitFor();
    await say(at.udp, mark("on_mound", { mound: first.mound, pitcher: 990_001 }));
    const gone = page.locator(`[data-left] [data-gone="${first.pitcher}@${first.mound}"]`);
    await gone.waitFor({ timeout: 60_000 });
    expect(await gone.innerText()).toMatch(/replaced by (pitcher )?990001 at \d+:\d\d [AP]M/);
    expect(await gone.innerText()).not.toMatch(/Ready|Watch|Sit/);
    await expect.poll(() => card.count(), { timeout: 10_000 }).toBe(0);
    expect(await page.locator("[data-alert]").filter({ hasText: first.name }).count()).toBe(0);
    await picture(page, "replaced");
    await page.goto(`${daemon.url}/pitchers/${first.pitcher}`);
    await page.getByText("No longer on this mound").waitFor();
    await picture(page, "replaced-pitcher");
    await close();
  });
});

test("a silent camera is told on System, and not to the coach", async () => {
  const at = await site();
  const daemon = await run(at);
  // Camera 7 falls silent and stays so.
  const stadium = simulate(at, "--pace", "3", "--break", "5", "--silent", "7@15+3600");
  try {
    const { page, close } = await show(`${daemon.url}/system`);
    await page.locator("[data-alert]").filter({ hasText: /third base high|camera 7/i }).first().waitFor({ timeout: 120_000 });
    // The alert comes at once, the status is asked for every other second.
    await expect.poll(() => page.locator("[data-verdict]").getAttribute("data-verdict"), { timeout: 20_000 }).not.toBe("ready");
    await page.getByRole("region", { name: "Cameras" }).getByText(/silent/).first().waitFor({ timeout: 20_000 });
    await picture(page, "camera-dead-system");
    await page.goto(daemon.url);
    await page.locator('[data-link="live"]').waitFor({ state: "attached" });
    await page.getByRole("region", { name: "Who is on which mound" }).waitFor();
    expect(await page.locator("[data-alert]").filter({ hasText: /third base high|camera 7/i }).count()).toBe(0);
    await picture(page, "camera-dead-home");

    await page.goto(`${daemon.url}/system`);
    const cameras = page.getByRole("region", { name: "Cameras" });
    await cameras.locator("h3").filter({ hasText: "● ok" }).first().waitFor();
    await stadium.stop();
    await cameras.getByText("No camera is heard").waitFor({ timeout: 30_000 });
    expect(await good(page, "Cameras"), "none is ok of which nothing is heard").toBe(0);
    await picture(page, "no-camera-system");
    await close();
  } finally {
    await stadium.stop();
    await daemon.stop();
  }
}, 240_000);

test("a held number is grey, of its own pitch and age, and carries no verdict; where there is none, none is held", async () => {
  const at = await site();
  await seed(at, "bullpen");
  let daemon = await run(at);
  let stadium = simulate(at, "--scenario", "bullpen", "--pace", "3");
  try {
    await until("somebody has a number", async () => (await readiness(daemon)).some((each) => each.readiness.value !== null), 240_000);
    await stadium.stop();
    await daemon.stop();
    // From now on no confidence is enough.
    const strict = { ...at, config: await stricter(at) };
    daemon = await run(strict);
    stadium = simulate(at, "--scenario", "bullpen", "--pace", "3");
    const isHeld = (each: Shown): boolean => each.state === "held" && each.readiness.value !== null && each.pitches > (each.as_of?.pitches ?? Infinity) + 1;
    await until("a number is held", async () => (await readiness(daemon)).some(isHeld), 240_000);
    const held = (await readiness(daemon)).find(isHeld);
    const { page, close, faults } = await show(daemon.url);
    const card = page.locator(`[data-pitcher="${held?.pitcher}"][data-band="held"]`);
    await card.waitFor();
    expect(await card.locator("[data-age]").innerText()).toMatch(new RegExp(`^${Math.floor(held?.readiness.value ?? -1)} as of pitch ${held?.as_of?.pitches}, \\d+ pitch(es)? and (\\d+ (s|min)|\\d+ h \\d\\d) ago$`));
    expect(await card.innerText()).toMatch(/Held, no verdict/);
    expect(await card.innerText()).not.toMatch(/● Ready|Watch|Sit him down|good to go/);
    const [figure, soft] = await card.evaluate((box) => {
      const style = getComputedStyle(box);
      return [style.getPropertyValue("--band").trim(), "var(--soft)"];
    });
    expect([soft, await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--soft").trim())], "grey").toContain(figure);
    await picture(page, "held");
    const number = card.locator("span").filter({ hasText: /^Readiness \d+$/ }).first();
    const lines = await number.evaluate((shown) => shown.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(shown).fontSize));
    expect(lines, "a number stands in one line").toBeLessThan(1.3);
    for (const none of (await readiness(daemon)).filter((each) => each.readiness.value === null)) {
      expect(await page.locator(`[data-pitcher="${none.pitcher}"]`).innerText()).not.toMatch(/last good/i);
    }
    await page.goto(`${daemon.url}/pitchers/${held?.pitcher}`);
    await page.getByText(/as of pitch \d+, \d+ pitch/).first().waitFor();
    await picture(page, "held-pitcher");
    expect(faults).toEqual([]);
    await close();
  } finally {
    await stadium.stop();
    await daemon.stop();
  }
}, 600_000);

/** A copy of a site's configuration by which every number is held. */
async function stricter(at: Site): Promise<string> {
  const { readFileSync, writeFileSync } = await import("node:fs");
  const file = `${at.dir}/strict.toml`;
  writeFileSync(file, `${readFileSync(at.config, "utf8")}\n[readiness]\nhold_confidence = 0.95\n`);
  return file;
}
