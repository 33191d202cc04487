/**
 * What is known of the ballpark: its clock and its mounds. Before the box has told them nothing is guessed: times are UTC and
 * say so, no day is today, and mounds have the names that the stream gives them, or a number.
 */
import { createContext, useContext, useMemo, type ReactNode } from "react";

import type { Place } from "../api/types";
import { useAttribution } from "../live/react";
import { ParkTime } from "./time";
import { moundInWords } from "./words";

export class Park {
  readonly time: ParkTime;
  /** Names for people by mound, in the box's order. */
  readonly mounds: ReadonlyMap<number, string>;

  /** Of a place that is not known, null, what its mounds are called is all that can be. */
  constructor(
    readonly place: Place | null,
    mounds: Place["mounds"] = place?.mounds ?? [],
  ) {
    this.time = new ParkTime(place?.time_zone ?? null);
    this.mounds = new Map(mounds.map(({ id, name }) => [id, moundInWords(name)]));
  }

  /** `Game mound`; a mound that the park does not have has a number only. */
  nameOf(mound: number): string {
    return this.mounds.get(mound) ?? `Mound ${mound}`;
  }

  /** The same within a sentence: `on the game mound`, `in the home bullpen`. */
  where(mound: number): string {
    const name = this.mounds.get(mound)?.toLowerCase();
    return name === undefined ? `on mound ${mound}` : `${name.includes("mound") ? "on" : "in"} the ${name}`;
  }
}

const ParkContext = createContext(new Park(null));

/** Gives everything below it the park; `place` is null while it is not known. */
export function ParkProvider({ place, children }: { place: Place | null; children: ReactNode }) {
  const attribution = useAttribution();
  // Told anew with each throw, and nearly always the same.
  const names = JSON.stringify(attribution?.mounds.map(({ mound, name }) => ({ id: mound, name })) ?? []);
  const park = useMemo(() => (place ? new Park(place) : new Park(null, JSON.parse(names) as Place["mounds"])), [place, names]);
  return <ParkContext value={park}>{children}</ParkContext>;
}

/** The park, as far as it is known. */
export const usePark = (): Park => useContext(ParkContext);

/** The park; null before the box has told of it. For what says nothing without it. */
export function useParkIfKnown(): Park | null {
  const park = usePark();
  return park.place ? park : null;
}
