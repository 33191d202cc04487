/** One pitcher: today's outing pitch by pitch, what moved his numbers, his season, his risk. */
import Button from "@mui/material/Button";
import Paper from "@mui/material/Paper";
import { styled } from "@mui/material/styles";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { ask } from "../../api/client";
import { useHub, useLink, useReadiness } from "../../live/react";
import type { Shown } from "../../live/state";
import { Age } from "../../parts/age";
import { BackIcon } from "../../parts/icons";
import { Failed } from "../../parts/states";
import { BANDS, bandOf } from "../../people/level";
import { useSettings } from "../../people/settings";
import { asOf } from "../../people/time";
import { percent } from "../../people/units";
import { moundInWords } from "../../people/words";
import { AlertList } from "../bullpen/alerts";
import { interval, StateChip } from "../bullpen/card";
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
  const shown = useReadiness(pitcher);
  const link = useLink();
  const hub = useHub();
  const { time } = useSettings();
  const person = useQuery({ queryKey: ["pitcher", pitcher], queryFn: () => ask.pitcher(pitcher) });
  const venue = useQuery({ queryKey: ["venue"], queryFn: ask.venue, staleTime: Infinity });
  const mound = venue.data?.mounds.find((each) => each.id === shown?.data.mound);
  const name = shown?.data.name ?? person.data?.name ?? `Pitcher ${pitcher}`;
  const today = time.day(hub.state.boxTime(Date.now()) ?? Date.now());
  // Who throws now is told of as of today; the others as the staff's list does.
  const staff = useQuery({ queryKey: ["pitchers"], queryFn: ask.pitchers, staleTime: 300_000, enabled: !shown });
  const asked = shown ? today : staff.isPending ? null : asOf(staff.data?.pitchers ?? [], today);
  const date = venue.isPending ? null : asked;
  const about = [person.data?.team, person.data?.throws && `throws ${person.data.throws}`, mound && moundInWords(mound.name)];
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
        {shown ? <Now shown={shown} /> : <NotActive unknown={person.isError} error={person.error} retry={() => void person.refetch()} />}
        {shown && <IndexHistory pitcher={pitcher} />}
        <Outing pitcher={pitcher} />
        {shown && <Features readiness={shown.data} />}
        <WorkloadPanel pitcher={pitcher} />
        <Risk pitcher={pitcher} date={date} />
      </Panels>
    </>
  );
}

function NotActive({ unknown, error, retry }: { unknown: boolean; error: unknown; retry: () => void }) {
  if (unknown) return <Failed what="This pitcher" error={error} retry={retry} />;
  return (
    <Paper sx={{ p: 2, borderStyle: "dashed", gridColumn: "1 / -1" }}>
      <Typography>He is not throwing now, so he has no readiness. Below is what the box holds of him.</Typography>
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
  '&[data-band="unknown"]': { "--band": "var(--soft)" },
});

function Now({ shown }: { shown: Shown }) {
  const { data } = shown;
  const band = bandOf(data.readiness.value);
  const number = (value: number | null | undefined): string => (typeof value === "number" ? value.toFixed(0) : "–");
  return (
    <Paper component="section" aria-label="Readiness now" sx={{ p: 2 }}>
      <Big data-band={band} data-pitcher={data.pitcher} data-revision={data.revision}>
        <span style={{ fontSize: "6rem", fontWeight: 800, lineHeight: 1, color: "var(--band)" }}>{number(data.readiness.value)}</span>
        <span style={{ fontSize: "1.3rem", fontWeight: 700, color: "var(--band)" }}>
          <span aria-hidden>{BANDS[band].sign} </span>
          {BANDS[band].word}
          <Typography component="span" color="text.secondary" sx={{ display: "block" }}>
            readiness, 9 in 10: {interval(data.readiness) || "not known"}
          </Typography>
        </span>
        <span>
          Fatigue <strong>{number(data.fatigue.value)}</strong> {data.fatigue.low != null && `(${interval(data.fatigue)})`}
          <br />
          Risk <strong>{number(data.risk.value)}</strong>{" "}
          {data.probability_21d == null ? "(no model serves)" : `(${percent(data.probability_21d, 1)} within 21 days)`}
          <br />
          Pitches <strong>{data.pitches}</strong>
        </span>
      </Big>
      <Typography sx={{ mt: 1.5, fontSize: "1.15rem", fontWeight: 600 }}>{data.recommendation}</Typography>
      <ol style={{ margin: "8px 0", paddingLeft: 22 }}>
        {data.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ol>
      <div style={{ display: "flex", flexWrap: "wrap", gap: "6px 16px", alignItems: "center" }}>
        <StateChip state={data.state} />
        <span>Confidence in the cameras {data.calibration_confidence?.toFixed(2) ?? "not known"}</span>
        <span>Late data {percent(data.late_data_frac)}</span>
        <span>
          Last pitch <Age shown={shown} />
        </span>
      </div>
    </Paper>
  );
}
