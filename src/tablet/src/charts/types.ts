/** Each pitch type has a shape and a tone, so that no colour stands alone. */

interface Mark {
  /** Around the origin, 10 px across. */
  readonly shape: string;
  readonly tone: string;
}

const CIRCLE = "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z";
const MARKS: Readonly<Record<string, Mark>> = {
  FF: { shape: CIRCLE, tone: "var(--accent)" },
  SI: { shape: "M-4.5-4.5H4.5V4.5H-4.5Z", tone: "var(--warm)" },
  FC: { shape: "M0-6L6 0L0 6L-6 0Z", tone: "var(--watch)" },
  SL: { shape: "M0-5.5L5.5 4.5H-5.5Z", tone: "var(--out)" },
  ST: { shape: "M0 5.5L5.5-4.5H-5.5Z", tone: "var(--out)" },
  CU: { shape: "M-5.5-2H-2V-5.5H2V-2H5.5V2H2V5.5H-2V2H-5.5Z", tone: "var(--ready)" },
  KC: { shape: "M-5.5-2H-2V-5.5H2V-2H5.5V2H2V5.5H-2V2H-5.5Z", tone: "var(--ready)" },
  CH: { shape: "M-5.5-3.5L-3.5-5.5L0-2L3.5-5.5L5.5-3.5L2 0L5.5 3.5L3.5 5.5L0 2L-3.5 5.5L-5.5 3.5L-2 0Z", tone: "var(--soft)" },
  FS: { shape: "M-6-2H6V2H-6Z", tone: "var(--soft)" },
};
const OTHER: Mark = { shape: "M-2-6H2V6H-2Z", tone: "var(--ink)" };

export const markOf = (type: string): Mark => MARKS[type] ?? OTHER;

/** Types in a list of pitches, the most thrown first. */
export function typesOf(pitches: readonly { pitch_type: string }[]): string[] {
  const counts = new Map<string, number>();
  for (const { pitch_type } of pitches) counts.set(pitch_type, (counts.get(pitch_type) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]).map(([type]) => type);
}
