/** Every quantity that is shown has its unit, in its own cell or its head, and digits that say something. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch, open } from "./browser";
import { importLeague, train } from "./league";
import { json, run, seed, simulate, site, until, type Running } from "./stadium";

let daemon: Running;
let stadium: { stop: () => Promise<void> };
let browser: Browser;
let pitcher = 0;

interface AllReadiness {
  readiness: { pitcher: number; readiness: { value: number | null }; features: Record<string, unknown> }[];
}

beforeAll(async () => {
  browser = await launch();
  const at = await site();
  await seed(at);
  await importLeague(at);
  await train(at, "2023-09-30", "--promote").catch(() => train(at, "2023-09-30"));
  daemon = await run(at);
  stadium = simulate(at, "--pace", "2.5", "--break", "5");
  await until(
    "somebody has a number and features",
    async () => {
      const { readiness } = await json<AllReadiness>(daemon.url, "/api/readiness");
      pitcher = readiness.find((each) => each.readiness.value !== null && Object.keys(each.features).length >= 8)?.pitcher ?? 0;
      return pitcher !== 0;
    },
    280_000,
  );
}, 400_000);

afterAll(async () => {
  await browser?.close();
  await stadium?.stop();
  await daemon?.stop();
});

/** A number and nothing else. */
const BARE = /^[−+-]?\d[\d.,]*$/;
/** What is counted, not measured: its name says of what; and whose number it is who has no name. */
const COUNTED = /^#$|^(Pitcher|Pitches|Pitches, 7 days|Count|Sensors|Received|Double|Refused|Gaps|Dropped|Restarts|Tested on|Trained on|Source|Fatigue|Readiness now)\b/;
const UNIT = /(mph|km\/h|rpm|ft²?|cm²?|\bm\b|\bin\b|\bs\b|ms|%|°|hPa|times|days|pitches)/;
/** Zero with a doubt of zero, and every other number whose digits hide it. */
const SAYS_NOTHING = /(^|\s)0\.0+ ± 0\.0+(\s|$)/;

interface Shown {
  head: string;
  text: string;
  row: string;
}

/** Every cell of every table, and every fact of every card, with what names it. */
function shownOn(page: Page): Promise<Shown[]> {
  return page.evaluate(() => {
    const text = (element: Element | null | undefined): string => (element?.textContent ?? "").replaceAll(/\s+/g, " ").trim();
    const cells = [...document.querySelectorAll("table")].flatMap((table) => {
      const heads = [...table.querySelectorAll("thead th")].map(text);
      return [...table.querySelectorAll("tbody tr")].flatMap((row) => [...row.children].map((cell, at) => ({ head: heads[at] ?? "", text: text(cell), row: text(row.children[0]) })));
    });
    const facts = [...document.querySelectorAll("dl > div")].map((fact) => ({ head: text(fact.querySelector("dt")), text: text(fact.querySelector("dd")), row: "" }));
    return [...cells, ...facts];
  });
}

/** Scores up to 1, written alike wherever they are shown. */
const CONFIDENCE = "Confidence in the cameras";
const CONFIDENCES = /^(Confidence|By age|By residuals)$/;

const unitless = (shown: readonly Shown[]): string[] =>
  shown.filter(({ head, row, text }) => row !== CONFIDENCE && BARE.test(text) && !CONFIDENCES.test(head) && !COUNTED.test(head) && !UNIT.test(head)).map(({ head, row, text }) => `${row} | ${head}: ${text}`);

describe.each(["us", "metric"])("in units of %s", (system) => {
  test.each(["/", "/pitchers/", "/staff", "/system"])("every quantity on %s has its unit and enough digits", async (path) => {
    const { page, close } = await open(browser, `${daemon.url}${path === "/pitchers/" ? path + pitcher : path}?units=${system}`);
    await page.locator('[data-link="live"]').waitFor({ state: "attached" });
    await expect.poll(() => page.getByText(/^Loading /).count(), { timeout: 20_000 }).toBe(0);
    const shown = await shownOn(page);
    expect(shown.length).toBeGreaterThan(0);
    expect(unitless(shown)).toEqual([]);
    expect(shown.filter(({ text }) => SAYS_NOTHING.test(text)).map(({ row, text }) => `${row}: ${text}`)).toEqual([]);
    if (path !== "/pitchers/") return close();

    const features = await page.getByRole("region", { name: "Features" }).last().evaluate((region) =>
      [...region.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => (cell.textContent ?? "").replaceAll("\u00a0", " "))),
    );
    const valueOf = (name: RegExp): string => features.find(([feature = ""]) => name.test(feature))?.[1] ?? "";
    expect(features.filter(([name, value = ""]) => name !== CONFIDENCE && !UNIT.test(value)), "each feature has a unit").toEqual([]);
    expect(valueOf(/^Fastball against his season/)).toMatch(system === "us" ? /^([−]?\d+\.\d+ ± \d+\.\d+ mph|within its error \(± \d+\.\d+ mph\))$/ : /^([−]?\d+\.\d+ ± \d+\.\d+ km\/h|within its error \(± \d+\.\d+ km\/h\))$/);
    expect(valueOf(/^Spin, spread/), "a coefficient of variation is no rpm").toMatch(/^\d+\.\d+ ± \d+\.\d+ %$/);
    const names = features.map(([feature = ""]) => feature);
    expect(names.findIndex((name) => /^Fastball/.test(name)), "the arm comes first").toBe(0);
    const scrolls = await page.getByRole("region", { name: "Features" }).last().evaluate((region) => region.scrollHeight > region.clientHeight + 1);
    expect(scrolls, "nothing below an inner scroll").toBe(false);
    if (system === "metric") expect(shown.filter(({ text, head }) => /\bmph\b|\bft\b|\bin$/.test(`${text} ${head}`)).map(({ row, text }) => `${row}: ${text}`)).toEqual([]);
    return close();
  });
});
