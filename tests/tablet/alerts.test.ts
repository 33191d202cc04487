/** An alert comes up while somebody looks, is acknowledged with a finger, and every tablet knows. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { demo, json, type Running } from "./stadium";

let stadium: Running;
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  // He tires until he must be taken out, in two minutes.
  stadium = await demo("--scenario", "closer", "--speed", "6");
});

afterAll(async () => {
  await browser?.close();
  await stadium?.stop();
});

interface Alerts {
  alerts: { id: number; message: string; acknowledged_at: string | null }[];
}

test("an alert is shown and told aloud, and once seen it is seen on every tablet and at the box", async () => {
  const wall = await open(browser, `${stadium.url}/?kiosk=1&theme=sun`);
  const phone = await open(browser, stadium.url, { viewport: { width: 390, height: 844 }, hasTouch: true });
  const alert = wall.page.locator('[data-alert][data-seen="false"]').first();
  await alert.waitFor({ timeout: 240_000 });
  const id = Number(await alert.getAttribute("data-alert"));
  const same = (page: typeof wall.page) => page.locator(`[data-alert="${id}"]`);
  expect(await wall.page.getByRole("alert").first().textContent()).toMatch(/warning|critical/);
  await wall.page.screenshot({ path: `${OUTPUT}/alert.png` });

  await same(phone.page).getByRole("button", { name: /^Seen/ }).tap();
  await same(wall.page).and(wall.page.locator('[data-seen="true"]')).waitFor({ timeout: 20_000 });
  await same(phone.page).and(phone.page.locator('[data-seen="true"]')).waitFor({ timeout: 20_000 });
  const { alerts } = await json<Alerts>(stadium.url, "/api/alerts");
  expect(alerts.find((each) => each.id === id)?.acknowledged_at).toBeTruthy();

  // A page opened afterwards knows, and tells nobody aloud what is old.
  const late = await open(browser, stadium.url);
  await same(late.page).and(late.page.locator('[data-seen="true"]')).waitFor();
  expect(await late.page.getByRole("alert").first().textContent()).toBe("");
  expect([...wall.faults, ...phone.faults, ...late.faults]).toEqual([]);
}, 300_000);
