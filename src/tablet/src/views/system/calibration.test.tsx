import { cleanup, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";

import type { CameraReport, ChartPoint, MoundReport, Proposal, Report } from "../../api/types";
import { Units } from "../../format/units";
import { shown } from "../../live/shown";
import { Rig } from "./calibration";
import { correctionInWords, factsOf, SIGNS, stateInWords } from "./camera";
import { drawn, pieces } from "./drift-chart";
import { proposedInWords } from "./recalibrate";

/** 7:05 PM at the park. */
const T0 = Date.parse("2025-07-05T00:05:00Z");
const ns = (minute: number): number => (T0 + 60_000 * minute) * 1e6;

const point = (minute: number, dx_px: number, version = 0): ChartPoint => ({ at: ns(minute), dx_px, dy_px: 0, sd_px: 0.05, ewma_px: [0.9 * dx_px, 0], limit_px: [0.1, 0.1], clock_us: 0, version });

const camera = (id: number, change: Partial<CameraReport> = {}): CameraReport => ({
  id,
  name: `camera_${id}`,
  mound: 0,
  state: "ok",
  is_heard: true,
  confidence: 0.91,
  confidence_time: 0.92,
  confidence_residual: 0.9,
  age_s: 120,
  drift: { dx_px: 0.41, dy_px: -0.02, roll_rad: 1e-5, scale: -2e-5, dx_sd_px: 0.05, dy_sd_px: 0.04, roll_sd_rad: 2e-5, scale_sd: 3e-5, plate_in: 0.012, turn_px: 0.01 },
  clock_offset_us: 3,
  clock_offset_sd_us: 4,
  clock_told_us: 0.1,
  dropped: 1,
  vibration_g: 0.02,
  correction: { version: 0, dx_px: 0, dy_px: 0, roll_rad: 0, scale: 0, clock_offset_ns: 0, rig_ft: [0, 0, 0], rig_rad: [0, 0, 0] },
  corrections: [],
  alerts: [],
  chart: [],
  ...change,
});

const correction = { version: 1, dx_px: 0.4, dy_px: 0, roll_rad: 0, scale: 0, clock_offset_ns: -2_000, rig_ft: [0, 0, 0], rig_rad: [0, 0, 0] };

const drifting = camera(2, {
  state: "watch",
  correction,
  corrections: [{ at: ns(1), correction, why: "a shift of 0.40 px", outcome: "held", shift_px: [0.4, 0.02] }],
  alerts: [{ kind: "watch", since: ns(2), reason: "0.41 px right" }],
  chart: [point(0, 0.1), point(5, 0.2), point(6, 0.02, 1), point(9, 0.03, 1)],
});

const mound = (change: Partial<MoundReport> = {}): MoundReport => ({
  mound: 0,
  name: "game",
  state: "verified",
  verified_at: ns(0),
  cameras_heard: 12,
  cameras_needed: 2,
  in_use: true,
  confidence: { fused: 0.9, time: 0.92, residual: 0.88 },
  is_held: false,
  plate_error_in: 0.03,
  pitches: 12,
  alerts: [],
  ...change,
});

const report = (change: Partial<Report> = {}): Report => ({
  venue: "busch_iii",
  confidence: 0.9,
  confidence_time: 0.92,
  confidence_residual: 0.88,
  age_s: 120,
  is_heard: true,
  heard_at: ns(0),
  away: [],
  hold_below: 0.6,
  look_below: 0.8,
  alerts: [],
  watch_px: 0.25,
  alarm_px: 1,
  mounds: [mound()],
  cameras: [camera(1), drifting],
  next_action: { what: "correct camera 2", why: "its drift & sd" },
  ...change,
});

const show = (report: Report): HTMLElement => shown(<Rig report={report} />, { now: T0 });

afterEach(cleanup);

describe("the cameras", () => {
  test("who needs a look comes first, and each can be recalibrated", () => {
    const page = show(report());
    expect([...page.querySelectorAll("[data-camera]")].map((each) => each.getAttribute("data-camera"))).toEqual(["2", "1"]);
    expect(screen.getAllByRole("button").map((each) => each.getAttribute("aria-label"))).toEqual(["Recalibrate camera 2", "Recalibrate camera 1"]);
    expect(page.textContent).toContain("Next: correct camera 2; its drift & sd.");
  });

  test("each tells what was done to it, when, why, and what became of it", () => {
    const page = show(report());
    const made = page.querySelector("[data-camera='2'] details");
    expect(made?.querySelector("summary")?.textContent).toBe("1 correction, version 1");
    expect(made?.querySelector("li")?.textContent).toBe("v1, 7:06 PM: across +0.40, up 0.00 px, clock −2 µs; off by 0.40 → 0.02 px; helda shift of 0.40 px");
    expect(page.querySelector("[data-camera='1']")?.textContent, "no axis is invented").toContain("Never corrected: the venue file’s model.");
    expect(correctionInWords({ at: 0, correction, why: "", outcome: "by_landmarks", shift_px: [0.4, null] })).toMatch(/off by 0\.40 → – px; by landmarks, which balls cannot judge$/);
  });

  test("each value has its standard deviation, and what no pitch measured is not told", () => {
    const plain = (facts: [string, string][]) => Object.fromEntries(facts.map(([of, value]) => [of, value.replaceAll("\u00a0", " ")]));
    const told = plain(factsOf(drifting, new Units("metric")));
    expect(told).toEqual({
      Drift: "across +0.410 ± 0.050 px; up within its error (± 0.040 px)",
      Roll: "within its error (± 0.020 mrad)",
      Scale: "within its error (± 0.030 ‰)",
      "Moves the plate": "0.012 in",
      Clock: "within its error (± 4.0 µs); it says 0 µs",
      Confidence: "0.91 (by age 0.92, by residuals 0.90)",
      Residual: "–",
      Health: "0.020 g, 1 frame dropped",
    });
    const { drift = null } = camera(1);
    const landmarks = camera(1, { clock_offset_us: null, clock_offset_sd_us: null, drift: drift && { ...drift, plate_in: null } });
    const unmeasured = plain(factsOf(landmarks, new Units("us")));
    expect([unmeasured["Moves the plate"], unmeasured["Clock"]]).toEqual(["not measured: no pitch yet", "not measured: no pitch yet; it says 0 µs"]);
    expect(factsOf(camera(1, { confidence: null }), new Units("us"))[0]).toEqual(["Drift", "not known"]);
  });

  test("one that does not send just now is not ok, whatever it was", () => {
    const page = show(report({ cameras: [camera(1, { is_heard: false }), camera(2, { is_heard: false, state: "useless" }), camera(3)] }));
    expect([...page.querySelectorAll("[data-camera] h3 [data-kind]")].map((sign) => `${sign.getAttribute("data-kind")} ${sign.textContent}`)).toEqual(["bad ■ silent", "bad ■ useless", "good ● ok"]);
    expect(page.querySelector("[data-camera='1']")?.textContent).toContain("Driftnot known");
  });

  test("where no camera is heard none is ok and no mound verified, though each was a moment ago", () => {
    const page = show(report({ is_heard: false, cameras: [camera(1), camera(2)] }));
    expect(page.querySelectorAll("[data-kind='good']").length).toBe(0);
    expect(page.textContent).toContain("No camera is heard");
  });

  test("only one that is well is green, and silence lasts for so long", () => {
    expect(Object.entries(SIGNS).filter(([, kind]) => kind === "good").map(([state]) => state)).toEqual(["ok"]);
    expect([stateInWords({ state: "silent", silent_for_s: 68 }), stateInWords({ state: "useless", useless_for_s: 300 }), stateInWords({ state: "silent" }), stateInWords({ state: "ok", silent_for_s: 3 })]).toEqual([
      "silent for 68 s",
      "useless for 5 min",
      "silent",
      "ok",
    ]);
  });
});

describe("a chart", () => {
  test("has a band of one standard deviation, limits for both ways, and breaks where the model was corrected", () => {
    const page = show(report());
    const svg = page.querySelector("[data-camera='2'] svg");
    expect(svg?.querySelectorAll("[data-band]").length, "two a piece").toBe(4);
    expect([...(svg?.querySelectorAll("[data-corrected]") ?? [])].map((each) => each.textContent)).toEqual(["v1"]);
    expect(svg?.getAttribute("aria-label")).toBe("camera_2: off across within its error (±\u00a00.050\u00a0px), up within its error (±\u00a00.050\u00a0px), after 4 pitches");
    expect(page.querySelector("[data-camera='1']")?.textContent, "no axis is invented").toContain("Nothing measured by a pitch");
    expect(pieces(drifting.chart).map((part) => part.length)).toEqual([2, 2]);
  });

  test("shows the sizes of a watch and an alarm as far as the drift reaches", () => {
    const levels = (px: number): number => show(report({ cameras: [camera(1, { chart: [point(0, px), point(9, px)] })] })).querySelectorAll("[data-level]").length;
    expect([levels(0.2), levels(1.2)]).toEqual([2, 4]);
  });

  test("thins many points, keeps the newest, and leaves out what is no number", () => {
    const points = [...Array.from({ length: 1000 }, (_, at) => point(at, 0.1)), point(1001, Number.NaN), point(1002, 0.3)];
    const few = drawn(points);
    expect([few.length <= 240, few.at(-1)?.dx_px]).toEqual([true, 0.3]);
  });
});

describe("the mounds", () => {
  const row = (page: HTMLElement): (string | null)[] => within(within(page).getByRole("region", { name: "How far each mound is trusted" })).getAllByRole("cell").map((cell) => cell.textContent);

  test("say how far each is trusted, by what, and when it was verified", () => {
    const page = show(report());
    expect(page.textContent).toContain("Game mound: confidence 0.90 (by age 0.92, by residuals 0.88), aged as by 2 min of calm air.");
    expect(row(page)).toEqual(["● verified", "0.90", "0.92", "0.88", "0.030\u00a0in", "12", "12, 2 needed", "7:05 PM"]);
  });

  test("that are not verified say when somebody looked, or that nobody did; that nobody is heard is told", () => {
    const unverified = mound({ state: "unverified", confidence: null, plate_error_in: null, unverified_for_s: 170 });
    const page = show(report({ confidence: null, is_heard: false, mounds: [unverified] }));
    expect(page.textContent).toContain("No camera is heard, the last one 7:05 PM.");
    expect(row(page).slice(0, 2)).toEqual(["○ unverified now, last verified 2 min ago", "–"]);
    cleanup();
    const never = show(report({ confidence: null, mounds: [{ ...unverified, verified_at: null }] }));
    expect(never.textContent).toContain("Game mound unverified, nobody has looked at its cameras since the start 2 min ago.");
    expect(row(never).at(-1)).toBe("never");
  });

  test("with too few cameras show no number of before", () => {
    const page = show(report({ mounds: [mound({ cameras_heard: 1 })], cameras: [] }));
    expect(page.textContent).toContain("Game mound: too few cameras, its cameras were last verified 7:05 PM.");
    expect(row(page)).toEqual(["■ cannot be measured", "–", "–", "–", "–", "12", "1, 2 needed", "7:05 PM"]);
    expect(page.textContent).not.toContain("0.90");
  });
});

test("what would be done is told camera by camera, and of those that stay how many", () => {
  const proposal = (id: number, change: Partial<Proposal> = {}): Proposal => ({ camera: id, applies: false, reinstates: false, correction, shift_px: 0.4, sd_px: 0.05, why: "why", ...change });
  expect(proposedInWords([proposal(1, { applies: true }), proposal(2, { applies: true, reinstates: true }), proposal(3), proposal(4)])).toEqual([
    "Camera 1: correct; why",
    "Camera 2: correct and take in again; why",
    "2 cameras stay as they are",
  ]);
  expect(proposedInWords([proposal(3)])).toEqual(["Camera 3 stays as it is: why"]);
  expect(proposedInWords([proposal(1, { reinstates: true }), proposal(3)]).at(-1)).toBe("1 camera stays as it is");
  expect(proposedInWords([])).toEqual(["There is no camera to correct"]);
});
