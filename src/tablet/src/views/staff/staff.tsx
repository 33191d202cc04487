/** All pitchers: who is at risk, who may pitch, and the list to take along. */
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableHead from "@mui/material/TableHead";
import TablePagination from "@mui/material/TablePagination";
import TableRow from "@mui/material/TableRow";
import TableSortLabel from "@mui/material/TableSortLabel";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { Link } from "wouter";

import { ask, Refused } from "../../api/client";
import type { Assessment, Pitcher } from "../../api/types";
import { useHub, useRoster } from "../../live/react";
import { useSecond } from "../../parts/age";
import { Panel } from "../../parts/panel";
import { Answered, Empty } from "../../parts/states";
import { Sideways } from "../../parts/table";
import { BANDS, bandOf } from "../../people/level";
import { useSettings } from "../../people/settings";
import { asOf, dayInWords } from "../../people/time";
import { percent } from "../../people/units";
import { Availability } from "./availability";
import { csv, save } from "./csv";
import { ofLevel, ofTeam, sorted, type Column, type Filter, type Order, type Row } from "./rows";

/** Pitchers of one question about risk, and of all of them: a client may ask about 240 a minute. */
const BATCH = 50;
const ASSESSED_MAX = 200;
const PAGE = 25;

const HEADS: readonly { column: Column; name: string }[] = [
  { column: "name", name: "Pitcher" },
  { column: "team", name: "Team" },
  { column: "readiness", name: "Readiness now" },
  { column: "risk", name: "Risk, 21 days" },
  { column: "acwr", name: "Week ÷ month" },
  { column: "pitches", name: "Pitches, 7 days" },
  { column: "last", name: "Last game" },
];

const LEVELS = { low: "● Low", medium: "▲ Medium", high: "■ High" } as const;

export default function Staff() {
  const query = useQuery({ queryKey: ["pitchers"], queryFn: ask.pitchers, staleTime: 300_000 });
  return (
    <Panel title="Staff">
      <Answered query={query} what="pitchers">
        {({ pitchers }) =>
          pitchers.length === 0 ? (
            <Empty title="The box knows no pitcher.">History comes with: pitchguard import</Empty>
          ) : (
            <List pitchers={pitchers} />
          )
        }
      </Answered>
    </Panel>
  );
}

/** Those whose risk is asked for, in batches: who pitched last first. */
export function batchesOf(pitchers: readonly Pitcher[]): number[][] {
  const ids = pitchers
    .toSorted((a, b) => (b.last_game_date ?? "").localeCompare(a.last_game_date ?? "") || a.id - b.id)
    .slice(0, ASSESSED_MAX)
    .map((pitcher) => pitcher.id);
  return Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, at) => ids.slice(at * BATCH, (at + 1) * BATCH));
}

function useRisks(pitchers: readonly Pitcher[], date: string) {
  const batches = batchesOf(pitchers);
  return useQueries({
    queries: batches.map((batch) => ({
      queryKey: ["risks", date, batch],
      queryFn: () => ask.risks(batch, date),
      staleTime: 600_000,
      gcTime: 600_000,
    })),
    combine: (answers) => ({
      risks: new Map<number, Assessment>(answers.flatMap(({ data }) => data?.assessments.map((each) => [each.pitcher, each] as const) ?? [])),
      error: answers.find(({ error }) => error)?.error ?? null,
      pending: answers.some(({ isPending }) => isPending),
    }),
  });
}

