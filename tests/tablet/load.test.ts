/**
 * Twenty-five pitchers at a hundred updates a second: what a tablet does with it, measured in the browser.
 *
 * A busy build machine says little about a tablet's time, so the limits of the issue are held with PITCHGUARD_FULL=1
 * (`make soak`); without it the same is measured for a minute, and only what no neighbour can spoil is asserted.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT, quantile } from "./browser";
import { loadTest, sleep, type Running } from "./stadium";

const FULL = process.env["PITCHGUARD_FULL"] === "1";
const WATCH_S = FULL ? 60 : 20;
const MEMORY_S = FULL ? 30 * 60 : 60;
const PITCHERS = 25;

let box: Running;
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  box = await loadTest("--pitchers", String(PITCHERS), "--rate", "100");
});

afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

interface Watched {
  delays: number[];
  frames: number[];
  tasks: number[];
}

/** Notes when each readiness was published and when the card that shows it was painted. */
function watch(): void {
  const watched: Watched = { delays: [], frames: [], tasks: [] };
  const published = new Map<string, number>();
  Object.assign(globalThis, { watched });
  const Native = WebSocket;
  globalThis.WebSocket = class extends Native {
    constructor(url: string | URL) {
      super(url);
      this.addEventListener("message", (event: MessageEvent<string>) => {
        const message = JSON.parse(event.data) as { type: string; published_at: string; data: { pitcher: number; revision: number } };
        if (message.type !== "readiness") return;
        published.set(`${message.data.pitcher}:${message.data.revision}`, Date.parse(message.published_at));
      });
    }
  };
  const painted = new MessageChannel();
  let waiting: string[] = [];
  // A message posted while a frame is made comes after that frame was painted.
  painted.port1.onmessage = () => {
    const now = Date.now();
    for (const shown of waiting) {
      const at = published.get(shown);
      if (at !== undefined) watched.delays.push(now - at);
    }
    waiting = [];
    if (published.size > 5_000) published.clear();
  };
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const { pitcher, revision } = (target as HTMLElement).dataset;
      waiting.push(`${pitcher}:${revision}`);
    }
    painted.port2.postMessage(null);
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-revision"] });
  let before = performance.now();
  const frame = (now: number): void => {
    watched.frames.push(now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) watched.tasks.push(entry.duration);
  }).observe({ type: "longtask" });
}

const take = (page: Page): Promise<Watched> =>
  page.evaluate(() => {
    const { watched } = globalThis as unknown as { watched: Watched };
    const taken = { delays: watched.delays.splice(0), frames: watched.frames.splice(0), tasks: watched.tasks.splice(0) };
    return taken;
  });

function report(name: string, lines: Record<string, number | string>): void {
  const text = Object.entries(lines).map(([what, value]) => `${what}: ${typeof value === "number" ? value.toFixed(1) : value}`);
  console.log(`${name}\n  ${text.join("\n  ")}`);
  writeFileSync(join(OUTPUT, `${name}.txt`), text.join("\n") + "\n");
}

test("from the daemon's publish to pixels, and the frames, under load", async () => {
  const { page, faults, close } = await open(browser, "about:blank");
  await page.addInitScript(watch);
  await page.goto(box.url);
  await page.locator("[data-pitcher]").nth(PITCHERS - 1).waitFor();
  await sleep(5_000);
  await take(page);
  await sleep(WATCH_S * 1000);
  const { delays, frames, tasks } = await take(page);
  report("load", {
    "updates painted": delays.length,
    "publish to pixels p50 ms": quantile(delays, 0.5),
    "publish to pixels p95 ms": quantile(delays, 0.95),
    "publish to pixels p99 ms": quantile(delays, 0.99),
    "frames": frames.length,
    "frame p95 ms": quantile(frames, 0.95),
    "frame p99 ms": quantile(frames, 0.99),
    "frame max ms": Math.max(...frames),
    "tasks over 50 ms": tasks.length,
  });
  expect(delays.length, "every update is painted, at most one a frame and card").toBeGreaterThan(WATCH_S * 20);
  expect(faults).toEqual([]);
  if (FULL) {
    expect(quantile(delays, 0.95), "publish to pixels, p95, ms").toBeLessThan(100);
    expect(quantile(frames, 0.99), "frames, p99, ms").toBeLessThan(50);
  }
  await close();
});

test("memory stays flat", { timeout: (MEMORY_S + 120) * 1000 }, async () => {
  const { page, close } = await open(browser, box.url);
  await page.locator("[data-pitcher]").nth(PITCHERS - 1).waitFor();
  const devtools = await page.context().newCDPSession(page);
  const heap = async (): Promise<number> => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = (await devtools.send("Runtime.getHeapUsage")) as { usedSize: number };
    return usedSize / 1e6;
  };
  // Until the trends of all outings are as long as they get: two hundred pitches of each.
  await sleep(FULL ? 60_000 : 55_000);
  const sizes: number[] = [await heap()];
  for (let step = 0; step < 6; step += 1) {
    await sleep((MEMORY_S / 6) * 1000);
    sizes.push(await heap());
  }
  const nodes = (await devtools.send("Memory.getDOMCounters")) as { nodes: number; jsEventListeners: number };
  report("memory", { "heap MB": sizes.map((mb) => mb.toFixed(2)).join(" "), minutes: MEMORY_S / 60, nodes: nodes.nodes, listeners: nodes.jsEventListeners });
  const [first = 0] = sizes;
  expect(sizes.at(-1), "MB, against the start").toBeLessThan(first * 1.1 + 1);
  await close();
});

test("the scripts are small, and the first paint on a slow tablet is soon", async () => {
  const assets = fileURLToPath(new URL("../../src/tablet/dist/assets", import.meta.url));
  const scripts = readdirSync(assets).filter((name) => name.endsWith(".js"));
  const kilobytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name)), { level: 9 }).length, 0) / 1000;
  expect(kilobytes, "kB of JavaScript, gzipped, every view").toBeLessThan(250);

  const { page, close } = await open(browser, "about:blank");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  // A ballpark's Wi-Fi on an ordinary evening.
  await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 20, downloadThroughput: 2.5e6, uploadThroughput: 1e6 });
  const started = Date.now();
  await page.goto(box.url);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN);
  await page.locator("[data-pitcher]").first().waitFor();
  report("first-paint", { "JavaScript kB gzipped": kilobytes, "first contentful paint ms": paint, "first card ms": Date.now() - started });
  expect(paint).toBeGreaterThan(0);
  if (FULL) expect(paint, "ms").toBeLessThan(1_000);
  await close();
});
