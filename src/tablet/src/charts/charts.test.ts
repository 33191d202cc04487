import { describe, expect, test } from "vitest";

import { readiness } from "../live/samples";
import { reachOf } from "./plane";
import { area, path, rangeOf, scale, ticks, wholeTicks } from "./scale";
import { floorOf, trendInWords } from "./sparkline";
import { probabilityOf, stepsOf } from "./waterfall";

describe("scales", () => {
  test("keep within their ends, and a flat range is no division by nothing", () => {
    const y = scale(0, 100, 200, 0);
    expect([y(50), y(-10), y(1e9)]).toEqual([100, 200, 0]);
    expect(scale(5, 5, 0, 10)(5)).toBe(0);
  });

  test("ranges are as wide as told, and survive what is no number", () => {
    expect(rangeOf([], 6)).toEqual([0, 6]);
    const [low, high] = rangeOf([94, Number.NaN, 96], 6, 0);
    expect([low, high]).toEqual([92, 98]);
  });

  test("ticks are round and within", () => {
    expect(ticks(92.3, 98.1, 4)).toEqual([94, 96, 98]);
    expect(ticks(0.12, 0.41, 3)).toEqual([0.2, 0.3, 0.4]);
    expect(ticks(3, 3, 4)).toEqual([]);
  });

  test("lines break where nothing is known", () => {
    expect(path([[0, 0], [1, 1], null, [3, 3]])).toBe("M0.0 0.0L1.0 1.0M3.0 3.0");
    expect(area([[0, 1]], [[0, 0]])).toBe("M0.0 1.0L0.0 0.0Z");
    expect(area([], [])).toBe("");
  });
});

test("a waterfall ends at the probability, whatever is not shown singly", () => {
  const contributors = [
    { name: "acwr", value: 1.6, direction: "increases" as const, contribution: 0.4, explanation: "" },
    { name: "age", value: 24, direction: "decreases" as const, contribution: -0.1, explanation: "" },
  ];
  const steps = stepsOf(-3, contributors, 0.08);
  expect(steps.map(({ name }) => name)).toEqual(["Usual for pitchers", "acwr", "age", "All others together", "His risk"]);
  for (const [step, next] of steps.slice(1).map((next, before) => [steps[before], next] as const)) {
    expect(next.total ? next.to : next.from).toBeCloseTo(step?.to ?? Number.NaN, 10);
  }
  expect(probabilityOf(steps.at(-1)?.to ?? 0)).toBeCloseTo(0.08, 10);
});

test("a trend is told in words", () => {
  const point = (pitches: number, value: number | null) => ({ ...readiness(1), pitches, readiness: { value } });
  expect(trendInWords([])).toBe("No trend yet");
  expect(trendInWords([point(1, null), point(2, 90), point(3, 72)])).toBe("Trend: down 18 since the first of 2 numbers, from 90 to 72");
  expect(trendInWords([point(1, 90), point(2, 90.4)])).toContain("steady");
});

test("the scale of a trend goes as low as the trend does, and no good day's noise fills it", () => {
  const point = (pitches: number, value: number, low?: number) => ({ ...readiness(1), pitches, readiness: low === undefined ? { value } : { value, low, high: value } });
  expect(floorOf([point(1, 90), point(2, 85, 81)])).toBe(50);
  expect(floorOf([point(1, 60), point(2, 27)])).toBe(20);
  expect(floorOf([point(1, 60), point(2, 27, 4)])).toBe(0);
  expect(floorOf([])).toBe(50);
});

test("axes of pitches have no half pitch, and a plane grows with its points but not without end", () => {
  expect(wholeTicks(0.5, 6.5, 14)).toEqual([1, 2, 3, 4, 5, 6]);
  const least = { x: 2.5, low: 0, high: 5 };
  const point = (x: number, y: number) => ({ id: 1, pitch_type: "FF", x, y });
  expect(reachOf([point(0, 2)], least)).toMatchObject({ x: 2.5, high: 5, beyond: 0 });
  expect(reachOf([point(-3, -1)], least)).toMatchObject({ x: 3, low: -1, high: 5, beyond: 0 });
  expect(reachOf([point(-30, 2)], least)).toMatchObject({ x: 5, beyond: 1 });
});
