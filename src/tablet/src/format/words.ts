/** The daemon's names in people's words. A name that is not here is shown as it is. */
import type { AttributionStatus, Readiness, State, WorkloadReport } from "../api/types";
import { GAME } from "../live/state";
import { isOnMound, whole } from "./level";
import { agoInWords, spanInWords } from "./time";

/** The one name of the one ratio, wherever it is shown. */
export const ACUTE_CHRONIC = "Acute:chronic load";

/** How anybody comes to that ratio from the pitches of each day. */
export const RATIO_IN_WORDS =
  "Acute: the mean of a day’s pitches in which each day counts 0.75 times the day after it. Chronic: the mean of the days before the last 7, each counting 27/29 times the day after it. " +
  "Both go back to his earliest outing of the last 63 days. No ratio where that is not 28 days ago, or the chronic mean is under half a pitch.";

/** The one name of what he carries, wherever it is shown: game pitches, today’s and what still counts of earlier days. */
export const LOAD = "Load";

const MOUNDS: Readonly<Record<string, string>> = {
  game: "Game mound",
  bullpen_home: "Home bullpen",
  bullpen_visitor: "Visitor bullpen",
};

const PITCH_TYPES: Readonly<Record<string, string>> = {
  FF: "Four-seam",
  SI: "Sinker",
  FC: "Cutter",
  SL: "Slider",
  ST: "Sweeper",
  SV: "Slurve",
  CU: "Curveball",
  KC: "Knuckle curve",
  CH: "Changeup",
  FS: "Splitter",
  FO: "Forkball",
  SC: "Screwball",
  KN: "Knuckleball",
  EP: "Eephus",
};

/** In the order of the table: what the arm did first. Units stand beside the values. */
const FEATURES: Readonly<Record<string, string>> = {
  velocity_delta_5: "Fastball against his season, last 5",
  spin_consistency_20: "Spin, spread against its mean, last 20",
  release_height_var_25: "Release height scatter against usual, last 25",
  release_height_var_25_ft2: "Release height variance, last 25",
  break_adj_x: "Break against usual, horizontal",
  break_adj_z: "Break against usual, vertical",
  release_extension_delta: "Extension against usual",
  pitch_tempo_delta: "Tempo against earlier today, positive is slower",
  dose: `${LOAD}: game pitches today, and earlier days’ halved each day`,
  acwr: `${ACUTE_CHRONIC} before today`,
  days_rest: "Days of rest",
  late_data_frac: "Data that came late",
  calibration_confidence: "Confidence in the cameras",
};

export const FEATURES_IN_ORDER: readonly string[] = Object.keys(FEATURES);

const STATES: Readonly<Record<State, { word: string; meaning: string }>> = {
  provisional: { word: "Provisional", meaning: "Late camera frames may still change it." },
  final: { word: "Final", meaning: "Settled: nothing that comes later changes it." },
  held: { word: "Held", meaning: "The data is not good enough now: what stands here is an earlier value." },
};

/** What only the first cameras have said. */
export const EARLY = { word: "Early", meaning: "Of the first cameras: as certain as its interval says. The others follow in a few seconds and make it firm." };

const FLAGS: Readonly<Record<string, string>> = {
  weak_geometry: "weak geometry",
  cameras_disagree: "cameras disagree",
  short_track: "short track",
  unusual_flight: "unusual flight",
  unmarked: "no mark says whose",
  early: "of the first cameras",
  withdrawn: "withdrawn: no pitch, as all cameras say",
};

const spaced = (name: string): string => name.replaceAll("_", " ");

export const moundInWords = (name: string): string => MOUNDS[name] ?? spaced(name);
export const pitchInWords = (code: string): string => PITCH_TYPES[code] ?? (code || "Unknown type");
export const featureInWords = (name: string): string => FEATURES[name] ?? spaced(name);
export const stateInWords = (state: State): { word: string; meaning: string } => STATES[state];
export const flagInWords = (flag: string): string => FLAGS[flag] ?? spaced(flag).replace("outlier:", "outlier: ");
/** What a risk is made of: the one name where it is a feature of readiness too. */
export const contributorInWords = (name: string): string => (name === "acwr" ? `${ACUTE_CHRONIC} at the day’s end` : spaced(name));
export const inWords = spaced;

