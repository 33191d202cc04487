/** Who is on which mound, in a line each, and what nobody told: throws that count for nobody. */
import { styled } from "@mui/material/styles";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useMemo, useSyncExternalStore } from "react";

import { ask } from "../../api/client";
import type { AttributionStatus, Readiness } from "../../api/types";
import { everySecond } from "../../components/age";
import { AlarmIcon } from "../../components/icons";
import { useWhen } from "../../components/when";
import { usePark } from "../../format/park";
import { namedElsewhere, thereInWords } from "../../format/words";
import { useAttribution, useHub, useReadiness } from "../../live/react";
import { moundOf, type LiveState, type OutingKey } from "../../live/state";

const STATUS_EVERY_MS = 5_000;

/** Whether a pitch on each mound would be seen: its cameras are enough. Undefined before the box has told. */
export function useSeen(): ReadonlyMap<number, boolean> | undefined {
  const status = useQuery({ queryKey: ["status"], queryFn: ask.status, staleTime: 0, refetchInterval: STATUS_EVERY_MS });
  const mounds = status.data?.calibration?.mounds;
  return mounds && new Map(mounds.map(({ mound, cameras_heard, cameras_needed }) => [mound, cameras_heard >= cameras_needed]));
}

/** So long after a throw that belongs to nobody somebody is told of on its mound, as the box's sentence tells of the throw, ms. */
const NAMELESS_MS = 5 * 60_000;

/** Mounds on which somebody threw within the last minutes of whom nobody tells who he is; `now` is this device's time, ms. */
export function namelessOf(attribution: AttributionStatus | null, state: Pick<LiveState, "since">, now: number): number[] {
  return (attribution?.mounds ?? []).flatMap(({ mound, unattributed_to, deserted }) => {
    const age = unattributed_to == null ? null : state.since(unattributed_to, now);
    return age !== null && age < NAMELESS_MS && !deserted ? [mound] : [];
  });
}

/** The same, told anew as time passes; while the box is away, as it was when it was heard last. */
export function useNameless(): readonly number[] {
  const attribution = useAttribution();
  const hub = useHub();
  const told = useSyncExternalStore(everySecond, () => JSON.stringify(namelessOf(attribution, hub.state, hub.link === "live" ? Date.now() : hub.heardAt)));
  return useMemo(() => JSON.parse(told) as number[], [told]);
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
  order: readonly OutingKey[];
  seen: ReadonlyMap<number, boolean> | undefined;
}

/** What is said of a mound on which nobody is known: nobody is there only where somebody would be seen, and no throw tells of somebody. */
export function emptyInWords(seen: boolean | undefined, isNameless: boolean): string {
  if (isNameless) return `somebody, nobody tells who${seen === false ? "; not seen now" : ""}`;
  return seen === undefined ? "not known" : seen ? "nobody" : "not seen, too few cameras";
}

/** Whether a man is told of by his card: whoever waits for his first pitch in the status may have thrown it in the stream, which comes sooner. */
export function isShown(pitcher: number, mound: number, present: readonly Pick<Readiness, "pitcher" | "mound">[]): boolean {
  return present.some((data) => data.pitcher === pitcher && data.mound === mound);
}

export function Mounds({ order, seen }: MoundsProps) {
  const { mounds } = usePark();
  const attribution = useAttribution();
  const nameless = useNameless();
  const words = attribution?.sentence;
  return (
    <section aria-label="Who is on which mound">
      {words && (
        <Told data-nobody="">
          <AlarmIcon /> {words}
        </Told>
      )}
      <Line>
        {[...mounds].map(([mound, name]) => (
          <div key={mound} data-mound-of={mound}>
            <dt>{name}:</dt>
            <dd>
              <There mound={mound} there={order.filter((key) => moundOf(key) === mound)} seen={seen?.get(mound)} isNameless={nameless.includes(mound)} />
            </dd>
          </div>
        ))}
      </Line>
    </section>
  );
}

/** Who is on one mound, told by what his card is told by. */
function There({ mound, there, seen, isNameless }: { mound: number; there: readonly OutingKey[]; seen: boolean | undefined; isNameless: boolean }) {
  const waiting = useAttribution()?.mounds.find((each) => each.mound === mound)?.waiting;
  const { state } = useHub();
  const when = useWhen();
  const present = there.flatMap((key) => state.readinessOf(key)?.data ?? []);
  const waits = waiting && !isShown(waiting.pitcher, mound, present) && `${waiting.name} since ${when.event(waiting.since)}, no pitch ${seen === false ? "seen: not seen now" : "yet"}`;
  if (there.length === 0 && !waits) return emptyInWords(seen, isNameless);
  return (
    <>
      {there.map((key, at) => (
        <Fragment key={key}>
          {at > 0 && "; "}
          <Man outing={key} />
        </Fragment>
      ))}
      {waits && `${there.length > 0 ? "; " : ""}${waits}`}
    </>
  );
}

function Man({ outing }: { outing: OutingKey }) {
  const data = useReadiness(outing)?.data;
  const attribution = useAttribution();
  const when = useWhen();
  const park = usePark();
  if (!data) return null;
  const elsewhere = namedElsewhere(data, attribution);
  if (elsewhere !== null) return `${data.name}, last throw ${when.event(data.last_pitch_at)}, named ${park.where(elsewhere)} since`;
  return `${data.name} ${thereInWords(data.presence, when.event)}`;
}
