import { expect, test } from "vitest";

import { FROZEN_MS, isFrozen } from "./watchdog";

const NOW = 100_000;
const alive = { frameAt: NOW - 20, commitAt: NOW - 900 };

test("a page that draws and commits is not frozen", () => {
  expect(isFrozen(alive, NOW, NOW - 1_000, true)).toBe(false);
});

test("a page without frames, or without commits, is frozen", () => {
  expect(isFrozen({ ...alive, frameAt: NOW - FROZEN_MS - 1 }, NOW, NOW - 1_000, true)).toBe(true);
  expect(isFrozen({ ...alive, commitAt: NOW - FROZEN_MS - 1 }, NOW, NOW - 1_000, true)).toBe(true);
});

test("a page in the background, or one that just woke up, is left alone", () => {
  const still = { frameAt: 0, commitAt: 0 };
  expect(isFrozen(still, NOW, NOW - 1_000, false)).toBe(false);
  expect(isFrozen(still, NOW, NOW - 60_000, true)).toBe(false);
});
