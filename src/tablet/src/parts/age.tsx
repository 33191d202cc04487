/** How old something is, told anew every second by one timer for the whole page. */
import { useSyncExternalStore } from "react";

import { useHub } from "../live/react";
import type { Shown } from "../live/state";
import { ageInWords } from "../people/time";

const EVERY_MS = 1000;
const runs = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let second = Math.floor(Date.now() / EVERY_MS);

function subscribe(run: () => void): () => void {
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
export const useSecond = (): number => useSyncExternalStore(subscribe, () => second) * EVERY_MS;

/** Age of the pitch behind a readiness. */
export function Age({ shown }: { shown: Shown }) {
  const second = useSecond();
  const age = useHub().state.ageOf(shown, Math.max(second, Date.now()));
  return <span data-age="">{age === null ? "age unknown" : age < 2000 ? "just now" : `${ageInWords(age)} ago`}</span>;
}
