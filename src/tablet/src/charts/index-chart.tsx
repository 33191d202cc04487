/** Readiness and fatigue over the outing, each with its 90 % interval; one pitch can be looked at. */
import { memo } from "react";

import type { Index, TrendPoint } from "../api/types";
import { BottomAxis, Frame, LeftAxis, MARGIN } from "./frame";
import { area, path, scale } from "./scale";
import { trendInWords } from "./sparkline";

const HEIGHT = 240;

/** A pitch at which the number before it was held. */
export const HeldMark = () => <path d="M-4 -4h8v8h-8z" fill="var(--watch)" stroke="var(--paper)" />;

/** A pitch at which there was no number at all. */
export const NoNumberMark = () => <circle r="3.5" fill="none" stroke="var(--soft)" strokeWidth="2" />;

interface IndexChartProps {
  points: readonly TrendPoint[];
  /** The point that is looked at. */
  chosen: number;
  /** Of the verdicts. */
  limits: readonly number[];
}

export const IndexChart = memo(function IndexChart({ points, chosen, limits }: IndexChartProps) {
  const first = points[0]?.pitches ?? 1;
  const last = Math.max(points.at(-1)?.pitches ?? 2, first + 5);
  return (
    <Frame height={HEIGHT} label={`Readiness over the outing. ${trendInWords(points)}`}>
      {(width) => {
        const x = scale(first, last, MARGIN.left, width - MARGIN.right);
        const y = scale(0, 100, HEIGHT - MARGIN.bottom, MARGIN.top);
        const line = (index: (point: TrendPoint) => Index, of: keyof Index) =>
          points.flatMap((point): [number, number][] => {
            const value = index(point)[of];
            return typeof value === "number" ? [[x(point.pitches), y(value)]] : [];
          });
        const at = points[chosen];
        // What is held at the end is only carried along.
        const judged = points.filter((point) => typeof point.readiness.value === "number").findLastIndex((point) => point.state !== "held") + 1;
        return (
          <>
            <LeftAxis of={y} count={5} width={width} />
            <BottomAxis of={x} count={width / 90} height={HEIGHT} />
            {limits.map((limit) => (
              <path key={limit} d={`M${MARGIN.left} ${y(limit)}H${width - MARGIN.right}`} stroke="var(--soft)" strokeDasharray="3 5" />
            ))}
            <path d={area(line((p) => p.readiness, "high"), line((p) => p.readiness, "low"))} fill="var(--area)" />
            <path d={path(line((p) => p.fatigue, "value"))} fill="none" stroke="var(--warm)" strokeWidth="var(--stroke)" strokeDasharray="8 4" />
            <path d={path(line((p) => p.readiness, "value").slice(0, judged))} fill="none" stroke="var(--accent)" strokeWidth="3" />
            <path d={path(line((p) => p.readiness, "value").slice(Math.max(0, judged - 1)))} fill="none" stroke="var(--soft)" strokeWidth="3" strokeDasharray="2 5" />
            {points.map((point) =>
              typeof point.readiness.value !== "number" ? (
                <g key={point.pitches} transform={`translate(${x(point.pitches).toFixed(1)} ${HEIGHT - MARGIN.bottom - 6})`}>
                  <NoNumberMark />
                </g>
              ) : point.state === "held" ? (
                <g key={point.pitches} transform={`translate(${x(point.pitches).toFixed(1)} ${y(point.readiness.value).toFixed(1)})`}>
                  <HeldMark />
                </g>
              ) : null,
            )}
            {at && <path d={`M${x(at.pitches)} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}`} stroke="var(--ink)" strokeWidth="2" />}
          </>
        );
      }}
    </Frame>
  );
});
