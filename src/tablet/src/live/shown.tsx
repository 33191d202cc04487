/** Renders a part of the page in tests as a box shows it that has just told its time. */
import { render } from "@testing-library/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";

import type { Place } from "../api/types";
import { ParkProvider } from "../format/park";
import { SettingsProvider } from "../format/settings";
import type { Link } from "./connection";
import type { Hub } from "./hub";
import { LiveProvider } from "./react";
import { LiveState } from "./state";

const BUSCH: Place = { id: "busch_iii", name: "Busch", time_zone: "America/Chicago", mounds: [{ id: 0, name: "game" }] };

interface Around {
  /** The box's time, ms since the Unix epoch. */
  now: number;
  /** How far the box's clock is ahead of the cameras', ms. */
  apart?: number;
  place?: Place | null;
  link?: Link;
}

export function shown(children: ReactNode, { now, apart = 0, place = BUSCH, link = "live" }: Around): HTMLElement {
  const state = new LiveState();
  const [published_at, seen_at] = [new Date(now).toISOString(), new Date(now - apart).toISOString()];
  state.take({ type: "snapshot", seq: 1, published_at, seen_at, data: { readiness: [], alerts: [], pitches: [] } }, Date.now());
  const hub = { state, link, heardAt: 0, subscribe: () => () => {}, hearNews: () => () => {} } as unknown as Hub;
  globalThis.ResizeObserver ??= class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
  return render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <LiveProvider hub={hub}>
        <SettingsProvider>{() => <ParkProvider place={place}>{children}</ParkProvider>}</SettingsProvider>
      </LiveProvider>
    </QueryClientProvider>,
  ).container;
}
