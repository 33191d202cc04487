/** Messages for tests, as the daemon writes them. */
import type { Alert, AttributionStatus, LiveMessage, PitchRecord, Readiness } from "../api/types";

/** Box time of the samples, ms since the Unix epoch. */
export const T0 = Date.parse("2025-07-04T18:00:00Z");

export const at = (ms: number): string => new Date(T0 + ms).toISOString();

export function readiness(pitcher: number, change: Partial<Readiness> = {}): Readiness {
  return {
    pitcher,
    name: `Pitcher ${pitcher}`,
    mound: 0,
    readiness: { value: 84, low: 80, high: 88 },
    fatigue: { value: 16, low: 12, high: 20 },
    risk: {},
    features: {},
    feature_set: "v2",
    late_data_frac: 0,
    data_age_ms: 1_500,
    state: "provisional",
    revision: 1,
    reasons: ["Nothing out of the ordinary against his season"],
    recommendation: "Ready: good to go.",
    alerts: [],
    pitches: 1,
    last_pitch_at: at(0),
    as_of: { pitches: 1, at: at(0) },
    presence: { state: "on_mound", since: at(-60_000) },
    verdict: "ready",
    unseen: [],
    ...change,
  };
}

export function pitch(id: number, pitcher: number, change: Partial<PitchRecord> = {}): PitchRecord {
  return {
    id,
    pitcher,
    release_ns: (T0 + id * 1_000) * 1e6,
    game_date: "2025-07-04",
    game_pk: 1,
    pitch_type: "FF",
    mound: 0,
    origin: "live",
    state: "final",
    revision: 0,
    release_speed: 95,
    cameras: 5,
    late_data_frac: 0,
    release_marked: true,
    flags: [],
    ...change,
  };
}

export function alert(id: number, change: Partial<Alert> = {}): Alert {
  return { id, rule: "readiness", severity: "warning", pitcher: 1, message: "Readiness is down", value: 78, limit: 80, raised_at: at(0), audience: "coach", ...change };
}

interface Known {
  readiness?: Readiness[];
  alerts?: Alert[];
  pitches?: PitchRecord[];
  attribution?: AttributionStatus;
}

export function snapshot(seq: number, ms: number, known: Known = {}): LiveMessage {
  return { seq, type: "snapshot", published_at: at(ms), seen_at: at(ms), data: { readiness: [], alerts: [], pitches: [], ...known } };
}

export const beat = (seq: number, ms: number): LiveMessage => ({ seq, type: "beat", published_at: at(ms), seen_at: at(ms) });
