/** One camera: how it stands, what it is off, what was done to it, and correcting it. */
import { styled } from "@mui/material/styles";
import Typography from "@mui/material/Typography";

import type { CameraReport, CorrectionRecord } from "../../api/types";
import { Sign, type SignKind } from "../../components/table";
import { useBoxWhen } from "../../components/when";
import { useSettings } from "../../format/settings";
import { spanInWords } from "../../format/time";
import { fixed, signed, size, withError, type Units } from "../../format/units";
import { counted } from "../../format/words";
import { confidence } from "../bullpen/card";
import { DriftChart } from "./drift-chart";
import { Recalibrate } from "./recalibrate";

export const SIGNS: Readonly<Record<CameraReport["state"], SignKind>> = {
  ok: "good",
  watch: "watch",
  alarm: "bad",
  excluded: "bad",
  silent: "bad",
  useless: "bad",
  unverified: "off",
  unheard: "off",
  quiet: "watch",
};

const Facts = styled("dl")({
  display: "grid",
  gridTemplateColumns: "auto minmax(0, 1fr)",
  gap: "0 10px",
  margin: "4px 0",
  fontSize: "0.875rem",
  dt: { color: "var(--soft)" },
  dd: { margin: 0, overflowWrap: "anywhere" },
});

const Made = styled("details")({
  fontSize: "0.875rem",
  summary: { display: "flex", alignItems: "center", minHeight: 44, cursor: "pointer", fontWeight: 600 },
  "summary::before": { content: '"▸"', paddingRight: 6 },
  "&[open] summary::before": { content: '"▾"' },
  ol: { margin: "0 0 8px", padding: 0, listStyle: "none" },
  "li + li": { marginTop: 6, paddingTop: 6, borderTop: "1px solid var(--line)" },
});

const OUTCOMES: Readonly<Record<CorrectionRecord["outcome"], string>> = {
  open: "not yet judged",
  held: "held",
  undone: "undone",
  replaced: "replaced before it was judged",
  took_back: "took an earlier one back",
  by_landmarks: "by landmarks, which balls cannot judge",
};

const NOT_MEASURED = "not measured: no pitch yet";

/** What is known of a camera, by what it is of; that nothing is, where it is so. */
export function factsOf(camera: CameraReport, units: Units): [string, string][] {
  const { drift, residual_px, scatter_px, temperature_c, vibration_g, dropped } = camera;
  const listed = (...parts: (string | false)[]): string => parts.filter(Boolean).join(", ") || "–";
  const seen = listed(residual_px != null && size(residual_px, 2, "px"), scatter_px != null && `scatter ${size(scatter_px, 2, "px")}`);
  const health = listed(
    temperature_c != null && units.text("temperature", temperature_c),
    vibration_g != null && size(vibration_g, 3, "g"),
    dropped != null && `${counted(dropped, "frame")} dropped`,
  );
  const known = drift == null || camera.confidence == null ? [["Drift", "not known"] as [string, string]] : driftOf(camera, drift);
  return [...known, ["Residual", seen], ["Health", health]];
}

function driftOf(camera: CameraReport, drift: NonNullable<CameraReport["drift"]>): [string, string][] {
  const { clock_offset_us, clock_offset_sd_us, clock_told_us, confidence_time, confidence_residual } = camera;
  const clock = clock_offset_us == null ? NOT_MEASURED : off(clock_offset_us, clock_offset_sd_us, "µs");
  return [
    ["Drift", `across ${off(drift.dx_px, drift.dx_sd_px, "px")}; up ${off(drift.dy_px, drift.dy_sd_px, "px")}`],
    ["Roll", off(1e3 * drift.roll_rad, 1e3 * drift.roll_sd_rad, "mrad")],
    ["Scale", off(1e3 * drift.scale, 1e3 * drift.scale_sd, "‰")],
    ["Moves the plate", drift.plate_in == null ? NOT_MEASURED : size(drift.plate_in, 3, "in")],
    ["Clock", clock + (clock_told_us == null ? "" : `; it says ${fixed(clock_told_us, 0)} µs`)],
    ["Confidence", `${written(camera.confidence)} (by age ${written(confidence_time)}, by residuals ${written(confidence_residual)})`],
  ];
}

