/** Who is on which mound, in a line each, and what nobody told: throws that count for nobody. */
import { styled } from "@mui/material/styles";
import { useQuery } from "@tanstack/react-query";

import { ask } from "../../api/client";
import type { Readiness } from "../../api/types";
import { useAttribution, useHub } from "../../live/react";
import type { OutingKey } from "../../live/state";
import { AlarmIcon } from "../../components/icons";
import { useWhen } from "../../components/when";
import { thereInWords } from "../../format/words";

const STATUS_EVERY_MS = 5_000;

/** Whether a pitch on each mound would be seen: its cameras are enough. Undefined before the box has told. */
export function useSeen(): ReadonlyMap<number, boolean> | undefined {
  const status = useQuery({ queryKey: ["status"], queryFn: ask.status, staleTime: 0, refetchInterval: STATUS_EVERY_MS });
  const mounds = status.data?.calibration?.mounds;
  return mounds && new Map(mounds.map(({ mound, cameras_heard, cameras_needed }) => [mound, cameras_heard >= cameras_needed]));
}

const Line = styled("dl")({
  display: "flex",
  flexWrap: "wrap",
  gap: "2px 24px",
  margin: "0 0 10px",
  div: { display: "flex", gap: 6 },
  dt: { color: "var(--soft)", whiteSpace: "nowrap" },
  dd: { margin: 0, fontWeight: 600 },
});

const Told = styled("p")({
  display: "flex",
  gap: 8,
  alignItems: "center",
  margin: "0 0 10px",
  padding: "6px 12px",
  borderRadius: 10,
  background: "var(--warning)",
  color: "var(--onWarning)",
  fontWeight: 600,
});

interface MoundsProps {
  mounds: ReadonlyMap<number, string>;
  order: readonly OutingKey[];
  seen: ReadonlyMap<number, boolean> | undefined;
}

/** What is said of a mound on which nobody is known: nobody is there only where somebody would be seen. */
function emptyInWords(seen: boolean | undefined): string {
  return seen === undefined ? "not known" : seen ? "nobody" : "not seen, too few cameras";
}

/** Whether a man is told of by his card: whoever waits for his first pitch in the status may have thrown it in the stream, which comes sooner. */
export function isShown(pitcher: number, mound: number, present: readonly Pick<Readiness, "pitcher" | "mound">[]): boolean {
  return present.some((data) => data.pitcher === pitcher && data.mound === mound);
}

export function Mounds({ mounds, order, seen }: MoundsProps) {
  const { state } = useHub();
  const when = useWhen();
  const present = order.flatMap((key) => state.readinessOf(key)?.data ?? []);
  const attribution = useAttribution();
  const words = attribution?.sentence;
  const waiting = new Map(attribution?.mounds.map(({ mound, waiting: him }) => [mound, him]));
  return (
    <section aria-label="Who is on which mound">
      {words && (
        <Told data-nobody="">
          <AlarmIcon /> {words}
        </Told>
      )}
      <Line>
        {[...mounds].map(([mound, name]) => {
          const there = present.filter((data) => data.mound === mound).map((data) => `${data.name} ${thereInWords(data.presence, when.event)}`);
          const him = waiting.get(mound);
          const blind = seen?.get(mound) === false;
          if (him && !isShown(him.pitcher, mound, present)) there.push(`${him.name} since ${when.event(him.since)}, no pitch ${blind ? "seen: not seen now" : "yet"}`);
          return (
            <div key={mound} data-mound-of={mound}>
              <dt>{name}:</dt>
              <dd>{there.length === 0 ? emptyInWords(seen?.get(mound)) : there.join("; ")}</dd>
            </div>
          );
        })}
      </Line>
    </section>
  );
}
