/**
 * What is known now: a snapshot, then numbered events on top of it.
 *
 * No DOM, no timers: messages go in, the names of what changed come out. Everything is bounded, so that a page that
 * stands on a wall for a season needs no more memory than one just opened. Values are replaced, never changed in
 * place, so that a reader may compare by identity.
 */
import type { Alert, LiveMessage, PitchRecord, Readiness, TrendPoint } from "../api/types";

/** Pitches kept of a pitcher: more than an outing has. */
export const PITCHES_MAX = 200;
/** Points kept of an outing's trend; as many as the daemon keeps. */
export const POINTS_MAX = 200;
/** An event older than this when it arrives was missed and is told again: it is applied, but it is no news. */
const NEWS_MS = 2_000;

/** A readiness and the box time at which its `data_age_ms` was true, ms since the Unix epoch. */
export interface Shown {
  readonly data: Readiness;
  readonly asOf: number;
}

/** What changed: of one pitcher by his id, or of all. */
export type Topic = number | "roster" | "alerts" | "snapshot";

/** An alert that was raised this moment, not one told again after a gap. */
export type News = (alert: Alert) => void;

const NO_PITCHES: readonly PitchRecord[] = [];
const NO_POINTS: readonly TrendPoint[] = [];

export class LiveState {
  /** The last event that is in; null before the first snapshot. */
  seq: number | null = null;
  /** Snapshots so far: what was fetched beside the stream is asked for anew with each. */
  epoch = 0;

  #readiness = new Map<number, Shown>();
  #pitches = new Map<number, readonly PitchRecord[]>();
  #trends = new Map<number, readonly TrendPoint[]>();
  #alerts = new Map<number, Alert>();
  #standing: readonly Alert[] = [];
  #roster: readonly number[] = [];
  /** Box time minus this device's, ms. */
  #offset: number | null = null;

  constructor(private readonly news: News = () => {}) {}

  /** Box time, ms since the Unix epoch; null before the box has told it. */
  boxTime(now: number): number | null {
    return this.#offset === null ? null : now + this.#offset;
  }

  /** Active pitchers, ascending. */
  get roster(): readonly number[] {
    return this.#roster;
  }

  /** Standing alerts, oldest first. */
  get alerts(): readonly Alert[] {
    return this.#standing;
  }

  readinessOf(pitcher: number): Shown | undefined {
    return this.#readiness.get(pitcher);
  }

  /** Pitches of this outing that came in while this page looked, oldest first. */
  pitchesOf(pitcher: number): readonly PitchRecord[] {
    return this.#pitches.get(pitcher) ?? NO_PITCHES;
  }

  /** How his outing went, oldest first. */
  trendOf(pitcher: number): readonly TrendPoint[] {
    return this.#trends.get(pitcher) ?? NO_POINTS;
  }

  /** Age of a readiness' value, ms, as of `now`; null where there is none, and before the box has told its time. */
  ageOf(shown: Shown, now: number): number | null {
    const [box, age] = [this.boxTime(now), shown.data.data_age_ms ?? null];
    return box === null || age === null ? null : age + Math.max(0, box - shown.asOf);
  }