/** Whether his mound is not seen now, or was not for a while: what is known of him is what was seen. */
const isSeenInPart = ({ unseen, verdict_absent }: Pick<Readiness, "unseen" | "verdict_absent">): boolean => verdict_absent === "not_seen" || (unseen ?? []).length > 0;

const ago = (ms: number | null): string => (ms === null ? "age unknown" : agoInWords(ms));

/**
 * How old a number is, by its pitch and its age, ms: `as of pitch 31, 12 s ago`; a held one with the number itself and the
 * pitches since, `81 as of pitch 31, 14 pitches and 78 s ago`. Where there is no number, the age is that of his last pitch, or
 * of the last one that was seen.
 */
export function asOfInWords(data: Pick<Readiness, "as_of" | "pitches" | "readiness" | "state" | "unseen" | "verdict_absent">, age: number | null): string {
  const { as_of, pitches, readiness, state } = data;
  if (!as_of || typeof readiness.value !== "number") return `Last pitch ${isSeenInPart(data) ? "seen " : ""}${ago(age)}`;
  const since = pitches - as_of.pitches;
  if (state !== "held") return `as of pitch ${as_of.pitches}, ${ago(age)}`;
  const thrown = since > 0 && age !== null && age >= 2_000 ? `${pitchesInWords(since, false)} and ` : "";
  return `${whole(readiness.value)} as of pitch ${as_of.pitches}, ${thrown}${ago(age)}`;
}

/** Why a man is no longer shown as throwing, and since when; `clock` writes a moment of the park. */
export function leftInWords(
  { pitcher, mound, presence, last_pitch_at }: Pick<Readiness, "pitcher" | "mound" | "presence" | "last_pitch_at">,
  clock: (ms: number) => string,
  nameOf: (pitcher: number) => string | undefined,
): string {
  const last = clock(Date.parse(last_pitch_at));
  if (presence?.state !== "replaced") return `no throw since ${last}`;
  const since = clock(Date.parse(presence.since));
  const { by, by_name, to } = presence;
  if (to != null) return `last throw here ${last}, then on ${to === GAME ? "the game mound" : "another mound"}`;
  if (by == null || by === pitcher) return `left this mound at ${since}`;
  // Nobody takes a place in a bullpen at once: when he left it is known by his last throw only.
  const threw = mound === GAME ? "" : `last throw ${last}, `;
  return `${threw}replaced by ${by_name ?? nameOf(by) ?? `pitcher ${by}`} at ${since}`;
}

/** Whether he has thrown at least what is counted: not all of it was seen, or not all of it has a name. */
export const isAtLeast = ({ unseen, unnamed_throws }: Pick<Readiness, "unseen" | "unnamed_throws">): boolean => (unseen?.length ?? 0) > 0 || (unnamed_throws ?? 0) > 0;

/** `1 outing`, `2 outings`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** How he is used, and by what: a roster, or the median of his newest days of pitching. */
export function roleInWords({ role, role_days }: Pick<WorkloadReport["summary"], "role" | "role_days">): string {
  const days = role_days == null ? "a roster" : `his last ${counted(role_days, "day", "days")} of pitching`;
  if (role != null) return `${role} by ${days}`;
  return role_days == null || role_days === 0 ? "role not known" : `role not known by ${counted(role_days, "day", "days")} of pitching`;
}

/** With a capital, as a sentence or a heading begins. */
export const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** `23 pitches`, `at least 1 pitch`. */
export const pitchesInWords = (pitches: number, atLeast: boolean): string => `${atLeast ? "at least " : ""}${counted(pitches, "pitch", "pitches")}`;

/**
 * What of his outing was not seen or has no name, and what that makes of the count; empty where all is counted. Of the throws that
 * count for nobody only those that may be his are told.
 */
export function unseenInWords(data: Pick<Readiness, "unseen" | "unnamed_throws" | "unnamed_from" | "unnamed_to" | "pitches" | "presence">, clock: (ms: number) => string): string {
  if (!isAtLeast(data)) return "";
  const grounds = [whilesInWords(data, clock), namelessInWords(data, clock)].filter(Boolean);
  // One matter a sentence.
  return grounds.length === 1 ? `${grounds[0]}: the count is at least ${data.pitches}.` : `${grounds.join(". ")}. The count is at least ${data.pitches}.`;
}

