/** The trend of an outing in a glance: readiness with its 90 % interval, on a scale that covers all of it and says so. */
import { styled } from "@mui/material/styles";
import { memo } from "react";

import type { TrendPoint } from "../api/types";
import { whole } from "../format/level";
import { area, path, scale } from "./scale";

const WIDTH = 240;
const HEIGHT = 64;
/** Points drawn at most. */
const POINTS_MAX = 60;
/** The scale goes down to here at least, so that the noise of a good day does not look like a fall. */
const FLOOR = 50;
const CEILING = 100;

const Place = styled("div")({
  display: "grid",
  gridTemplateColumns: "auto minmax(0, 1fr)",
  gap: "0 6px",
  fontSize: "0.8rem",
  lineHeight: 1,
  color: "var(--soft)",
});

const Axis = styled("div")({ position: "relative", width: "2.2em", height: HEIGHT, whiteSpace: "nowrap", span: { position: "absolute", right: 0, transform: "translateY(-50%)" } });

interface SparklineProps {
  points: readonly TrendPoint[];
  /** Of the verdicts, the highest first. */
  limits: readonly number[];
}

type Known = TrendPoint & { readiness: { value: number } };

/** The points that have a number, the newest that fit. */
function knownOf(points: readonly TrendPoint[]): Known[] {
  return points.filter((point): point is Known => typeof point.readiness.value === "number").slice(-POINTS_MAX);
}

/** What the scale goes from: the lowest number or the low end of its interval, down to a round ten. */
export function floorOf(points: readonly TrendPoint[]): number {
  const lowest = knownOf(points).reduce((low, { readiness }) => Math.min(low, readiness.value, readiness.low ?? 100), 100);
  return Math.max(0, Math.min(FLOOR, Math.floor(lowest / 10) * 10));
}

/** How it went in words, for those who see no line. */
export function trendInWords(points: readonly TrendPoint[]): string {
  const known = knownOf(points);
  const [first] = known;
  const last = known.at(-1);
  if (!first || !last || known.length < 2) return "No trend yet";
  const change = Math.floor(last.readiness.value) - Math.floor(first.readiness.value);
  const way = change > 1 ? `up ${change}` : change < -1 ? `down ${-change}` : "steady";
  const held = last.state === "held" ? ", held since" : "";
  return `Trend: ${way} since the first of ${known.length} numbers, from ${whole(first.readiness.value)} to ${whole(last.readiness.value)}${held}`;
}

/** Which pitches it covers, and the ends of the numbers. */
function coverInWords(known: readonly Known[]): string {
  const [first] = known;
  const last = known.at(-1);
  if (!first || !last) return "No trend yet";
  const values = known.map((point) => point.readiness.value);
  const pitches = first === last ? `pitch ${first.pitches}` : `pitches ${first.pitches} to ${last.pitches}`;
  return `${pitches}: lowest ${whole(Math.min(...values))}, highest ${whole(Math.max(...values))}`;
}

export const Sparkline = memo(function Sparkline({ points, limits }: SparklineProps) {
  const known = knownOf(points);
  const from = known[0]?.pitches ?? 0;
  const x = scale(from, Math.max(from + 1, known.at(-1)?.pitches ?? 0), 3, WIDTH - 5);
  const floor = floorOf(points);
  const y = scale(floor, CEILING, HEIGHT - 6, 6);
  const at = (of: (point: Known) => number | null | undefined) =>
    known.map((point): [number, number] => [x(point.pitches), y(of(point) ?? point.readiness.value)]);
  const line = at((point) => point.readiness.value);
  const newest = line.at(-1);
  // From the last pitch that was judged on, what is held is only carried along.
  const heldFrom = known.findLastIndex((point) => point.state !== "held");
  // The limits that there is room for, and the ends.
  const [first, last] = [limits[0], limits.at(-1)];
  const marks = [CEILING, first, ...(floor <= 30 ? [last] : []), floor].filter((mark) => mark !== undefined);
  return (
    <div data-floor={floor}>
      <Place>
        <Axis aria-hidden>
          {[...new Set(marks)].map((mark) => (
            <span key={mark} style={{ top: y(mark) }}>
              {mark}
            </span>
          ))}
        </Axis>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width="100%" height={HEIGHT} preserveAspectRatio="none" role="img" aria-label={trendInWords(points)} style={{ display: "block" }}>
          {limits.filter((limit) => limit > floor).map((limit) => (
            <path key={limit} d={`M0 ${y(limit)}H${WIDTH}`} stroke="var(--line)" strokeDasharray="4 4" vectorEffect="non-scaling-stroke" />
          ))}
          {known.length > 1 && (
            <>
              <path d={area(at((point) => point.readiness.high), at((point) => point.readiness.low))} fill="var(--area)" />
              <path d={path(line.slice(0, heldFrom + 1))} fill="none" stroke="var(--accent)" strokeWidth="var(--stroke)" vectorEffect="non-scaling-stroke" />
              <path d={path(line.slice(Math.max(0, heldFrom)))} fill="none" stroke="var(--soft)" strokeWidth="var(--stroke)" strokeDasharray="2 4" vectorEffect="non-scaling-stroke" />
            </>
          )}
          {newest && (
            <path
              d={`M${newest[0]} ${newest[1]}h0.01`}
              stroke={known.at(-1)?.state === "held" ? "var(--soft)" : "var(--ink)"}
              strokeWidth="8"
              strokeLinecap="round"
              vectorEffect="non-scaling-stroke"
            />
          )}
        </svg>
        <span style={{ gridColumn: 2, paddingTop: 2 }}>{coverInWords(known)}</span>
      </Place>
    </div>
  );
});
