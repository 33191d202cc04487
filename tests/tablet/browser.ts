/** One Chromium for all tests of a file, and pages of a tablet's size. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

export const OUTPUT = fileURLToPath(new URL("./output", import.meta.url));
mkdirSync(OUTPUT, { recursive: true });

/** A wall's tablet. */
export const TABLET = { width: 1280, height: 800 } as const;

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    // Root in a container has no sandbox; only our own daemon's pages are opened.
    args: ["--no-sandbox", "--enable-precise-memory-info", "--js-flags=--expose-gc"],
  });

export interface Opened {
  page: Page;
  /** Faults that the page told of: scripts, and whatever the security policy refused. */
  faults: string[];
  close: () => Promise<void>;
}

export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: TABLET, timezoneId: "Asia/Tokyo", ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|Uncaught|Warning:/.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}

/** The link as the page has it: `connecting`, `live`, `lost`, `key`. */
export const link = (page: Page): Promise<string | null> => page.locator("[data-link]").getAttribute("data-link");

export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};
