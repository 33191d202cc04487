/** Bands of readiness, as the daemon's own recommendation has them, and who needs a look first. */
import type { Alert, Readiness } from "../api/types";

export type Band = "ready" | "watch" | "warm" | "out" | "unknown";

interface BandWords {
  /** In a word or two, beside the number. */
  readonly word: string;
  /** For those who see no shape. */
  readonly sign: string;
}

export const BANDS: Readonly<Record<Band, BandWords>> = {
  ready: { word: "Ready", sign: "●" },
  watch: { word: "Watch", sign: "▲" },
  warm: { word: "Warm a reliever", sign: "◆" },
  out: { word: "Take out", sign: "■" },
  unknown: { word: "No number yet", sign: "–" },
};

/** The band of a readiness, 0–100. */
export function bandOf(value: number | null | undefined): Band {
  if (value === null || value === undefined) return "unknown";
  if (value >= 80) return "ready";
  if (value >= 70) return "watch";
  return value >= 60 ? "warm" : "out";
}

/** How much a pitcher needs a look: higher is sooner. What somebody has seen already counts half. */
export function needOfLook(readiness: Readiness, alerts: readonly Alert[]): number {
  const worst = alerts.reduce((most, alert) => {
    const weight = alert.severity === "critical" ? 200 : 100;
    return Math.max(most, alert.acknowledged_at ? weight / 2 : weight);
  }, 0);
  const held = readiness.state === "held" ? 30 : 0;
  const { value } = readiness.readiness;
  const missing = value === null || value === undefined ? 20 : 100 - value;
  return worst * 10 + held * 5 + missing;
}

/** Alerts, what nobody has seen first, critical before warning, the newest first. */
export function byUrgency(alerts: readonly Alert[]): Alert[] {
  const weight = (alert: Alert): number => (alert.acknowledged_at ? 0 : 2) + (alert.severity === "critical" ? 1 : 0);
  return alerts.toSorted((a, b) => weight(b) - weight(a) || b.id - a.id);
}