function List({ pitchers }: { pitchers: readonly Pitcher[] }) {
  const { time } = useSettings();
  const hub = useHub();
  const roster = useRoster();
  // Readiness changes many times a second; a list to read changes every five.
  const moment = Math.floor(useSecond() / 5_000);
  const [filter, setFilter] = useState<Filter>({ search: "", team: "", season: null, level: null });
  const [order, setOrder] = useState<Order>({ column: "name", down: false });
  const [page, setPage] = useState(0);
  const search = useDeferredValue(filter.search);

  const teams = useMemo(() => [...new Set(pitchers.flatMap(({ team }) => team ?? []))].toSorted(), [pitchers]);
  const seasons = useMemo(() => [...new Set(pitchers.flatMap((each) => each.seasons))].toSorted((a, b) => b - a), [pitchers]);
  const chosen = useMemo(() => ofTeam(pitchers, { ...filter, search }), [pitchers, filter, search]);
  const [asked, setAsked] = useState("");
  const today = time.day(hub.state.boxTime(Date.now()) ?? Date.now());
  const date = asked || asOf(chosen, today);
  const { risks, error, pending } = useRisks(useMemo(() => ofTeam(pitchers, { ...filter, search: "" }), [pitchers, filter]), date);
  const rows = useMemo(() => {
    const all = chosen.map((pitcher): Row => ({ pitcher, readiness: hub.state.readinessOf(pitcher.id)?.data, risk: risks.get(pitcher.id) }));
    return sorted(ofLevel(all, filter), order);
    // The moment and the roster stand for the live state behind the hub.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [chosen, hub, risks, filter, order, moment, roster]);
  const at = Math.min(page, Math.max(0, Math.ceil(rows.length / PAGE) - 1));
  const choose = (change: Partial<Filter>): void => {
    setFilter({ ...filter, ...change });
    setPage(0);
  };
  const noModel = error instanceof Refused && error.code === "NO_MODEL";

  return (
    <>
      <div role="search" style={{ display: "flex", flexWrap: "wrap", gap: 12, margin: "8px 0 12px", alignItems: "center" }}>
        <TextField label="Search" type="search" value={filter.search} onChange={(event) => choose({ search: event.target.value })} sx={{ flex: "1 1 180px" }} />
        <Choice label="Team" value={filter.team} values={teams} write={(team) => team} onChange={(team) => choose({ team })} />
        <Choice
          label="Season"
          value={filter.season === null ? "" : String(filter.season)}
          values={seasons.map(String)}
          write={(season) => season}
          onChange={(season) => choose({ season: season === "" ? null : Number(season) })}
        />
        <Choice
          label="Risk"
          value={filter.level ?? ""}
          values={["high", "medium", "low", "active"] as const}
          write={(level) => (level === "active" ? "Throwing now" : LEVELS[level])}
          onChange={(level) => choose({ level: level === "" ? null : level })}
        />
        <TextField
          label="As of"
          type="date"
          value={date}
          onChange={(event) => setAsked(event.target.value)}
          slotProps={{ inputLabel: { shrink: true }, htmlInput: { max: today } }}
        />
        <Button variant="outlined" onClick={() => save(`staff-${date}.csv`, asCsv(rows, date))} disabled={rows.length === 0}>
          Save as CSV
        </Button>
      </div>
      <Typography color="text.secondary" role="status">
        {rows.length} of {pitchers.length} pitchers. Risk and availability as of {dayInWords(date)}, {date.slice(0, 4)}.
        {pending && " Risk is being asked for."}
        {noModel && " No risk model serves on this box, so there is no risk and no availability."}
        {error && !noModel && ` Risk could not be had: ${error.message}`}
        {chosen.length > ASSESSED_MAX && ` Risk is told of the ${ASSESSED_MAX} who pitched last: choose a team for the others.`}
      </Typography>
      <Sideways tabIndex={0} role="region" aria-label="Staff table" sx={{ "& td, & tbody th": { whiteSpace: "nowrap" } }}>
        <Table size="small">
          <TableHead>
            <TableRow>
              {HEADS.map(({ column, name }) => (
                <TableCell key={column} sortDirection={order.column === column && (order.down ? "desc" : "asc")}>
                  <TableSortLabel
                    active={order.column === column}
                    direction={order.column === column && order.down ? "desc" : "asc"}
                    onClick={() => setOrder({ column, down: order.column === column ? !order.down : column !== "name" && column !== "team" })}
                  >
                    {name}
                  </TableSortLabel>
                </TableCell>
              ))}
              <TableCell>May pitch, seven days</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {rows.slice(at * PAGE, (at + 1) * PAGE).map((row) => (
              <StaffRow key={row.pitcher.id} row={row} />
            ))}
          </TableBody>
        </Table>
      </Sideways>
      {rows.length === 0 && <Empty title="Nobody fits these filters." />}
      {rows.length > PAGE && (
        <TablePagination
          component="div"
          count={rows.length}
          page={at}
          rowsPerPage={PAGE}
          rowsPerPageOptions={[PAGE]}
          onPageChange={(_, to) => setPage(to)}
        />
      )}
    </>
  );
}

function StaffRow({ row: { pitcher, readiness, risk } }: { row: Row }) {
  const band = bandOf(readiness?.readiness.value);
  return (
    <TableRow hover>
      <TableCell component="th" scope="row">
        <Link href={`/pitchers/${pitcher.id}`} style={{ display: "inline-flex", alignItems: "center", minHeight: 44, color: "var(--accent)", fontWeight: 600 }}>
          {pitcher.name}
        </Link>
      </TableCell>
      <TableCell>{pitcher.team ?? "–"}</TableCell>
      <TableCell>{readiness ? `${BANDS[band].sign} ${readiness.readiness.value?.toFixed(0) ?? ""} ${BANDS[band].word}` : "–"}</TableCell>
      <TableCell>{risk ? `${LEVELS[risk.level]} ${percent(risk.probability, 1)}` : "–"}</TableCell>
      <TableCell>{risk?.workload_summary.acwr?.toFixed(2) ?? "–"}</TableCell>
      <TableCell>{risk?.workload_summary.pitches_7d?.toFixed(0) ?? "–"}</TableCell>
      <TableCell>{pitcher.last_game_date ?? "–"}</TableCell>
      <TableCell>{risk ? <Availability days={risk.recommendation.availability} /> : "–"}</TableCell>
    </TableRow>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T | "";
  values: readonly T[];
  write: (value: T) => string;
  onChange: (value: T | "") => void;
}

function Choice<T extends string>({ label, value, values, write, onChange }: ChoiceProps<T>) {
  return (
    <TextField
      select
      label={label}
      value={value}
      onChange={(event) => onChange(event.target.value as T | "")}
      sx={{ minWidth: 130 }}
      slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
    >
      <MenuItem value="">All</MenuItem>
      {values.map((each) => (
        <MenuItem key={each} value={each}>
          {write(each)}
        </MenuItem>
      ))}
    </TextField>
  );
}

/** As shown, every row. */
export function asCsv(rows: readonly Row[], date: string): string {
  const days = rows.find((row) => row.risk)?.risk?.recommendation.availability.map((day) => day.date) ?? [];
  const head = ["pitcher", "name", "team", "throws", "readiness", "state", "as_of", "probability_21d", "level", "acwr", "pitches_7d", "last_game_date", ...days.map((day) => `available_${day}`)];
  const body = rows.map(({ pitcher, readiness, risk }) => [
    pitcher.id,
    pitcher.name,
    pitcher.team,
    pitcher.throws,
    readiness?.readiness.value,
    readiness?.state,
    risk ? risk.date : date,
    risk?.probability,
    risk?.level,
    risk?.workload_summary.acwr,
    risk?.workload_summary.pitches_7d,
    pitcher.last_game_date,
    ...days.map((day) => {
      const told = risk?.recommendation.availability.find((each) => each.date === day);
      return told && (told.available ? "yes" : "no");
    }),
  ]);
  return csv([head, ...body]);
}
