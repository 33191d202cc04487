/** The outing pitch by pitch: charts against what is usual, where pitches went, and all of them in a table. */
import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { ask } from "../../api/client";
import type { Band, PitchShown, Usual } from "../../api/types";
import { Plane, type PlanePoint } from "../../charts/plane";
import { Series, type SeriesPoint } from "../../charts/series";
import { markOf, typesOf } from "../../charts/types";
import { Panel } from "../../components/panel";
import { Answered, Empty } from "../../components/states";
import { PlainTable } from "../../components/table";
import { useToday, useWhen } from "../../components/when";
import { useSettings } from "../../format/settings";
import type { Quantity } from "../../format/units";
import { EARLY, counted, flagInWords, pitchInWords, stateInWords } from "../../format/words";
import { useLivePitches } from "../../live/react";
import { withPitch } from "../../live/state";

const PITCHES_ASKED = 200;
/** A pause longer than this is between two outings, ns. */
const PAUSE_NS = 3 * 3_600e9;
/** The rulebook's plate, and a middling batter's zone, ft. */
const ZONE = { half: 17 / 24, low: 1.5, high: 3.5 } as const;

type Measure = "release_speed" | "release_spin_rate" | "release_pos_z" | "pfx_x" | "pfx_z";

const MEASURES: readonly { key: Measure; name: string; quantity: Quantity; digits: number; /** Range at least, Statcast’s unit. */ least: number }[] = [
  { key: "release_speed", name: "Velocity", quantity: "speed", digits: 1, least: 6 },
  { key: "release_spin_rate", name: "Spin", quantity: "spin", digits: 0, least: 300 },
  { key: "release_pos_z", name: "Release height", quantity: "length", digits: 2, least: 0.5 },
  { key: "pfx_z", name: "Break, vertical", quantity: "break", digits: 1, least: 0.7 },
  { key: "pfx_x", name: "Break, horizontal", quantity: "break", digits: 1, least: 0.7 },
];

/** The newest outing among pitches in the order of their release: one game and day on one mound, without a long pause. */
export function lastOuting(pitches: readonly PitchShown[]): readonly PitchShown[] {
  const newest = pitches.at(-1);
  if (!newest) return [];
  const alike = pitches.filter(({ mound, game_pk, game_date }) => mound === newest.mound && game_pk === newest.game_pk && game_date === newest.game_date);
  const start = alike.findLastIndex(({ release_ns }, at) => {
    const before = alike[at - 1]?.release_ns;
    return at === 0 || (release_ns != null && before != null && release_ns - before > PAUSE_NS);
  });
  return alike.slice(start);
}

const Charts = styled("div")({
  display: "grid",
  gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 330px), 1fr))",
  gap: 16,
});

export function Outing({ pitcher }: { pitcher: number }) {
  const live = useLivePitches(pitcher);
  const query = useQuery({ queryKey: ["pitches", pitcher], queryFn: () => ask.pitches(pitcher, PITCHES_ASKED) });
  const outing = useMemo(() => query.data && lastOuting(live.reduce<readonly PitchShown[]>(withPitch, query.data.pitches)), [live, query.data]);
  // What was usual when he threw it, not what is by now.
  const date = outing?.[0]?.game_date ?? undefined;
  const baseline = useQuery({ queryKey: ["baseline", pitcher, date], queryFn: () => ask.baseline(pitcher, date), staleTime: 600_000, enabled: outing !== undefined });
  return (
    <Panel title="Pitch by pitch" wide>
      <Answered query={query} what="pitches">
        {() => <Pitches pitches={outing ?? []} usual={baseline.data?.types ?? []} />}
      </Answered>
    </Panel>
  );
}

/** What the bands are of: the season of the outing's day. One whose day is not known is told against what is usual by now. */
export function bandsInWords(day: string | null | undefined, today: string | null): string {
  const season = day == null || (today !== null && day.slice(0, 4) === today.slice(0, 4)) ? "this season" : "that season, up to then";
  return `Bands: nine in ten of his pitches of that type ${season}.`;
}

