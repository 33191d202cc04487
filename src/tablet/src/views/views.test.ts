import { describe, expect, test } from "vitest";

import type { FeatureValue, Pitcher, Readiness, Report, StaffRow, StatusReport } from "../api/types";
import { limitsOf, wholeUp } from "../format/level";
import { Park } from "../format/park";
import { asOf, dayInWords } from "../format/time";
import { Units } from "../format/units";
import { RATIO_IN_WORDS, whereInWords } from "../format/words";
import { at, pitch, readiness, snapshot, T0 } from "../live/samples";
import { LiveState } from "../live/state";
import { interval, lastSpeed, noSpeedInWords, reasonsOnCard } from "./bullpen/card";
import { emptyInWords, isShown, namelessOf } from "./bullpen/mounds";
import { dataInWords, valueInWords } from "./pitcher/features";
import { newReasons } from "./pitcher/index-history";
import { lastOuting } from "./pitcher/outing";
import { notActiveInWords } from "./pitcher/pitcher";
import { nextInWords } from "./pitcher/risk";
import { dayOf, mayPitchInWords } from "./staff/availability";
import { cell, csv } from "./staff/csv";
import { lastGameBy, ofLevel, ofTeam, sorted, withThrowing, type Filter, type Row } from "./staff/rows";
import { asCsv, groundInWords } from "./staff/staff";
import { atOneMoment, unverifiedInWords } from "./system/calibration";
import { refusalInWords } from "./system/environment";
import { fitInWords } from "./system/models";
import { refusedLately } from "./system/refused";
import { isUnused, lagInWords, sourceInWords } from "./system/sources";
import { flaggedInWords } from "./system/system";

const pitcher = (id: number, change: Partial<Pitcher> = {}): Pitcher => ({ id, name: `Pitcher ${id}`, team: "STL", seasons: [2025], pitches: 10, last_game_date: "2025-07-04", ...change });
const ALL: Filter = { search: "", team: "", season: null, level: null };

describe("an outing", () => {
  test("is the newest one: after a pause, or of another game", () => {
    const hour = 3_600e9;
    const after = (id: number, ns: number, game_pk = 1) => pitch(id, 1, { release_ns: ns, game_pk });
    expect(lastOuting([after(1, 0), after(2, 5 * hour), after(3, 5.1 * hour)]).map(({ id }) => id)).toEqual([2, 3]);
    expect(lastOuting([after(1, 0), after(2, 60e9, 2)]).map(({ id }) => id)).toEqual([2]);
    expect(lastOuting([after(1, 0), { ...after(2, 60e9), game_date: "2025-07-05" }]).map(({ id }) => id), "a suspended game goes on").toEqual([2]);
    expect(lastOuting([after(1, 0), { ...after(2, 60e9), mound: 1 }, after(3, 120e9)]).map(({ id }) => id), "a stray throw elsewhere").toEqual([1, 3]);
    const imported = [1, 2].map((id) => ({ ...pitch(id, 1, { origin: "savant" }), release_ns: null }));
    expect(lastOuting(imported).map(({ id }) => id)).toEqual([1, 2]);
    expect(lastOuting([])).toEqual([]);
  });

  test("tells of each reason when it comes up, not each time that its figure changes", () => {
    const point = (...reasons: string[]) => ({ ...readiness(1), reasons });
    const before = point("Fastball 1.1 mph under his season baseline");
    expect(newReasons(before, point("Fastball 1.4 mph under his season baseline", "21 pitches today"))).toEqual(["21 pitches today"]);
  });
});

