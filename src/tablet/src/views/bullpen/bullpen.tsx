/** Home: a card per active pitcher, who needs a look first. */
import { styled } from "@mui/material/styles";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { ask } from "../../api/client";
import type { Hub } from "../../live/hub";
import { useEpoch, useHub, useLink, useRoster } from "../../live/react";
import { Empty, Loading } from "../../parts/states";
import { Unseen } from "../../parts/visible";
import { needOfLook } from "../../people/level";
import { moundInWords } from "../../people/words";
import { AlertList } from "./alerts";
import { Card } from "./card";

/** Cards change places this often at most: a finger on its way must find what it was aimed at. */
const SORT_EVERY_MS = 3_000;

const Cards = styled("ul")({
  display: "grid",
  gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 340px), 1fr))",
  gap: 12,
  margin: 0,
  padding: 0,
  listStyle: "none",
  // What is old has no colour to catch the eye, and keeps its contrast.
  '&[data-stale="true"]': { filter: "grayscale(1)" },
  // Cards out of sight are neither laid out nor painted, and one that changes moves no other.
  "& > li": { contentVisibility: "auto", containIntrinsicSize: "auto 330px", maxWidth: 820 },
});

export function Bullpen() {
  const roster = useRoster();
  const link = useLink();
  const order = useOrder(roster);
  const epoch = useEpoch();
  const venue = useQuery({ queryKey: ["venue"], queryFn: ask.venue, staleTime: Infinity });
  const mounds = new Map(venue.data?.mounds.map((mound) => [mound.id, moundInWords(mound.name)]));
  return (
    <>
      <Unseen as="h2">Bullpen</Unseen>
      <AlertList />
      {roster.length > 0 && (
        <Cards data-stale={link !== "live"} aria-label="Pitchers, who needs a look first">
          {order.map((pitcher) => (
            <li key={pitcher}>
              <Card pitcher={pitcher} mounds={mounds} />
            </li>
          ))}
        </Cards>
      )}
      {roster.length === 0 && epoch === 0 && <Loading what="who is throwing" />}
      {roster.length === 0 && epoch > 0 && (
        <Empty title="Nobody is throwing.">A pitcher appears here with his first pitch.</Empty>
      )}
    </>
  );
}

function sorted(hub: Hub, roster: readonly number[]): readonly number[] {
  const need = (pitcher: number): number => {
    const shown = hub.state.readinessOf(pitcher);
    if (!shown) return -1;
    return needOfLook(shown.data, hub.state.alerts.filter((alert) => alert.pitcher === pitcher));
  };
  const needs = new Map(roster.map((pitcher) => [pitcher, need(pitcher)]));
  return roster.toSorted((a, b) => (needs.get(b) ?? 0) - (needs.get(a) ?? 0) || a - b);
}

function useOrder(roster: readonly number[]): readonly number[] {
  const hub = useHub();
  const [order, setOrder] = useState(() => sorted(hub, roster));
  useEffect(() => {
    const sort = (): void =>
      setOrder((before) => {
        const after = sorted(hub, roster);
        return after.length === before.length && after.every((pitcher, at) => pitcher === before[at]) ? before : after;
      });
    sort();
    const timer = setInterval(sort, SORT_EVERY_MS);
    return () => clearInterval(timer);
  }, [hub, roster]);
  return order;
}
