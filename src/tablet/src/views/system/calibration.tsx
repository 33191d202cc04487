/** How the cameras stand: how far each mound is to be trusted, and camera by camera what it is off and what was done. */
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";

import { ask, Refused } from "../../api/client";
import type { CameraReport, MoundReport, Report, StatusReport } from "../../api/types";
import { Panel } from "../../components/panel";
import { Answered, Empty } from "../../components/states";
import { PlainTable, Sign } from "../../components/table";
import { useBoxWhen } from "../../components/when";
import { usePark } from "../../format/park";
import { useSettings } from "../../format/settings";
import { agoInWords, spanInWords } from "../../format/time";
import { size } from "../../format/units";
import { confidence } from "../bullpen/card";
import { asHeard, Camera, written } from "./camera";
import { Recalibrate } from "./recalibrate";

const EVERY_MS = 5_000;

/** Who needs a look comes first. */
const WEIGHT: Readonly<Record<CameraReport["state"], number>> = { alarm: 0, silent: 1, useless: 2, excluded: 3, watch: 4, quiet: 5, unheard: 6, unverified: 7, ok: 8 };

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
    return {
      ...mound,
      state: state as MoundReport["state"],
      verified_at: seen.verified_ns ?? null,
      unverified_for_s: unverified_for_s ?? null,
      cameras_heard,
      cameras_needed,
      in_use,
      // Of a mound that was verified since the report nothing is known but that.
      confidence: confidence == null || !mound.confidence ? null : { ...mound.confidence, fused: confidence },
    };
  });
  const cameras = report.cameras.map((camera) => {
    const seen = now.cameras.find(({ id }) => id === camera.id);
    if (!seen) return camera;
    const { is_heard, trouble, trouble_for_s, confidence } = seen;
    const drift = confidence == null ? null : (camera.drift ?? null);
    const state = seen.state as CameraReport["state"];
    const for_s = trouble_for_s ?? null;
    return { ...camera, state, is_heard: is_heard ?? camera.is_heard, trouble: trouble ?? null, silent_for_s: for_s, useless_for_s: for_s, confidence: confidence ?? null, drift };
  });
  return { ...report, is_heard: now.is_heard ?? report.is_heard, confidence: now.confidence ?? null, mounds, cameras };
}

export function Calibration({ now }: { now: Now | undefined }) {
  const { kiosk } = useSettings();
  const park = usePark();
  const venue = now?.venue ?? park.place?.id;
  const query = useQuery({
    queryKey: ["calibration", venue],
    queryFn: () => ask.calibration(venue ?? ""),
    enabled: venue !== undefined,
    staleTime: 0,
    refetchInterval: EVERY_MS,
  });
  const none = query.error instanceof Refused && query.error.status === 404 && !query.data;
  return (
    <Panel title="Cameras" wide aside={!kiosk && query.data && <Recalibrate venue={query.data.venue} />}>
      {none ? (
        <Empty title="Nobody has judged the cameras yet.">The first judgement comes with the first pitches.</Empty>
      ) : (
        <Answered query={query} what="calibration" hasAges>
          {(report) => <Rig report={atOneMoment(report, now)} />}
        </Answered>
      )}
    </Panel>
  );
}

/** Of a rig of which nothing is heard no camera is heard and no mound verified, whichever of them was told first. */
function allAsHeard(report: Report): Report {
  if (report.is_heard) return report;
  return { ...report, cameras: report.cameras.map((camera) => ({ ...camera, is_heard: false })), mounds: report.mounds.map((mound) => ({ ...mound, state: "unverified" })) };
}

export function Rig({ report: told }: { report: Report }) {
  const report = allAsHeard(told);
  const { kiosk } = useSettings();
  const when = useBoxWhen();
  return (
    <>
      <Typography>
        <GameMound report={report} />
      </Typography>
      <Typography sx={{ mb: 1 }}>
        Next: {report.next_action.what}; {report.next_action.why}
        {report.next_action.when != null && ` (${when.told(report.next_action.when / 1e6)})`}.
      </Typography>
      <Mounds mounds={report.mounds} />
      <Typography variant="body2" color="text.secondary" sx={{ my: 1 }}>
        In the charts, px: solid across, dashed up, each with a band of one standard deviation; thin, the control chart, and dotted, its limits; level, the sizes that make a watch (
        {report.watch_px}) and an alarm ({report.alarm_px}); upright, where the model was corrected. Drift is what a picture is off its corrected model, at the centre of its track.
      </Typography>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 330px), 1fr))", gap: 12 }}>
        {report.cameras
          .map(asHeard)
          .toSorted((a, b) => WEIGHT[a.state] - WEIGHT[b.state] || a.id - b.id)
          .map((camera) => (
            <Camera key={camera.id} camera={camera} watch={report.watch_px} alarm={report.alarm_px} venue={kiosk ? null : report.venue} />
          ))}
      </div>
    </>
  );
}

