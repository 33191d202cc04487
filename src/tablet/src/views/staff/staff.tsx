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
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState, type ReactNode } from "react";
import { Link } from "wouter";

import { ask } from "../../api/client";
import type { Pitcher, Readiness, Staff as StaffAnswer, StaffRow as StaffRowAnswer } from "../../api/types";
import { useSecond } from "../../components/age";
import { Panel } from "../../components/panel";
import { Answered, Empty, Failed, useAway } from "../../components/states";
import { Folding } from "../../components/table";
import { Unseen } from "../../components/visible";
import { COUNTED_AGAIN, CountedAt, useToday, useWhen } from "../../components/when";
import { BANDS, bandOf, goesOn, isOnMound, LEVELS, verdictInWords, whole } from "../../format/level";
import { usePark } from "../../format/park";
import { asOf, dayInWords, daysBetween } from "../../format/time";
import { percent } from "../../format/units";
import { ACUTE_CHRONIC, asOfInWords, counted, leftInWords, whereInWords } from "../../format/words";
import { useEpoch, useHub, useRoster } from "../../live/react";
import { Availability, mayPitchInWords } from "./availability";
import { csv, save } from "./csv";
import { lastGameBy, ofLevel, ofTeam, sorted, withThrowing, type Column, type Filter, type Order, type Row } from "./rows";

const PAGE = 25;

/** A row of the answer with the day that it is of. */
type Told = StaffRowAnswer & { as_of: string };

const HEADS: readonly { column: Column; name: string }[] = [
  { column: "name", name: "Pitcher" },
  { column: "team", name: "Team" },
  { column: "readiness", name: "Readiness now" },
  { column: "risk", name: "Risk, 21 days" },
  { column: "acwr", name: `${ACUTE_CHRONIC}, day’s end` },
  { column: "pitches", name: "Pitches, 7 days" },
  { column: "last", name: "Last game" },
];

const MAY_PITCH = "May pitch, seven days";

export default function Staff() {
  const query = useQuery({ queryKey: ["pitchers"], queryFn: ask.pitchers, staleTime: 300_000, refetchInterval: 300_000 });
  const away = useAway();
  return (
    // What is old has no colour to catch the eye.
    <div style={away ? { filter: "grayscale(1)" } : {}}>
      <Panel title="Staff">
        <Answered query={query} what="pitchers">
          {({ pitchers }) => <Everybody known={pitchers} />}
        </Answered>
      </Panel>
    </div>
  );
}

/** Whoever the box has a history of, and whoever it sees throw. */
function Everybody({ known }: { known: readonly Pitcher[] }) {
  const { state } = useHub();
  const roster = useRoster();
  const pitchers = useMemo(
    () => withThrowing(known, roster.flatMap((key) => state.readinessOf(key)?.data ?? [])),
    [known, state, roster],
  );
  if (pitchers.length === 0) return <Empty title="The box knows no pitcher.">History comes with: pitchguard import</Empty>;
  return <List pitchers={pitchers} />;
}

