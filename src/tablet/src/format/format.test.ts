import { describe, expect, test } from "vitest";

import type { AttributionStatus, Readiness } from "../api/types";
import { alert, at, readiness, T0 } from "../live/samples";
import { bandOf, byPlace, byUrgency, isLeftOfLate, needOfLook, verdictInWords, whole } from "./level";
import { Park } from "./park";
import { ageInWords, agoInWords, dateInWords, dayAfter, dayInWords, daysBetween, farInWords, monthInWords, ParkTime, spanInWords } from "./time";
import { fixed, percent, signed, size, Units, withError } from "./units";
import { asOfInWords, isAtLeast, leftInWords, namedElsewhere, pitchesInWords, placeInWords, roleInWords, thereInWords, unseenInWords } from "./words";

test("a role is told with what it rests on", () => {
  const told = (role: "starter" | "reliever" | null, role_days: number | null) => roleInWords({ role, role_days });
  expect([told("starter", 15), told("reliever", null)]).toEqual(["starter by his last 15 days of pitching", "reliever by a roster"]);
  expect([told(null, 3), told(null, 1), told(null, 0)]).toEqual(["role not known by 3 days of pitching", "role not known by 1 day of pitching", "role not known"]);
});

describe("who needs a look", () => {
  test("the verdict is the daemon's, in words that fit the mound, and a held number has none", () => {
    const told = (change: Partial<Readiness>) => verdictInWords(readiness(1, change));
    expect((["ready", "watch", "warm", "out", "sit"] as const).map((verdict) => told({ verdict }))).toEqual(["Ready", "Watch", "Warm a reliever", "Take out", "Sit him down"]);
    const absent = (verdict_absent: NonNullable<Readiness["verdict_absent"]>) => told({ verdict: null, verdict_absent });
    expect([absent("held"), absent("not_seen"), absent("old")]).toEqual(["Held, no verdict", "Not seen now, no verdict", "Too old, no verdict"]);
    expect([absent("age_unknown"), absent("incomplete"), absent("no_number")]).toEqual(["Age unknown, no verdict", "Not all seen, no verdict", "No number yet"]);
    expect(told({ verdict: null }), "of a daemon that does not say why").toBe("No verdict");
    expect(bandOf(readiness(1, { state: "held", verdict: "ready", readiness: { value: 81 } }))).toBe("held");
    expect(bandOf(readiness(1, { verdict: null, verdict_absent: "old" })), "no colour of a verdict").toBe("held");
    expect(bandOf(readiness(1, { verdict: "sit" }))).toBe("out");
  });

  test("who left a bullpen is told of at home for an hour, and on his page all day", () => {
    const of = (state: "on_mound" | "replaced" | "gone", mound: number, minutes: number) =>
      isLeftOfLate(readiness(1, { mound, last_pitch_at: at(0), presence: { state, since: at(0) } }), T0 + 60_000 * minutes);
    expect([of("on_mound", 1, 5), of("replaced", 1, 5), of("gone", 1, 59), of("replaced", 1, 60)]).toEqual([false, true, true, false]);
    expect(of("replaced", 0, 90), "of the game the daemon says for how long").toBe(true);
  });

  test("a number is never rounded over a limit", () => {
    expect([79.6, 80, 59.99, 100, null].map(whole)).toEqual(["79", "80", "59", "100", "–"]);
  });

  test("a number has its own age, and a held one says of which pitch it is", () => {
    const held = readiness(1, { state: "held", readiness: { value: 81.4 }, pitches: 45, as_of: { pitches: 31, at: at(0) } });
    expect(asOfInWords(held, 78_000)).toBe("81 as of pitch 31, 14 pitches and 78 s ago");
    expect(asOfInWords({ ...held, pitches: 32 }, 78_000)).toBe("81 as of pitch 31, 1 pitch and 78 s ago");
    expect(asOfInWords({ ...held, pitches: 31 }, 78_000)).toBe("81 as of pitch 31, 78 s ago");
    expect(asOfInWords(readiness(1, { pitches: 31, as_of: { pitches: 31, at: at(0) } }), 5_000)).toBe("as of pitch 31, 5 s ago");
    expect(asOfInWords(readiness(1, { readiness: {}, as_of: null, state: "held" }), 5_000)).toBe("Last pitch 5 s ago");
    expect(asOfInWords(held, null)).toBe("81 as of pitch 31, age unknown");
    const none = readiness(1, { readiness: {}, as_of: null, state: "held" });
    expect(asOfInWords({ ...none, verdict_absent: "not_seen" }, 83_000), "he may have thrown since").toBe("Last pitch seen 83 s ago");
    expect(asOfInWords({ ...none, unseen: [{ from: at(3), to: at(9) }] }, 83_000)).toBe("Last pitch seen 83 s ago");
  });

  test("a count with a while in it that nobody saw is the least that he threw", () => {
    const told = (...unseen: [number, number][]) => unseenInWords(readiness(1, { pitches: 23, unseen: unseen.map(([from, to]) => ({ from: at(from), to: at(to) })) }), (ms) => `${Math.floor((ms - T0) / 60_000)}`);
    expect(told()).toBe("");
    expect(told([180_000, 540_000])).toBe("Not seen from 3 to 9: the count is at least 23.");
    expect(told([180_000, 540_000], [1_200_000, 1_211_600]), "within a minute of the clock").toBe("Not seen from 3 to 9 and for 12 s at 20: the count is at least 23.");
    const there = { state: "on_mound" as const, since: at(0), seen_until: at(1_200_500) };
    const lasting = readiness(1, { pitches: 23, unseen: [[180_000, 540_000], [1_200_000, 1_300_000]].map(([from, to]) => ({ from: at(from!), to: at(to!) })) });
    const clock = (ms: number) => `${Math.floor((ms - T0) / 60_000)}`;
    expect(unseenInWords({ ...lasting, presence: there }, clock), "it has no end yet").toBe("Not seen from 3 to 9 and from 20 until now: the count is at least 23.");
    expect(unseenInWords({ ...lasting, presence: { ...there, seen_until: null } }, clock)).toBe("Not seen from 3 to 9 and from 20 to 21: the count is at least 23.");
  });

  test("throws that carry no name make a count the least that he threw, too", () => {
    const told = (change: Partial<Readiness>) => unseenInWords(readiness(1, { pitches: 23, ...change }), (ms) => `${ms - T0}`);
    const between = { unnamed_from: at(12), unnamed_to: at(19) };
    expect(told({ unnamed_throws: 20, ...between })).toBe("20 throws on this mound between 12 and 19 belong to nobody, and some may be his: the count is at least 23.");
    expect(told({ unnamed_throws: 1, unnamed_from: at(12), unnamed_to: at(12) })).toBe("1 throw on this mound at 12 belongs to nobody, and may be his: the count is at least 23.");
    expect(told({ unnamed_throws: 2 }), "of an earlier run of the box it is not known when").toBe("2 throws on this mound belong to nobody, and some may be his: the count is at least 23.");
    expect(told({ unnamed_throws: 1, unseen: [{ from: at(3), to: at(9) }] })).toBe("Not seen from 3 to 9. 1 throw on this mound belongs to nobody, and may be his. The count is at least 23.");
    expect([isAtLeast(readiness(1)), isAtLeast(readiness(1, { unnamed_throws: 1 }))]).toEqual([false, true]);
    expect([pitchesInWords(1, false), pitchesInWords(23, true)]).toEqual(["1 pitch", "at least 23 pitches"]);
  });

  test("who left says who took his place, or since when nobody threw", () => {
    const told = (presence: NonNullable<Readiness["presence"]>, mound = 0) => leftInWords(readiness(1, { presence, mound }), (ms) => `${ms - T0}`, (id) => (id === 2 ? "Ruiz" : undefined));
    expect(told({ state: "replaced", since: at(9), by: 2 })).toBe("replaced by Ruiz at 9");
    expect(told({ state: "replaced", since: at(9), by: 3 })).toBe("replaced by pitcher 3 at 9");
    expect(told({ state: "replaced", since: at(9), by: 3, by_name: "Ito" }), "who has not thrown yet has a name too").toBe("replaced by Ito at 9");
    expect(told({ state: "replaced", since: at(9), by: 1 })).toBe("left this mound at 9");
    expect(told({ state: "gone", since: at(9) })).toBe("no throw since 0");
    expect(told({ state: "replaced", since: at(9), by: 2 }, 1), "in a bullpen nobody takes a place at once").toBe("last throw 0, replaced by Ruiz at 9");
    expect(told({ state: "replaced", since: at(0), to: 0 }, 1)).toBe("last throw here 0, then on the game mound");
    expect(told({ state: "replaced", since: at(0), to: 2 }, 1)).toBe("last throw here 0, then on another mound");
  });

  test("of a mound that is not seen now it is told until when it was", () => {
    const told = (presence: NonNullable<Readiness["presence"]>) => thereInWords(presence, (ms) => `${ms - T0}`);
    expect(told({ state: "on_mound", since: at(5) })).toBe("since 5");
    expect(told({ state: "on_mound", since: at(5), seen_until: at(41) })).toBe("since 5 (mound last seen 41, not seen now)");
    expect(told({ state: "on_mound", since: at(5), unsure_since: at(41) })).toBe("there at 41: not seen for a while then, and nobody knows whether he stayed");
    expect(placeInWords({ state: "on_mound", since: at(5), unsure_since: at(41) })).toBe(" when last seen");
    expect(told({ state: "between_innings", since: at(5), seen_until: at(41) })).toBe("between innings since 5 (mound last seen 41, not seen now)");
  });

  test("where nobody tells who pitches, or whether he was replaced, neither is said", () => {
    const told = (presence: NonNullable<Readiness["presence"]>) => thereInWords(presence, (ms) => `${ms - T0}`);
    expect(told({ state: "on_mound", since: at(5), last_named: at(9) })).toBe("last named 9: nobody tells who pitches now");
    expect(placeInWords({ state: "on_mound", since: at(5), last_named: at(9) })).toBe(" when last named");
    const left = { state: "between_innings", since: at(5), by: 2, by_name: "Ruiz" } as const;
    expect(told(left)).toBe("left the mound, Ruiz came 5: between innings or replaced");
    expect(placeInWords(left)).toBe(", between innings or replaced");
    expect(placeInWords({ state: "between_innings", since: at(5) })).toBe(", between innings");
    expect(placeInWords({ state: "on_mound", since: at(5) })).toBe("");
  });

  test("whom a mark names on another mound after his last throw is not told as one who stands on two", () => {
    const told = (mound: number, pitcher: number, since: number) => ({ mounds: [{ mound, waiting: { pitcher, name: "", since: at(since) } }] }) as unknown as AttributionStatus;
    const him = readiness(1, { mound: 1, last_pitch_at: at(5) });
    expect(namedElsewhere(him, told(0, 1, 9))).toBe(0);
    expect(namedElsewhere({ ...him, mound: 0 }, told(1, 1, 9)), "nobody leaves the game for a mark elsewhere").toBe(null);
    expect([namedElsewhere(him, told(0, 1, 3)), namedElsewhere(him, told(0, 2, 9)), namedElsewhere(him, told(1, 1, 9)), namedElsewhere(him, null)]).toEqual([null, null, null, null]);
  });

  test("who throws now is first: on the game mound, between innings there, in the bullpens, there longer ago", () => {
    const of = (pitcher: number, mound: number, ms: number, change: Partial<Readiness> = {}) => readiness(pitcher, { mound, last_pitch_at: at(ms), ...change });
    const between = of(2, 0, 9_000, { presence: { state: "between_innings", since: at(9_000) } });
    const there = [of(7, 1, 0), between, of(3, 1, 400_000), of(4, 2, 390_000), of(9, 0, 395_000), of(1, 2, 200_000)];
    const order = (alerts: readonly number[] = []) => byPlace(there, ({ pitcher }) => (alerts.includes(pitcher) ? [alert(1)] : [])).map(({ pitcher }) => pitcher);
    expect(order()).toEqual([9, 2, 3, 4, 1, 7]);
    expect(order([4]), "of those who throw now in the bullpens, who needs a look").toEqual([9, 2, 4, 3, 1, 7]);
    expect(order([7]), "who sits does not come before who throws").toEqual([9, 2, 3, 4, 1, 7]);
    expect(byPlace([], () => [])).toEqual([]);
  });

  test("an unseen critical alert comes before a warning, that before a seen one, then held, then low", () => {
    const low = readiness(1, { readiness: { value: 40 } });
    const held = readiness(2, { state: "held" });
    const fine = readiness(3);
    const needs = [
      needOfLook(fine, [alert(1, { severity: "critical" })]),
      needOfLook(fine, [alert(1)]),
      needOfLook(fine, [alert(1, { acknowledged_at: "2025-07-04T18:00:00Z" })]),
      needOfLook(held, []),
      needOfLook(low, []),
      needOfLook(fine, []),
    ];
    expect(needs).toEqual(needs.toSorted((a, b) => b - a));
    expect(new Set(needs).size).toBe(needs.length);
  });

  test("alerts nobody has seen come first, critical before warning, the newest first", () => {
    const seen = { acknowledged_at: "2025-07-04T18:00:00Z" };
    const all = [alert(1, { ...seen, severity: "critical" }), alert(2), alert(3), alert(4, { severity: "critical" })];
    expect(byUrgency(all).map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  });
});

describe("units", () => {
  const [us, metric] = [new Units("us"), new Units("metric")];

  test("are converted and named together", () => {
    expect([us.text("speed", 95.13), metric.text("speed", 95.13)]).toEqual(["95.1\u00a0mph", "153.1\u00a0km/h"]);
    expect([us.text("break", 1.5), metric.text("break", 1.5)]).toEqual(["18.0\u00a0in", "45.7\u00a0cm"]);
    expect([us.text("temperature", 20), metric.text("temperature", 20)]).toEqual(["68\u00a0°F", "20\u00a0°C"]);
    expect([metric.text("length", null), us.number("break", -1.5)]).toEqual(["–", "−18.0"]);
  });

  test("values have their unit and as many digits as say something; those with an error as many as that leaves", () => {
    expect(us.told(-0.44, "mph", 1, 0.3)).toBe("−0.44 ± 0.30\u00a0mph");
    expect(metric.told(-0.44, "mph", 1, 0.3)).toBe("−0.71 ± 0.48\u00a0km/h");
    expect([us.told(0.0712, "share", 3, 0.011), us.told(0.997, "share", 3)]).toEqual(["7.1 ± 1.1\u00a0%", "99.7\u00a0%"]);
    expect([us.told(0.0017, "ft²", 4, 0.0004), metric.told(0.0017, "ft²", 4, 0.0004)]).toEqual(["0.00170 ± 0.00040\u00a0ft²", "1.58 ± 0.37\u00a0cm²"]);
    expect(us.told(0.0004, "ft", 2, 0.000_02)).toBe("0.000400 ± 0.000020\u00a0ft");
    expect([us.told(5, "days", 0), us.told(1, "days", 0), us.told(1, "pitches", 0), us.told(1.32, "ratio", 2), us.told(0, "share", 3)]).toEqual(["5\u00a0days", "1\u00a0day", "1\u00a0pitch", "1.32\u00a0times", "0.0\u00a0%"]);
  });

  test("a value that is smaller than its error is not told from nothing", () => {
    expect(us.told(0.001, "in", 3, 1.09)).toBe("within its error (±\u00a01.1\u00a0in)");
    expect(metric.told(-0.001, "in", 3, 1.09)).toBe("within its error (±\u00a02.8\u00a0cm)");
    expect(withError(-0.04, 0.04, "px", signed), "as large as its error").toBe("−0.040 ± 0.040\u00a0px");
    expect([withError(101.2, 99.6, "µs", signed), withError(1234, 123, "s")], "an error has two digits, and whole units none behind the point").toEqual(["+101 ± 100\u00a0µs", "1234 ± 123\u00a0s"]);
    expect([withError(0.5, null, "px", signed), withError(0.5, 0, "px")], "an error that is not known").toEqual(["+0.50\u00a0px", "0.50\u00a0px"]);
  });

  test("a share that is not all is not told as all, nor a size as nothing", () => {
    expect([percent(0.9996, 1), percent(1, 1), percent(0.997), percent(0.000_02, 2), percent(0, 2)]).toEqual(["99.9\u00a0%", "100.0\u00a0%", "99\u00a0%", "under\u00a00.01\u00a0%", "0.00\u00a0%"]);
    expect([size(0.0004, 3, "in"), size(0, 3, "in"), size(0.0124, 3, "in")]).toEqual(["under\u00a00.001\u00a0in", "0.000\u00a0in", "0.012\u00a0in"]);
  });

  test("a difference of temperatures has no offset, and nothing is neither more nor less", () => {
    expect(us.difference("temperature", 10)).toBe("+18");
    expect([signed(-0.04, 1), signed(-0.06, 1), signed(1.25, 2)]).toEqual(["0.0", "−0.1", "+1.25"]);
    expect([fixed(-0.4, 0), fixed(-0.06, 1), fixed(1.25, 2)]).toEqual(["0", "−0.1", "1.25"]);
    expect([percent(0.0512, 1), percent(null)]).toEqual(["5.1\u00a0%", "–"]);
  });
});

describe("times", () => {
  test("are those of the park, over its midnight and its daylight saving", () => {
    const park = new ParkTime("America/Chicago");
    const late = Date.parse("2025-07-05T03:05:09Z");
    expect([park.day(late), park.seconds(late)]).toEqual(["2025-07-04", "10:05:09 PM"]);
    expect(park.clock(Date.parse("2025-12-05T03:05:09Z"))).toBe("9:05 PM");
  });

  test("a moment of another day of baseball is told with its date", () => {
    const park = new ParkTime("America/Chicago");
    const told = (moment: string) => park.told(Date.parse(moment), "2025-11-29");
    expect(told("2025-11-30T01:05:00Z")).toBe("7:05 PM");
    expect(told("2025-11-30T06:30:00Z"), "a game past midnight is of the day it began").toBe("12:30 AM");
    expect(told("2025-11-29T05:58:00Z")).toBe("Nov 28, 11:58 PM");
    expect(told("2025-11-30T12:01:00Z")).toBe("Nov 30, 6:01 AM");
    expect(park.toldToSecond(Date.parse("2025-11-29T05:58:09Z"), "2025-11-29")).toBe("Nov 28, 11:58:09 PM");
    expect(park.told(Number.NaN, "2025-11-29")).toBe("at a time that nobody knows");
  });

  test("what is of another year than today carries it, and so does all while nobody knows which day it is", () => {
    const park = new ParkTime("America/Chicago");
    const then = Date.parse("2025-03-23T00:05:09Z");
    expect([park.told(then, "2026-11-30"), park.toldToSecond(then, "2026-11-30"), park.moment(then, "2026-11-30")]).toEqual(["Mar 22, 2025, 7:05 PM", "Mar 22, 2025, 7:05:09 PM", "Mar 22, 2025, 7:05 PM CDT"]);
    expect([park.told(then, "2025-11-30"), park.moment(then, "2025-11-30"), park.moment(then, null)]).toEqual(["Mar 22, 7:05 PM", "Mar 22, 7:05 PM CDT", "Mar 22, 2025, 7:05 PM CDT"]);
    const written = (today: string | null) => [dayInWords, dateInWords, monthInWords].map((write) => write("2025-03-22", today));
    expect(written("2026-11-30")).toEqual(["Sat, Mar 22, 2025", "Mar 22, 2025", "Mar 2025"]);
    expect(written("2025-11-30")).toEqual(["Sat, Mar 22", "Mar 22", "Mar"]);
    expect(written(null)).toEqual(written("2026-11-30"));
  });

  test("the day turns at six by the park's clock, also on the nights on which it is set", () => {
    const park = new ParkTime("America/Chicago");
    const days = (...moments: string[]) => moments.map((moment) => park.day(Date.parse(moment)));
    expect(days("2025-07-05T05:30:00Z", "2025-07-05T10:59:59Z", "2025-07-05T11:00:00Z")).toEqual(["2025-07-04", "2025-07-04", "2025-07-05"]);
    expect(days("2024-03-10T10:59:59Z", "2024-03-10T11:00:00Z")).toEqual(["2024-03-09", "2024-03-10"]);
    expect(days("2024-11-03T11:59:59Z", "2024-11-03T12:00:00Z")).toEqual(["2024-11-02", "2024-11-03"]);
    expect(days("2024-03-01T07:00:00Z", "2025-01-01T07:00:00Z")).toEqual(["2024-02-29", "2024-12-31"]);
  });

  test("ages are short and never negative", () => {
    expect([-5, 1_000, 12_000, 119_000, 120_000, 121_000, 3_600_000, 7_500_000, 90_000_000, 180_000_000].map(ageInWords)).toEqual(["now", "now", "12 s", "119 s", "2 min", "2 min", "60 min", "2 h 5 min", "25 h 0 min", "2 days 2 h"]);
  });

  test("what is of now is not now ago, and what lasts does not last now", () => {
    expect([0, 1_900, 12_000].map(agoInWords)).toEqual(["just now", "just now", "12 s ago"]);
    expect([0, 1_900, 12_000].map(spanInWords)).toEqual(["0 s", "1 s", "12 s"]);
  });

  test("a span and how far clocks are apart are written as the box writes them", () => {
    // As in src/moment.rs.
    expect([119.9, 120, 7_199, 7_200, 11_100, 172_799, 172_800, 277_200].map((s) => spanInWords(s * 1000))).toEqual(["119 s", "2 min", "119 min", "2 h 0 min", "3 h 5 min", "47 h 59 min", "2 days", "3 days 5 h"]);
    expect([37.2, -64.3, -3_597.5, -172_796.5, 1.4].map((s) => farInWords(s * 1000))).toEqual(["37 s", "64 s", "60 min", "2 days", "1 s"]);
  });

  test("while the park's zone is not known they are UTC and say so, with their date, and no day is today", () => {
    const nowhere = new Park(null, [{ id: 1, name: "bullpen_home" }]);
    const late = Date.parse("2025-07-05T03:05:09Z");
    expect([nowhere.time.told(late, null), nowhere.time.toldToSecond(late, "2025-07-05"), nowhere.time.moment(late, null)]).toEqual(["Jul 5, 2025, 3:05 AM UTC", "Jul 5, 3:05:09 AM UTC", "Jul 5, 2025, 3:05 AM UTC"]);
    expect(nowhere.time.day(late)).toBe(null);
    expect([nowhere.where(1), nowhere.nameOf(2)], "named by the stream, or not at all").toEqual(["in the home bullpen", "Mound 2"]);
  });

  test("days are counted over the end of February and of the year", () => {
    expect([dayAfter("2024-02-28", 1), dayAfter("2025-01-01", -1)]).toEqual(["2024-02-29", "2024-12-31"]);
    expect(daysBetween("2024-02-28", "2024-03-01")).toBe(2);
  });
});
