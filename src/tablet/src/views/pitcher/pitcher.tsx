/** One pitcher: today's outing pitch by pitch, what moved his numbers, his season, his risk. */
import Button from "@mui/material/Button";
import Paper from "@mui/material/Paper";
import { styled } from "@mui/material/styles";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { Link } from "wouter";

import { ask, Refused } from "../../api/client";
import type { Readiness } from "../../api/types";
import { AsOf } from "../../components/age";
import { BackIcon } from "../../components/icons";
import { Empty, Failed } from "../../components/states";
import { useToday, useWhen } from "../../components/when";
import { bandOf, goesOn, isOnMound, whole, wholeUp } from "../../format/level";
import { usePark } from "../../format/park";
import { asOf } from "../../format/time";
import { percent } from "../../format/units";
import { isAtLeast, leftInWords, thereInWords, unseenInWords } from "../../format/words";
import { useEpoch, useHub, useLink, useOutings } from "../../live/react";
import { keyOf } from "../../live/state";
import { AlertList } from "../bullpen/alerts";
import { confidence, interval, StateChip, VerdictWords } from "../bullpen/card";
import { useNameless, useSeen } from "../bullpen/mounds";
import { Features } from "./features";
import { IndexHistory } from "./index-history";
import { Outing } from "./outing";
import { Risk } from "./risk";
import { WorkloadPanel } from "./workload";

export const Panels = styled("div")({
  display: "grid",
  gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 420px), 1fr))",
  gap: 12,
  alignItems: "start",
  '&[data-stale="true"]': { filter: "grayscale(1)" },
});

export default function PitcherView({ pitcher }: { pitcher: number }) {
  const outings = useOutings(pitcher);
  const [shown] = outings;
  const link = useLink();
  const person = useQuery({ queryKey: ["pitcher", pitcher], queryFn: () => ask.pitcher(pitcher) });
  const park = usePark();
  const name = shown?.data.name ?? person.data?.name ?? (person.isPending && link !== "lost" ? "His name is being asked for" : `Pitcher ${pitcher}, name not known`);
  const today = useToday();
  // Who throws now is told of as of today; the others as the staff's list does.
  const staff = useQuery({ queryKey: ["pitchers"], queryFn: ask.pitchers, staleTime: 300_000, enabled: !shown });
  const date = shown || today === null ? today : staff.isPending ? null : asOf(staff.data?.pitchers ?? [], today);
  const about = [person.data?.team, person.data?.throws && `throws ${person.data.throws}`, shown && (isOnMound(shown.data) ? park.nameOf(shown.data.mound) : `left ${park.nameOf(shown.data.mound)}`)];
  // Nobody of that number: there is nothing to ask about him.
  if (outings.length === 0 && person.error instanceof Refused && person.error.status === 404) return <Stranger />;
  return (
    <>
      <div style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: "4px 12px", marginBottom: 8 }}>
        <Button component={Link} href="/" startIcon={<BackIcon />}>
          Bullpen
        </Button>
        <Typography variant="h2" sx={{ fontSize: "1.6rem" }}>
          {name}
        </Typography>
        <Typography color="text.secondary">{about.filter(Boolean).join(" · ")}</Typography>
      </div>
      <AlertList pitcher={pitcher} />
      <Panels data-stale={link !== "live"}>
        {outings.length === 0 && <NotActive unknown={person.isError} error={person.error} retry={() => void person.refetch()} />}
        {outings.map(({ data }) => (
          <Fragment key={data.mound}>
            <Now data={data} mound={park.nameOf(data.mound)} elsewhere={outings.filter((other) => other.data !== data).map((other) => `${isAtLeast(other.data) ? "at least " : ""}${other.data.pitches} ${park.where(other.data.mound)}`)} />
            <IndexHistory outing={keyOf(data)} title={outings.length === 1 ? "Outing so far" : `Outing so far, ${park.nameOf(data.mound)}`} />
            <Features readiness={data} />
          </Fragment>
        ))}
        <Outing pitcher={pitcher} />
        <WorkloadPanel pitcher={pitcher} />
        <Risk pitcher={pitcher} date={date} goesOn={outings.some(({ data }) => goesOn(data))} />
      </Panels>
    </>
  );
}

function Stranger() {
  return (
    <>
      <Button component={Link} href="/" startIcon={<BackIcon />}>
        Bullpen
      </Button>
      <Empty title="The box knows no pitcher of this number.">Who throws, or comes with an import, is known.</Empty>
    </>
  );
}

/** Why a man has no readiness, by whether the box tells of now, which mounds are seen, and whether somebody throws of whom nobody tells who he is. */
export function notActiveInWords(isLive: boolean, seen: ReadonlyMap<number, boolean> | undefined, isNameless: boolean): string {
  const blind = seen === undefined ? "which mounds are seen is not known yet" : [...seen.values()].includes(false) && "not every mound is seen";
  const grounds = isLive ? [isNameless && "nobody tells who pitches", blind].filter(Boolean) : ["the box does not answer"];
  const why = grounds.length > 0 ? `Whether he is throwing is not known: ${grounds.join("; ")}.` : "He is not throwing now, so he has no readiness.";
  return `${why} Below is what the box holds of him.`;
}

