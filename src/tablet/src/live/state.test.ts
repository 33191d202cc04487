import { describe, expect, test, vi } from "vitest";

import type { LiveMessage } from "../api/types";
import { alert, at, beat, pitch, readiness, snapshot, T0 } from "./samples";
import { LiveState, PITCHES_MAX, POINTS_MAX } from "./state";

/** This device's clock is an hour off. */
const OFF = 3_600_000;
const now = (ms: number): number => T0 + ms + OFF;

const event = (seq: number, ms: number, type: string, data: unknown): LiveMessage => ({ seq, published_at: at(ms), seen_at: at(ms), type, data }) as LiveMessage;

describe("the live state", () => {
  test("takes nothing before a snapshot, nothing twice, and each event in its turn", () => {
    const state = new LiveState();
    expect(state.take(event(5, 0, "readiness", readiness(1)), now(0))).toEqual([]);
    state.take(snapshot(5, 0, { readiness: [readiness(1)] }), now(0));
    expect(state.roster).toEqual(["1@0"]);
    expect(state.take(event(6, 10, "readiness", readiness(2)), now(10))).toEqual([2, "2@0", "roster"]);
    expect(state.take(event(6, 10, "readiness", readiness(3)), now(10))).toEqual([]);
    expect(state.roster).toEqual(["1@0", "2@0"]);
  });

  test("shows in one place whoever threw in the game after his last throw in a bullpen, before the box is sure of it", () => {
    const state = new LiveState();
    const pen = (ms: number) => readiness(1, { mound: 1, last_pitch_at: at(ms) });
    const game = (ms: number) => readiness(1, { mound: 0, last_pitch_at: at(ms) });
    state.take(snapshot(5, 0, { readiness: [pen(0)] }), now(0));
    expect(state.take(event(6, 30, "readiness", game(30)), now(30))).toEqual(expect.arrayContaining([1, "1@0", "1@1", "roster"]));
    expect(state.readinessOf("1@1")?.data).toMatchObject({ verdict: null, verdict_absent: "away", presence: { state: "replaced", to: 0, since: at(0) } });
    expect(state.readinessOf("1@0")?.data).toMatchObject({ verdict: "ready", presence: { state: "on_mound" } });
    expect(state.take(event(7, 40, "readiness", game(40)), now(40)), "no news of where he is").not.toContain("roster");
    state.take(event(8, 50, "readiness", pen(50)), now(50));
    expect(state.readinessOf("1@1")?.data.presence?.state, "he throws there after all").toBe("on_mound");
    expect(state.readinessOf("1@0")?.data.presence?.state, "nobody leaves the game for a throw elsewhere").toBe("on_mound");
  });

  test("says that a part of the box fares otherwise, which is asked for then", () => {
    const state = new LiveState();
    state.take(snapshot(5, 0), now(0));
    expect(state.take(event(6, 10, "health", { name: "cameras", state: "failed", since: at(10), detail: "" }), now(10))).toEqual(["health"]);
  });

  test("tells at once of who leaves his mound, and not of every number of who stays", () => {
    const state = new LiveState();
    state.take(snapshot(5, 0, { readiness: [readiness(1)] }), now(0));
    const roster = state.roster;
    expect(state.take(event(6, 10, "readiness", readiness(1, { pitches: 2 })), now(10))).not.toContain("roster");
    expect(state.roster).toBe(roster);
    const left = readiness(1, { pitches: 2, presence: { state: "replaced", since: at(10), by: 2 } });
    expect(state.take(event(7, 20, "readiness", left), now(20))).toContain("roster");
    expect(state.roster).not.toBe(roster);
  });

  test("tells ages by the box's clock from what happened, though this device's is an hour off", () => {
    const state = new LiveState();
    expect(state.since(at(0), now(0))).toBeNull();
    state.take(snapshot(1, 0, { readiness: [readiness(1)] }), now(0));
    expect(state.since(at(-1_500), now(10_000))).toBe(11_500);
    expect([state.since(at(1_000), now(0)), state.since(at(37_000), now(0))], "what lies ahead is not of now").toEqual([0, null]);
  });

  test("tells ages by the cameras' clock, though the box's is two days off either way", () => {
    const days = 2 * 86_400_000;
    for (const apart of [days, -days]) {
      const state = new LiveState();
      const told = (message: LiveMessage): LiveMessage => ({ ...message, seen_at: at(Date.parse(message.published_at) - T0 - apart) });
      state.take(told(snapshot(1, 0, { readiness: [readiness(1)] })), now(0));
      expect(state.since(at(-apart - 1_500), now(10_000)), `${apart}`).toBe(11_500);
      expect(state.seenTime(now(0))).toBe(T0 - apart);
      // The cameras' clock is set right.
      state.take(beat(1, 20_000), now(20_000));
      expect(state.since(at(19_000), now(20_000))).toBe(1_000);
    }
  });

  test("tells an event that comes again after a gap as old as it is", () => {
    const state = new LiveState();
    state.take(snapshot(1, 0, { readiness: [readiness(1)] }), now(0));
    // Published a second in, heard a minute later.
    state.take(event(2, 1_000, "readiness", readiness(1, { as_of: { pitches: 1, at: at(1_000) } })), now(60_000));
    expect(state.since(state.readinessOf("1@0")?.data.as_of?.at ?? "", now(60_000))).toBe(59_000);
    // What was on its way for long does not set the clock back; what says a later time sets it right.
    state.take(beat(2, 60_500), now(60_100));
    expect(state.boxTime(now(60_100))).toBe(T0 + 60_500);
  });

  test("keeps a man on two mounds twice, the mound of his newest pitch first, and ends each by itself", () => {
    const state = new LiveState();
    const warming = readiness(1, { mound: 1, pitches: 12, last_pitch_at: at(-60_000) });
    state.take(snapshot(1, 0, { readiness: [warming, readiness(1)], pitches: [pitch(1, 1, { mound: 1 }), pitch(2, 1)] }), now(0));
    expect(state.outingsOf(1).map(({ data }) => [data.mound, data.pitches])).toEqual([[0, 1], [1, 12]]);
    expect(state.take(event(2, 0, "readiness", { ...warming, pitches: 13, last_pitch_at: at(5_000) }), now(0))).toEqual([1, "1@1", "roster"]);
    expect(state.outingsOf(1).map(({ data }) => data.mound)).toEqual([1, 0]);
    expect(state.take(event(3, 0, "outing_ended", { pitcher: 1, mound: 1 }), now(0))).toEqual([1, "1@1", "roster"]);
    expect([state.roster, state.pitchesOf(1).map(({ mound }) => mound), state.trendOf("1@1")]).toEqual([["1@0"], [0], []]);
  });

  test("tells an alert as it is now with each number, and for a while why it cleared", () => {
    const state = new LiveState();
    state.take(snapshot(1, 0, { readiness: [readiness(1)], alerts: [alert(1, { value: 59, now: 59 })] }), now(0));
    const later = readiness(1, { alerts: [alert(1, { value: 59, now: 33 }), alert(9)] });
    expect(state.take(event(2, 0, "readiness", later), now(0))).toEqual([1, "1@0", "alerts"]);
    expect(state.alerts.map(({ id, value, now: today }) => [id, value, today])).toEqual([[1, 59, 33]]);
    state.take(event(3, 1_000, "alert_cleared", alert(1, { cleared_because: "he was replaced by Ruiz" })), now(1_000));
    expect(state.closed.map(({ alert: { cleared_because }, at: when }) => [cleared_because, when])).toEqual([["he was replaced by Ruiz", T0 + 1_000]]);
  });

  test("tells of an alert as news when it is raised, not when it is told again", () => {
    const news = vi.fn();
    const state = new LiveState(news);
    state.take(snapshot(1, 0, { alerts: [alert(1)] }), now(0));
    state.take(event(2, 1_000, "alert_raised", alert(2)), now(60_000));
    expect(news).not.toHaveBeenCalled();
    state.take(event(3, 60_500, "alert_raised", alert(3)), now(60_510));
    expect(news).toHaveBeenCalledExactlyOnceWith(alert(3));
    expect(state.alerts.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test("shows an acknowledged alert until it clears, and no other that was acknowledged", () => {
    const state = new LiveState();
    state.take(snapshot(1, 0, { alerts: [alert(1)] }), now(0));
    state.take(event(2, 0, "alert_acknowledged", alert(1, { acknowledged_at: at(0) })), now(0));
    state.take(event(3, 0, "alert_acknowledged", alert(9, { acknowledged_at: at(0) })), now(0));
    expect(state.alerts.map(({ id, acknowledged_at }) => [id, acknowledged_at])).toEqual([[1, at(0)]]);
    state.take(event(4, 0, "alert_cleared", alert(1)), now(0));
    expect(state.alerts).toEqual([]);
  });

  test("forgets an outing that ended, and everything that a new snapshot does not tell", () => {
    const state = new LiveState();
    state.take(snapshot(1, 0, { readiness: [readiness(1), readiness(2)], pitches: [pitch(1, 1), pitch(2, 2)] }), now(0));
    state.take(event(2, 0, "outing_ended", { pitcher: 1, mound: 0 }), now(0));
    expect([state.roster, state.pitchesOf(1), state.trendOf("1@0")]).toEqual([["2@0"], [], []]);
    expect(state.take(snapshot(90, 0), now(0))).toContain(2);
    expect([state.roster, state.pitchesOf(2), state.readinessOf("2@0")]).toEqual([[], [], undefined]);
  });

  test("keeps a pitch once, in its last revision and in order, and gives it to whom it turned out to be", () => {
    const state = new LiveState();
    state.take(snapshot(1, 0, { pitches: [pitch(3, 1)] }), now(0));
    state.take(event(2, 0, "pitch", pitch(1, 1)), now(0));
    state.take(event(3, 0, "pitch", pitch(3, 1, { revision: 1, release_speed: 96 })), now(0));
    state.take(event(4, 0, "pitch", pitch(3, 1, { revision: 0, release_speed: 95 })), now(0));
    expect(state.pitchesOf(1).map(({ id, release_speed }) => [id, release_speed])).toEqual([[1, 95], [3, 96]]);
    expect(state.take(event(5, 0, "pitch", pitch(3, 2, { revision: 2 })), now(0))).toEqual([2, 1]);
    expect([state.pitchesOf(1).length, state.pitchesOf(2).length]).toEqual([1, 1]);
  });

  test("needs no more memory after a season than after an evening", () => {
    const state = new LiveState();
    state.take(snapshot(0, 0), now(0));
    for (let seq = 1; seq <= 1_000; seq += 1) {
      state.take(event(2 * seq, 0, "pitch", pitch(seq, 1)), now(0));
      state.take(event(2 * seq + 1, 0, "readiness", readiness(1, { pitches: seq })), now(0));
    }
    expect([state.pitchesOf(1).length, state.trendOf("1@0").length]).toEqual([PITCHES_MAX, POINTS_MAX]);
    expect(state.trendOf("1@0").at(-1)?.pitches).toBe(1_000);
  });

  test("has one point a pitch in a trend, and what the daemon kept comes before what came since", () => {
    const state = new LiveState();
    state.take(snapshot(1, 0, { readiness: [readiness(1, { pitches: 3 })] }), now(0));
    state.take(event(2, 0, "readiness", readiness(1, { pitches: 3, state: "final" })), now(0));
    state.take(event(3, 0, "readiness", readiness(1, { pitches: 4 })), now(0));
    const kept = [1, 2, 3].map((pitches) => ({ ...readiness(1), pitches, last_pitch_at: at(0) }));
    state.seedTrend("1@0", kept);
    expect(state.trendOf("1@0").map(({ pitches, state: of }) => [pitches, of])).toEqual([[1, "provisional"], [2, "provisional"], [3, "final"], [4, "provisional"]]);
  });

  test("takes over what the daemon settled of earlier pitches, and keeps the newest as it was told", () => {
    const state = new LiveState();
    state.take(snapshot(1, 0, { readiness: [readiness(1, { pitches: 3 })] }), now(0));
    for (const pitches of [4, 5]) state.take(event(pitches, 0, "readiness", readiness(1, { pitches })), now(0));
    const kept = [3, 4, 5].map((pitches) => ({ ...readiness(1), pitches, state: "final" as const, last_pitch_at: at(0) }));
    state.seedTrend("1@0", kept);
    expect(state.trendOf("1@0").map(({ pitches, state: of }) => [pitches, of])).toEqual([[3, "final"], [4, "final"], [5, "provisional"]]);
  });

  test("a number that is held from its own pitch on is a good one at that pitch", () => {
    const state = new LiveState();
    state.take(snapshot(1, 0, { readiness: [readiness(1, { pitches: 10 })] }), now(0));
    const last = { as_of: { pitches: 11, at: at(0) } };
    state.take(event(2, 0, "readiness", readiness(1, { pitches: 11, ...last })), now(0));
    state.take(event(3, 0, "readiness", readiness(1, { pitches: 11, state: "held", ...last })), now(0));
    state.take(event(4, 0, "readiness", readiness(1, { pitches: 12, state: "held", ...last })), now(0));
    expect(state.trendOf("1@0").map(({ pitches, state: of }) => [pitches, of])).toEqual([[10, "provisional"], [11, "provisional"], [12, "held"]]);
  });

  test("tells whose the throws are: as the snapshot has it, then as it changes", () => {
    const told = { mark_feed: "never" as const, degraded: true, sentence: "Nobody tells who pitches.", game_date: "2025-07-04", unattributed_today: 3, unattributed_by_mound: {}, mounds: [] };
    const state = new LiveState();
    state.take(snapshot(1, 0, { attribution: told }), now(0));
    expect(state.attribution?.sentence).toBe("Nobody tells who pitches.");
    expect(state.take(event(2, 0, "attribution", { ...told, sentence: "" }), now(0))).toEqual(["attribution"]);
    expect(state.attribution?.sentence).toBe("");
    state.take(snapshot(3, 0), now(0));
    expect(state.attribution).toBeNull();
  });

  test("leaves alone a word that a newer daemon has", () => {
    const state = new LiveState();
    state.take(snapshot(1, 0), now(0));
    expect(state.take(event(2, 0, "lunar_phase", {}), now(0))).toEqual([]);
    expect(state.seq).toBe(2);
  });
});
