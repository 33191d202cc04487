/** What the engineer and the analyst do: change the model that serves, look at the line to the cloud, take a list along. */
import { readFileSync } from "node:fs";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, open, OUTPUT } from "./browser";
import { importLeague, PITCHERS, train } from "./league";
import { json, run, site, type Running } from "./stadium";

let daemon: Running;
let browser: Browser;
/** The first model, and one that was trained after it on more. */
let older = "";
let newer = "";

beforeAll(async () => {
  browser = await launch();
  // A port on which nobody answers.
  const at = await site({ more: '[upstream]\nkind = "https"\nurl = "https://127.0.0.1:1/summaries"\n' });
  await importLeague(at);
  older = await train(at, "2023-08-31", "--promote");
  newer = await train(at, "2023-09-30");
  daemon = await run(at);
}, 400_000);

afterAll(async () => {
  await browser?.close();
  await daemon?.stop();
});

/** How many of the league are found by a number: it is a part of their name. */
const withDigits = (digits: string): number => Array.from({ length: PITCHERS }, (_, at) => String(at + 1)).filter((id) => id.includes(digits)).length;

const serving = async (): Promise<string[]> => {
  const { models } = await json<{ models: { version: string; serving: boolean }[] }>(daemon.url, "/api/models");
  return models.filter((model) => model.serving).map((model) => model.version);
};

const rowOf = (page: Page, version: string) => page.getByRole("row", { name: new RegExp(version) });

test("a model is promoted and rolled back after a question, and both change what serves", async () => {
  const { page, faults, close } = await open(browser, `${daemon.url}/system`);
  await rowOf(page, older).getByText("serves").waitFor();
  const promote = page.getByRole("button", { name: `Promote ${newer}` });
  await promote.scrollIntoViewIfNeeded();
  expect(await promote.evaluate((button) => button.getBoundingClientRect().right <= document.documentElement.clientWidth), "in sight").toBe(true);
  await promote.click();
  const question = page.getByRole("dialog", { name: `Let ${newer} serve?` });
  await question.getByRole("button", { name: "Cancel" }).click();
  await question.waitFor({ state: "hidden" });
  expect(await serving(), "nothing without a yes").toEqual([older]);

  await promote.click();
  await question.getByRole("button", { name: "Let it serve" }).click();
  await rowOf(page, newer).getByText("serves").waitFor();
  expect(await serving()).toEqual([newer]);
  await page.screenshot({ path: `${OUTPUT}/models.png` });

  const back = page.getByRole("dialog", { name: "Go back to the model before?" });
  await page.getByRole("button", { name: "Roll back" }).click();
  await back.getByRole("button", { name: "Go back" }).click();
  await rowOf(page, older).getByText("serves").waitFor();
  expect(await serving()).toEqual([older]);

  // There is none before the first, and the box says so.
  await page.getByRole("button", { name: "Roll back" }).click();
  await back.getByRole("button", { name: "Go back" }).click();
  await back.getByRole("alert").getByText(/nothing to roll back to/).waitFor();
  await back.getByRole("button", { name: "Cancel" }).click();
  expect(faults).toEqual([]);
  await close();
});

test("a wall's tablet shows which model serves and changes nothing", async () => {
  const { page, close } = await open(browser, `${daemon.url}/system?kiosk=1`);
  await rowOf(page, older).getByText("serves").waitFor();
  expect(await page.getByRole("button", { name: /Promote|Roll back/ }).count()).toBe(0);
  await close();
});

test("a line to the cloud that is down says since when and why, and what waits", async () => {
  const { page, close } = await open(browser, `${daemon.url}/system`);
  const line = page.getByRole("region", { name: "Line to the cloud" });
  await line.getByText(/^■ down$/).waitFor();
  await line.getByText(/^Nothing comes through since \w+ \d+, .*: .*refused/).waitFor();
  await line.getByText("https://127.0.0.1:1/summaries").waitFor();
  await line.getByRole("row", { name: /^Live, waiting [1-9]\d* (now|\d)/ }).waitFor();
  await line.getByRole("row", { name: /^Acknowledged 0/ }).waitFor();
  await close();
});

