/** How the indices went over the outing, and what moved them at the pitch that is looked at. */
import Slider from "@mui/material/Slider";
import Typography from "@mui/material/Typography";
import { useMemo, useState, type ReactNode } from "react";

import type { TrendPoint } from "../../api/types";
import { HeldMark, IndexChart, NoNumberMark } from "../../charts/index-chart";
import { Panel } from "../../components/panel";
import { useWhen } from "../../components/when";
import { limitsOf, whole } from "../../format/level";
import { signed } from "../../format/units";
import { stateInWords } from "../../format/words";
import { useReadiness, useTrend } from "../../live/react";
import type { OutingKey } from "../../live/state";

/** The reasons that a point has and the one before it has not, numbers aside: what moved it. */
export function newReasons(before: TrendPoint | undefined, after: TrendPoint): string[] {
  const bare = (reason: string): string => reason.replaceAll(/[\d.]+/g, "#");
  const known = new Set(before?.reasons.map(bare));
  return after.reasons.filter((reason) => !known.has(bare(reason)));
}

export function IndexHistory({ outing, title }: { outing: OutingKey; title: string }) {
  const points = useTrend(outing);
  const shown = useReadiness(outing)?.data;
  // Drawn anew when a limit is another one, and not with every pitch.
  const told = JSON.stringify(shown ? limitsOf(shown) : []);
  const limits = useMemo(() => JSON.parse(told) as number[], [told]);
  // Null follows the newest.
  const [pinned, setPinned] = useState<number | null>(null);
  const newest = points.length - 1;
  const pinnedAt = pinned === null ? -1 : points.findIndex((point) => point.pitches === pinned);
  const chosen = pinnedAt >= 0 ? pinnedAt : newest;
  const point = points[chosen];
  return (
    <Panel title={title}>
      <Typography color="text.secondary" variant="body2">
        Solid: readiness with its 90 % interval. Dashed: fatigue. {limits.length > 0 && `Dotted: limits at ${limits.join(", ")}.`} Across: his pitches. <Key mark={<HeldMark />} /> held: the number of an
        earlier pitch. <Key mark={<NoNumberMark />} /> no number.
      </Typography>
      <IndexChart points={points} chosen={chosen} limits={limits} />
      {newest > 0 && (
        <div style={{ padding: "0 12px 0 44px" }}>
          <Slider
            value={chosen}
            min={0}
            max={newest}
            onChange={(_, value) => {
              const at = Array.isArray(value) ? (value[0] ?? 0) : value;
              setPinned(at === newest ? null : (points[at]?.pitches ?? null));
            }}
            aria-label="Pitch to look at"
            getAriaValueText={(at) => `after pitch ${points[at]?.pitches ?? at}`}
            sx={{ height: 10, "& .MuiSlider-thumb": { width: 44, height: 44 } }}
          />
        </div>
      )}
      {point && <Moved point={point} before={points[chosen - 1]} />}
    </Panel>
  );
}

/** A mark of the chart within its legend. */
function Key({ mark }: { mark: ReactNode }) {
  return (
    <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden>
      {mark}
    </svg>
  );
}

function Moved({ point, before }: { point: TrendPoint; before: TrendPoint | undefined }) {
  const when = useWhen();
  const [now, then] = [point.readiness.value, before?.readiness.value];
  const held = point.state === "held";
  const change = !held && typeof now === "number" && typeof then === "number" ? `${signed(now - then, 1)} since the pitch before` : "";
  const fresh = newReasons(before, point);
  return (
    <div>
      <Typography sx={{ fontWeight: 700 }}>
        After pitch {point.pitches}, {when.event(point.last_pitch_at)}: readiness {typeof now === "number" ? whole(now) : "not known"}
        {change && ` (${change})`}
        {(!held || typeof now === "number") && `, ${stateInWords(point.state).word.toLowerCase()}`}
      </Typography>
      <Typography color="text.secondary" variant="body2">
        {before && fresh.length > 0 ? `New here: ${fresh.join("; ")}.` : "What weighs, the heaviest first:"}
      </Typography>
      <ul style={{ margin: "4px 0", paddingLeft: 22 }}>
        {point.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </div>
  );
}