function List({ pitchers }: { pitchers: readonly Pitcher[] }) {
  const hub = useHub();
  const roster = useRoster();
  const epoch = useEpoch();
  const away = useAway();
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
  const today = useToday();
  // Of everybody, so that no filter moves it.
  const date = asked || (today === null ? "" : asOf(pitchers, today));
  // One question for everybody, whatever is chosen below.
  const staff = useQuery({ queryKey: ["staff", date], queryFn: () => ask.staff(date), placeholderData: (before) => before, enabled: date !== "", ...(date === today ? COUNTED_AGAIN : { staleTime: 300_000 }) });
  const told = useMemo(() => new Map(staff.data?.rows.map((row) => [row.pitcher, row])), [staff.data]);
  const shownFor = staff.data?.date ?? date;
  const rows = useMemo(() => {
    const all = chosen.map((pitcher): Row => {
      const his = told.get(pitcher.id);
      return { pitcher, readiness: hub.state.outingsOf(pitcher.id)[0]?.data, told: his, lastGame: lastGameBy(shownFor, pitcher, his) };
    });
    return sorted(ofLevel(all, filter), order);
    // The moment and the roster stand for the live state behind the hub.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [chosen, hub, told, shownFor, filter, order, moment, roster]);
  const at = Math.min(page, Math.max(0, Math.ceil(rows.length / PAGE) - 1));
  const choose = (change: Partial<Filter>): void => {
    setFilter({ ...filter, ...change });
    setPage(0);
  };
  // Who throws is told by the stream, who is at risk by the answer: before them nobody is known not to fit.
  const isUnknown = filter.level === "active" ? epoch === 0 : filter.level !== null && !staff.data;

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
          slotProps={{ inputLabel: { shrink: true }, htmlInput: today === null ? {} : { max: today } }}
        />
        <Button variant="outlined" onClick={() => save(`staff-${shownFor}.csv`, asCsv(rows, shownFor))} disabled={rows.length === 0 || !staff.data}>
          Save as CSV
        </Button>
      </div>
      <Typography role="status">
        {isUnknown ? "" : `${rows.length} of `}
        {counted(pitchers.length, "pitcher")}.{" "}
        {shownFor === "" ? (
          "Which day it is at the park is not known yet."
        ) : (
          <>
            Risk, load and availability{" "}
            <strong data-as-of={shownFor}>
              as of {dayInWords(shownFor, today)}
            </strong>{" "}
            for everybody{asked ? ", as chosen" : shownFor === today ? ", today" : ", the last game that is known"}
            {shownFor === today && staff.dataUpdatedAt > 0 && <CountedAt at={staff.dataUpdatedAt} />}.{staff.isFetching && !away && " Being asked for."}
          </>
        )}
      </Typography>
      <Typography color="text.secondary" sx={{ mb: 1 }}>
        {staff.data && groundInWords(staff.data)}
      </Typography>
      {staff.isError && <Failed what="Risk, load and availability" error={staff.error} retry={() => void staff.refetch()} />}
      <Folding data-columns="many" tabIndex={0} role="region" aria-label="Staff table" sx={{ "& td": { whiteSpace: "nowrap" }, "& td, & th": { px: 1 }, "& tbody th": { minWidth: "8.5rem" } }}>
        <Table size="small" role="table">
          <TableHead role="rowgroup" data-pressed="">
            <TableRow role="row">
              {HEADS.map(({ column, name }) => (
                <TableCell key={column} role="columnheader" sortDirection={order.column === column && (order.down ? "desc" : "asc")}>
                  <TableSortLabel
                    active={order.column === column}
                    direction={order.column === column && order.down ? "desc" : "asc"}
                    onClick={() => setOrder({ column, down: order.column === column ? !order.down : column !== "name" && column !== "team" })}
                  >
                    {name}
                  </TableSortLabel>
                </TableCell>
              ))}
              <TableCell role="columnheader">{MAY_PITCH}</TableCell>
            </TableRow>
          </TableHead>
          <TableBody role="rowgroup">
            {rows.slice(at * PAGE, (at + 1) * PAGE).map((row) => (
              <StaffRow key={row.pitcher.id} row={row} asOf={shownFor} isToday={shownFor === today} />
            ))}
          </TableBody>
        </Table>
      </Folding>
      {rows.length === 0 && <Empty title={isUnknown ? "Who fits is not known yet." : "Nobody fits these filters."} />}
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

/** What the risks rest on: what is usual, and the days that the injured lists tell of. */
export function groundInWords({ base_rate, risk_absent, injured_lists, model_version }: StaffAnswer): string {
  const lists =
    injured_lists.length === 0
      ? "No injured list is loaded: earlier injuries are not known"
      : `Injured lists tell of ${injured_lists.map(({ from, to }) => `${from} to ${to}`).join(", ")}`;
  const risk = risk_absent ? `No risk: ${risk_absent}` : `Usual is ${percent(base_rate, 1)} within 21 days, by model ${model_version ?? "unknown"}`;
  return `${risk}. ${lists}.`;
}

interface StaffRowProps {
  row: Row;
  /** The day that the row is told for. */
  asOf: string;
  /** Whether that day is not over. */
  isToday: boolean;
}

function StaffRow({ row: { pitcher, readiness, told: answer, lastGame }, asOf: as_of, isToday }: StaffRowProps) {
  const told = answer && { ...answer, as_of };
  return (
    <TableRow hover role="row">
      <TableCell component="th" scope="row" role="rowheader">
        <Link href={`/pitchers/${pitcher.id}`} style={{ display: "inline-flex", alignItems: "center", minHeight: 44, color: "var(--accent)", fontWeight: 600 }}>
          {pitcher.name}
        </Link>
      </TableCell>
      <Cell of="team">{pitcher.team ?? "–"}</Cell>
      <Cell of="readiness">{readiness ? <Now data={readiness} /> : "–"}</Cell>
      <Cell of="risk">{told ? <RiskCell told={told} /> : "–"}</Cell>
      <Cell of="acwr">{told?.acwr == null ? "–" : <PartlySeen told={told} days={LOAD_DAYS}>{`${told.acwr.toFixed(2)} times`}</PartlySeen>}</Cell>
      <Cell of="pitches">{told?.pitches_7d == null ? "–" : <PartlySeen told={told} days={7}>{`${isPartlySeen(told, 7) ? "≥\u00a0" : ""}${told.pitches_7d}`}</PartlySeen>}</Cell>
      <Cell of="last">{lastGame ?? "–"}</Cell>
      <Cell of="availability">{told && told.availability.length > 0 ? <MayPitch told={told} goesOn={isToday && goesOn(readiness)} /> : "–"}</Cell>
    </TableRow>
  );
}

/** A cell that says its column where there is no room for columns. */
function Cell({ of, children }: { of: Column | "availability"; children: ReactNode }) {
  return (
    <TableCell role="cell" data-head={HEADS.find(({ column }) => column === of)?.name ?? MAY_PITCH}>
      <div>{children}</div>
    </TableCell>
  );
}

/** Days that weigh in the ratio of loads. */
const LOAD_DAYS = 63;

/** Whether one of so many days, the last one that of the list, was only partly seen. */
function isPartlySeen({ partly_seen_on, as_of }: Told, days: number): boolean {
  return partly_seen_on != null && daysBetween(partly_seen_on, as_of) < days;
}

/** A number, and under it that a day behind it was only partly seen. */
function PartlySeen({ told, days, children }: { told: Told; days: number; children: string }) {
  const when = useWhen();
  return (
    <>
      {children}
      {isPartlySeen(told, days) && told.partly_seen_on && (
        <Typography component="span" variant="body2" color="text.secondary" data-partly-seen={told.partly_seen_on} sx={{ display: "block", whiteSpace: "normal", maxWidth: "7rem" }}>
          {when.day(told.partly_seen_on)} only partly seen
        </Typography>
      )}
    </>
  );
}

/** The days, and when he may pitch where they do not tell it. */
function MayPitch({ told, goesOn: throws }: { told: StaffRowAnswer; goesOn: boolean }) {
  const when = useWhen();
  const words = mayPitchInWords(told, throws, when.day);
  return (
    <>
      <Availability days={told.availability} />
      {words && (
        <Typography component="span" variant="body2" color="text.secondary" data-again="" sx={{ display: "block", whiteSpace: "normal", maxWidth: "15rem" }}>
          {words}
        </Typography>
      )}
    </>
  );
}

/** His probability, or why there is none; and where earlier injuries are not known, that too. */
function RiskCell({ told }: { told: StaffRowAnswer }) {
  if (told.probability == null) {
    return (
      <span title={told.risk_absent ?? ""}>
        –<Unseen> {told.risk_absent}</Unseen>
      </span>
    );
  }
  return (
    <>
      {told.level && LEVELS[told.level]} {percent(told.probability, 1)}
      {!told.earlier_injuries_known && (
        <Typography component="span" variant="body2" color="text.secondary" sx={{ display: "block" }}>
          earlier injuries not known
        </Typography>
      )}
    </>
  );
}

/** His number now with its own age; who has left the mound has a number of then, and no verdict. */
function Now({ data }: { data: Readiness }) {
  const park = usePark();
  const { state, link } = useHub();
  const when = useWhen();
  const band = bandOf(data);
  const age = asOfInWords(data, state.since(data.as_of?.at ?? data.last_pitch_at, Date.now()));
  const nameOf = (pitcher: number): string | undefined => state.outingsOf(pitcher)[0]?.data.name;
  const words = !isOnMound(data)
    ? `${whole(data.readiness.value)}, ${leftInWords(data, when.event, nameOf)}`
    : link === "live"
      ? `${BANDS[band].sign} ${band === "unknown" ? "" : whole(data.readiness.value)} ${verdictInWords(data)}`
      : `${whole(data.readiness.value)}, not live`;
  return (
    <div style={{ whiteSpace: "normal", minWidth: "10rem" }}>
      {words}
      <Typography component="span" variant="body2" data-where="" sx={{ display: "block" }}>
        {whereInWords(data, park.where(data.mound), link === "live")}
      </Typography>
      <Typography component="span" variant="body2" color="text.secondary" data-age="" sx={{ display: "block" }}>
        {age}
      </Typography>
    </div>
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
  const days = rows.find(({ told }) => (told?.availability.length ?? 0) > 0)?.told?.availability.map((day) => day.date) ?? [];
  const head = ["pitcher", "name", "team", "throws", "readiness", "readiness_as_of", "state", "verdict", "on_mound", "as_of", "probability_21d", "level", "earlier_injuries_known", "acwr", "pitches_7d", "partly_seen_on", "last_game_date", ...days.map((day) => `available_${day}`)];
  const body = rows.map(({ pitcher, readiness, told, lastGame }) => [
    pitcher.id,
    pitcher.name,
    pitcher.team,
    pitcher.throws,
    readiness?.readiness.value,
    readiness?.as_of?.at,
    readiness?.state,
    readiness?.verdict ?? readiness?.verdict_absent,
    readiness && (isOnMound(readiness) ? "yes" : "no"),
    date,
    told?.probability,
    told?.level,
    told && (told.earlier_injuries_known ? "yes" : "no"),
    told?.acwr,
    told?.pitches_7d,
    told?.partly_seen_on,
    lastGame,
    ...days.map((day) => {
      const said = told?.availability.find((each) => each.date === day);
      return said && (typeof said.thrown === "number" ? `threw ${said.thrown}` : said.available ? (said.unsure ? "not sure" : "yes") : "no");
    }),
  ]);
  return csv([head, ...body]);
}
