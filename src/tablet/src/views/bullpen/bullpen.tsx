/** Home: who is on which mound, a card for each of them, who throws now first; below, who has left. */
import { styled } from "@mui/material/styles";
import Typography from "@mui/material/Typography";
import { useEffect, useState } from "react";

import type { Alert, AttributionStatus, Readiness } from "../../api/types";
import { Empty, Loading } from "../../components/states";
import { Unseen } from "../../components/visible";
import { byPlace, isLeftOfLate, isOnMound } from "../../format/level";
import { usePark } from "../../format/park";
import type { Hub } from "../../live/hub";
import { useAttribution, useEpoch, useHub, useLink, useRoster } from "../../live/react";
import { keyOf, type OutingKey } from "../../live/state";
import { AlertList } from "./alerts";
import { Card } from "./card";
import { Left } from "./left";
import { Mounds, useNameless, useSeen } from "./mounds";

/** Cards change places this often at most, but where somebody comes or leaves: a finger on its way must find what it was aimed at. */
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
  "& > li": { contentVisibility: "auto", containIntrinsicSize: "auto 380px", maxWidth: 820 },
});

export function Bullpen() {
  const roster = useRoster();
  const link = useLink();
  const { onMound, left } = useOrder(roster);
  const epoch = useEpoch();
  const park = usePark();
  const seen = useSeen();
  const attribution = useAttribution();
  const nameless = useNameless();
  const waiting = (attribution?.mounds ?? []).flatMap(({ mound, waiting: him }) => (him ? [`${him.name} is ${park.where(mound)}`] : []));
  return (
    <>
      <Unseen as="h2">Bullpen</Unseen>
      <AlertList />
      {epoch > 0 && <Mounds order={onMound} seen={seen} />}
      {onMound.length > 0 && (
        <Cards data-stale={link !== "live"} aria-label="Pitchers on the mounds, who throws now first">
          {onMound.map((outing) => (
            <li key={outing}>
              <Card outing={outing} />
            </li>
          ))}
        </Cards>
      )}
      {epoch === 0 && (link === "connecting" ? <Loading what="who is throwing" /> : <Empty title="Nobody knows who is throwing." />)}
      {onMound.length === 0 && epoch > 0 && (
        <Nobody
          live={link === "live"}
          seen={seen && [...seen.values()]}
          waiting={waiting}
          isNameless={nameless.length > 0}
          feed={attribution?.mark_feed}
        />
      )}
      {left.length > 0 && (
        <section aria-label="Left their mound" data-left="">
          <Typography variant="h3" component="h2" sx={{ mt: 2, mb: 0.5 }}>
            Left their mound
          </Typography>
          <Left order={left} />
        </section>
      )}
    </>
  );
}

interface NobodyProps {
  live: boolean;
  /** Mound by mound whether it has enough cameras; undefined before the box has told. */
  seen: readonly boolean[] | undefined;
  /** Who stands where by the marks and has not thrown. */
  waiting: readonly string[];
  /** Somebody threw within the last minutes, and nobody tells who. */
  isNameless: boolean;
  /** How the mark feed does; undefined before the box has told. */
  feed: AttributionStatus["mark_feed"] | undefined;
}

/** When a card is to be seen: without marks no pitch has a pitcher. */
function cardInWords(feed: NobodyProps["feed"]): string {
  if (feed === "live") return "A pitcher’s card appears with his first pitch.";
  return `${feed === "never" ? "No mark has come since the box started. " : ""}A pitcher’s card appears once the mark feed tells who pitches.`;
}

/** Nobody is shown: because nobody tells who throws, because who stands there has not thrown, because nobody could be seen throwing, or because nobody throws. */
export function Nobody({ live, seen, waiting, isNameless, feed }: NobodyProps) {
  const blind = seen !== undefined && !seen.includes(true);
  if (!live && isNameless) return <Empty title="Who was throwing is not known: nobody told who pitched." />;
  if (!live) return <Empty title={seen === undefined || blind ? "Who was throwing is not known." : `Nobody was throwing${seen.includes(false) ? " where it was seen" : ""}.`} />;
  if (isNameless) {
    return (
      <Empty title="Who is throwing is not known: nobody tells who pitches.">
        {feed === "live" ? "The mark feed is on, and does not name these throws: ask the scorer." : "Have the mark feed switched on: until then throws are measured, and count for nobody."}
      </Empty>
    );
  }
  if (waiting.length > 0) {
    return <Empty title={`${waiting.join(", ")}: no pitch yet.`}>{blind ? "Nor would one be seen: no mound has enough cameras. Go by what you see." : cardInWords(feed)}</Empty>;
  }
  if (blind) return <Empty title="Who is throwing is not known: no mound has enough cameras.">System tells which cameras are not heard. Go by what you see.</Empty>;
  if (seen === undefined) return <Empty title="Who is throwing is not known yet.">{cardInWords(feed)}</Empty>;
  return <Empty title={seen.includes(false) ? "Nobody is throwing where it would be seen." : "Nobody is throwing."}>{cardInWords(feed)}</Empty>;
}

interface Order {
  /** Who throws now first. */
  onMound: readonly OutingKey[];
  /** Who left last first. */
  left: readonly OutingKey[];
}

function sorted(hub: Hub, roster: readonly OutingKey[]): Order {
  const shown = roster.flatMap((key) => hub.state.readinessOf(key)?.data ?? []);
  const now = hub.state.seenTime(Date.now());
  const alerts = hub.state.alerts.filter((alert) => alert.audience !== "engineer");
  const alertsOf = ({ pitcher, mound }: Readiness): Alert[] => alerts.filter((alert) => alert.pitcher === pitcher && (alert.mound == null || alert.mound === mound));
  return {
    onMound: byPlace(shown.filter(isOnMound), alertsOf).map(keyOf),
    left: shown.filter((data) => now !== null && isLeftOfLate(data, now)).toSorted((a, b) => Date.parse(b.last_pitch_at) - Date.parse(a.last_pitch_at)).map(keyOf),
  };
}

const same = (a: readonly OutingKey[], b: readonly OutingKey[]): boolean => a.length === b.length && a.every((key, at) => key === b[at]);

function useOrder(roster: readonly OutingKey[]): Order {
  const hub = useHub();
  const [order, setOrder] = useState(() => sorted(hub, roster));
  useEffect(() => {
    const sort = (): void =>
      setOrder((before) => {
        const after = sorted(hub, roster);
        return same(before.onMound, after.onMound) && same(before.left, after.left) ? before : after;
      });
    sort();
    const timer = setInterval(sort, SORT_EVERY_MS);
    return () => clearInterval(timer);
  }, [hub, roster]);
  return order;
}