describe("what a card says of why", () => {
  const reasons = ["12 game pitches today, 40 % of a reliever's load", "4 days short of the rest guidance", "Spin varies 1.4 times as much as usual over the last 20", "This week's load is 1.7 times his month's"];

  test("is what moves the number most, in the page's words and order, and how much more the page has", () => {
    expect(reasonsOnCard(readiness(1, { reasons }))).toEqual({ told: reasons.slice(0, 3), more: 1 });
    expect(reasonsOnCard(readiness(1, { reasons: reasons.slice(0, 2) }))).toEqual({ told: reasons.slice(0, 2), more: 0 });
  });

  test("says once what was not seen", () => {
    const missed = "40 s in which he may have thrown were not seen: he has thrown at least 23 pitches";
    expect(reasonsOnCard(readiness(1, { reasons: [missed, ...reasons], unnamed_throws: 1 })).told).toEqual(reasons.slice(0, 3));
  });

  test("begins with why there is no verdict", () => {
    const blind = readiness(1, { reasons, verdict: null, verdict_absent: "not_seen", recommendation: "What he throws now is not seen." });
    expect(reasonsOnCard(blind)).toEqual({ told: ["What he throws now is not seen.", ...reasons.slice(0, 2)], more: 2 });
  });
});

describe("the last speed of a card", () => {
  test("is that of his last pitch here that has one, and says how many came after it", () => {
    const thrown = [pitch(1, 1), pitch(2, 1, { mound: 1 }), pitch(3, 1, { release_speed: null }), pitch(4, 1, { release_speed: null })];
    expect(lastSpeed(thrown, 0)).toEqual({ pitch: thrown[0], since: 2 });
    expect(lastSpeed(thrown, 2)).toEqual({ pitch: undefined, since: 0 });
  });

  test("is not known where pitches of his are not: nobody says that none was measured", () => {
    expect(noSpeedInWords({ pitches: 22 }, 0)).toBe("not known");
    expect([noSpeedInWords({ pitches: 2 }, 2), noSpeedInWords({ pitches: 0 }, 0)]).toEqual(["none measured", "none measured"]);
  });
});

test("a lag that no way through a network explains is told in words", () => {
  expect([null, 3_400, -20, -172_796_530, 90_000].map(lagInWords)).toEqual(["–", "3.40\u00a0s", "−0.02\u00a0s", "2 days ahead", "90 s behind"]);
});

test("a sensor that was not believed once is not told as if nothing of it were", () => {
  const speaker = { name: "environment/hour", refused: 2, age_s: 60, refusal: { age_s: 60, whole: true, why: "its time is an hour ahead", sample: "{}" } };
  expect(refusalInWords(speaker)).toBe("Not believed: environment/hour, 60 s ago (2 so far): its time is an hour ahead. It sent {}");
  expect(refusalInWords({ ...speaker, age_s: 3 })).toBe("Believed now: environment/hour; not 60 s ago (2 so far): its time is an hour ahead. It sent {}");
  expect(refusalInWords({ ...speaker, refusal: null })).toBe("");
});

test("a source that sends and of which nothing is used is not called unseen", () => {
  const nothing = { received: 0, released: 0, duplicate: 0, late: 0, quarantined: 0, refused: 0, overflowed: 0, held: 0 };
  const told = (state: "unseen" | "active", received: number) => isUnused({ state, accounting: { ...nothing, received, quarantined: received } });
  expect([told("unseen", 0), told("unseen", 1_399), told("active", 9)]).toEqual([false, true, false]);
});

test("what was never heard is called so of a source as of a camera", () => {
  expect((["unseen", "active", "idle"] as const).map(sourceInWords)).toEqual(["unheard", "active", "idle"]);
});

test("of a mound that is not verified nothing is said that is not known", () => {
  const told = (verified_at: number | null, unverified_for_s: number | null) => unverifiedInWords({ verified_at, unverified_for_s });
  expect([told(null, 3_000), told(null, 0), told(null, null)]).toEqual(["unverified for 50 min", "unverified for 0 s", "unverified"]);
  expect([told(1, 90), told(1, 0), told(1, null)]).toEqual(["unverified now, last verified 90 s ago", "unverified now, last verified just now", "unverified now"]);
});

