import { cleanup, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";

import { ask, Refused } from "../api/client";
import type { DailyLoad, Usual } from "../api/types";
import { Calendar } from "../charts/calendar";
import { Plane } from "../charts/plane";
import { Series } from "../charts/series";
import { pitch } from "../live/samples";
import { shown } from "../live/shown";
import { Nobody } from "./bullpen/bullpen";
import { bandsInWords, Pitches } from "./pitcher/outing";
import { Ratio, WorkloadPanel } from "./pitcher/workload";

/** 7:05 PM at the park. */
const NOW = Date.parse("2026-12-01T01:05:00Z");
const usual: Usual[] = [{ pitch_type: "FF", release_speed: { mean: 95, sd: 1, outings: 9 } }];

afterEach(cleanup);

describe("where no pitcher is shown", () => {
  const said = (change: object): string => shown(<Nobody live seen={[true, true]} waiting={[]} isNameless={false} feed="live" {...change} />, { now: NOW }).textContent ?? "";

  test("while throws belong to nobody it is not said that nobody throws, and what to do is", () => {
    expect(said({ isNameless: true, feed: "never" })).toBe("Who is throwing is not known: nobody tells who pitches.Have the mark feed switched on: until then throws are measured, and count for nobody.");
    expect(said({ isNameless: true }), "it is switched on").toContain("ask the scorer");
    expect(said({ isNameless: true, live: false })).toBe("Who was throwing is not known: nobody told who pitched.");
  });

  test("nobody is said not to throw where he would not be seen", () => {
    const title = (change: object): string => said({ feed: "silent", ...change }).replace("A pitcher’s card appears once the mark feed tells who pitches.", "");
    expect(title({ seen: undefined })).toBe("Who is throwing is not known yet.");
    expect(title({ seen: [true, false] })).toBe("Nobody is throwing where it would be seen.");
    expect(title({ seen: [false, false] })).toMatch(/^Who is throwing is not known: no mound has enough cameras\./);
    expect([undefined, [true, false], [false], [true]].map((seen) => title({ seen, live: false }))).toEqual([
      "Who was throwing is not known.",
      "Nobody was throwing where it was seen.",
      "Who was throwing is not known.",
      "Nobody was throwing.",
    ]);
  });

  test("a card is promised with his first pitch only where the mark feed tells whose it is", () => {
    expect(said({})).toBe("Nobody is throwing.A pitcher’s card appears with his first pitch.");
    expect(said({ feed: "never" })).toBe("Nobody is throwing.No mark has come since the box started. A pitcher’s card appears once the mark feed tells who pitches.");
    for (const feed of ["silent", undefined]) expect(said({ feed, waiting: ["Ruiz is on the game mound"] })).not.toContain("first pitch");
  });
});

describe("an outing of another year", () => {
  test("is told with it, and against what was usual that season", () => {
    const told = (year: string): string => {
      const release_ns = Date.parse(`${year}-03-23T00:05:00Z`) * 1e6;
      return shown(<Pitches pitches={[pitch(1, 1, { game_date: `${year}-03-22`, release_ns })]} usual={usual} />, { now: NOW }).textContent ?? "";
    };
    expect(told("2025")).toContain("from Mar 22, 2025, 7:05 PM CDT. Bands: nine in ten of his pitches of that type that season, up to then.");
    expect(told("2026")).toContain("from Mar 22, 7:05 PM CDT. Bands: nine in ten of his pitches of that type this season.");
    expect(bandsInWords("2026-03-22", null), "which season this is is not known").toContain("that season");
  });

  test("has the year on the axes of its load", () => {
    const loads = ["2025-02-28", "2025-03-01", "2025-03-02"].map((date) => ({ date, pitches: 0, acwr: 1 }) as unknown as DailyLoad);
    const ratio = shown(<Ratio loads={loads} today="2026-11-30" />, { now: NOW }).textContent;
    expect(ratio).toContain("Feb 28, 2025");
    expect(ratio).toContain("Mar 2, 2025");
    expect(shown(<Calendar loads={loads} today="2026-11-30" label="" />, { now: NOW }).textContent).toContain("Mar 2025");
    expect(shown(<Calendar loads={loads} today="2025-11-30" label="" />, { now: NOW }).textContent).not.toContain("2025");
  });
});

describe("a chart of which nothing was measured", () => {
  const empty = (page: HTMLElement): void => {
    expect(page.textContent).toContain("Nothing measured");
    expect(page.querySelector("svg")).toBe(null);
  };

  test("has no axes", () => {
    empty(shown(<Series name="Velocity" unit="mph" digits={1} points={[]} bands={new Map()} least={6} />, { now: NOW }));
    empty(shown(<Plane title="Movement" label="" points={[]} reach={{ x: 2, low: -2, high: 2 }} />, { now: NOW }));
    const one = [{ number: 1, pitch_type: "FF", value: 95 }];
    expect(shown(<Series name="Velocity" unit="mph" digits={1} points={one} bands={new Map()} least={6} />, { now: NOW }).querySelector("svg")?.textContent).toContain("96");
  });

  test("nor has the ratio of loads an axis while it is not known", () => {
    const page = shown(<Ratio loads={[{ date: "2026-11-30", pitches: 9 } as unknown as DailyLoad]} today="2026-11-30" />, { now: NOW });
    expect(page.textContent).toContain("Not known: it needs four weeks");
    expect(page.textContent).not.toMatch(/0\.5|1\.5/);
  });
});

test("of whom the box has no history his page says so, and nothing of the API", async () => {
  vi.spyOn(ask, "workload").mockRejectedValue(new Refused("the box knows no pitcher 9; GET /api/pitchers lists whom it knows", 404, "UNKNOWN_PITCHER"));
  const page = shown(<WorkloadPanel pitcher={9} />, { now: NOW });
  await waitFor(() => expect(page.textContent).toContain("No game of his before today is known."));
  expect(page.textContent).not.toMatch(/GET|could not be had/);
});
