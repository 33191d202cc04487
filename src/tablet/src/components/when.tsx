/**
 * Moments in words. What happened is told by the cameras' clock, and so are ages; what the box did is stamped by its own.
 * While the two agree nobody need care. Where they do not, whoever reads a time must know whose it is: beside what happened
 * everything is told by the cameras' clock, on System by the box's, and the top bar shows both.
 */
import { useCallback, useMemo, useSyncExternalStore, type ReactNode } from "react";

import { usePark } from "../format/park";
import { dayInWords } from "../format/time";
import { useHub } from "../live/react";
import { everySecond } from "./age";

/** Clocks that are apart by less are told as one, ms: a minute's clock shows no difference. */
export const ALIKE_MS = 60_000;

/** Writes a moment, ms since the Unix epoch or RFC 3339: with its date where it is not of today, and its year where that is not this one. */
export type Told = (at: number | string) => string;

interface When {
  /** Of what happened: event times, by the cameras' clock. */
  event: Told;
  /** Of what the box did, told by the cameras' clock. */
  box: Told;
  /** `event` to the second. */
  eventToSecond: Told;
  /** `event` with its date and the park's zone always. */
  moment: Told;
  /** Of a day, `YYYY-MM-DD`: `Fri, Jul 4`. */
  day: (day: string) => string;
}

const ms = (at: number | string): number => (typeof at === "number" ? at : Date.parse(at));

/**
 * Today, by the clock that the pitches' dates are of, told anew when the day of baseball turns; null before the box has told its time, for
 * this device's may be wrong, and where the park's zone is not known.
 */
export function useToday(): string | null {
  const hub = useHub();
  const { time } = usePark();
  const listen = useCallback(
    (run: () => void) => {
      const stops = [everySecond(run), hub.subscribe("snapshot", run)];
      return () => stops.forEach((stop) => stop());
    },
    [hub],
  );
  return useSyncExternalStore(listen, () => {
    const now = hub.state.seenTime(Date.now());
    return now === null ? null : time.day(now);
  });
}

/** Moments beside what happened. */
export function useWhen(): When {
  const { state } = useHub();
  const { time } = usePark();
  const today = useToday();
  return useMemo(
    () => ({
      event: (at) => time.told(ms(at), today),
      box: (at) => time.told(ms(at) - state.apart, today),
      eventToSecond: (at) => time.toldToSecond(ms(at), today),
      moment: (at) => time.moment(ms(at), today),
      day: (day) => dayInWords(day, today),
    }),
    [state, time, today],
  );
}

/**
 * Moments of the box's own, by its clock, as its log and `pitchguard status` have them: to the minute, to the second, and with date and zone. Today is
 * the cameras' here too: a box whose clock is days off does not call another day today.
 */
export function useBoxWhen(): { told: Told; toSecond: Told; moment: Told } {
  const { time } = usePark();
  const today = useToday();
  return useMemo(
    () => ({ told: (at) => time.told(ms(at), today), toSecond: (at) => time.toldToSecond(ms(at), today), moment: (at) => time.moment(ms(at), today) }),
    [time, today],
  );
}

/** Of counts that go on while somebody throws: asked for again so often, and where a page is opened later than this. */
export const COUNTED_AGAIN = { staleTime: 10_000, refetchInterval: 60_000 } as const;

/** When counts that go on while somebody throws were asked for; `at` is by this device's clock, ms. */
export function CountedAt({ at }: { at: number }): ReactNode {
  const { state } = useHub();
  const when = useWhen();
  const seen = state.seenTime(at);
  return seen !== null && <span data-counted-at="">, as counted at {when.eventToSecond(seen)}</span>;
}

/** Whether the box's clock and the cameras' are so far apart that times by one are not times by the other. */
export function useApart(): boolean {
  const { state } = useHub();
  return useSyncExternalStore(everySecond, () => Math.abs(state.apart) >= ALIKE_MS);
}