test("what was refused lately is told, the newest first, and what is long over is not", () => {
  const frame = (ago_s: number, from: string) => ({ ago_s, from, at: "", cause: "payload_size", source: 3, bytes: 60, sample: "50 47 01", why: "a payload" });
  const key = { ago_s: 5, at: "", from: "10.0.0.7", times: 3, limited: false, why: "key `tablet` (aaaaaaaa), revoked 2026-11-02" };
  const access = { keys: 1, admitted: 0, refused: 3, limited: 0, last_refused: [key] };
  const ingest = { last_refused: [frame(75, "10.0.0.9:4000"), frame(600, "10.0.0.8:4000")] } as NonNullable<StatusReport["ingest"]>;
  expect(refusedLately({ ingest, access })).toEqual([
    ["key", "10.0.0.7", "5 s ago", key.why, "3 times"],
    ["frame of a wrong length", "10.0.0.9:4000", "75 s ago", "a payload", "60 bytes: 50 47 01"],
  ]);
  expect(refusedLately({ ingest: null, access: { ...access, last_refused: [] } })).toEqual([]);
});

describe("what is not wholly known", () => {
  test("is told beside a feature, and a confidence is written in one way", () => {
    const units = new Units("us");
    const feature = (value: number, unit: NonNullable<FeatureValue["unit"]>, partly_seen: boolean) => ({ value, sd: 0, qa: 1, n: 1, unit, digits: unit === "pitches" ? 0 : 2, partly_seen });
    expect(valueInWords("dose", feature(34.2, "pitches", true), units)).toBe("at least 34\u00a0pitches");
    expect(valueInWords("acwr", feature(1.2, "ratio", true), units)).toBe("1.20\u00a0times, of days that were only partly seen");
    expect(valueInWords("calibration_confidence", feature(0.9279, "share", false), units)).toBe("0.92");
  });

  test("data of which some is known to be missing is not 100 %", () => {
    const data = (sd: number, qa: number, partly_seen: boolean, atLeast: boolean) => dataInWords({ value: 1, sd, qa, n: 5, partly_seen }, atLeast);
    expect([data(0.4, 1, false, false), data(0.4, 0.9996, false, false)]).toEqual(["100.0\u00a0%", "99.9\u00a0%"]);
    expect(data(0.4, 1, false, true), "of an outing of which not all was seen").toBe("100.0\u00a0% of what was seen");
    expect([data(0, 1, true, true), data(0, 1, false, true)], "a count has no window").toEqual(["not all seen", "–"]);
  });

  test("an interval that ends with its value is told from one side, and limits are the configured ones", () => {
    expect(interval({ value: 91.88, low: 85.2, high: 91.88, one_sided: "high" })).toBe("85 or more");
    expect(interval({ value: 8.1, low: 8.1, high: 14.2, one_sided: "low" }, wholeUp)).toBe("15 or less");
    expect(interval({ value: 88, low: 85.2, high: 91 })).toBe("85 to 91");
    expect(limitsOf(readiness(1, { verdict_limits: { ready: 75, warm: null, out: 55 } }))).toEqual([75, 55]);
  });

  test("a day that he threw on is no day of rest, and rest after a day that was partly seen is not sure", () => {
    const day = (change: object) => dayOf({ date: "2025-07-04", available: false, rule: "why", ...change });
    expect(day({ thrown: 12 })).toEqual({ sign: "●", words: "why" });
    expect([day({}).sign, day({ available: true }).sign, day({ available: true, unsure: true }).sign]).toEqual(["✗", "✓", "?"]);
  });

  test("when he may pitch again is said only where it is known, and else why not", () => {
    const days = (...told: Partial<{ available: boolean; unsure: boolean; thrown: number }>[]) => told.map((day, at) => ({ date: `2025-07-0${at + 1}`, available: true, rule: "", ...day }));
    const thrown = { thrown: 12, available: false };
    const write = (day: string): string => dayInWords(day, "2025-07-01");
    const may = (availability: ReturnType<typeof days>, goesOn = false, next_available = "2025-07-02") => mayPitchInWords({ availability, next_available }, goesOn, write);
    expect(may(days(thrown, {}))).toBe("threw on Tue, Jul 1, may pitch again from Wed, Jul 2");
    expect(may(days(thrown, {}), true)).toBe("throws on Tue, Jul 1; by what he has thrown so far may pitch again from Wed, Jul 2");
    expect(may(days(thrown, { unsure: true }, {}))).toBe("threw on Tue, Jul 1; whether he may pitch from Wed, Jul 2 on is not known, for not all that he threw was counted; from Thu, Jul 3 on he may");
    expect(may(days({ unsure: true }, { unsure: true }), false, "2025-07-01")).toBe("whether he may pitch from Tue, Jul 1 on is not known, for not all that he threw was counted");
    expect(may(days({}, {})), "the days tell it").toBe("");
    expect(nextInWords({ availability: days({ unsure: true }, {}), next_available: "2025-07-01", next_available_rule: "why" }, false, write)).toBe("Whether he may pitch from Tue, Jul 1 on is not known, for not all that he threw was counted; from Wed, Jul 2 on he may.");
    expect(nextInWords({ availability: days({}, {}), next_available: "2025-07-01", next_available_rule: "why" }, false, write)).toBe("Next from Tue, Jul 1: why.");
    expect(nextInWords({ availability: days(thrown, {}), next_available: "2025-07-02", next_available_rule: "why" }, true, write), "more may come").toBe("By what he has thrown so far next from Wed, Jul 2: why.");
  });

  test("where a man stands is told with what he has thrown there", () => {
    const park = new Park({ id: "here", name: "Here", time_zone: "America/Chicago", mounds: [{ id: 0, name: "game" }, { id: 1, name: "bullpen_home" }] });
    const where = (change: Partial<Readiness>, isLive = true) => whereInWords(readiness(1, { pitches: 23, ...change }), park.where(change.mound ?? 0), isLive);
    expect(where({})).toBe("on the game mound now, 23 pitches");
    expect(where({ mound: 1, pitches: 1, unnamed_throws: 2 })).toBe("in the home bullpen now, at least 1 pitch");
    expect(where({ presence: { state: "between_innings", since: "" } })).toBe("on the game mound, between innings, 23 pitches");
    expect(where({ verdict_absent: "not_seen", unseen: [{ from: "", to: "" }] })).toBe("on the game mound, not seen now, at least 23 pitches");
    expect(where({ presence: { state: "gone", since: "" } })).toBe("");
    expect(where({}, false), "nobody knows where he is now").toBe("on the game mound when the box last answered, 23 pitches");
  });
});

