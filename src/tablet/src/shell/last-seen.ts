/** When the box last said something, and where it stands, kept over a reload: so that a page that opens without it can say so. */

import { keep, recall } from "./kept";

const KEPT = "pitchguard.box";

export interface LastSeen {
  /** Box time, ms since the Unix epoch. */
  at: number;
  zone: string;
  name: string;
}

export function lastSeen(): LastSeen | null {
  try {
    const kept = JSON.parse(recall("localStorage", KEPT) ?? "null") as Partial<LastSeen> | null;
    if (typeof kept?.at !== "number" || typeof kept.zone !== "string" || typeof kept.name !== "string") return null;
    // A zone that this browser does not know would break every time on the page.
    new Intl.DateTimeFormat("en-US", { timeZone: kept.zone });
    return { at: kept.at, zone: kept.zone, name: kept.name };
  } catch {
    return null;
  }
}

export function keepLastSeen(seen: LastSeen): void {
  // A browser that keeps nothing says less after a reload, and nothing wrong.
  keep("localStorage", KEPT, JSON.stringify(seen));
}
