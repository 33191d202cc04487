/** Pitches in a plane: where they crossed the plate, or how they moved. One scale for both axes. */
import { memo, type ReactNode } from "react";

import { Frame, MARGIN, NothingMeasured } from "./frame";
import { scale, ticks, type Scale } from "./scale";
import { markOf } from "./types";

export interface PlanePoint {
  id: number;
  pitch_type: string;
  x: number;
  y: number;
}

interface PlaneProps {
  title: string;
  label: string;
  points: readonly PlanePoint[];
  /** Half the width, and from where to where it is high, at least, in the points' unit: a point beyond makes it larger. */
  reach: { x: number; low: number; high: number };
  /** Behind the points. */
  children?: (x: Scale, y: Scale) => ReactNode;
}

type Reach = PlaneProps["reach"];

/** A pitch in the backstop must not make the zone a dot: the reach grows to so many times what it is at least. */
const GROWS = 2;

/** The reach that holds the points, as far as it grows, and how many lie beyond it all the same. */
export function reachOf(points: readonly PlanePoint[], least: Reach): Reach & { beyond: number } {
  const middle = (least.low + least.high) / 2;
  const half = GROWS * (least.high - middle);
  const most = (of: (point: PlanePoint) => number, from: number, to: number): number => Math.min(to, points.reduce((far, point) => Math.max(far, of(point)), from));
  const reach = {
    x: most(({ x }) => Math.abs(x), least.x, GROWS * least.x),
    low: -most(({ y }) => -y, -least.low, half - middle),
    high: most(({ y }) => y, least.high, half + middle),
  };
  return { ...reach, beyond: points.filter(({ x, y }) => Math.abs(x) > reach.x || y < reach.low || y > reach.high).length };
}

const MOST_PX = 420;
const HEIGHT = 330;

export const Plane = memo(function Plane({ title, label, points, reach: least, children }: PlaneProps) {
  const reach = reachOf(points, least);
  if (points.length === 0) {
    return (
      <figure style={{ margin: 0 }}>
        <figcaption style={{ fontWeight: 600 }}>{title}</figcaption>
        <NothingMeasured />
      </figure>
    );
  }
  return (
    <figure style={{ margin: 0 }}>
      <figcaption style={{ fontWeight: 600 }}>
        {title}
        {reach.beyond > 0 && `; ${reach.beyond} beyond, drawn on the edge`}
      </figcaption>
      <Frame height={HEIGHT} label={label} most={MOST_PX}>
        {(width) => {
          const across = width - MARGIN.left - MARGIN.right;
          const up = HEIGHT - MARGIN.top - MARGIN.bottom;
          // One unit is as long across as up.
          const unit = Math.min(across / (2 * reach.x), up / (reach.high - reach.low));
          const middle = MARGIN.left + across / 2;
          const x = scale(-reach.x, reach.x, middle - unit * reach.x, middle + unit * reach.x);
          const bottom = HEIGHT - MARGIN.bottom;
          const y = scale(reach.low, reach.high, bottom, bottom - unit * (reach.high - reach.low));
          return (
            <>
              <g fontSize="12" fill="var(--soft)">
                {ticks(-reach.x, reach.x, 4).map((value) => (
                  <text key={value} x={x(value)} y={HEIGHT - 6} textAnchor="middle">
                    {value}
                  </text>
                ))}
                {ticks(reach.low, reach.high, 4).map((value) => (
                  <text key={value} x={x(-reach.x) - 6} y={y(value) + 4} textAnchor="end">
                    {value}
                  </text>
                ))}
              </g>
              <rect
                x={x(-reach.x)}
                y={y(reach.high)}
                width={x(reach.x) - x(-reach.x)}
                height={y(reach.low) - y(reach.high)}
                fill="none"
                stroke="var(--line)"
              />
              {children?.(x, y)}
              {points.map((point, at) => (
                <path
                  key={point.id}
                  d={markOf(point.pitch_type).shape}
                  transform={`translate(${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)})`}
                  fill={markOf(point.pitch_type).tone}
                  fillOpacity={at === points.length - 1 ? 1 : 0.7}
                  stroke={at === points.length - 1 ? "var(--ink)" : "none"}
                  strokeWidth="2.5"
                />
              ))}
            </>
          );
        }}
      </Frame>
    </figure>
  );
});
