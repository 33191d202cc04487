/**
 * What is known now: a snapshot, then numbered events on top of it.
 *
 * No DOM, no timers: messages go in, the names of what changed come out. Everything is bounded, so that a page that
 * stands on a wall for a season needs no more memory than one just opened. Values are replaced, never changed in
 * place, so that a reader may compare by identity.
 */
import type { Alert, AttributionStatus, LiveMessage, PitchRecord, Readiness, TrendPoint } from "../api/types";

/** Pitches kept of a pitcher: more than an outing has. */
export const PITCHES_MAX = 200;
/** Points kept of an outing's trend; as many as the daemon keeps. */
export const POINTS_MAX = 200;
/** An event older than this when it arrives was missed and is told again: it is applied, but it is no news. */
const NEWS_MS = 2_000;
/** So far an event may lie ahead of the cameras' clock and be of now; beyond it a clock was set, and no age is so. As the daemon has it. */
const AHEAD_MS = 10_000;
/** Cleared alerts kept: as many as are read at a glance. */
const CLOSED_MAX = 3;

/** The mound of the game. */
export const GAME = 0;

/** One pitcher on one mound: he may have thrown on two of them. */
export type OutingKey = `${number}@${number}`;

export const keyOf = ({ pitcher, mound }: { pitcher: number; mound: number }): OutingKey => `${pitcher}@${mound}`;

export const moundOf = (key: OutingKey): number => Number(key.slice(key.indexOf("@") + 1));

/** A readiness as it was published. */
export interface Shown {
  readonly data: Readiness;
}

/** An alert that cleared while this page looked. */
export interface Closed {
  readonly alert: Alert;
  /** Box time, ms since the Unix epoch. */
  readonly at: number;
}

/** What changed: of one pitcher by his id, of one of his outings by its key, or of all. */
export type Topic = number | OutingKey | "roster" | "alerts" | "attribution" | "health" | "snapshot";

/** An alert that was raised this moment, not one told again after a gap. */
export type News = (alert: Alert) => void;

const NO_OUTINGS: readonly Shown[] = [];
const NO_PITCHES: readonly PitchRecord[] = [];
const NO_POINTS: readonly TrendPoint[] = [];

export class LiveState {
  /** The last event that is in; null before the first snapshot. */
  seq: number | null = null;
  /** Snapshots so far: what was fetched beside the stream is asked for anew with each. */
  epoch = 0;

  /** As the box published them. */
  #published = new Map<OutingKey, Readiness>();
  #readiness = new Map<OutingKey, Shown>();
  /** Of each pitcher, the outing of the newest pitch first. */
  #outings = new Map<number, readonly Shown[]>();
  #pitches = new Map<number, readonly PitchRecord[]>();
  #trends = new Map<OutingKey, readonly TrendPoint[]>();
  #alerts = new Map<number, Alert>();
  #standing: readonly Alert[] = [];
  #closed: readonly Closed[] = [];
  #roster: readonly OutingKey[] = [];
  #attribution: AttributionStatus | null = null;
  /** Box time minus this device's, ms. */
  #offset: number | null = null;
  /** Box time minus the cameras', ms. */
  #apart = 0;

  constructor(private readonly news: News = () => {}) {}

  /** Box time, ms since the Unix epoch; null before the box has told it. */
  boxTime(now: number): number | null {
    return this.#offset === null ? null : now + this.#offset;
  }

  /** The cameras' time, which events are told by and the day of baseball turns by, ms since the Unix epoch; null before the box has told it. */
  seenTime(now: number): number | null {
    return this.#offset === null ? null : now + this.#offset - this.#apart;
  }

  /** How far the box's clock is ahead of the cameras', ms. */
  get apart(): number {
    return this.#apart;
  }

  /** Outings of active pitchers; another list where somebody came, left his mound, or took it again. */
  get roster(): readonly OutingKey[] {
    return this.#roster;
  }

  /** Standing alerts, oldest first. */
  get alerts(): readonly Alert[] {
    return this.#standing;
  }

  /** The alerts that cleared last while this page looked, the newest first. */
  get closed(): readonly Closed[] {
    return this.#closed;
  }

  /** Whose the throws are; null before anybody told. */
  get attribution(): AttributionStatus | null {
    return this.#attribution;
  }

  readinessOf(key: OutingKey): Shown | undefined {
    return this.#readiness.get(key);
  }

  /** A pitcher's outings, that of his newest pitch first. */
  outingsOf(pitcher: number): readonly Shown[] {
    return this.#outings.get(pitcher) ?? NO_OUTINGS;
  }

  /** His pitches that came in while this page looked, oldest first. */
  pitchesOf(pitcher: number): readonly PitchRecord[] {
    return this.#pitches.get(pitcher) ?? NO_PITCHES;
  }

