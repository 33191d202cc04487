/** How the cameras stand: each one's drift over the last pitches with its control limits. */
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import { memo } from "react";

import { ask, Refused } from "../../api/client";
import type { CameraReport, ChartPoint, MoundReport, Report, StatusReport } from "../../api/types";
import { Ends, Frame, LeftAxis, MARGIN } from "../../charts/frame";
import { path, rangeOf, scale } from "../../charts/scale";
import { Answered, Empty } from "../../components/states";
import { Sign, type SignKind } from "../../components/table";
import { useBoxWhen } from "../../components/when";
import { usePark } from "../../format/park";
import { useSettings } from "../../format/settings";
import { agoInWords, spanInWords } from "../../format/time";
import { fixed } from "../../format/units";
import { counted, pitchesInWords } from "../../format/words";
import { confidence } from "../bullpen/card";

const EVERY_MS = 5_000;
const HEIGHT = 136;
/** Room below the plot for its times, px. */
const TIMES = 18;
/** Reach at least, px: an undrifted camera's noise must not look like a drift. */
const REACH_PX = 0.5;

const SIGNS: Readonly<Record<CameraReport["state"], SignKind>> = {
  ok: "good",
  watch: "watch",
  alarm: "bad",
  excluded: "bad",
  silent: "bad",
  useless: "bad",
  unverified: "off",
  unheard: "off",
};
const WEIGHT: Readonly<Record<CameraReport["state"], number>> = { alarm: 0, silent: 1, useless: 2, excluded: 3, watch: 4, unheard: 5, unverified: 6, ok: 7 };

type Now = NonNullable<StatusReport["calibration"]>;

/**
 * A report with charts, asked for seldom, in which all that the verdict speaks of is as it is there: a page tells of one moment.
 */
export function atOneMoment(report: Report, now: Now | undefined): Report {
  if (now === undefined || now.venue !== report.venue) return report;
  const mounds = report.mounds.map((mound) => {
    const seen = now.mounds?.find((other) => other.mound === mound.mound);
    if (!seen) return mound;
    const { state, unverified_for_s, cameras_heard, cameras_needed, in_use, confidence } = seen;
    const parts = mound.confidence ?? { fused: 0, time: 0, residual: 0 };
    return {
      ...mound,
      state: state as MoundReport["state"],
      verified_at: seen.verified_ns ?? null,
      unverified_for_s: unverified_for_s ?? null,
      cameras_heard,
      cameras_needed,
      in_use,
      confidence: confidence == null ? null : { ...parts, fused: confidence },
    };
  });
  const cameras = report.cameras.map((camera) => {
    const seen = now.cameras.find(({ id }) => id === camera.id);
    if (!seen) return camera;
    const { is_heard, trouble, confidence } = seen;
    const drift = confidence == null ? null : (camera.drift ?? null);
    const state = seen.state as CameraReport["state"];
    return { ...camera, state, is_heard: is_heard ?? camera.is_heard, trouble: trouble ?? null, confidence: confidence ?? null, drift };
  });
  return { ...report, is_heard: now.is_heard ?? report.is_heard, confidence: now.confidence ?? null, mounds, cameras };
}

export function Calibration({ now }: { now: Now | undefined }) {
  const venue = usePark().place.id;
  const query = useQuery({ queryKey: ["calibration", venue], queryFn: () => ask.calibration(venue), staleTime: 0, refetchInterval: EVERY_MS });
  if (query.error instanceof Refused && query.error.status === 404 && !query.data) {
    return <Empty title="Nobody has judged the cameras yet.">The first judgement comes with the first pitches.</Empty>;
  }
  return (
    <Answered query={query} what="calibration">
      {(report) => <Rig report={atOneMoment(report, now)} />}
    </Answered>
  );
}

function Rig({ report }: { report: Report }) {
  const park = usePark();
  const when = useBoxWhen();
  const game = report.mounds[0];
  // What its cameras were trusted to says nothing where too few of them are heard.
  const few = game !== undefined && game.cameras_heard < game.cameras_needed;
  return (
    <>
      <Typography>
        {report.confidence == null || few ? (
          <Sign kind="off" word={!report.is_heard ? "No camera is heard" : few ? "Game mound: too few cameras" : "Game mound unverified"} />
        ) : (
          <>
            Game mound: confidence <strong>{confidence(report.confidence)}</strong> (by age {written(report.confidence_time)}, by residuals{" "}
            {written(report.confidence_residual)}){report.age_s != null && `, aged as by ${spanInWords(report.age_s * 1000)} of calm air`}.
          </>
        )}
      </Typography>
      {report.mounds.map((mound) => (
        <Mound key={mound.mound} mound={mound} name={park.nameOf(mound.mound)} />
      ))}
      <Typography sx={{ mb: 1 }}>
        Next: {report.next_action.what}, {report.next_action.why}
        {report.next_action.when != null && `, ${when.told(report.next_action.when / 1e6)}`}.
      </Typography>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 290px), 1fr))", gap: 12 }}>
        {report.cameras
          .toSorted((a, b) => WEIGHT[a.state] - WEIGHT[b.state] || a.id - b.id)
          .map((camera) => (
            <Camera key={camera.id} camera={camera} watch={report.watch_px} alarm={report.alarm_px} />
          ))}
      </div>
    </>
  );
}

const written = (value: number | null | undefined, otherwise = "–"): string => (value == null ? otherwise : confidence(value));

/** Since when a mound's cameras are not verified, or when they last were, as far as that is known. */
export function unverifiedInWords({ verified_at, unverified_for_s }: Pick<MoundReport, "verified_at" | "unverified_for_s">): string {
  const ms = unverified_for_s == null ? null : unverified_for_s * 1000;
  if (verified_at == null) return ms === null ? "unverified" : `unverified for ${spanInWords(ms)}`;
  return ms === null ? "unverified now" : `unverified now, last verified ${agoInWords(ms)}`;
}

