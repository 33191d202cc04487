/** A drawing as wide as its place, with its axes. */
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";

import type { Scale } from "./scale";
import { ticks, wholeTicks } from "./scale";

/** Room around the plot, px: for the labels of the axes. */
export const MARGIN = { left: 44, right: 10, top: 10, bottom: 24 } as const;
const WIDTH_UNKNOWN = 320;

interface FrameProps {
  height: number;
  /** What a reader hears who sees no drawing. */
  label: string;
  /** Widest that it gets, px. */
  most?: number;
  children: (width: number) => ReactNode;
}

export function Frame({ height, label, most = Infinity, children }: FrameProps) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(WIDTH_UNKNOWN);
  useLayoutEffect(() => {
    if (!place.current) return;
    const watcher = new ResizeObserver(([entry]) => entry && setWidth(Math.max(200, Math.floor(entry.contentRect.width))));
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, []);
  const drawn = Math.min(width, most);
  return (
    <div ref={place} style={{ width: "100%", minWidth: 0 }}>
      <svg width={drawn} height={height} viewBox={`0 0 ${drawn} ${height}`} role="img" aria-label={label} style={{ display: "block", margin: "0 auto", maxWidth: "100%" }}>
        {children(drawn)}
      </svg>
    </div>
  );
}

/** In the place of a drawing of which nothing was measured: its axes would be invented. */
export function NothingMeasured({ by = "" }: { by?: string }) {
  return <p style={{ margin: "8px 0", color: "var(--soft)" }}>Nothing measured{by}</p>;
}

interface AxisProps {
  of: Scale;
  count: number;
  write?: (value: number) => string;
}

/** Two round numbers at least: one says nothing of the scale. */
function enough({ from, to }: Scale, count: number): number[] {
  const round = ticks(from, to, count);
  return round.length >= 2 ? round : ticks(from, to, 2 * count);
}

export function LeftAxis({ of, count, write = String, width }: AxisProps & { width: number }) {
  return (
    <g fontSize="12" fill="var(--soft)">
      {enough(of, count).map((value) => (
        <g key={value}>
          <path d={`M${MARGIN.left} ${of(value)}H${width - MARGIN.right}`} stroke="var(--line)" strokeOpacity="0.6" />
          <text x={MARGIN.left - 6} y={of(value) + 4} textAnchor="end">
            {write(value)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Of pitches: whole numbers. */
export function BottomAxis({ of, count, write = String, height }: AxisProps & { height: number }) {
  return (
    <g fontSize="12" fill="var(--soft)">
      {wholeTicks(of.from, of.to, count).map((value) => (
        <text key={value} x={of(value)} y={height - 6} textAnchor="middle">
          {write(value)}
        </text>
      ))}
    </g>
  );
}

interface EndsProps {
  of: Scale;
  /** The first and the last that the axis covers, in words. */
  first: string;
  last: string;
  /** Where the words stand, px from the top. */
  y: number;
}

/** The ends of an axis of time, written out. */
export function Ends({ of, first, last, y }: EndsProps) {
  return (
    <g fontSize="12" fill="var(--soft)">
      <text x={of(of.from)} y={y}>
        {first}
      </text>
      <text x={of(of.to)} y={y} textAnchor="end">
        {last}
      </text>
    </g>
  );
}
