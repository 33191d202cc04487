/** What a camera is off its model over its last pitches, with how well that is known, the control chart's limits, and where it was corrected. */
import { memo } from "react";

import type { ChartPoint } from "../../api/types";
import { Ends, Frame, LeftAxis, MARGIN, NothingMeasured } from "../../charts/frame";
import { area, path, rangeOf, scale, type Scale } from "../../charts/scale";
import { useBoxWhen } from "../../components/when";
import { signed, withError } from "../../format/units";
import { counted } from "../../format/words";

const HEIGHT = 150;
/** Room below the plot for its times, px. */
const TIMES = 18;
/** Reach at least, px: an undrifted camera's noise must not look like a drift. */
const REACH_PX = 0.5;
/** Points drawn a line at most: more are not told apart. */
const POINTS_MAX = 240;

/** Across, and up. */
const AXES = [
  { tone: "var(--accent)", dashes: undefined, width: 2, value: (point: ChartPoint) => point.dx_px, at: 0 },
  { tone: "var(--warm)", dashes: "6 3", width: 2, value: (point: ChartPoint) => point.dy_px, at: 1 },
] as const;

/** Those that are drawn: numbers, thinned from the newest back so that the newest is always among them. */
export function drawn(points: readonly ChartPoint[]): ChartPoint[] {
  const numbers = points.filter(({ dx_px, dy_px, sd_px }) => [dx_px, dy_px, sd_px].every(Number.isFinite));
  const step = Math.max(1, Math.ceil(numbers.length / POINTS_MAX));
  return numbers.filter((_, at) => (numbers.length - 1 - at) % step === 0);
}

/** The points between two corrections: no line goes over one. */
export function pieces(points: readonly ChartPoint[]): ChartPoint[][] {
  const parts: ChartPoint[][] = [];
  for (const point of points) {
    const last = parts.at(-1);
    if (last?.[0]?.version === point.version) last.push(point);
    else parts.push([point]);
  }
  return parts;
}

interface DriftChartProps {
  points: readonly ChartPoint[];
  watch: number;
  alarm: number;
  name: string;
}

export const DriftChart = memo(function DriftChart({ points: all, watch, alarm, name }: DriftChartProps) {
  const when = useBoxWhen();
  const clock = (ns: number): string => when.told(ns / 1e6);
  const points = drawn(all);
  const last = points.at(-1);
  const farthest = points.flatMap((p) => [Math.abs(p.dx_px) + p.sd_px, Math.abs(p.dy_px) + p.sd_px, ...p.limit_px]);
  const reach = rangeOf([0, ...farthest.flatMap((px) => [px, -px])], 2 * REACH_PX);
  // Landmarks may have told its drift all the same.
  if (!last) return <NothingMeasured by=" by a pitch" />;
  const [across, up] = [last.dx_px, last.dy_px].map((px) => withError(px, last.sd_px, "px", signed));
  const label = `${name}: off across ${across}, up ${up}, after ${counted(all.length, "pitch", "pitches")}`;
  return (
    <Frame height={HEIGHT} label={label}>
      {(width) => {
        const from = points[0]?.at ?? last.at;
        const until = Math.max(last.at, from + 60e9);
        const x = scale(from, until, MARGIN.left, width - MARGIN.right);
        const y = scale(reach[0], reach[1], HEIGHT - TIMES - 4, 6);
        return (
          <>
            <LeftAxis of={y} count={3} width={width} />
            {[watch, -watch, alarm, -alarm]
              .filter((px) => Math.abs(px) < reach[1])
              .map((px) => (
                <path key={px} data-level="" d={`M${MARGIN.left} ${y(px)}H${width - MARGIN.right}`} stroke={Math.abs(px) === alarm ? "var(--out)" : "var(--watch)"} strokeDasharray="4 3" />
              ))}
            {pieces(points).map((part, at) => (
              <Piece key={part[0]?.at} points={part} x={x} y={y} corrected={at > 0} />
            ))}
            <Ends of={x} first={clock(from)} last={clock(until)} y={HEIGHT - 4} />
          </>
        );
      }}
    </Frame>
  );
});

/** What was so under one model, from its correction on. */
function Piece({ points, x, y, corrected }: { points: readonly ChartPoint[]; x: Scale; y: Scale; corrected: boolean }) {
  const [first] = points;
  const line = (of: (point: ChartPoint) => number | undefined) =>
    points.map((point): [number, number] | null => {
      const value = of(point);
      return value === undefined || !Number.isFinite(value) ? null : [x(point.at), y(value)];
    });
  const known = (of: (point: ChartPoint) => number) => points.map((point): [number, number] => [x(point.at), y(of(point))]);
  return (
    <>
      {AXES.map(({ tone, dashes, width, value, at }) => (
        <g key={at} fill="none" stroke={tone}>
          <path data-band="" d={area(known((p) => value(p) + p.sd_px), known((p) => value(p) - p.sd_px))} fill={tone} fillOpacity="0.18" stroke="none" />
          <path d={path(line((p) => p.limit_px[at])) + path(line((p) => -(p.limit_px[at] ?? NaN)))} strokeOpacity="0.55" strokeDasharray="2 3" />
          <path d={path(line((p) => p.ewma_px[at]))} strokeOpacity="0.7" />
          {/* One point alone is no line. */}
          <path d={path(line(value)) + (points.length === 1 ? "h0.01" : "")} strokeWidth={points.length === 1 ? 5 : width} strokeDasharray={points.length === 1 ? undefined : dashes} strokeLinecap="round" />
        </g>
      ))}
      {corrected && first && (
        <g data-corrected={first.version}>
          <path d={`M${x(first.at)} 6V${HEIGHT - TIMES - 4}`} stroke="var(--ink)" />
          <text x={x(first.at) + 2} y={14} fontSize="11" fill="var(--ink)">
            v{first.version}
          </text>
        </g>
      )}
    </>
  );
}
