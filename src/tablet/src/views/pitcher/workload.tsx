/** What he carried: the season's days, rest, and the week's load against the month's. */
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";

import { ask } from "../../api/client";
import type { DailyLoad, WorkloadReport } from "../../api/types";
import { Calendar } from "../../charts/calendar";
import { Frame, LeftAxis, MARGIN } from "../../charts/frame";
import { path, scale } from "../../charts/scale";
import { Panel } from "../../parts/panel";
import { Answered, Empty } from "../../parts/states";
import { dayAfter, dayInWords } from "../../people/time";

/** A season from spring on, days. */
const SEASON_DAYS = 240;
const HEIGHT = 150;
/** Within these a ratio is called usual. */
const USUAL = { low: 0.8, high: 1.3 } as const;

async function season(pitcher: number): Promise<WorkloadReport> {
  // Without dates the answer ends with his newest outing.
  const { end_date } = await ask.workload(pitcher);
  return ask.workload(pitcher, dayAfter(end_date, 1 - SEASON_DAYS), end_date);
}

export function WorkloadPanel({ pitcher }: { pitcher: number }) {
  const query = useQuery({ queryKey: ["workload", pitcher, "season"], queryFn: () => season(pitcher) });
  return (
    <Panel title="Workload" wide>
      <Answered query={query} what="workload">
        {(report) => (report.appearances.length === 0 ? <Empty title="No outing of him is known." /> : <Season report={report} />)}
      </Answered>
    </Panel>
  );
}

function Season({ report: { loads, appearances, summary } }: { report: WorkloadReport }) {
  const last = loads.at(-1);
  const facts = [
    `${summary.role}, ${appearances.length} outings, ${summary.pitches} pitches`,
    last && `${last.pitches_7d} in 7 days, ${last.pitches_14d} in 14, ${last.pitches_30d} in 30`,
    summary.acwr != null && `week’s load ${summary.acwr.toFixed(2)} times the month’s`,
    summary.rest_days_mean != null && `${summary.rest_days_mean.toFixed(1)} days of rest on average`,
    `${summary.short_rest_appearances} outings on short rest`,
    summary.rested_on && `rested on ${dayInWords(summary.rested_on)}`,
  ].filter(Boolean);
  return (
    <>
      <Typography sx={{ mb: 1 }}>{facts.join(" · ")}</Typography>
      <Calendar loads={loads} label={`Pitches day by day to ${last?.date ?? ""}: ${appearances.length} outings`} />
      <Typography sx={{ fontWeight: 600, mt: 1 }}>Week’s load ÷ month’s (acute:chronic)</Typography>
      <Ratio loads={loads} />
      <Typography variant="body2" color="text.secondary">
        Shaded: {USUAL.low} to {USUAL.high}. Bars below: days of rest before an outing. {summary.guidance}.
      </Typography>
    </>
  );
}

function Ratio({ loads }: { loads: readonly DailyLoad[] }) {
  const last = loads.findLast((load) => load.acwr != null);
  return (
    <Frame height={HEIGHT} label={last ? `Ratio ${last.acwr?.toFixed(2)} on ${last.date}` : "No ratio is known: it needs four weeks"}>
      {(width) => {
        const x = scale(0, Math.max(1, loads.length - 1), MARGIN.left, width - MARGIN.right);
        const y = scale(0, 2.5, HEIGHT - 40, MARGIN.top);
        const rest = scale(0, 7, HEIGHT - 4, HEIGHT - 34);
        return (
          <>
            <rect x={MARGIN.left} width={width - MARGIN.left - MARGIN.right} y={y(USUAL.high)} height={y(USUAL.low) - y(USUAL.high)} fill="var(--area)" />
            <LeftAxis of={y} count={3} width={width} />
            <path
              d={path(loads.map((load, at) => (load.acwr == null ? null : ([x(at), y(load.acwr)] as const))))}
              fill="none"
              stroke="var(--accent)"
              strokeWidth="var(--stroke)"
            />
            {loads.map((load, at) =>
              load.pitches > 0 && load.rest_days != null ? (
                <path
                  key={load.date}
                  d={`M${x(at)} ${HEIGHT - 4}V${Math.min(HEIGHT - 6, rest(load.rest_days))}`}
                  stroke={(load.rest_deficit ?? 0) > 0 ? "var(--out)" : "var(--soft)"}
                  strokeWidth="3"
                />
              ) : null,
            )}
            <text x={MARGIN.left - 6} y={HEIGHT - 12} fontSize="12" textAnchor="end" fill="var(--soft)">
              rest
            </text>
          </>
        );
      }}
    </Frame>
  );
}
