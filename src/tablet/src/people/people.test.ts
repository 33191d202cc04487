import { describe, expect, test } from "vitest";

import { alert, readiness } from "../live/samples";
import { bandOf, byUrgency, needOfLook } from "./level";
import { ageInWords, dayAfter, daysBetween, ParkTime } from "./time";
import { percent, signed, Units } from "./units";

describe("who needs a look", () => {
  test("bands follow the daemon's recommendation", () => {
    expect([100, 80, 79.9, 70, 69.9, 60, 59.9, null].map(bandOf)).toEqual(["ready", "ready", "watch", "watch", "warm", "warm", "out", "unknown"]);
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

  test("a difference of temperatures has no offset, and nothing is neither more nor less", () => {
    expect(us.difference("temperature", 10)).toBe("+18");
    expect([signed(-0.04, 1), signed(-0.06, 1), signed(1.25, 2)]).toEqual(["0.0", "−0.1", "+1.25"]);
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

  test("the day turns at six by the park's clock, also on the nights on which it is set", () => {
    const park = new ParkTime("America/Chicago");
    const days = (...moments: string[]) => moments.map((moment) => park.day(Date.parse(moment)));
    expect(days("2025-07-05T05:30:00Z", "2025-07-05T10:59:59Z", "2025-07-05T11:00:00Z")).toEqual(["2025-07-04", "2025-07-04", "2025-07-05"]);
    expect(days("2024-03-10T10:59:59Z", "2024-03-10T11:00:00Z")).toEqual(["2024-03-09", "2024-03-10"]);
    expect(days("2024-11-03T11:59:59Z", "2024-11-03T12:00:00Z")).toEqual(["2024-11-02", "2024-11-03"]);
    expect(days("2024-03-01T07:00:00Z", "2025-01-01T07:00:00Z")).toEqual(["2024-02-29", "2024-12-31"]);
  });

  test("ages are short and never negative", () => {
    expect([-5, 1_000, 12_000, 89_000, 90_000, 3_600_000, 7_500_000, 90_000_000].map(ageInWords)).toEqual(["now", "now", "12 s", "89 s", "1 min", "1 h 00", "2 h 05", "1 d"]);
  });

  test("days are counted over the end of February and of the year", () => {
    expect([dayAfter("2024-02-28", 1), dayAfter("2025-01-01", -1)]).toEqual(["2024-02-29", "2024-12-31"]);
    expect(daysBetween("2024-02-28", "2024-03-01")).toBe(2);
  });
});