function NotActive({ unknown, error, retry }: { unknown: boolean; error: unknown; retry: () => void }) {
  const told = useEpoch() > 0;
  const seen = useSeen();
  const nameless = useNameless();
  const link = useLink();
  if (unknown) return <Failed what="This pitcher" error={error} retry={retry} />;
  return (
    <Paper sx={{ p: 2, borderStyle: "dashed", gridColumn: "1 / -1" }}>
      <Typography>
        {told ? notActiveInWords(link === "live", seen, nameless.length > 0) : "Nobody knows yet whether he is throwing."}
      </Typography>
    </Paper>
  );
}

const Big = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  gap: "8px 20px",
  "--band": "var(--line)",
  '&[data-band="ready"]': { "--band": "var(--ready)" },
  '&[data-band="watch"]': { "--band": "var(--watch)" },
  '&[data-band="warm"]': { "--band": "var(--warm)" },
  '&[data-band="out"]': { "--band": "var(--out)" },
  '&[data-band="unknown"], &[data-band="held"]': { "--band": "var(--soft)" },
});

interface NowProps {
  data: Readiness;
  mound: string;
  /** What he has thrown on other mounds, in words. */
  elsewhere: readonly string[];
}

function Now({ data, mound, elsewhere }: NowProps) {
  const { state } = useHub();
  const link = useLink();
  const when = useWhen();
  const band = bandOf(data);
  const held = data.state === "held" && typeof data.readiness.value === "number";
  const here = isOnMound(data);
  const nameOf = (pitcher: number): string | undefined => state.outingsOf(pitcher)[0]?.data.name;
  const unseen = unseenInWords(data, when.event);
  const there = here ? thereInWords(data.presence, when.event) : leftInWords(data, when.event, nameOf);
  return (
    <Paper component="section" aria-label={`Readiness, ${mound}`} sx={{ p: 2 }}>
      <Big data-band={here ? band : "unknown"} data-pitcher={data.pitcher} data-revision={data.revision}>
        <span style={{ fontSize: here ? "6rem" : "3rem", fontWeight: 800, lineHeight: 1, color: "var(--band)", whiteSpace: "nowrap" }}>{whole(data.readiness.value)}</span>
        <span style={{ fontSize: "1.3rem", fontWeight: 700, color: "var(--band)" }}>
          {here ? <VerdictWords data={data} /> : "No longer on this mound"}
          <Typography component="span" color="text.secondary" sx={{ display: "block" }}>
            readiness, {held ? "held" : `9 in 10: ${interval(data.readiness) || "not known"}`}
          </Typography>
          <Typography component="span" color="text.primary" sx={{ display: "block", fontWeight: 700 }}>
            <AsOf data={data} />
          </Typography>
        </span>
        <span>
          Fatigue <strong>{wholeUp(data.fatigue.value)}</strong> {held ? typeof data.fatigue.value === "number" && "(held)" : data.fatigue.low != null && `(${interval(data.fatigue, wholeUp)})`}
          <br />
          Injury within 21 days <strong>{percent(data.probability_21d, 1)}</strong>{" "}
          {data.probability_21d == null ? `(${data.risk_absent ?? "not told"})` : `(usual ${percent(data.base_rate_21d, 1)})`}
          <br />
          {elsewhere.length > 0 ? "Pitches here" : "Pitches"} <strong>{isAtLeast(data) && "at least "}{data.pitches}</strong>
          {elsewhere.length > 0 && `, besides ${elsewhere.join(", ")}`}
        </span>
      </Big>
      <Typography sx={{ mt: 1 }}>
        {mound}
        {there && `: ${there}`}.{data.probability_21d != null && data.risk_coverage && ` ${data.risk_coverage}`}
      </Typography>
      {unseen && <Typography data-unseen="" sx={{ mt: 1, fontWeight: 600 }}>{unseen}</Typography>}
      {here && link === "live" && <Typography sx={{ mt: 1, fontSize: "1.15rem", fontWeight: 600 }}>{data.recommendation}</Typography>}
      <ol style={{ margin: "8px 0", paddingLeft: 22 }}>
        {data.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ol>
      <div style={{ display: "flex", flexWrap: "wrap", gap: "6px 16px", alignItems: "center" }}>
        <StateChip data={data} />
        <span>{data.calibration_confidence == null ? "Cameras unverified at his last pitch" : `Confidence in the cameras ${confidence(data.calibration_confidence)} at his last pitch`}</span>
        <span>Late data {percent(data.late_data_frac, 1)}</span>
      </div>
    </Paper>
  );
}
