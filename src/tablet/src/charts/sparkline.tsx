/** The trend of an outing in a glance: readiness with its 90 % interval, on a fixed scale so that cards compare. */
import { memo } from "react";

import type { TrendPoint } from "../api/types";
import { area, path, scale } from "./scale";

const WIDTH = 240;
const HEIGHT = 56;
/** Points drawn at most. */
const POINTS_MAX = 60;

interface SparklineProps {
  points: readonly TrendPoint[];
}

/** How it went in words, for those who see no line. */
export function trendInWords(points: readonly TrendPoint[]): string {
  const values = points.map((point) => point.readiness.value).filter((value) => typeof value === "number");
  const [first] = values;
  const last = values.at(-1);
  if (first === undefined || last === undefined || values.length < 2) return "No trend yet";
  const change = Math.round(last) - Math.round(first);
  const way = change > 1 ? `up ${change}` : change < -1 ? `down ${-change}` : "steady";
  return `Trend: ${way} since the first of ${values.length} numbers, from ${first.toFixed(0)} to ${last.toFixed(0)}`;
}

export const Sparkline = memo(function Sparkline({ points }: SparklineProps) {
  const known = points.filter((point) => typeof point.readiness.value === "number").slice(-POINTS_MAX);
  const x = scale(0, Math.max(1, known.length - 1), 3, WIDTH - 5);
  const y = scale(40, 100, HEIGHT - 4, 4);
  const at = (of: (point: TrendPoint) => number | null | undefined) =>
    known.map((point, index): [number, number] => [x(index), y(of(point) ?? point.readiness.value ?? 0)]);
  const line = at((point) => point.readiness.value);
  const newest = line.at(-1);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width="100%"
      height={HEIGHT}
      preserveAspectRatio="none"
      role="img"
      aria-label={trendInWords(points)}
      style={{ display: "block" }}
    >
      {[60, 80].map((limit) => (
        <path key={limit} d={`M0 ${y(limit)}H${WIDTH}`} stroke="var(--line)" strokeDasharray="4 4" vectorEffect="non-scaling-stroke" />
      ))}
      {known.length > 1 && (
        <>
          <path d={area(at((point) => point.readiness.high), at((point) => point.readiness.low))} fill="var(--area)" />
          <path d={path(line)} fill="none" stroke="var(--accent)" strokeWidth="var(--stroke)" vectorEffect="non-scaling-stroke" />
        </>
      )}
      {newest && (
        <path
          d={`M${newest[0]} ${newest[1]}h0.01`}
          stroke="var(--ink)"
          strokeWidth="8"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
});
