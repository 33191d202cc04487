/** One quantity pitch by pitch, each type with its mark, against the band of what is usual for it. */
import { memo } from "react";

import type { Band } from "../api/types";
import { BottomAxis, Frame, LeftAxis, MARGIN, NothingMeasured } from "./frame";
import { rangeOf, scale } from "./scale";
import { counted } from "../format/words";
import { markOf, typesOf } from "./types";

const HEIGHT = 170;
/** A band is drawn this many standard deviations of a single pitch to each side: nine in ten lie in it. */
const BAND_SD = 1.645;

export interface SeriesPoint {
  number: number;
  pitch_type: string;
  value: number;
}

interface SeriesProps {
  name: string;
  unit: string;
  digits: number;
  points: readonly SeriesPoint[];
  /** In the same unit. */
  bands: ReadonlyMap<string, Pick<Band, "mean" | "sd">>;
  /** Range at least, so that noise does not look like a trend. */
  least: number;
}

function inWords({ name, unit, digits, points, bands }: SeriesProps, last: SeriesPoint): string {
  const band = bands.get(last.pitch_type);
  const usual = band ? `, usually ${band.mean.toFixed(digits)}` : "";
  return `${name} of ${counted(points.length, "pitch", "pitches")}; the last, ${last.pitch_type}, ${last.value.toFixed(digits)} ${unit}${usual}`;
}

export const Series = memo(function Series(props: SeriesProps) {
  const { name, unit, digits, points, bands, least } = props;
  const types = typesOf(points);
  const edges = types.flatMap((type) => {
    const band = bands.get(type);
    return band ? [band.mean - BAND_SD * band.sd, band.mean + BAND_SD * band.sd] : [];
  });
  const [low, high] = rangeOf([...points.map((point) => point.value), ...edges], least);
  const [first, last] = [points[0], points.at(-1)];
  const caption = (
    <figcaption style={{ fontWeight: 600 }}>
      {name} <span style={{ color: "var(--soft)", fontWeight: 500 }}>{unit}</span>
    </figcaption>
  );
  if (!first || !last) {
    return (
      <figure style={{ margin: 0 }}>
        {caption}
        <NothingMeasured />
      </figure>
    );
  }
  return (
    <figure style={{ margin: 0 }}>
      {caption}
      <Frame height={HEIGHT} label={inWords(props, last)}>
        {(width) => {
          const x = scale(first.number - 0.5, Math.max(last.number, first.number + 5) + 0.5, MARGIN.left, width - MARGIN.right);
          const y = scale(low, high, HEIGHT - MARGIN.bottom, MARGIN.top);
          return (
            <>
              {types.map((type) => {
                const band = bands.get(type);
                if (!band) return null;
                const top = y(band.mean + BAND_SD * band.sd);
                return (
                  <g key={type}>
                    <rect
                      x={MARGIN.left}
                      width={width - MARGIN.left - MARGIN.right}
                      y={top}
                      height={Math.max(1, y(band.mean - BAND_SD * band.sd) - top)}
                      fill="var(--area)"
                      fillOpacity="0.6"
                    />
                    <path d={`M${MARGIN.left} ${y(band.mean)}H${width - MARGIN.right}`} stroke={markOf(type).tone} strokeDasharray="6 4" />
                  </g>
                );
              })}
              <LeftAxis of={y} count={4} width={width} write={(value) => value.toFixed(value % 1 === 0 ? 0 : Math.min(2, digits + 1))} />
              <BottomAxis of={x} count={width / 90} height={HEIGHT} />
              {points.map((point) => (
                <path
                  key={point.number}
                  d={markOf(point.pitch_type).shape}
                  transform={`translate(${x(point.number).toFixed(1)} ${y(point.value).toFixed(1)})`}
                  fill={markOf(point.pitch_type).tone}
                />
              ))}
            </>
          );
        }}
      </Frame>
    </figure>
  );
});