export function Pitches({ pitches, usual }: { pitches: readonly PitchShown[]; usual: readonly Usual[] }) {
  const { units } = useSettings();
  const when = useWhen();
  const today = useToday();
  const [type, setType] = useState<string | null>(null);
  const types = typesOf(pitches);
  const wanted = useMemo(
    () => pitches.map((pitch, at) => ({ pitch, number: at + 1 })).filter(({ pitch }) => type === null || pitch.pitch_type === type),
    [pitches, type],
  );
  const [first] = pitches;
  if (!first) return <Empty title="No pitch is held of him." />;
  const bandsOf = (key: Measure, quantity: Quantity): Map<string, Pick<Band, "mean" | "sd">> =>
    new Map(
      usual.flatMap((each) => {
        const band = each[key];
        if (!band || (type !== null && each.pitch_type !== type) || !types.includes(each.pitch_type)) return [];
        return [[each.pitch_type, { mean: units.value(quantity, band.mean), sd: units.value(quantity, band.sd) }]];
      }),
    );
  const seriesOf = (key: Measure, quantity: Quantity): SeriesPoint[] =>
    wanted.flatMap(({ pitch, number }) => {
      const value = pitch[key];
      return typeof value === "number" ? [{ number, pitch_type: pitch.pitch_type, value: units.value(quantity, value) }] : [];
    });
  return (
    <>
      <Typography color="text.secondary" sx={{ mb: 1 }}>
        {first.release_ns == null && first.game_date != null ? counted(pitches.length, "pitch", "pitches") : counted(pitches.length, "measured pitch", "measured pitches")}{" "}
        {first.game_date == null
          ? "at a time unknown: no clock was ever set"
          : first.release_ns == null
            ? `on ${when.day(first.game_date)}, imported: their times of day are not known`
            : `from ${when.moment(first.release_ns / 1e6)}`}
        .{usual.length > 0 && ` ${bandsInWords(first.game_date, today)}`}
      </Typography>
      <div role="group" aria-label="Pitch types shown" style={{ display: "flex", flexWrap: "wrap", gap: 8, marginBottom: 12 }}>
        <Button variant={type === null ? "contained" : "outlined"} aria-pressed={type === null} onClick={() => setType(null)}>
          All types
        </Button>
        {types.map((code) => (
          <Button
            key={code}
            variant={type === code ? "contained" : "outlined"}
            aria-pressed={type === code}
            onClick={() => setType(code)}
            startIcon={
              <svg width="16" height="16" viewBox="-7 -7 14 14" aria-hidden>
                <path d={markOf(code).shape} fill={type === code ? "currentColor" : markOf(code).tone} />
              </svg>
            }
          >
            {pitchInWords(code)}
          </Button>
        ))}
      </div>
      <Charts>
        {MEASURES.map(({ key, name, quantity, digits, least }) => (
          <Series
            key={key}
            name={name}
            unit={units.name(quantity)}
            digits={digits}
            points={seriesOf(key, quantity)}
            bands={bandsOf(key, quantity)}
            least={units.value(quantity, least) - units.value(quantity, 0)}
          />
        ))}
      </Charts>
      <Charts style={{ marginTop: 16 }}>
        <ZonePlot pitches={wanted.map(({ pitch }) => pitch)} />
        <MovementPlot pitches={wanted.map(({ pitch }) => pitch)} usual={usual.filter((each) => (type === null ? types.includes(each.pitch_type) : each.pitch_type === type))} />
      </Charts>
      <PitchTable pitches={wanted} />
    </>
  );
}

