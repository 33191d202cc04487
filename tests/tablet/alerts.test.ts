/** An alert comes up while somebody looks, is acknowledged with a finger, and every tablet knows. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { json, run, seed, simulate, site, type Running } from "./stadium";

let daemon: Running;
let stadium: { stop: () => Promise<void> };
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  const at = await site();
  await seed(at, "closer");
  daemon = await run(at);
  // He tires until he must be taken out, in two minutes.
  stadium = simulate(at, "--scenario", "closer", "--pace", "3", "--break", "3");
});

afterAll(async () => {
  await browser?.close();
  await stadium?.stop();
  await daemon?.stop();
});

interface Alerts {
  alerts: { id: number; message: string; acknowledged_at: string | null }[];
}

test("an alert is shown and told aloud, and once seen it is seen on every tablet and at the box", async () => {
  const wall = await open(browser, `${daemon.url}/?kiosk=1&theme=sun`);
  const phone = await open(browser, daemon.url, { viewport: { width: 390, height: 844 }, hasTouch: true });
  const alert = wall.page.locator('[data-alert][data-seen="false"]').first();
  await alert.waitFor({ timeout: 240_000 });
  const id = Number(await alert.getAttribute("data-alert"));
  const same = (page: typeof wall.page) => page.locator(`[data-alert="${id}"]`);
  expect(await wall.page.getByRole("alert").first().textContent()).toMatch(/warning|critical/);
  await wall.page.screenshot({ path: `${OUTPUT}/alert.png` });

  // A box that is busy for a moment is asked again, and whoever tapped is told so meanwhile.
  const busy = { title: "Busy", status: 503, detail: "the pipeline did not answer" };
  await phone.page.route("**/api/alerts/*/ack", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", json: busy }));
  await same(phone.page).getByRole("button", { name: /^Seen/ }).tap();
  await same(phone.page).getByText(/Not said to the box yet, trying again: the pipeline did not answer/).waitFor();
  await phone.page.unroute("**/api/alerts/*/ack");
  // What was seen goes below what was not, and may be folded away there.
  const unseen = (page: typeof wall.page) => same(page).and(page.locator('[data-seen="false"]'));
  await unseen(wall.page).waitFor({ state: "detached", timeout: 20_000 });
  await unseen(phone.page).waitFor({ state: "detached", timeout: 20_000 });
  expect(await phone.page.getByText(/Not said to the box/).count()).toBe(0);
  const { alerts } = await json<Alerts>(daemon.url, "/api/alerts");
  expect(alerts.find((each) => each.id === id)?.acknowledged_at).toBeTruthy();

  // A page opened afterwards knows, and tells nobody aloud what is old.
  const late = await open(browser, daemon.url);
  await late.page.locator("[data-alert], [data-pitcher]").first().waitFor();
  expect(await unseen(late.page).count()).toBe(0);
  expect(await late.page.getByRole("alert").first().textContent()).toBe("");
  expect([...wall.faults, ...phone.faults, ...late.faults]).toEqual([]);
}, 300_000);
