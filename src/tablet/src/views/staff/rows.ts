/** The staff as rows: filtered, sorted, searched. */
import type { Level, Pitcher, Readiness, StaffRow } from "../../api/types";
import { isOnMound } from "../../format/level";

export interface Row {
  pitcher: Pitcher;
  readiness: Readiness | undefined;
  /** Risk, load and availability as of the date; undefined before they are there. */
  told: StaffRow | undefined;
  /** His last game by the date, `YYYY-MM-DD`; null where that is not known. */
  lastGame: string | null;
}

/** A pitcher's last game by a day: his newest of all where that is not after it, else what is told for the day. */
export function lastGameBy(day: string, { last_game_date: newest }: Pitcher, told: StaffRow | undefined): string | null {
  return (newest != null && newest <= day ? newest : told?.last_game_date) ?? null;
}

export interface Filter {
  search: string;
  team: string;
  season: number | null;
  level: Level | "active" | null;
}

export const COLUMNS = ["name", "team", "readiness", "risk", "acwr", "pitches", "last"] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  column: Column;
  down: boolean;
}

/** Without accents and case, so that `Perez` finds `Pérez`. */
const plain = (text: string): string => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();

/** Those of whom there is a history, and after them whoever has thrown today and has none yet. */
export function withThrowing(known: readonly Pitcher[], throwing: readonly Pick<Readiness, "pitcher" | "name">[]): readonly Pitcher[] {
  const ids = new Set(known.map(({ id }) => id));
  const names = new Map(throwing.filter(({ pitcher }) => !ids.has(pitcher)).map(({ pitcher, name }) => [pitcher, name]));
  return names.size === 0 ? known : [...known, ...[...names].map(([id, name]): Pitcher => ({ id, name, seasons: [] }))];
}

/** Those of a team and season whose name fits. */
export function ofTeam(pitchers: readonly Pitcher[], { team, season, search }: Filter): Pitcher[] {
  const words = plain(search).split(/\s+/).filter(Boolean);
  return pitchers.filter((pitcher) => {
    const name = plain(pitcher.name);
    return (
      (team === "" || pitcher.team === team) &&
      (season === null || pitcher.seasons.includes(season)) &&
      words.every((word) => name.includes(word) || String(pitcher.id).startsWith(word))
    );
  });
}

export function ofLevel(rows: readonly Row[], { level }: Filter): Row[] {
  if (level === null) return [...rows];
  return rows.filter((row) => (level === "active" ? row.readiness !== undefined && isOnMound(row.readiness) : row.told?.level === level));
}

function key({ pitcher, readiness, told, lastGame }: Row, column: Column): string | number | null | undefined {
  switch (column) {
    case "name":
      return plain(pitcher.name);
    case "team":
      return pitcher.team;
    case "readiness":
      // A number of then is no number to compare with those of now.
      return readiness && isOnMound(readiness) && readiness.verdict ? readiness.readiness.value : null;
    case "risk":
      return told?.probability;
    case "acwr":
      return told?.acwr;
    case "pitches":
      return told?.pitches_7d;
    case "last":
      return lastGame;
  }
}

/** Sorted; what is not known comes last, whichever the way. */
export function sorted(rows: readonly Row[], { column, down }: Order): Row[] {
  return rows.toSorted((a, b) => {
    const [x, y] = [key(a, column), key(b, column)];
    if (x == null || y == null) return Number(x == null) - Number(y == null) || a.pitcher.id - b.pitcher.id;
    const way = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
    return (down ? -way : way) || a.pitcher.id - b.pitcher.id;
  });
}
