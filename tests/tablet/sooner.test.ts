/**
 * From the ball's crossing of the plate to the pixels that show it, over the wire, the daemon and the page, with nothing on the way
 * taking any time: the stadium's clock is this machine's.
 *
 * A busy build machine says little about it, so the limit of the issue is held with PITCHGUARD_FULL=1 (`make soak`); without it
 * the same is measured on fewer pitches, and only what no neighbour can spoil is asserted.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT, quantile } from "./browser";
import { run, simulate, site, sleep, until, type Running, type Site } from "./stadium";

const FULL = process.env["PITCHGUARD_FULL"] === "1";
const PITCHES = FULL ? 100 : 16;
/** What is published of a pitch was released this near to it. */
const SAME_MS = 60;

let at: Site;
let box: Running;
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  at = await site();
  box = await run(at);
});

afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

/** When the card first showed a number of the pitch that was released then, by this machine's clock. */
interface Shown {
  released_ms: number;
  early: boolean;
  painted_ms: number;
}

/** Notes of each pitch when the card that counts it was painted first. */
function watch(): void {
  const shown: Shown[] = [];
  Object.assign(globalThis, { shown });
  const published = new Map<string, Omit<Shown, "painted_ms">>();
  const Native = WebSocket;
  globalThis.WebSocket = class extends Native {
    constructor(url: string | URL) {
      super(url);
      this.addEventListener("message", (event: MessageEvent<string>) => {
        const message = JSON.parse(event.data) as {
          type: string;
          data: { pitcher: number; revision: number; last_pitch_at: string; early: boolean };
        };
        if (message.type !== "readiness") return;
        const { pitcher, revision, last_pitch_at, early } = message.data;
        published.set(`${pitcher}:${revision}`, { released_ms: Date.parse(last_pitch_at), early });
      });
    }
  };
  const painted = new MessageChannel();
  let waiting: string[] = [];
  // A message posted while a frame is made comes after that frame was painted.
  painted.port1.onmessage = () => {
    const now = Date.now();
    for (const key of waiting) {
      const of = published.get(key);
      if (of && !shown.some((known) => known.released_ms === of.released_ms)) shown.push({ ...of, painted_ms: now });
    }
    waiting = [];
  };
  new MutationObserver((changes) => {
    const cards = changes.flatMap(({ target, addedNodes }) => [target, ...addedNodes]).filter((node) => node instanceof HTMLElement);
    for (const card of cards.flatMap((node) => [node, ...node.querySelectorAll<HTMLElement>("[data-revision]")])) {
      const { pitcher, revision } = card.dataset;
      if (pitcher && revision) waiting.push(`${pitcher}:${revision}`);
    }
    painted.port2.postMessage(null);
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-revision"] });
}

test("from the plate to pixels, nothing on the way taking any time", { timeout: (PITCHES * 5 + 180) * 1000 }, async () => {
  const { page, faults, close } = await open(browser, "about:blank");
  await page.addInitScript(watch);
  await page.goto(box.url);
  const truth = join(at.dir, "truth.jsonl");
  const stadium = simulate(at, "--lag", "0,0", "--pace", "3", "--break", "4", "--quiet", "--pitches", String(PITCHES), "--truth", truth);
  await until("the evening is over", () => stadium.output().includes("Done:"), (PITCHES * 5 + 120) * 1000);
  await sleep(1_000);
  const shown = await page.evaluate(() => (globalThis as unknown as { shown: Shown[] }).shown);
  const thrown = readFileSync(truth, "utf8").trim().split("\n").map((line) => JSON.parse(line) as { mound: number; release_ns: number; plate_ns: number });
  const of = (pitch: { release_ns: number }): Shown | undefined =>
    shown.find(({ released_ms }) => Math.abs(released_ms - pitch.release_ns / 1e6) < SAME_MS);
  // Until the cameras of a mound are believed, a pitch waits for all of them.
  const since = new Map<number, number>();
  for (const pitch of thrown) if (of(pitch)?.early && !since.has(pitch.mound)) since.set(pitch.mound, pitch.release_ns);
  expect(since.size, "results are early once three pitches are final").toBeGreaterThan(0);
  const counted = thrown.filter(({ mound, release_ns }) => release_ns >= (since.get(mound) ?? Number.POSITIVE_INFINITY));
  const delays = counted.flatMap((pitch) => {
    const told = of(pitch);
    return told ? [told.painted_ms - pitch.plate_ns / 1e6] : [];
  });
  const early = counted.filter((pitch) => of(pitch)?.early).length;
  const lines = {
    "pitches thrown": thrown.length,
    "shown once cameras are believed": delays.length,
    "of them early": early,
    "plate to pixels p50 ms": quantile(delays, 0.5),
    "plate to pixels p95 ms": quantile(delays, 0.95),
    "plate to pixels max ms": Math.max(...delays),
  };
  const text = Object.entries(lines).map(([what, value]) => `${what}: ${value.toFixed(1)}`);
  console.log(`sooner\n  ${text.join("\n  ")}`);
  writeFileSync(join(OUTPUT, "sooner.txt"), text.join("\n") + "\n");
  expect(delays.length, "each is shown").toBe(counted.length);
  expect(faults).toEqual([]);
  if (FULL) expect(quantile(delays, 0.95), "plate to pixels, p95, ms").toBeLessThanOrEqual(150);
  await close();
});
