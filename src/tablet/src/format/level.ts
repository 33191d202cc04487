/** What the daemon's verdict is called, and who needs a look first. */
import type { Alert, Level, Readiness, VerdictAbsent } from "../api/types";
import { GAME } from "../live/state";

export type Band = "ready" | "watch" | "warm" | "out" | "held" | "unknown";

interface BandWords {
  /** In a word or two, beside the number. */
  readonly word: string;
  /** For those who see no shape. */
  readonly sign: string;
}

export const BANDS: Readonly<Record<Band, BandWords>> = {
  ready: { word: "Ready", sign: "●" },
  watch: { word: "Watch", sign: "▲" },
  warm: { word: "Warm a reliever", sign: "◆" },
  out: { word: "Take out", sign: "■" },
  held: { word: "No verdict", sign: "○" },
  unknown: { word: "No number yet", sign: "–" },
};

/** Why the daemon gives no verdict, in the place of one. */
const ABSENT: Readonly<Record<VerdictAbsent, string>> = {
  no_number: BANDS.unknown.word,
  held: "Held, no verdict",
  away: "No longer on this mound",
  not_seen: "Not seen now, no verdict",
  not_told: "Nobody tells whose, no verdict",
  old: "Too old, no verdict",
  age_unknown: "Age unknown, no verdict",
  incomplete: "Not all seen, no verdict",
};

/** Levels of risk by sign and word. */
export const LEVELS: Readonly<Record<Level, string>> = { low: "● Low", medium: "▲ Medium", high: "■ High" };

/** The band of a readiness: the daemon's verdict; a held number has none. */
export function bandOf(data: Pick<Readiness, "readiness" | "state" | "verdict">): Band {
  if (typeof data.readiness.value !== "number") return "unknown";
  if (data.state === "held" || !data.verdict) return "held";
  return data.verdict === "sit" ? "out" : data.verdict;
}

/** The verdict in words that fit the mound, or why there is none: nobody is taken out of a bullpen. */
export function verdictInWords(data: Pick<Readiness, "readiness" | "state" | "verdict" | "verdict_absent">): string {
  const band = bandOf(data);
  if (data.verdict_absent) return ABSENT[data.verdict_absent];
  return band === "out" && data.verdict === "sit" ? "Sit him down" : BANDS[band].word;
}

/** Below which readiness the verdict is another one, as the daemon is configured, the highest first. */
export function limitsOf({ verdict_limits }: Pick<Readiness, "verdict_limits">): number[] {
  const { ready, warm, out } = verdict_limits ?? {};
  return [ready, warm, out].filter((limit) => limit != null);
}

/** An index for people, cut off and never rounded up: 79.6 is under 80, so it is 79. */
export const whole = (value: number | null | undefined): string => (typeof value === "number" ? String(Math.floor(value)) : "–");

/** Rounded towards caution where high is the bad side: 3.6 of fatigue is shown as 4, as 96.4 of readiness is shown as 96. */
export const wholeUp = (value: number | null | undefined): string => (typeof value === "number" ? String(Math.ceil(value)) : "–");

/** Whether he stands on a mound as far as marks and pitches tell; who was replaced or is gone does not. */
export const isOnMound = ({ presence }: Pick<Readiness, "presence">): boolean => presence?.state !== "replaced" && presence?.state !== "gone";

/** Whether he may throw on today: he stands on a mound, or sits between innings. */
export const goesOn = (data: Pick<Readiness, "presence"> | undefined): boolean => data?.presence?.state === "on_mound" || data?.presence?.state === "between_innings";

/** So long after his last throw who left a bullpen is still told of among those who left: his page keeps it all day. */
const LEFT_BULLPEN_MS = 3_600_000;

/** Whether home tells of him among those who left their mound; `now` is the cameras' time, ms. */
export const isLeftOfLate = (data: Pick<Readiness, "presence" | "mound" | "last_pitch_at">, now: number): boolean =>
  !isOnMound(data) && (data.mound === 0 || now - Date.parse(data.last_pitch_at) < LEFT_BULLPEN_MS);

/** How much a pitcher needs a look: higher is sooner. What somebody has seen already counts half. */
export function needOfLook(readiness: Readiness, alerts: readonly Alert[]): number {
  const worst = alerts.reduce((most, alert) => {
    const weight = alert.severity === "critical" ? 200 : 100;
    return Math.max(most, alert.acknowledged_at ? weight / 2 : weight);
  }, 0);
  const held = readiness.state === "held" || !readiness.verdict ? 30 : 0;
  const { value } = readiness.readiness;
  const missing = value === null || value === undefined ? 20 : 100 - value;
  return worst * 10 + held * 5 + missing;
}

/** Whoever threw in a bullpen this shortly before the last one who did throws now, as he does, ms. */
const NOW_MS = 120_000;

/** On the mound of the game, in a bullpen now, or there a while ago. */
function placeOf({ mound, presence, last_pitch_at }: Readiness, newest: number): number {
  if (mound === GAME) return presence?.state === "between_innings" ? 1 : 0;
  return newest - Date.parse(last_pitch_at) <= NOW_MS ? 2 : 3;
}

/**
 * Those on the mounds, who throws now first: on the game mound, between innings there, in the bullpens, and there longer ago. Of
 * several who throw now, whoever needs a look is first.
 */
export function byPlace(there: readonly Readiness[], alertsOf: (readiness: Readiness) => readonly Alert[]): Readiness[] {
  const newest = Math.max(...there.filter(({ mound }) => mound !== GAME).map(({ last_pitch_at }) => Date.parse(last_pitch_at)));
  const key = (readiness: Readiness): [number, number] => {
    const place = placeOf(readiness, newest);
    return [place, place === 3 ? -Date.parse(readiness.last_pitch_at) : -needOfLook(readiness, alertsOf(readiness))];
  };
  const keys = new Map(there.map((readiness) => [readiness, key(readiness)]));
  const of = (readiness: Readiness): [number, number] => keys.get(readiness) ?? [0, 0];
  return there.toSorted((a, b) => of(a)[0] - of(b)[0] || of(a)[1] - of(b)[1] || a.pitcher - b.pitcher);
}

/** Alerts, what nobody has seen first, critical before warning, the newest first. */
export function byUrgency(alerts: readonly Alert[]): Alert[] {
  const weight = (alert: Alert): number => (alert.acknowledged_at ? 0 : 2) + (alert.severity === "critical" ? 1 : 0);
  return alerts.toSorted((a, b) => weight(b) - weight(a) || b.id - a.id);
}
