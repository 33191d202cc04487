/**
 * What is known of the ballpark: its clock and its mounds. Before the box has told them nothing is guessed: the views are
 * shown once they are known, and what stands around the views must ask whether they are.
 */
import { createContext, useContext, useMemo, type ReactNode } from "react";

import type { Place } from "../api/types";
import { ParkTime } from "./time";
import { moundInWords } from "./words";

export class Park {
  readonly time: ParkTime;
  /** Names for people by mound, in the box's order. */
  readonly mounds: ReadonlyMap<number, string>;

  constructor(readonly place: Place) {
    this.time = new ParkTime(place.time_zone);
    this.mounds = new Map(place.mounds.map(({ id, name }) => [id, moundInWords(name)]));
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

const ParkContext = createContext<Park | null>(null);

/** Gives everything below it the park, null while it is not known. */
export function ParkProvider({ place, children }: { place: Place | null; children: ReactNode }) {
  const park = useMemo(() => (place ? new Park(place) : null), [place]);
  return <ParkContext value={park}>{children}</ParkContext>;
}

/** The park; null before the box has told of it. For what is shown without it too. */
export const useParkIfKnown = (): Park | null => useContext(ParkContext);

/** The park, in a view: views are shown where it is known. */
export function usePark(): Park {
  const park = useParkIfKnown();
  if (!park) throw new Error("a view is shown before the park is known");
  return park;
}
