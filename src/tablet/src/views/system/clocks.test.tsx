import { cleanup } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import { useBoxWhen } from "../../components/when";
import { shown } from "../../live/shown";
import { Clocks } from "./system";

/** 7:05 PM at the park. */
const T0 = Date.parse("2025-07-05T00:05:00Z");
const DAY = 86_400_000;

afterEach(cleanup);

function Since({ at }: { at: number }) {
  const when = useBoxWhen();
  return `${when.told(at)}; ${when.toSecond(at)}`;
}

test("a moment of a box whose clock is days off carries its date, though it is today by that clock", () => {
  const since = (apart: number): string | null => shown(<Since at={T0 - 60_000} />, { now: T0, apart }).textContent;
  expect(since(0)).toBe("7:04 PM; 7:04:00 PM");
  expect(since(2 * DAY)).toBe("Jul 4, 7:04 PM; Jul 4, 7:04:00 PM");
});

test("a moment while the park's zone is not known is UTC and says so", () => {
  expect(shown(<Since at={T0 - 60_000} />, { now: T0, place: null }).textContent).toBe("Jul 5, 2025, 12:04 AM UTC; Jul 5, 2025, 12:04:00 AM UTC");
});

test("what two clocks are apart has one figure on the page: that of the box's sentence", () => {
  const told = (off_s: number | null, apart: number): string => shown(<Clocks off_s={off_s} />, { now: T0, apart }).textContent ?? "";
  expect(told(64.3, 60_000)).toMatch(/^The box’s clock is 64 s ahead of its cameras’/);
  expect(told(-172_796.5, -2 * DAY)).toMatch(/^The box’s clock is 2 days behind its cameras’/);
  expect(told(null, 61_000), "before the box has a sentence for it").toMatch(/^The box’s clock is 61 s ahead/);
  expect(told(null, 3_000)).toBe("");
});
