/** Throws that no mark names: how many there were is told with when they fell, and on a card only of those that may be his. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { json, run, simulate, site, until, type Running } from "./stadium";

interface Told {
  pitcher: number;
  unnamed_throws: number;
  unnamed_from: string | null;
  unnamed_to: string | null;
}

let browser: Browser;
let daemon: Running;
let stadium: { stop: () => Promise<void> };

const told = async (): Promise<Told[]> => (await json<{ readiness: Told[] }>(daemon.url, "/api/readiness")).readiness.filter(({ unnamed_throws }) => unnamed_throws > 1);

beforeAll(async () => {
  browser = await launch();
  const at = await site();
  daemon = await run(at);
  stadium = simulate(at, "--pace", "3", "--break", "5", "--seed", "5", "--marks-away", "25+30");
  await until("throws of nobody may be somebody's", async () => (await told()).length > 0, 200_000, 500);
}, 260_000);

afterAll(async () => {
  await browser?.close();
  await stadium?.stop();
  await daemon?.stop();
});

test("home and his card say when they fell, by the park's clock", async () => {
  const [first] = await told();
  if (!first) throw new Error("nobody may have thrown them");
  expect(Date.parse(first.unnamed_from ?? ""), "in order").toBeLessThanOrEqual(Date.parse(first.unnamed_to ?? ""));
  const { page, faults, close } = await open(browser, daemon.url);
  const when = /( between \d+:\d\d [AP]M and \d+:\d\d [AP]M| at \d+:\d\d [AP]M)/;
  const banner = page.locator("[data-nobody]");
  await banner.waitFor({ timeout: 20_000 });
  expect(await banner.innerText()).toMatch(new RegExp(`throws? today counts? for nobody: \\d+ (in|on) the [a-z ]+?${when.source}`));
  const card = page.locator(`article[data-pitcher="${first.pitcher}"] [data-unseen]`);
  await card.waitFor();
  expect(await card.innerText()).toMatch(new RegExp(`\\d+ throws? on this mound${when.source} belongs? to nobody, and (some )?may be his`));
  await page.screenshot({ path: `${OUTPUT}/nameless.png` });
  expect(faults).toEqual([]);
  await close();
});

test("without a mark feed home never says that nobody throws, nor promises a card with his first pitch", async () => {
  const at = await site();
  const box = await run(at);
  const throwing = simulate(at, "--pace", "3", "--seed", "5", "--no-marks");
  try {
    const { page, faults, close } = await open(browser, box.url);
    await page.getByText("Who is throwing is not known: nobody tells who pitches.").waitFor({ timeout: 60_000 });
    await page.getByText("Have the mark feed switched on: until then throws are measured, and count for nobody.").waitFor();
    expect(await page.getByRole("region", { name: "Who is on which mound" }).innerText()).toMatch(/: *\n?somebody, nobody tells who/);
    expect(await page.locator("main").innerText()).not.toMatch(/Nobody is throwing|first pitch/);
    await page.screenshot({ path: `${OUTPUT}/no-marks.png` });
    expect(faults).toEqual([]);
    await close();
  } finally {
    await throwing.stop();
    await box.stop();
  }
}, 120_000);
