/** Times as the park's clock shows them, and ages in words. */

/** An age in the words that a glance needs: `now`, `12 s`, `4 min`, `2 h 5 min`, `3 days`. */
export const ageInWords = (ms: number): string => (ms < NOW_MS ? "now" : spanInWords(ms));

/** The same in a sentence: `just now`, `12 s ago`. */
export const agoInWords = (ms: number): string => (ms < NOW_MS ? "just now" : `${spanInWords(ms)} ago`);

/** What is so young is of now, ms. */
const NOW_MS = 2_000;

/** How long something lasts, as the box writes it, never more than it is: `1 s`, `119 s`, `4 min`, `2 h 5 min`, `3 days 4 h`. */
export function spanInWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 120) return `${seconds} s`;
  if (minutes < 120) return `${minutes} min`;
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  const days = `${Math.floor(hours / 24)} days`;
  return hours % 24 === 0 ? days : `${days} ${hours % 24} h`;
}

/** What a frame takes on its way at most, ms: no part of what two clocks are apart. */
const WAY_MS = 10_000;

/** How far two clocks are apart, as the box writes it: to the second, and to the minute from two of them on. */
export function farInWords(ms: number): string {
  const apart = Math.abs(ms);
  return apart < 120_000 ? `${Math.round(apart / 1000)} s` : spanInWords(apart + WAY_MS);
}

const NO_TIME = "at a time that nobody knows";

/** A date that ends with its year, without it where it is today's: what carries no year is of this one. */
const withoutThisYear = (dated: string, today: string | null): string => (today === null ? dated : dated.replace(new RegExp(`,? ${today.slice(0, 4)}$`), ""));

/** The day of baseball turns at this hour by the park's clock, as the box has it: a game past midnight is of the day it began. */
const DAY_TURNS_H = 6;

/** Writes moments in one time zone. */
export class ParkTime {
  readonly #clock: Intl.DateTimeFormat;
  readonly #seconds: Intl.DateTimeFormat;
  readonly #zoned: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  /** None in a zone that is not the park's: which day it is there is not known. */
  readonly #day: Intl.DateTimeFormat | null;

  /** Of the park's zone; null while that is not known: then times are UTC, say so, and carry their dates. */
  constructor(zone: string | null) {
    const named = zone === null ? ({ timeZone: "UTC", timeZoneName: "short" } as const) : { timeZone: zone };
    const of = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-US", { ...named, ...options });
    this.#clock = of({ hour: "numeric", minute: "2-digit" });
    this.#seconds = of({ hour: "numeric", minute: "2-digit", second: "2-digit" });
    this.#zoned = of({ hour: "numeric", minute: "2-digit", timeZoneName: "short" });
    this.#date = new Intl.DateTimeFormat("en-US", { timeZone: named.timeZone, month: "short", day: "numeric", year: "numeric" });
    // Sweden writes dates as everybody's machines do.
    this.#day = zone === null ? null : new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
  }

  /** `7:05 PM`. */
  clock(ms: number): string {
    return this.#clock.format(ms);
  }

  /** `7:05:09 PM`. */
  seconds(ms: number): string {
    return this.#seconds.format(ms);
  }

  /** `7:05 PM`; of another day of baseball than this one `Jul 4, 7:05 PM`, of another year or while nobody knows which day it is `Jul 4, 2025, 7:05 PM`. */
  told(ms: number, today: string | null): string {
    return this.#dated(ms, today, this.#clock);
  }

  /** The same to the second. */
  toldToSecond(ms: number, today: string | null): string {
    return this.#dated(ms, today, this.#seconds);
  }

  #dated(ms: number, today: string | null, clock: Intl.DateTimeFormat): string {
    if (Number.isNaN(ms)) return NO_TIME;
    return today !== null && this.day(ms) === today ? clock.format(ms) : this.#withDate(ms, today, clock);
  }

  #withDate(ms: number, today: string | null, clock: Intl.DateTimeFormat): string {
    return `${withoutThisYear(this.#date.format(ms), today)}, ${clock.format(ms)}`;
  }

  /** `Jul 4, 7:05 PM CDT`; of another year than this one, or while nobody knows which day it is, `Jul 4, 2025, 7:05 PM CDT`. */
  moment(ms: number, today: string | null): string {
    return Number.isNaN(ms) ? NO_TIME : this.#withDate(ms, today, this.#zoned);
  }

  /** `2025-07-04`: the park's day of baseball; null where its zone is not known. */
  day(ms: number): string | null {
    if (this.#day === null) return null;
    const [date = "", clock = ""] = this.#day.format(ms).split(" ");
    return Number(clock.slice(0, 2)) < DAY_TURNS_H ? dayAfter(date, -1) : date;
  }
}

/** A day so many days later, both `YYYY-MM-DD`. */
export function dayAfter(day: string, days: number): string {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1, date + days)).toISOString().slice(0, 10);
}

/** Days from one day to another, both `YYYY-MM-DD`. */
export const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);

/** Whoever pitched last longer ago than so many days is told of as of that game. */
const PRESENT_DAYS = 7;

/** The day that risk and availability are told for: today in the season, the last game's after it. */
export function asOf(pitchers: readonly { last_game_date?: string | null }[], today: string): string {
  const newest = pitchers.reduce((latest, { last_game_date }) => (last_game_date && last_game_date > latest ? last_game_date : latest), "");
  return newest === "" || daysBetween(newest, today) <= PRESENT_DAYS ? today : newest;
}

const dated = (day: string, today: string | null, options: Intl.DateTimeFormatOptions): string =>
  withoutThisYear(new Date(`${day}T00:00:00Z`).toLocaleDateString("en-US", { timeZone: "UTC", month: "short", year: "numeric", ...options }), today);

/** `Fri, Jul 4` of a `YYYY-MM-DD`; of another year than today's, or while nobody knows which day it is, `Fri, Jul 4, 2025`. */
export const dayInWords = (day: string, today: string | null): string => dated(day, today, { weekday: "short", day: "numeric" });

/** The same where there is little room: `Jul 4`, `Jul 4, 2025`. */
export const dateInWords = (day: string, today: string | null): string => dated(day, today, { day: "numeric" });

/** Its month: `Jul`, `Jul 2025`. */
export const monthInWords = (day: string, today: string | null): string => dated(day, today, {});
