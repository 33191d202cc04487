/** From values to the drawing, and round numbers for its axes. */

export interface Scale {
  (value: number): number;
  readonly from: number;
  readonly to: number;
}

/** Maps `from..to` onto `start..end`, and what lies beyond onto its ends. */
export function scale(from: number, to: number, start: number, end: number): Scale {
  const span = to - from || 1;
  const map = (value: number): number => start + (end - start) * Math.min(1, Math.max(0, (value - from) / span));
  return Object.assign(map, { from, to });
}

/** The range of the values with a margin, and at least `least` wide. */
export function rangeOf(values: readonly number[], least: number, margin = 0.08): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, least];
  const missing = Math.max(0, least - (high - low)) / 2;
  const more = (high - low) * margin;
  return [low - missing - more, high + missing + more];
}

/** About `count` round numbers in a range. */
export function ticks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / Math.max(1, count);
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** Round numbers of what is counted, not measured: no half pitch. */
export const wholeTicks = (from: number, to: number, count: number): number[] => ticks(from, to, Math.min(count, Math.max(1, Math.floor(to - from)))).filter(Number.isInteger);

/** A line through points; it breaks where a value is missing. */
export function path(points: readonly (readonly [number, number] | null)[]): string {
  let drawing = false;
  let text = "";
  for (const point of points) {
    if (point) text += `${drawing ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    drawing = point !== null;
  }
  return text;
}

/** The area between two lines over the same places. */
export function area(upper: readonly (readonly [number, number])[], lower: readonly (readonly [number, number])[]): string {
  if (upper.length === 0) return "";
  return `${path([...upper, ...lower.toReversed()])}Z`;
}