/** One mound: whether its cameras are verified, and whether enough of them are heard. */
function Mound({ mound, name }: { mound: MoundReport; name: string }) {
  const few = mound.cameras_heard < mound.cameras_needed;
  const verified = mound.state === "verified";
  const look = mound.confidence && !few && `, confidence ${confidence(mound.confidence.fused)}`;
  return (
    <Typography data-mound-of={mound.mound}>
      <strong>{name}</strong>: <Sign kind={few ? "bad" : verified ? "good" : "off"} word={!verified ? unverifiedInWords(mound) : few ? "too few cameras" : "verified"} />
      {look}, {counted(mound.cameras_heard, "camera")} heard
      {few && `, ${mound.cameras_needed} needed: no pitch can be measured here`}
      {verified && mound.unverified && `, ${mound.unverified}`}
      {mound.in_use ? `, ${pitchesInWords(mound.pitches, false)} in 15 min` : ", not in use"}
    </Typography>
  );
}

function Camera({ camera, watch, alarm }: { camera: CameraReport; watch: number; alarm: number }) {
  const { units } = useSettings();
  const { drift } = camera;
  const facts = [
    drift && `${fixed(drift.dx_px, 2)}, ${fixed(drift.dy_px, 2)} px off`,
    drift && (camera.clock_offset_us == null ? "clock not measured" : `clock ${fixed(camera.clock_offset_us, 0)} µs`),
    camera.residual_px != null && `residual ${camera.residual_px.toFixed(2)} px`,
    camera.temperature_c != null && units.text("temperature", camera.temperature_c),
    camera.vibration_g != null && `${camera.vibration_g.toFixed(3)} g`,
    counted(camera.corrections.length, "correction"),
  ].filter(Boolean);
  return (
    <article style={{ border: "var(--border) solid var(--line)", borderRadius: 8, padding: 8, minWidth: 0 }}>
      <Typography component="h3" sx={{ fontWeight: 700 }}>
        {camera.id} {camera.name.replaceAll("_", " ")} <Sign kind={SIGNS[camera.state]} word={camera.state} /> {written(camera.confidence, "")}
      </Typography>
      {camera.trouble && !camera.alerts.some(({ reason }) => reason === camera.trouble) && (
        <Typography variant="body2" sx={{ fontWeight: 700 }}>
          {camera.trouble}
        </Typography>
      )}
      <DriftChart points={camera.chart} watch={watch} alarm={alarm} name={camera.name} />
      <Typography variant="body2">{facts.join(" · ")}</Typography>
      {camera.alerts.map((alert) => (
        <Typography key={alert.kind} variant="body2" sx={{ fontWeight: 700 }}>
          {alert.reason}
        </Typography>
      ))}
    </article>
  );
}

interface DriftChartProps {
  points: readonly ChartPoint[];
  watch: number;
  alarm: number;
  name: string;
}

const DriftChart = memo(function DriftChart({ points, watch, alarm, name }: DriftChartProps) {
  const when = useBoxWhen();
  const clock = (ns: number): string => when.told(ns / 1e6);
  const last = points.at(-1);
  const reach = rangeOf([0, ...points.flatMap((p) => [p.dx_px, -p.dx_px, p.dy_px, -p.dy_px, p.limit_px[0] ?? 0, -(p.limit_px[0] ?? 0)])], 2 * REACH_PX);
  const label = last ? `${name}: ${fixed(last.dx_px, 2)} and ${fixed(last.dy_px, 2)} px off after ${points.length} pitches` : `${name}: no pitch yet`;
  return (
    <Frame height={HEIGHT} label={label}>
      {(width) => {
        const from = points[0]?.at ?? 0;
        const x = scale(from, Math.max(last?.at ?? 1, from + 60e9), MARGIN.left, width - MARGIN.right);
        const y = scale(reach[0], reach[1], HEIGHT - TIMES - 4, 6);
        const line = (of: (point: ChartPoint) => number) => path(points.map((point) => [x(point.at), y(of(point))] as const));
        return (
          <>
            <LeftAxis of={y} count={3} width={width} />
            {[watch, -watch, alarm, -alarm]
              .filter((px) => Math.abs(px) < reach[1])
              .map((px) => (
                <path key={px} d={`M${MARGIN.left} ${y(px)}H${width - MARGIN.right}`} stroke={Math.abs(px) === alarm ? "var(--out)" : "var(--watch)"} strokeDasharray="4 3" />
              ))}
            <path d={line((p) => p.limit_px[0] ?? 0) + line((p) => -(p.limit_px[0] ?? 0))} fill="none" stroke="var(--soft)" strokeDasharray="2 3" />
            <path d={line((p) => p.dx_px)} fill="none" stroke="var(--accent)" strokeWidth="2" />
            <path d={line((p) => p.dy_px)} fill="none" stroke="var(--warm)" strokeWidth="2" strokeDasharray="6 3" />
            {points.length === 0 && (
              <text x={width / 2} y={HEIGHT / 2} textAnchor="middle" fontSize="13" fill="var(--soft)">
                no pitch yet
              </text>
            )}
            {last && <Ends of={x} first={clock(from)} last={clock(last.at)} y={HEIGHT - 4} />}
            {points.length > 0 && (
              <text x={width - MARGIN.right} y={14} textAnchor="end" fontSize="11" fill="var(--soft)">
                px: solid across, dashed up
              </text>
            )}
          </>
        );
      }}
    </Frame>
  );
});