/** What its cameras were trusted to says nothing where too few of them are heard. */
const isShort = ({ cameras_heard, cameras_needed }: MoundReport): boolean => cameras_heard < cameras_needed;

/** How far the mound of the game is to be trusted, or why nobody knows. */
function GameMound({ report }: { report: Report }) {
  const when = useBoxWhen();
  const game = report.mounds[0];
  if (!report.is_heard) {
    const heard = report.heard_at == null ? "none was heard yet" : `the last one ${when.told(report.heard_at / 1e6)}`;
    return (
      <>
        <Sign kind="off" word="No camera is heard" />, {heard}.
      </>
    );
  }
  if (report.confidence == null || (game && isShort(game))) {
    return (
      <>
        <Sign kind="off" word={report.confidence == null ? "Game mound unverified" : "Game mound: too few cameras"} />
        {game && `, ${lookedInWords(game, when.told)}`}.
      </>
    );
  }
  return (
    <>
      Game mound: confidence <strong>{confidence(report.confidence)}</strong> (by age {written(report.confidence_time)}, by residuals {written(report.confidence_residual)})
      {report.age_s != null && `, aged as by ${spanInWords(report.age_s * 1000)} of calm air`}.
    </>
  );
}

/** When somebody looked at a mound's cameras, or that nobody did; `told` writes a moment of the box. */
export function lookedInWords({ verified_at, unverified_for_s }: Pick<MoundReport, "verified_at" | "unverified_for_s">, told: (ms: number) => string): string {
  if (verified_at != null) return `its cameras were last verified ${told(verified_at / 1e6)}`;
  return unverified_for_s == null ? "nobody has looked at its cameras yet" : `nobody has looked at its cameras since the start ${agoInWords(unverified_for_s * 1000)}`;
}

/** Since when a mound's cameras are not verified, or when they last were, as far as that is known. */
export function unverifiedInWords({ verified_at, unverified_for_s }: Pick<MoundReport, "verified_at" | "unverified_for_s">): string {
  const ms = unverified_for_s == null ? null : unverified_for_s * 1000;
  if (verified_at == null) return ms === null ? "unverified" : `unverified for ${spanInWords(ms)}`;
  return ms === null ? "unverified now" : `unverified now, last verified ${agoInWords(ms)}`;
}

/** Mound by mound: whether its cameras are verified, how far they are trusted, and whether enough of them are heard. */
function Mounds({ mounds }: { mounds: readonly MoundReport[] }) {
  const park = usePark();
  const when = useBoxWhen();
  return (
    <PlainTable
      folds
      label="How far each mound is trusted"
      heads={["Mound", "State", "Confidence", "By age", "By residuals", "Plate error, 95 %", "Pitches in 15 min", "Cameras of use", "Last verified"]}
      rows={mounds.map((mound) => {
        const few = isShort(mound);
        const known = few ? null : mound.confidence;
        return [
          park.nameOf(mound.mound),
          <MoundState key="state" mound={mound} />,
          written(known?.fused),
          written(known?.time),
          written(known?.residual),
          few || mound.plate_error_in == null ? "–" : size(mound.plate_error_in, 3, "in"),
          mound.pitches,
          `${mound.cameras_heard}, ${mound.cameras_needed} needed`,
          [mound.verified_at == null ? "never" : when.told(mound.verified_at / 1e6), mound.unverified].filter(Boolean).join("; "),
        ];
      })}
      keys={mounds.map(({ mound }) => mound)}
    />
  );
}

function MoundState({ mound }: { mound: MoundReport }) {
  if (isShort(mound)) return <Sign kind="bad" word="cannot be measured" />;
  if (mound.state === "verified") return <Sign kind="good" word="verified" />;
  return <Sign kind="off" word={unverifiedInWords(mound)} />;
}
