/** One Chromium for all tests of a file, and pages of a tablet's size. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";

export const OUTPUT = fileURLToPath(new URL("./output", import.meta.url));
mkdirSync(OUTPUT, { recursive: true });

/** A wall's tablet. */
export const TABLET = { width: 1280, height: 800 } as const;

/** A directory that `npm run build` filled: its pages are shown instead of those that the binary carries. */
const PAGES = process.env["PITCHGUARD_PAGES"];

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    // Root in a container has no sandbox; only our own daemon's pages are opened.
    args: [
      "--no-sandbox",
      "--enable-precise-memory-info",
      "--js-flags=--expose-gc",
      // A page that did not come from the box may not speak to one on loopback.
      ...(PAGES ? ["--disable-features=LocalNetworkAccessChecks"] : []),
    ],
  });

export interface Opened {
  page: Page;
  /** Faults that the page told of: scripts, and whatever the security policy refused. */
  faults: string[];
  close: () => Promise<void>;
}

const KINDS: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css" };

/** Shows a build's pages under the daemon's headers, so that its security policy holds for them too. */
async function showPages(context: BrowserContext, pages: string): Promise<void> {
  await context.route(/\/assets\/[^/]+$/, (route) => {
    const name = basename(new URL(route.request().url()).pathname);
    const file = join(pages, "assets", name);
    // What the daemon adds to every build is its own.
    if (!existsSync(file)) return route.continue();
    return route.fulfill({ contentType: KINDS[extname(name)] ?? "application/octet-stream", body: readFileSync(file) });
  });
  await context.route(/^http:\/\/[^/]+\/(staff|system|pitchers\/\d+)?(\?.*)?$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: readFileSync(join(pages, "index.html")) });
  });
}

export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  // Pages that are shown in the place of the box's own are kept by nobody.
  const serviceWorkers = PAGES ? "block" : "allow";
  const context = await browser.newContext({ viewport: TABLET, timezoneId: "Asia/Tokyo", serviceWorkers, ...options });
  if (PAGES) await showPages(context, PAGES);
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