test("the ratio of loads is told so that anybody comes to it", () => {
  // λ = 2/(N + 1) over 7 and 28 days.
  for (const share of [`${1 - 2 / (7 + 1)} times`, `${29 - 2}/29 times`]) expect(RATIO_IN_WORDS).toContain(share);
});

test("of a model it is said that it was not looked at yet only where one serves", () => {
  expect(fitInWords([{ serving: false }], null)).toBe("None serves: no risk is told.");
  expect(fitInWords([{ serving: false }, { serving: true }], null)).toContain("was not yet since it serves");
});

test("flagged pitches are told with their flags", () => {
  const pitches = { provisional: 0, final: 32, revised: 0, rejected: 0, flagged: 12, flags: { unmarked: 12, short_track: 1 } };
  expect(flaggedInWords(pitches)).toBe("12 flagged (12 unmarked, 1 short track)");
  expect(flaggedInWords({ ...pitches, flagged: 0, flags: {} })).toBe("0 flagged");
});

test("what the verdict says of cameras and mounds the page says of them too, though it asked earlier", () => {
  const heard = { id: 4, state: "ok", is_heard: true, confidence: 0.93, drift: {} };
  const report = { venue: "here", is_heard: true, confidence: 0.92, mounds: [{ mound: 0, state: "verified", cameras_heard: 12, cameras_needed: 2, pitches: 7 }], cameras: [heard] } as unknown as Report;
  const now = {
    venue: "here",
    is_heard: true,
    confidence: 0.91,
    mounds: [{ mound: 0, name: "game", state: "verified", cameras_heard: 11, cameras_needed: 2, in_use: true, confidence: 0.91 }],
    cameras: [{ id: 4, name: "third_base_side", state: "silent", is_heard: false, corrections: 0, confidence: null, trouble: "it sends nothing" }],
  };
  const shown = atOneMoment(report, now);
  expect([shown.confidence, shown.mounds[0]?.cameras_heard, shown.mounds[0]?.pitches]).toEqual([0.91, 11, 7]);
  expect(shown.cameras[0]).toMatchObject({ state: "silent", is_heard: false, confidence: null, drift: null, trouble: "it sends nothing" });
  expect(atOneMoment(report, undefined)).toBe(report);
});