function ZonePlot({ pitches }: { pitches: readonly PitchShown[] }) {
  const { units } = useSettings();
  const to = (ft: number): number => units.value("length", ft);
  const points = pitches.flatMap(({ id, pitch_type, plate_x, plate_z }): PlanePoint[] =>
    typeof plate_x === "number" && typeof plate_z === "number" ? [{ id, pitch_type, x: to(plate_x), y: to(plate_z) }] : [],
  );
  const inside = points.filter((p) => Math.abs(p.x) <= to(ZONE.half) && p.y >= to(ZONE.low) && p.y <= to(ZONE.high)).length;
  return (
    <Plane
      title={`At the plate, as the catcher sees it, ${units.name("length")}`}
      label={`Strike zone: ${inside} of ${counted(points.length, "pitch", "pitches")} inside a middling batter’s zone`}
      points={points}
      reach={{ x: to(2.5), low: 0, high: to(5) }}
    >
      {(x, y) => (
        <rect
          x={x(-to(ZONE.half))}
          y={y(to(ZONE.high))}
          width={x(to(ZONE.half)) - x(-to(ZONE.half))}
          height={y(to(ZONE.low)) - y(to(ZONE.high))}
          fill="var(--area)"
          fillOpacity="0.5"
          stroke="var(--ink)"
          strokeWidth="2"
        />
      )}
    </Plane>
  );
}

function MovementPlot({ pitches, usual }: { pitches: readonly PitchShown[]; usual: readonly Usual[] }) {
  const { units } = useSettings();
  const to = (ft: number): number => units.value("break", ft);
  const points = pitches.flatMap(({ id, pitch_type, pfx_x, pfx_z }): PlanePoint[] =>
    typeof pfx_x === "number" && typeof pfx_z === "number" ? [{ id, pitch_type, x: to(pfx_x), y: to(pfx_z) }] : [],
  );
  const reach = to(2);
  return (
    <Plane
      title={`Movement, as the catcher sees it, ${units.name("break")}`}
      label={`Movement of ${counted(points.length, "pitch", "pitches")}`}
      points={points}
      reach={{ x: reach, low: -reach, high: reach }}
    >
      {(x, y) => (
        <>
          <path d={`M${x(x.from)} ${y(0)}H${x(x.to)}M${x(0)} ${y(y.from)}V${y(y.to)}`} stroke="var(--line)" />
          {usual.map((each) =>
            each.pfx_x && each.pfx_z ? (
              <ellipse
                key={each.pitch_type}
                cx={x(to(each.pfx_x.mean))}
                cy={y(to(each.pfx_z.mean))}
                rx={Math.abs(x(to(2 * each.pfx_x.sd)) - x(0))}
                ry={Math.abs(y(to(2 * each.pfx_z.sd)) - y(0))}
                fill="var(--area)"
                fillOpacity="0.6"
                stroke={markOf(each.pitch_type).tone}
                strokeDasharray="5 4"
              />
            ) : null,
          )}
        </>
      )}
    </Plane>
  );
}

function PitchTable({ pitches }: { pitches: readonly { pitch: PitchShown; number: number }[] }) {
  const { units } = useSettings();
  const when = useWhen();
  const heads = ["#", "Time", "Type", `Velocity, ${units.name("speed")}`, "Spin, rpm", `Height, ${units.name("length")}`, `Break ↔, ${units.name("break")}`, `Break ↕, ${units.name("break")}`, "State", "To mind"];
  const newest = pitches.toReversed();
  return (
    <PlainTable
      label="All pitches, the newest first"
      heads={heads}
      keys={newest.map(({ pitch }) => pitch.id)}
      rows={newest.map(({ pitch, number }) => [
        number,
        pitch.game_date == null ? "time unknown" : pitch.release_ns == null ? "–" : when.eventToSecond(pitch.release_ns / 1e6),
        pitchInWords(pitch.pitch_type),
        units.number("speed", pitch.release_speed),
        units.number("spin", pitch.release_spin_rate),
        units.number("length", pitch.release_pos_z),
        units.number("break", pitch.pfx_x),
        units.number("break", pitch.pfx_z),
        pitch.flags.includes("early") ? EARLY.word : stateInWords(pitch.state).word,
        pitch.flags.map(flagInWords).join(", "),
      ])}
      sticky
      sx={{ maxHeight: 420, mt: 2, "& td, & th": { whiteSpace: "nowrap" } }}
    />
  );
}