test("the staff is asked about once for everybody, as of one day that no filter moves, and opening it again asks no more", async () => {
  const { page, faults, close } = await open(browser, `${daemon.url}/staff`);
  const asked: string[] = [];
  page.on("request", (request) => /\/api\/risk\//.test(request.url()) && asked.push(new URL(request.url()).pathname));
  await page.reload();
  await page.getByRole("row", { name: /^Pitcher 1 / }).waitFor();
  const asOf = page.locator("[data-as-of]");
  await asOf.waitFor();
  const day = await asOf.getAttribute("data-as-of");
  await page.getByRole("searchbox", { name: "Search" }).fill("pitcher 1");
  await page.getByText(new RegExp(`^${withDigits("1")} of ${PITCHERS} pitchers`)).waitFor();
  expect(await asOf.getAttribute("data-as-of")).toBe(day);
  for (let again = 0; again < 3; again += 1) {
    await page.getByRole("link", { name: "Bullpen" }).click();
    await page.getByRole("link", { name: "Staff" }).click();
    await page.getByRole("row", { name: /^Pitcher 1 / }).waitFor();
  }
  expect(asked).toEqual(["/api/risk/staff"]);
  await page.getByText(/Injured lists tell of \d{4}-\d\d-\d\d to/).waitFor();
  expect(await page.locator("main").innerText()).not.toMatch(/RATE_LIMITED|429|GET \/api|POST \/api/);
  await page.screenshot({ path: `${OUTPUT}/staff.png` });
  expect(faults).toEqual([]);
  await close();
});

test("of a day in the past the staff shows no game after it", async () => {
  const { page, faults, close } = await open(browser, `${daemon.url}/staff`);
  const cells = page.locator('[data-head="Last game"]');
  await page.getByRole("row", { name: /^Pitcher 1 / }).waitFor();
  const day = "2022-06-15";
  await page.getByLabel("As of").fill(day);
  await page.locator(`[data-as-of="${day}"]`).waitFor();
  const games = await cells.allInnerTexts();
  expect(games.filter((game) => /^\d{4}-\d\d-\d\d$/.test(game)).length).toBeGreaterThan(10);
  expect(games.filter((game) => game > day)).toEqual([]);
  expect(faults).toEqual([]);
  await close();
});

test("the staff is saved as a table with each one's risk and the days on which he may pitch", async () => {
  const { page, faults, close } = await open(browser, `${daemon.url}/staff`);
  await page.getByRole("row", { name: /^Pitcher 1 .*(Low|Medium|High) \d/ }).waitFor();
  await page.getByRole("searchbox", { name: "Search" }).fill("pitcher 1");
  await page.getByText(new RegExp(`^${withDigits("1")} of ${PITCHERS} pitchers`)).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as CSV" }).click()]);
  expect(download.suggestedFilename()).toMatch(/^staff-2023-\d\d-\d\d\.csv$/);
  const text = readFileSync(await download.path(), "utf8");
  const [head = "", ...rows] = text.trimEnd().split("\r\n");
  const columns = head.replace("\ufeff", "").split(",");
  expect(columns.slice(0, 2)).toEqual(["pitcher", "name"]);
  expect(columns.filter((column) => /^available_2023-\d\d-\d\d$/.test(column)).length).toBe(7);
  expect(rows.length, "those that are shown, all of them").toBe(withDigits("1"));

  const cells = (rows.find((row) => row.includes(",Pitcher 1,")) ?? "").split(",");
  const told = Object.fromEntries(columns.map((column, at) => [column, cells[at]]));
  const { assessments } = await json<{ assessments: { probability: number; level: string }[] }>(daemon.url, "/api/risk/pitchers", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ pitchers: [Number(told["pitcher"])], date: told["as_of"] }),
  });
  expect([Number(told["probability_21d"]), told["level"]]).toEqual([assessments[0]?.probability, assessments[0]?.level]);
  expect(faults).toEqual([]);
  await close();
});