describe("the staff", () => {
  const told = (id: number, probability: number, level: StaffRow["level"] = null): StaffRow => ({ pitcher: id, probability, level, earlier_injuries_known: true, availability: [] });

  test("is found without accents, by words in any order, by id, team and season", () => {
    const staff = [pitcher(1, { name: "Martín Pérez" }), pitcher(2, { name: "Ana Ruiz", team: "CHC" }), pitcher(3, { seasons: [2024] }), pitcher(660_271, { name: "Kai Ito" })];
    const found = (change: Partial<Filter>) => ofTeam(staff, { ...ALL, ...change }).map(({ id }) => id);
    expect(found({ search: "perez mar" })).toEqual([1]);
    expect([found({ search: "3" }), found({ search: "660" }), found({ team: "CHC" }), found({ season: 2024 })]).toEqual([[3], [660_271], [2], [3]]);
  });

  test("is sorted either way with what is not known last", () => {
    const rows: Row[] = [
      { pitcher: pitcher(1), readiness: undefined, told: told(1, 0.05, "low"), lastGame: null },
      { pitcher: pitcher(2), readiness: undefined, told: undefined, lastGame: null },
      { pitcher: pitcher(3), readiness: readiness(3), told: told(3, 0.12, "high"), lastGame: null },
    ];
    const order = (down: boolean) => sorted(rows, { column: "risk", down }).map((row) => row.pitcher.id);
    expect([order(true), order(false)]).toEqual([[3, 1, 2], [1, 3, 2]]);
    expect(ofLevel(rows, { ...ALL, level: "high" }).map((row) => row.pitcher.id)).toEqual([3]);
    expect(ofLevel(rows, { ...ALL, level: "active" }).map((row) => row.pitcher.id)).toEqual([3]);
  });

  test("is told of the last game by the day that is chosen, not of one after it", () => {
    const by = (day: string, then: string | null) => lastGameBy(day, pitcher(1, { last_game_date: "2025-07-04" }), { ...told(1, 0.1), last_game_date: then });
    expect(by("2025-06-30", "2025-06-19")).toBe("2025-06-19");
    expect(by("2025-06-30", null), "what nobody tells of that day is not known").toBe(null);
    expect([by("2025-07-04", "2025-07-04"), by("2026-11-30", null)], "the newest of all is it from its day on").toEqual(["2025-07-04", "2025-07-04"]);
    expect([lastGameBy("2025-06-30", pitcher(1), undefined), lastGameBy("", pitcher(1), undefined)]).toEqual([null, null]);
    const rows = ["2025-06-18", null, "2025-06-19"].map((lastGame, id): Row => ({ pitcher: pitcher(id), readiness: undefined, told: undefined, lastGame }));
    expect(sorted(rows, { column: "last", down: true }).map((row) => row.pitcher.id)).toEqual([2, 0, 1]);
    const [head = "", ...lines] = asCsv(rows, "2025-06-30").trimEnd().split("\r\n");
    const last = head.split(",").indexOf("last_game_date");
    expect(lines.map((line) => line.split(",")[last])).toEqual(["2025-06-18", "", "2025-06-19"]);
  });

  test("has whoever throws, though the box has no history of him", () => {
    const known = [pitcher(1)];
    expect(withThrowing(known, [readiness(1), readiness(2, { name: "Ruiz" }), readiness(2, { name: "Ruiz", mound: 1 })]).map(({ id, name }) => [id, name])).toEqual([[1, "Pitcher 1"], [2, "Ruiz"]]);
    expect(withThrowing(known, [readiness(1)])).toBe(known);
  });

  test("is told of as of today in the season, and of its last game after it", () => {
    expect(asOf([pitcher(1)], "2025-07-06")).toBe("2025-07-06");
    expect(asOf([pitcher(1), pitcher(2, { last_game_date: "2025-09-28" })], "2025-12-24")).toBe("2025-09-28");
    expect(asOf([], "2025-12-24")).toBe("2025-12-24");
  });

  test("says beside every risk what is usual and which days the injured lists tell of", () => {
    const staff = { date: "2025-07-06", model_version: "m1", base_rate: 0.0324, risk_absent: null, injured_lists: [{ from: "2024-02-15", to: "2025-07-01" }], rows: [] };
    expect(groundInWords(staff)).toBe("Usual is 3.2\u00a0% within 21 days, by model m1. Injured lists tell of 2024-02-15 to 2025-07-01.");
    expect(groundInWords({ ...staff, risk_absent: "no risk model serves", injured_lists: [] })).toBe("No risk: no risk model serves. No injured list is loaded: earlier injuries are not known.");
  });

  test("leaves as a table that a spreadsheet reads and does not run", () => {
    expect([cell('He said "no"'), cell("a,b"), cell("=1+1"), cell("-x"), cell(-1.5), cell(null)]).toEqual(['"He said ""no"""', '"a,b"', "'=1+1", "'-x", "-1.5", ""]);
    expect(csv([["a", 1], ["b\nc", undefined]])).toBe('a,1\r\n"b\nc",\r\n');
  });
});