  /** Applies a message that arrived at `now`. Events before a snapshot or out of turn are no part of the story. */
  take(message: LiveMessage, now: number): Topic[] {
    const published = Date.parse(message.published_at);
    switch (message.type) {
      case "snapshot":
        this.#offset = published - now;
        return this.#start(message, published);
      case "beat":
        this.#tell(published, now);
        return [];
      default: {
        if (this.seq === null || message.seq <= this.seq) return [];
        this.seq = message.seq;
        this.#tell(published, now);
        const isNews = now + (this.#offset ?? 0) - published < NEWS_MS;
        return this.#apply(message, published, isNews);
      }
    }
  }

  /** Puts what the daemon keeps of an outing before what came in since. */
  seedTrend(pitcher: number, points: readonly TrendPoint[]): Topic[] {
    if (!this.#readiness.has(pitcher)) return [];
    const since = this.trendOf(pitcher);
    const first = since[0]?.pitches ?? Infinity;
    this.#trends.set(pitcher, [...points.filter((point) => point.pitches < first), ...since].slice(-POINTS_MAX));
    return [pitcher];
  }

  /** A message cannot come before it was sent: the latest stamp is the best that is known of the box's clock. */
  #tell(published: number, now: number): void {
    const offset = published - now;
    if (this.#offset === null || offset > this.#offset) this.#offset = offset;
  }

  #start(message: Extract<LiveMessage, { type: "snapshot" }>, published: number): Topic[] {
    const { readiness, alerts, pitches } = message.data;
    const gone = this.#roster;
    this.seq = message.seq;
    this.epoch += 1;
    this.#readiness = new Map(readiness.map((data) => [data.pitcher, { data, asOf: published }]));
    this.#trends = new Map(readiness.map((data) => [data.pitcher, [pointOf(data)]]));
    this.#pitches = new Map();
    for (const pitch of pitches) this.#putPitch(pitch);
    this.#alerts = new Map(alerts.map((alert) => [alert.id, alert]));
    this.#standing = alerts;
    this.#roster = [...this.#readiness.keys()];
    return ["snapshot", "roster", "alerts", ...new Set([...gone, ...this.#roster])];
  }

  #apply(event: Exclude<LiveMessage, { type: "snapshot" | "beat" }>, published: number, isNews: boolean): Topic[] {
    switch (event.type) {
      case "readiness": {
        const { pitcher } = event.data;
        const known = this.#readiness.has(pitcher);
        this.#readiness.set(pitcher, { data: event.data, asOf: published });
        const before = this.trendOf(pitcher).filter((point) => point.pitches < event.data.pitches);
        this.#trends.set(pitcher, [...before.slice(1 - POINTS_MAX), pointOf(event.data)]);
        if (known) return [pitcher];
        this.#roster = [...this.#readiness.keys()].sort((a, b) => a - b);
        return [pitcher, "roster"];
      }
      case "pitch": {
        const pitcher = event.data.pitcher;
        // A pitch that turned out to be somebody else's leaves whom it was given to.
        const before = [...this.#pitches].find(
          ([owner, of]) => owner !== pitcher && of.some((pitch) => pitch.id === event.data.id),
        );
        if (before) this.#pitches.set(before[0], before[1].filter((pitch) => pitch.id !== event.data.id));
        this.#putPitch(event.data);
        return [pitcher, before?.[0]].filter((topic) => topic !== undefined && topic !== null);
      }
      case "outing_ended": {
        const { pitcher } = event.data;
        this.#readiness.delete(pitcher);
        this.#trends.delete(pitcher);
        this.#pitches.delete(pitcher);
        this.#roster = [...this.#readiness.keys()];
        return [pitcher, "roster"];
      }
      case "alert_raised":
        if (isNews) this.news(event.data);
        return this.#putAlert(event.data);
      case "alert_acknowledged":
        return this.#alerts.has(event.data.id) ? this.#putAlert(event.data) : [];
      case "alert_cleared":
        this.#alerts.delete(event.data.id);
        this.#standing = [...this.#alerts.values()];
        return ["alerts"];
      case "health":
        return [];
      default:
        // A word that a newer daemon has and this page has not.
        return [];
    }
  }

  #putAlert(alert: Alert): Topic[] {
    this.#alerts.set(alert.id, alert);
    this.#standing = [...this.#alerts.values()];
    return ["alerts"];
  }

  #putPitch(pitch: PitchRecord): void {
    const pitcher = pitch.pitcher;
    if (pitcher === undefined || pitcher === null) return;
    this.#pitches.set(pitcher, withPitch(this.pitchesOf(pitcher), pitch));
  }
}

/** Pitches in the order of their release with this one in its last revision. */
export function withPitch(pitches: readonly PitchRecord[], pitch: PitchRecord): readonly PitchRecord[] {
  const known = pitches.findIndex((other) => other.id === pitch.id);
  if (known >= 0) {
    if ((pitches[known]?.revision ?? 0) > pitch.revision) return pitches;
    return pitches.with(known, pitch);
  }
  const after = pitches.findLastIndex((other) => other.release_ns <= pitch.release_ns);
  return pitches.toSpliced(after + 1, 0, pitch).slice(-PITCHES_MAX);
}

function pointOf(readiness: Readiness): TrendPoint {
  const { pitches, last_pitch_at, fatigue, state, reasons } = readiness;
  return { pitches, last_pitch_at, readiness: readiness.readiness, fatigue, state, reasons };
}
