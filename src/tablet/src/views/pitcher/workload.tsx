/** What he carried: the season's days, rest, and the week's load against the month's. */
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";

import { ask, Refused } from "../../api/client";
import type { DailyLoad, WorkloadReport } from "../../api/types";
import { Calendar } from "../../charts/calendar";
import { Ends, Frame, LeftAxis, MARGIN } from "../../charts/frame";
import { path, scale } from "../../charts/scale";
import { Panel } from "../../components/panel";
import { Answered, Empty } from "../../components/states";
import { COUNTED_AGAIN, CountedAt, useToday, useWhen } from "../../components/when";
import { dateInWords, dayAfter, daysBetween } from "../../format/time";
import { ACUTE_CHRONIC, LOAD, RATIO_IN_WORDS, counted, roleInWords } from "../../format/words";

/** A season from spring on, days. */
const SEASON_DAYS = 240;
const HEIGHT = 168;
/** Room below the ratio: the bars of rest, then the dates. */
const BARS = { from: 52, to: 18 } as const;
/** The ratio is drawn to here at least, and a bar of rest is full at so many days. */
const RATIO_LEAST = 2;
const REST_FULL = 7;
/** Within these a ratio is called usual. */
const USUAL = { low: 0.8, high: 1.3 } as const;

async function season(pitcher: number): Promise<WorkloadReport> {
  // Without dates the answer ends with today.
  const { end_date: today, last_game_date: last } = await ask.workload(pitcher);
  // Of who pitched last before this season, his last one.
  const end = last != null && daysBetween(last, today) >= SEASON_DAYS ? last : today;
  return ask.workload(pitcher, dayAfter(end, 1 - SEASON_DAYS), end);
}

export function WorkloadPanel({ pitcher }: { pitcher: number }) {
  const query = useQuery({ queryKey: ["workload", pitcher, "season"], queryFn: () => season(pitcher), ...COUNTED_AGAIN });
  const isStranger = query.error instanceof Refused && query.error.code === "UNKNOWN_PITCHER" && !query.data;
  return (
    <Panel title="Workload" wide>
      {isStranger ? (
        <Empty title="No game of his before today is known.">What he carries of earlier days is not known either.</Empty>
      ) : (
        <Answered query={query} what="workload">
          {(report) => (report.appearances.length === 0 ? <Empty title="No outing of him is known." /> : <Season report={report} at={query.dataUpdatedAt} />)}
        </Answered>
      )}
    </Panel>
  );
}

function Season({ report: { loads, appearances, summary, unknown, not_final }, at }: { report: WorkloadReport; at: number }) {
  const today = useToday();
  const when = useWhen();
  const last = loads.at(-1);
  const least = (days: number): string => (last?.partly_seen_on != null && daysBetween(last.partly_seen_on, last.date) < days ? "at least " : "");
  const outings = appearances.filter(({ counted }) => counted !== false).length;
  const all = appearances.some(({ partly_seen, counted }) => partly_seen || counted === false) ? "at least " : "";
  // A day that is not over has no end yet.
  const end = last && (last.date === today ? "so far today" : `at the end of ${when.day(last.date)}`);
  const facts = [
    `${roleInWords(summary)}, ${counted(outings, "outing")}, ${all}${counted(summary.pitches, "game pitch", "game pitches")}`,
    last && `${LOAD.toLowerCase()} ${least(Infinity)}${last.dose.toFixed(0)} of ${summary.dose_cap.toFixed(0)} ${end}`,
    last && `${least(7)}${last.pitches_7d} in 7 days, ${least(14)}${last.pitches_14d} in 14, ${least(30)}${last.pitches_30d} in 30`,
    last && summary.acwr != null && `${ACUTE_CHRONIC.toLowerCase()} ${summary.acwr.toFixed(2)} times ${end}`,
    summary.rest_days_mean != null && `${summary.rest_days_mean.toFixed(1)} days of rest on average`,
    `${counted(summary.short_rest_appearances, "outing")} on short rest`,
    summary.rested_on && (summary.rested_on_unsure ? `rested from ${when.day(summary.rested_on)} at the earliest: not all that he threw was counted` : `rested from ${when.day(summary.rested_on)}`),
  ].filter(Boolean);
  return (
    <>
      <Typography sx={{ mb: 1 }}>
        {facts.join(" · ")}
        {last?.date === today && <CountedAt at={at} />}
      </Typography>
      {not_final && <Typography data-not-final="">{not_final}</Typography>}
      {last?.partly_seen_on && (
        <Typography data-partly-seen={last.partly_seen_on}>
          {when.day(last.partly_seen_on)} was only partly seen: counts that reach back to it are the least that he threw, and ratios may be either way off.
        </Typography>
      )}
      {unknown && <Typography color="text.secondary">{unknown}</Typography>}
      <Calendar loads={loads} today={today} label={`Pitches day by day to ${last?.date ?? ""}: ${counted(outings, "outing")}`} />
      <Typography sx={{ fontWeight: 600, mt: 1 }}>{ACUTE_CHRONIC} at each day’s end: a weighted mean of a day’s pitches ÷ one without the last 7 days</Typography>
      <Ratio loads={loads} today={today} />
      <Typography variant="body2" color="text.secondary">
        {RATIO_IN_WORDS}
      </Typography>
      <Typography variant="body2" color="text.secondary">
        Shaded: {USUAL.low} to {USUAL.high}. Bars below: days of rest before an outing, full at {REST_FULL} or more; red ones are short. {summary.guidance}.
      </Typography>
    </>
  );
}

export function Ratio({ loads, today }: { loads: readonly DailyLoad[]; today: string | null }) {
  const last = loads.findLast((load) => load.acwr != null);
  return (
    <Frame height={HEIGHT} label={last ? `${ACUTE_CHRONIC} ${last.acwr?.toFixed(2)} times at the end of ${last.date}` : `${ACUTE_CHRONIC} is not known: it needs four weeks`}>
      {(width) => {
        const x = scale(0, Math.max(1, loads.length - 1), MARGIN.left, width - MARGIN.right);
        const y = scale(0, Math.max(RATIO_LEAST, ...loads.map((load) => load.acwr ?? 0)) * 1.05, HEIGHT - BARS.from - 6, MARGIN.top);
        const rest = scale(0, REST_FULL, HEIGHT - BARS.to, HEIGHT - BARS.from);
        return (
          <>
            {last ? (
              <>
                <rect x={MARGIN.left} width={width - MARGIN.left - MARGIN.right} y={y(USUAL.high)} height={y(USUAL.low) - y(USUAL.high)} fill="var(--area)" />
                <LeftAxis of={y} count={4} width={width} />
              </>
            ) : (
              <text x={MARGIN.left} y={MARGIN.top + 24} fontSize="13" fill="var(--soft)">
                Not known: it needs four weeks
              </text>
            )}
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
                  d={`M${x(at)} ${HEIGHT - BARS.to}V${Math.min(HEIGHT - BARS.to - 2, rest(load.rest_days))}`}
                  stroke={(load.rest_deficit ?? 0) > 0 ? "var(--out)" : "var(--soft)"}
                  strokeWidth="3"
                />
              ) : null,
            )}
            <text x={MARGIN.left - 6} y={HEIGHT - BARS.to - 10} fontSize="12" textAnchor="end" fill="var(--soft)">
              rest
            </text>
            <Ends of={x} first={dateInWords(loads[0]?.date ?? "", today)} last={dateInWords(loads.at(-1)?.date ?? "", today)} y={HEIGHT - 4} />
          </>
        );
      }}
    </Frame>
  );
}