test("of whom no mound shows, nobody says that he is not throwing while a mound is not seen", () => {
  const seen = new Map([[0, true], [1, true]]);
  expect(notActiveInWords(true, seen, false)).toContain("He is not throwing now");
  expect(notActiveInWords(true, new Map([[0, true], [1, false]]), false)).toContain("Whether he is throwing is not known: not every mound is seen.");
  expect(notActiveInWords(true, undefined, false)).toContain("Whether he is throwing is not known: which mounds are seen is not known yet.");
  expect(notActiveInWords(true, seen, true), "he may be who throws").toContain("Whether he is throwing is not known: nobody tells who pitches.");
  expect(notActiveInWords(false, seen, false)).toContain("Whether he is throwing is not known: the box does not answer.");
});

test("of a mound on which throws fell that belong to nobody it is not said that nobody is there", () => {
  const state = new LiveState();
  state.take(snapshot(1, 0), T0);
  const mound = (id: number, unattributed_to: string | null, deserted = false) => ({ mound: id, name: "", unattributed: 1, unattributed_today: 1, unattributed_to, deserted });
  const mounds = [mound(0, at(-299_000)), mound(1, at(-300_000)), mound(2, null), mound(3, at(-9_000), true)];
  const told = { mark_feed: "never" as const, degraded: true, sentence: "", game_date: "2025-07-04", unattributed_today: 1, unattributed_by_mound: {}, mounds };
  expect(namelessOf(told, state, T0), "for five minutes, and of whoever has not left").toEqual([0]);
  expect([namelessOf(told, state, T0 + 1_000), namelessOf(null, state, T0)]).toEqual([[], []]);
  expect([emptyInWords(true, true), emptyInWords(undefined, true), emptyInWords(false, true)]).toEqual(["somebody, nobody tells who", "somebody, nobody tells who", "somebody, nobody tells who; not seen now"]);
  expect([emptyInWords(true, false), emptyInWords(undefined, false)]).toEqual(["nobody", "not known"]);
});

test("who has thrown is not told as one who waits for his first pitch besides", () => {
  expect(isShown(1, 0, [{ pitcher: 1, mound: 0 }])).toBe(true);
  expect(isShown(1, 0, [{ pitcher: 1, mound: 1 }, { pitcher: 2, mound: 0 }])).toBe(false);
});
