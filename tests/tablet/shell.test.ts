/** A reload while the box is away opens the pages, which say so; a box with newer pages is never shown by older ones. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { freePort, run, seed, simulate, site, until, json, type Running, type Site } from "./stadium";

const DIST = fileURLToPath(new URL("../../src/tablet/dist", import.meta.url));

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser?.close());

/** Until the browser keeps the pages. */
async function kept(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, { timeout: 20_000 });
}

test("a reload while the box is down says since when, shows no number, and goes on by itself when it is back", async () => {
  const at: Site = await site();
  await seed(at);
  let daemon: Running = await run(at);
  const stadium = simulate(at, "--scenario", "bullpen", "--pace", "3");
  try {
    await until("somebody throws", async () => (await json<{ readiness: unknown[] }>(daemon.url, "/api/readiness")).readiness.length > 0);
    const { page, faults, close } = await open(browser, daemon.url);
    await page.locator("[data-pitcher]").first().waitFor();
    await kept(page);

    await daemon.kill();
    await page.reload();
    await page.getByText(/^The box does not answer\. Last seen \w+ \d+, \d{4}, \d+:\d\d [AP]M \w+\. No number is shown/).waitFor({ timeout: 20_000 });
    expect(await page.locator("[data-pitcher]").count(), "nothing is known of now").toBe(0);
    expect(await page.getByText("Nobody is throwing").count(), "nor is that").toBe(0);
    await expect.poll(() => page.getByText(/^Loading /).count(), { timeout: 20_000 }).toBe(0);
    await page.screenshot({ path: `${OUTPUT}/box-down.png` });
    // Every view opens, by its own address.
    await page.goto(`${daemon.url}/system`);
    await page.getByText(/^The box does not answer\. Last seen/).waitFor({ timeout: 20_000 });
    await expect.poll(() => page.getByText(/^Loading /).count(), { timeout: 20_000 }).toBe(0);
    await page.screenshot({ path: `${OUTPUT}/box-down-system.png` });
    await page.goto(daemon.url);

    daemon = await run(at);
    await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 10_000 });
    await page.locator("[data-pitcher]").first().waitFor({ timeout: 30_000 });

    // An orderly restart looks the same, and the page needs no hand.
    const system = await open(browser, `${daemon.url}/system`);
    await system.page.locator('[data-kind="good"]').first().waitFor({ timeout: 20_000 });
    await daemon.stop();
    await page.getByText(/^The box does not answer\. Shown is what was known at/).waitFor({ timeout: 20_000 });
    await system.page.getByText("How it stands now is not known.").waitFor({ timeout: 20_000 });
    expect(await system.page.locator('[data-kind="good"]').count(), "nothing is well that nobody tells of").toBe(0);
    await system.page.getByRole("region", { name: "Parts" }).getByText("last told: ready").first().waitFor();
    await system.page.screenshot({ path: `${OUTPUT}/box-gone-system.png`, fullPage: true });
    await system.close();
    daemon = await run(at);
    await page.locator('[data-link="live"]').waitFor({ state: "attached", timeout: 10_000 });
    expect(faults).toEqual([]);
    await close();
  } finally {
    await stadium.stop();
    await daemon.stop();
  }
}, 240_000);

/** A box that serves pages only; which build is told by `mark`. */
async function pages(port: number, mark: string): Promise<Server> {
  const kinds: Record<string, string> = { ".js": "text/javascript", ".html": "text/html" };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://box").pathname;
    const name = path === "/" ? "index.html" : path.slice(1);
    try {
      let body = readFileSync(join(DIST, name), "utf8");
      if (name === "index.html") body = body.replace("<title>", `<meta name="build" content="${mark}"><title>`);
      if (name === "sw.js") body = body.replace(/BUILD = "\w+"/, `BUILD = "${mark}"`);
      response.writeHead(200, { "content-type": kinds[extname(name)] ?? "text/plain", "cache-control": "no-store" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const build = (page: Page): Promise<string | null> => page.locator('meta[name="build"]').getAttribute("content");

test("the box's own pages come first, so that an upgrade shows at the next load, and then it is the one that is kept", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let server = await pages(port, "older");
  const { page, close } = await open(browser, url);
  await kept(page);
  await page.reload();
  expect(await build(page)).toBe("older");

  await stop(server);
  server = await pages(port, "newer");
  await page.reload();
  expect(await build(page), "asked of the box, not of what is kept").toBe("newer");
  // The newer worker comes in behind it and keeps the newer pages alone.
  await expect.poll(() => page.evaluate(async () => (await caches.keys()).join()), { timeout: 20_000 }).toBe("pitchguard-shell-newer");

  await stop(server);
  await page.reload();
  expect(await build(page), "kept").toBe("newer");
  await close();
});
