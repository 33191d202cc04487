/** The four views in five sizes and three looks: drawn, without faults, without serious findings of axe. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { importLeague, train } from "./league";
import { sideways, sticksOut } from "./narrow";
import { json, run, seed, simulate, site, until, type Running } from "./stadium";

const AXE = readFileSync(createRequire(import.meta.url).resolve("../../src/tablet/node_modules/axe-core/axe.min.js"), "utf8");
const SIZES = [
  [768, 1024],
  [1024, 768],
  [1280, 800],
  [390, 844],
  [320, 640],
] as const;
/** Up to here a screen is a phone's: nobody moves a list sideways on one. */
const PHONE_PX = 390;
const LOOKS = ["light", "dark", "sun"] as const;
/**
 * What can be touched is at least so large, px. Links within a line of text are excepted (WCAG 2.2, 2.5.8), and inputs,
 * whose field is the target.
 */
const TARGET_PX = 44;

let daemon: Running;
let stadium: { stop: () => Promise<void> };
let browser: Browser;
let pitcher = 0;

beforeAll(async () => {
  browser = await launch();
  const at = await site();
  await seed(at);
  await importLeague(at);
  await train(at, "2023-09-30", "--promote");
  daemon = await run(at);
  stadium = simulate(at, "--pace", "2.5");
  await until(
    "somebody has a number",
    async () => {
      const { readiness } = await json<{ readiness: { pitcher: number; readiness: { value: number | null } }[] }>(daemon.url, "/api/readiness");
      pitcher = readiness.find((each) => each.readiness.value !== null)?.pitcher ?? 0;
      return pitcher !== 0;
    },
    240_000,
  );
}, 400_000);

afterAll(async () => {
  await browser?.close();
  await stadium?.stop();
  await daemon?.stop();
});

interface Finding {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary?: string }[];
}

describe.each(["bullpen", "pitcher", "staff", "system"])("%s", (view) => {
  const path = (): string => ({ bullpen: "/", pitcher: `/pitchers/${pitcher}`, staff: "/staff", system: "/system" })[view] ?? "/";

  test.each(SIZES.flatMap(([width, height]) => LOOKS.map((look) => [width, height, look] as const)))("is whole at %i × %i, %s", async (width, height, look) => {
    const { page, faults, close } = await open(browser, `${daemon.url}${path()}?theme=${look}`, { viewport: { width, height } });
    try {
      await page.locator('[data-link="live"]').waitFor({ state: "attached" });
      await expect.poll(() => page.getByText(/^Loading /).count(), { timeout: 10_000 }).toBe(0);
      // What becomes something to press changes its colour for a moment, in which nobody reads it.
      if (view === "staff") await expect.poll(() => page.getByRole("button", { name: "Save as CSV" }).isEnabled(), { timeout: 10_000 }).toBe(true);
      await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)));
      await page.screenshot({ path: join(OUTPUT, `${view}-${width}x${height}-${look}.png`), fullPage: true });

      expect(await sticksOut(page)).toEqual([]);
      if (view === "staff" && width <= PHONE_PX) expect(await sideways(page, "Staff table")).toBeLessThanOrEqual(0);

      const small = await page.evaluate((least) => {
        const all = [...document.querySelectorAll<HTMLElement>("button, [role=button], input, select, a, [role=combobox]")];
        return all
          .filter((each) => each.offsetParent !== null && getComputedStyle(each).display !== "inline" && !each.closest("svg, .MuiInputBase-root"))
          .map((each) => ({ name: each.outerHTML.slice(0, 120), box: each.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 1 && (box.width < least - 0.5 || box.height < least - 0.5))
          .map(({ name, box }) => `${box.width.toFixed(0)} × ${box.height.toFixed(0)}: ${name}`);
      }, TARGET_PX);
      expect(small).toEqual([]);

      await page.evaluate(AXE);
      const findings = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run: (root: Document, options: object) => Promise<{ violations: Finding[] }> } };
        const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        return (await axe.run(document, { runOnly: tags, resultTypes: ["violations"] })).violations;
      });
      const serious = findings.filter((each) => each.impact === "serious" || each.impact === "critical");
      expect(serious.map((each) => `${each.id}: ${each.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await close();
    }
  });
});
