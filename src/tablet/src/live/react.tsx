/** The live state for components. */
import { createContext, useContext, useEffect, useSyncExternalStore, type ReactNode } from "react";

import { ask } from "../api/client";
import type { Alert, AttributionStatus, PitchRecord, TrendPoint } from "../api/types";
import type { Link } from "./connection";
import type { Hub } from "./hub";
import type { Closed, OutingKey, Shown, Topic } from "./state";

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
/** Outings of active pitchers: one a pitcher and mound. */
export const useRoster = (): readonly OutingKey[] => useTopic("roster", (hub) => hub.state.roster);
export const useAlerts = (): readonly Alert[] => useTopic("alerts", (hub) => hub.state.alerts);
export const useClosed = (): readonly Closed[] => useTopic("alerts", (hub) => hub.state.closed);
/** Whose the throws are; null before anybody told. */
export const useAttribution = (): AttributionStatus | null => useTopic("attribution", (hub) => hub.state.attribution);
export const useEpoch = (): number => useTopic("snapshot", (hub) => hub.state.epoch);
export const useReadiness = (key: OutingKey): Shown | undefined => useTopic(key, (hub) => hub.state.readinessOf(key));
/** A pitcher's outings, that of his newest pitch first. */
export const useOutings = (pitcher: number): readonly Shown[] => useTopic(pitcher, (hub) => hub.state.outingsOf(pitcher));
export const useLivePitches = (pitcher: number): readonly PitchRecord[] =>
  useTopic(pitcher, (hub) => hub.state.pitchesOf(pitcher));

/** How an outing went: what the daemon keeps, asked for once a snapshot, and what came since. */
export function useTrend(key: OutingKey): readonly TrendPoint[] {
  const hub = useHub();
  const epoch = useEpoch();
  const active = useTopic(key, (h) => h.state.readinessOf(key) !== undefined);
  // Points of earlier pitches settle when the newest changes: they are asked for again then.
  const newest = useTopic(key, (h) => { const data = h.state.readinessOf(key)?.data; return data && `${data.pitches} ${data.state}`; });
  useEffect(() => {
    const data = hub.state.readinessOf(key)?.data;
    if (!active || !data) return;
    let wanted = true;
    // An outing that ended meanwhile, or a box that is away, has no trend; the next snapshot asks again.
    ask.trend(data.pitcher, data.mound).then(
      ({ points }) => wanted && hub.mark(hub.state.seedTrend(key, points)),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [hub, key, epoch, active, newest]);
  return useTopic(key, (h) => h.state.trendOf(key));
}
