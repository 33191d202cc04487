/** How old something is, told anew every second by one timer for the whole page. */
import { useSyncExternalStore } from "react";

import type { Readiness } from "../api/types";
import { asOfInWords } from "../format/words";
import { useHub } from "../live/react";

const EVERY_MS = 1000;
const runs = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let second = Math.floor(Date.now() / EVERY_MS);

/** Calls `run` once a second until what is returned is called. */
export function everySecond(run: () => void): () => void {
  runs.add(run);
  timer ??= setInterval(() => {
    second = Math.floor(Date.now() / EVERY_MS);
    for (const each of runs) each();
  }, EVERY_MS);
  return () => {
    runs.delete(run);
    if (runs.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** This device's time in whole seconds, ms. */
export const useSecond = (): number => useSyncExternalStore(everySecond, () => second) * EVERY_MS;

/** Of which pitch the number is and how old: its own age, not that of the newest pitch. */
export function AsOf({ data }: { data: Readiness }) {
  const second = useSecond();
  const { state } = useHub();
  const age = state.since(data.as_of?.at ?? data.last_pitch_at, Math.max(second, Date.now()));
  return <span data-age="">{asOfInWords(data, age)}</span>;
}
