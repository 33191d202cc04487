/** The live state for components. */
import { createContext, useContext, useEffect, useSyncExternalStore, type ReactNode } from "react";

import { ask } from "../api/client";
import type { Alert, PitchRecord, TrendPoint } from "../api/types";
import type { Link } from "./connection";
import type { Hub } from "./hub";
import type { Shown, Topic } from "./state";

const HubContext = createContext<Hub | null>(null);

export function LiveProvider({ hub, children }: { hub: Hub; children: ReactNode }) {
  return <HubContext value={hub}>{children}</HubContext>;
}

export function useHub(): Hub {
  const hub = useContext(HubContext);
  if (!hub) throw new Error("no LiveProvider above");
  return hub;
}

function useTopic<T>(topic: Topic | "link", read: (hub: Hub) => T): T {
  const hub = useHub();
  return useSyncExternalStore(
    (run) => hub.subscribe(topic, run),
    () => read(hub),
  );
}

export const useLink = (): Link => useTopic("link", (hub) => hub.link);
export const useRoster = (): readonly number[] => useTopic("roster", (hub) => hub.state.roster);
export const useAlerts = (): readonly Alert[] => useTopic("alerts", (hub) => hub.state.alerts);
export const useEpoch = (): number => useTopic("snapshot", (hub) => hub.state.epoch);
export const useReadiness = (pitcher: number): Shown | undefined =>
  useTopic(pitcher, (hub) => hub.state.readinessOf(pitcher));
export const useLivePitches = (pitcher: number): readonly PitchRecord[] =>
  useTopic(pitcher, (hub) => hub.state.pitchesOf(pitcher));

/** How an active pitcher's outing went: what the daemon keeps, asked for once a snapshot, and what came since. */
export function useTrend(pitcher: number): readonly TrendPoint[] {
  const hub = useHub();
  const epoch = useEpoch();
  const active = useTopic(pitcher, (h) => h.state.readinessOf(pitcher) !== undefined);
  useEffect(() => {
    if (!active) return;
    let wanted = true;
    // An outing that ended meanwhile, or a box that is away, has no trend; the next snapshot asks again.
    ask.trend(pitcher).then(
      ({ points }) => wanted && hub.mark(hub.state.seedTrend(pitcher, points)),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [hub, pitcher, epoch, active]);
  return useTopic(pitcher, (h) => h.state.trendOf(pitcher));
}