  /** How an outing went, oldest first. */
  trendOf(key: OutingKey): readonly TrendPoint[] {
    return this.#trends.get(key) ?? NO_POINTS;
  }

  /** Time since an event, ms, as of `now`, by the cameras' clock; null before the box has told it, and where the event lies ahead of it. */
  since(at: string, now: number): number | null {
    const seen = this.seenTime(now);
    const age = seen === null ? -Infinity : seen - Date.parse(at);
    return age < -AHEAD_MS ? null : Math.max(0, age);
  }

  /** Applies a message that arrived at `now`. Events before a snapshot or out of turn are no part of the story. */
  take(message: LiveMessage, now: number): Topic[] {
    const published = Date.parse(message.published_at);
    const apart = published - Date.parse(message.seen_at);
    switch (message.type) {
      case "snapshot":
        this.#offset = published - now;
        this.#apart = apart;
        return this.#start(message);
      case "beat":
        this.#apart = apart;
        this.#tell(published, now);
        return [];
      default: {
        if (this.seq === null || message.seq <= this.seq) return [];
        this.seq = message.seq;
        this.#apart = apart;
        this.#tell(published, now);
        const isNews = now + (this.#offset ?? 0) - published < NEWS_MS;
        return this.#apply(message, published, isNews);
      }
    }
  }

  /** Puts what the daemon keeps of an outing before what came in since. */
  seedTrend(key: OutingKey, points: readonly TrendPoint[]): Topic[] {
    if (!this.#readiness.has(key)) return [];
    const since = this.trendOf(key);
    const newest = since.at(-1)?.pitches ?? Infinity;
    // A point of an earlier pitch that the daemon has settled meanwhile is its own; the newest is told by the stream.
    const settled = new Map(points.filter((point) => point.pitches < newest && point.state !== "provisional").map((point) => [point.pitches, point]));
    const known = new Set(since.map((point) => point.pitches));
    const before = points.filter((point) => point.pitches < newest && !known.has(point.pitches));
    const all = [...before, ...since.map((point) => settled.get(point.pitches) ?? point)].toSorted((a, b) => a.pitches - b.pitches);
    this.#trends.set(key, all.slice(-POINTS_MAX));
    return [key];
  }

  /** A message cannot come before it was sent: the latest stamp is the best that is known of the box's clock. */
  #tell(published: number, now: number): void {
    const offset = published - now;
    if (this.#offset === null || offset > this.#offset) this.#offset = offset;
  }

  #start(message: Extract<LiveMessage, { type: "snapshot" }>): Topic[] {
    const { readiness, alerts, pitches, attribution } = message.data;
    const gone = this.#topicsOfOutings();
    this.seq = message.seq;
    this.epoch += 1;
    this.#published = new Map(readiness.map((data) => [keyOf(data), data]));
    this.#readiness = new Map();
    this.#trends = new Map(readiness.map((data) => [keyOf(data), [pointOf(data)]]));
    this.#pitches = new Map();
    for (const pitch of pitches) this.#putPitch(pitch);
    this.#alerts = new Map(alerts.map((alert) => [alert.id, alert]));
    this.#standing = alerts;
    this.#closed = [];
    this.#attribution = attribution ?? null;
    this.#outings = new Map();
    for (const pitcher of new Set(readiness.map((data) => data.pitcher))) this.#gather(pitcher);
    this.#roster = [...this.#published.keys()];
    return ["snapshot", "roster", "alerts", "attribution", ...new Set([...gone, ...this.#topicsOfOutings()])];
  }

  #topicsOfOutings(): Topic[] {
    return [...this.#readiness.values()].flatMap(({ data }): Topic[] => [data.pitcher, keyOf(data)]);
  }

  /** Those of one pitcher anew, and which of them changed; who else throws has not. */
  #gather(pitcher: number): OutingKey[] {
    const published = [...this.#published.values()].filter((data) => data.pitcher === pitcher);
    const his = published.map((data): Shown => {
      const placed = inOnePlace(data, published);
      const shown = this.#readiness.get(keyOf(data));
      return shown?.data === placed ? shown : { data: placed };
    });
    const changed = his.filter((shown) => this.#readiness.get(keyOf(shown.data)) !== shown);
    for (const shown of changed) this.#readiness.set(keyOf(shown.data), shown);
    if (his.length === 0) this.#outings.delete(pitcher);
    else this.#outings.set(pitcher, his.toSorted((a, b) => Date.parse(b.data.last_pitch_at) - Date.parse(a.data.last_pitch_at)));
    return changed.map(({ data }) => keyOf(data));
  }

  /** Where those of one pitcher stand. */
  #placesOf(pitcher: number): string {
    return this.outingsOf(pitcher).map(({ data }) => `${keyOf(data)} ${data.presence?.state}`).toSorted().join();
  }

  #apply(event: Exclude<LiveMessage, { type: "snapshot" | "beat" }>, published: number, isNews: boolean): Topic[] {
    switch (event.type) {
      case "readiness": {
        const key = keyOf(event.data);
        const places = this.#placesOf(event.data.pitcher);
        this.#published.set(key, event.data);
        const soFar = this.trendOf(key);
        const before = soFar.filter((point) => point.pitches < event.data.pitches);
        const point = withPoint(soFar.at(-1), event.data);
        this.#trends.set(key, [...before.slice(1 - POINTS_MAX), point]);
        const changed = this.#gather(event.data.pitcher);
        const topics: Topic[] = [event.data.pitcher, ...changed, ...this.#renewAlerts(event.data.alerts)];
        // Whoever shows him on his mound must stop at once where he left it.
        if (this.#placesOf(event.data.pitcher) === places) return topics;
        this.#roster = [...this.#readiness.keys()].toSorted();
        return [...topics, "roster"];
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
        const { pitcher, mound } = event.data;
        const key = keyOf(event.data);
        this.#published.delete(key);
        this.#readiness.delete(key);
        this.#trends.delete(key);
        this.#pitches.set(pitcher, this.pitchesOf(pitcher).filter((pitch) => pitch.mound !== mound));
        if (this.pitchesOf(pitcher).length === 0) this.#pitches.delete(pitcher);
        this.#gather(pitcher);
        this.#roster = [...this.#readiness.keys()];
        return [pitcher, key, "roster"];
      }
      case "alert_raised":
        if (isNews && !this.#alerts.has(event.data.id)) this.news(event.data);
        return this.#putAlert(event.data);
      case "alert_acknowledged":
        return this.#alerts.has(event.data.id) ? this.#putAlert(event.data) : [];
      case "alert_cleared":
        if (this.#alerts.delete(event.data.id)) this.#closed = [{ alert: event.data, at: published }, ...this.#closed].slice(0, CLOSED_MAX);
        this.#standing = [...this.#alerts.values()];
        return ["alerts"];
      case "attribution":
        this.#attribution = event.data;
        return ["attribution"];
      case "health":
        return ["health"];
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

  /** Standing alerts as they are now: what they watch has moved on. */
  #renewAlerts(alerts: readonly Alert[]): Topic[] {
    const known = alerts.filter(({ id }) => this.#alerts.has(id));
    for (const alert of known) this.#putAlert(alert);
    return known.length === 0 ? [] : ["alerts"];
  }

  #putPitch(pitch: PitchRecord): void {
    const pitcher = pitch.pitcher;
    if (pitcher === undefined || pitcher === null) return;
    this.#pitches.set(pitcher, withPitch(this.pitchesOf(pitcher), pitch));
  }
}

/**
 * A man stands in one place: whoever threw on the game mound after his last throw in a bullpen has left it. The box waits a minute
 * before it says so, for the throw may turn out to be another's; until then his number there is of earlier, and has no verdict.
 */
function inOnePlace(data: Readiness, his: readonly Readiness[]): Readiness {
  const game = his.find(({ mound }) => mound === GAME);
  const isThere = game?.presence?.state === "on_mound" && Date.parse(game.last_pitch_at) > Date.parse(data.last_pitch_at);
  if (data.mound === GAME || data.presence?.state !== "on_mound" || !isThere) return data;
  return { ...data, verdict: null, verdict_absent: "away", presence: { ...data.presence, state: "replaced", since: data.last_pitch_at, to: GAME } };
}

/** What places a pitch among others: an imported one has no time. */
interface Placed {
  readonly id: number;
  readonly revision: number;
  readonly release_ns?: number | null;
}

/** Pitches in the order of their release, those without a time first, with this one in its last revision. */
export function withPitch<T extends Placed>(pitches: readonly T[], pitch: T): readonly T[] {
  const known = pitches.findIndex((other) => other.id === pitch.id);
  if (known >= 0) {
    if ((pitches[known]?.revision ?? 0) > pitch.revision) return pitches;
    return pitches.with(known, pitch);
  }
  const at = pitch.release_ns ?? -Infinity;
  const after = pitches.findLastIndex((other) => (other.release_ns ?? -Infinity) <= at);
  return pitches.toSpliced(after + 1, 0, pitch).slice(-PITCHES_MAX);
}

/** The point of a pitch, as the daemon has it: a number that is held from its own pitch on is that pitch's, whose point stays as it was. */
function withPoint(last: TrendPoint | undefined, readiness: Readiness): TrendPoint {
  const ofOwnPitch = readiness.state === "held" && readiness.as_of?.pitches === readiness.pitches;
  return ofOwnPitch && last?.pitches === readiness.pitches && last.state !== "held" ? last : pointOf(readiness);
}

function pointOf(readiness: Readiness): TrendPoint {
  const { pitches, last_pitch_at, fatigue, state, reasons } = readiness;
  return { pitches, last_pitch_at, readiness: readiness.readiness, fatigue, state, reasons };
}