/** What something is off, signed, with how well that is known. */
const off = (value: number, sd: number | null | undefined, unit: string): string => withError(value, sd, unit, signed);

/** A confidence, and a dash where there is none. */
export const written = (value: number | null | undefined): string => (value == null ? "–" : confidence(value));

/** A correction in words, behind its version and time. */
export function correctionInWords({ correction, outcome, shift_px: [before, after] }: CorrectionRecord): string {
  const px = (value: number | null | undefined): string => (value == null ? "–" : value.toFixed(2));
  const moved = `across ${signed(correction.dx_px, 2)}, up ${signed(correction.dy_px, 2)} px, clock ${signed(1e-3 * correction.clock_offset_ns, 0)} µs`;
  return `${moved}; off by ${px(before)} → ${px(after)} px; ${OUTCOMES[outcome]}`;
}

function Corrections({ corrections, version }: { corrections: readonly CorrectionRecord[]; version: number }) {
  const when = useBoxWhen();
  if (corrections.length === 0) return <Typography variant="body2">Never corrected: the venue file’s model.</Typography>;
  return (
    <Made data-corrections={corrections.length}>
      <summary>
        {counted(corrections.length, "correction")}, version {version}
      </summary>
      <ol>
        {corrections.toReversed().map((made) => (
          <li key={`${made.correction.version} ${made.at}`}>
            <strong>v{made.correction.version}</strong>, {when.told(made.at / 1e6)}: {correctionInWords(made)}
            <div style={{ color: "var(--soft)" }}>{made.why}</div>
          </li>
        ))}
      </ol>
    </Made>
  );
}

/** States in which nothing of a camera is called good. */
const GIVES_NOTHING: readonly CameraReport["state"][] = ["silent", "quiet", "useless", "excluded", "unheard"];

/** A camera that does not send just now is silent, and nothing of it is known, however it was judged when it last did. */
export function asHeard(camera: CameraReport): CameraReport {
  if (camera.is_heard || GIVES_NOTHING.includes(camera.state)) return camera;
  return { ...camera, state: "silent", confidence: null, drift: null };
}

/** How a camera stands, and for how long where it gives nothing. */
export function stateInWords({ state, silent_for_s, useless_for_s }: Pick<CameraReport, "state" | "silent_for_s" | "useless_for_s">): string {
  if (state === "quiet") return `not heard for ${spanInWords(1000 * (silent_for_s ?? 0))}`;
  const for_s = state === "silent" ? silent_for_s : state === "useless" ? useless_for_s : null;
  return for_s == null ? state : `${state} for ${spanInWords(for_s * 1000)}`;
}

interface CameraProps {
  camera: CameraReport;
  watch: number;
  alarm: number;
  /** The ballpark by which it is corrected by hand; none where nothing is changed from here. */
  venue: string | null;
}

export function Camera({ camera, watch, alarm, venue }: CameraProps) {
  const { units } = useSettings();
  return (
    <article data-camera={camera.id} style={{ display: "flex", flexDirection: "column", border: "var(--border) solid var(--line)", borderRadius: 8, padding: 8, minWidth: 0 }}>
      <Typography component="h3" sx={{ fontWeight: 700 }}>
        {camera.id} {camera.name.replaceAll("_", " ")} <Sign kind={SIGNS[camera.state]} word={stateInWords(camera)} /> {camera.confidence != null && written(camera.confidence)}
      </Typography>
      {camera.trouble && !camera.alerts.some(({ reason }) => reason === camera.trouble) && (
        <Typography variant="body2" sx={{ fontWeight: 700 }}>
          {camera.trouble}
        </Typography>
      )}
      {camera.alerts.map((alert) => (
        <Typography key={alert.kind} variant="body2" sx={{ fontWeight: 700 }}>
          {alert.reason}
        </Typography>
      ))}
      <DriftChart points={camera.chart} watch={watch} alarm={alarm} name={camera.name} />
      <Facts>
        {factsOf(camera, units).map(([of, value]) => (
          <div key={of} style={{ display: "contents" }}>
            <dt>{of}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </Facts>
      <div style={{ marginTop: "auto" }}>
        <Corrections corrections={camera.corrections} version={camera.correction.version} />
        {venue !== null && <Recalibrate venue={venue} camera={camera.id} />}
      </div>
    </article>
  );
}