function namelessInWords({ unnamed_throws: count = 0, unnamed_from, unnamed_to }: Pick<Readiness, "unnamed_throws" | "unnamed_from" | "unnamed_to">, clock: (ms: number) => string): string {
  if (count === 0) return "";
  const when = unnamed_from == null || unnamed_to == null ? "" : betweenInWords(clock(Date.parse(unnamed_from)), clock(Date.parse(unnamed_to)));
  const thrown = `${counted(count, "throw")} on this mound${when}`;
  return count === 1 ? `${thrown} belongs to nobody, and may be his` : `${thrown} belong to nobody, and some may be his`;
}

/** ` between 7:12 PM and 7:19 PM`, or within a minute ` at 7:12 PM`. */
const betweenInWords = (from: string, to: string): string => (from === to ? ` at ${from}` : ` between ${from} and ${to}`);

/** How much later than a mound was seen last a while begins at most that still goes on, ms. */
const LASTS_MS = 2_000;

function whilesInWords({ unseen, presence }: Pick<Readiness, "unseen" | "presence">, clock: (ms: number) => string): string {
  if (!unseen?.length) return "";
  // Of a mound that is not seen now the last while has no end yet.
  const seenUntil = presence?.state === "on_mound" || presence?.state === "between_innings" ? presence.seen_until : null;
  const lasts = (from: string) => seenUntil != null && Math.abs(Date.parse(from) - Date.parse(seenUntil)) <= LASTS_MS;
  const whiles = unseen.map(({ from, to }) => {
    const [begin, end] = [clock(Date.parse(from)), clock(Date.parse(to))];
    if (lasts(from)) return `from ${begin} until now`;
    // Within a minute by the clock: for how long.
    return begin === end ? `for ${spanInWords(Math.max(1, Math.ceil((Date.parse(to) - Date.parse(from)) / 1000)) * 1000)} at ${begin}` : `from ${begin} to ${end}`;
  });
  return `Not seen ${[...new Set(whiles)].join(" and ")}`;
}

/** How he is on a mound, where he does not simply stand there: `, between innings`. */
export function placeInWords(presence: Readiness["presence"]): string {
  if (presence?.state === "between_innings") return presence.by == null ? ", between innings" : ", between innings or replaced";
  if (presence?.unsure_since) return " when last seen";
  return presence?.last_named ? " when last named" : "";
}

/**
 * On which mound, `in the home bullpen`, he stands now; where his throws are not seen or he sits between innings, that. Empty of who has left.
 * `isLive` is whether the box tells of now.
 */
export function whereInWords(data: Pick<Readiness, "mound" | "presence" | "verdict_absent" | "pitches" | "unseen" | "unnamed_throws">, where: string, isLive: boolean): string {
  if (!isOnMound(data)) return "";
  const now = !isLive ? " when the box last answered" : data.verdict_absent === "not_seen" ? ", not seen now" : placeInWords(data.presence) || " now";
  return `${where}${now}, ${pitchesInWords(data.pitches, isAtLeast(data))}`;
}

/**
 * Another mound on which a mark named him after his last throw in a bullpen: he is on his way there, or the mark is a slip. Null where none
 * did; nobody leaves the game mound because he is named elsewhere.
 */
export function namedElsewhere(data: Pick<Readiness, "pitcher" | "mound" | "last_pitch_at">, attribution: AttributionStatus | null): number | null {
  if (data.mound === GAME) return null;
  const last = Date.parse(data.last_pitch_at);
  const there = attribution?.mounds.find(({ mound, waiting }) => mound !== data.mound && waiting?.pitcher === data.pitcher && Date.parse(waiting.since) > last);
  return there?.mound ?? null;
}

/** That he stands on a mound, and since when; of a mound that is not seen now, until when it was. */
export function thereInWords(presence: Readiness["presence"], clock: (ms: number) => string): string {
  if (!presence) return "";
  const since = clock(Date.parse(presence.since));
  const named = presence.last_named && `last named ${clock(Date.parse(presence.last_named))}: nobody tells who pitches now`;
  const between = presence.by == null ? `between innings since ${since}` : `left the mound, ${presence.by_name ?? `pitcher ${presence.by}`} came ${since}: between innings or replaced`;
  const there = presence.state === "between_innings" ? between : named || `since ${since}`;
  if (presence.unsure_since && !presence.seen_until) return `there at ${clock(Date.parse(presence.unsure_since))}: not seen for a while then, and nobody knows whether he stayed`;
  return presence.seen_until ? `${there} (mound last seen ${clock(Date.parse(presence.seen_until))}, not seen now)` : there;
}
