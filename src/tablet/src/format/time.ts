/** Times as the park's clock shows them, and ages in words. */

/** An age in the words that a glance needs: `now`, `12 s`, `4 min`, `2 h 05`, `3 d`. */
export const ageInWords = (ms: number): string => (ms < NOW_MS ? "now" : spanInWords(ms));

/** The same in a sentence: `just now`, `12 s ago`. */
export const agoInWords = (ms: number): string => (ms < NOW_MS ? "just now" : `${spanInWords(ms)} ago`);

/** What is so young is of now, ms. */
const NOW_MS = 2_000;

/** How long something lasts or how far two clocks are apart: `1 s`, `12 s`, `4 min`, `2 h 05`, `3 d`. */
export function spanInWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.floor(hours / 24)} d`;
}

/** The day of baseball turns at this hour by the park's clock, as the box has it: a game past midnight is of the day it began. */
const DAY_TURNS_H = 6;

/** Writes moments in one time zone. */
export class ParkTime {
  readonly #clock: Intl.DateTimeFormat;
  readonly #seconds: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #moment: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;

  constructor(zone: string) {
    const of = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-US", { timeZone: zone, ...options });
    this.#clock = of({ hour: "numeric", minute: "2-digit" });
    this.#seconds = of({ hour: "numeric", minute: "2-digit", second: "2-digit" });
    this.#date = of({ month: "short", day: "numeric" });
    this.#moment = of({ month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" });
    // Sweden writes dates as everybody's machines do.
    this.#day = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
  }

  /** `7:05 PM`. */
  clock(ms: number): string {
    return this.#clock.format(ms);
  }

  /** `7:05:09 PM`. */
  seconds(ms: number): string {
    return this.#seconds.format(ms);
  }

  /** `7:05 PM`; of another day of baseball than this one, or while nobody knows which day it is, `Jul 4, 7:05 PM`. */
  told(ms: number, today: string | null): string {
    return this.#dated(ms, today, this.#clock);
  }

  /** The same to the second. */
  toldToSecond(ms: number, today: string | null): string {
    return this.#dated(ms, today, this.#seconds);
  }

  #dated(ms: number, today: string | null, clock: Intl.DateTimeFormat): string {
    if (Number.isNaN(ms)) return "at a time that nobody knows";
    return this.day(ms) === today ? clock.format(ms) : `${this.#date.format(ms)}, ${clock.format(ms)}`;
  }

  /** `Jul 4, 7:05 PM CDT`. */
  moment(ms: number): string {
    return this.#moment.format(ms);
  }

  /** `2025-07-04`: the park's day of baseball. */
  day(ms: number): string {
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

/** `Fri, Jul 4` of a `YYYY-MM-DD`. */
export function dayInWords(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString("en-US", {
    timeZone: "UTC",
    weekday: "short",
    month: "short",
    day: "numeric",
  });
}
