/** Every camera, device and mark feed: whether it sends, how late, and what became of its frames. */
import Typography from "@mui/material/Typography";

import type { SourceStatus, StatusReport } from "../../api/types";
import { Empty } from "../../components/states";
import { PlainTable, Sign, type SignKind } from "../../components/table";
import { farInWords } from "../../format/time";
import { fixed, percent } from "../../format/units";
import { counted, moundInWords } from "../../format/words";

const STATE_SIGNS: Readonly<Record<SourceStatus["state"], SignKind>> = {
  active: "good",
  rejoining: "watch",
  idle: "watch",
  unseen: "off",
  finished: "off",
};

/** What sends, and of which nothing could be used since the start, is seen, whatever the buffer calls it. */
export const isUnused = ({ state, accounting }: Pick<SourceStatus, "state" | "accounting">): boolean => state === "unseen" && accounting.received > 0;

/** As cameras are called of which nothing came. */
export const sourceInWords = (state: SourceStatus["state"]): string => (state === "unseen" ? "unheard" : state);

/** Cameras are sources up to this one; what is beyond speaks when it has something to say, and is silent else. */
const CAMERA_MAX = 39;
const signOf = ({ source, state, accounting }: SourceStatus): SignKind => (isUnused({ state, accounting }) ? "bad" : state === "idle" && source > CAMERA_MAX ? "off" : STATE_SIGNS[state]);

/** No frame is on its way for so long, or comes before it was sent by so much: a clock was set otherwise, ms. */
const CLOCK_LAG_MS = 60_000;

/** How late frames come; where only clocks explain it, in words: `2 days ahead`. */
export function lagInWords(ms: number | null | undefined): string {
  if (ms == null || Math.abs(ms) < CLOCK_LAG_MS) return seconds(ms);
  return `${farInWords(ms)} ${ms < 0 ? "ahead" : "behind"}`;
}

const seconds = (ms: number | null | undefined): string => (ms == null ? "–" : `${fixed(ms / 1000, 2)}\u00a0s`);

/** How far a watermark is behind the box's clock. */
const behind = (ms: number | null | undefined): string => (ms == null ? "not open" : Math.abs(ms) < CLOCK_LAG_MS ? `${seconds(ms)} behind` : lagInWords(ms));

export function Sources({ sources, mounds }: { sources: readonly SourceStatus[]; mounds: StatusReport["reorder"]["mounds"] }) {
  if (sources.length === 0) return <Empty title="Nothing has sent a frame yet." />;
  return (
    <>
      {mounds.map((mound) => (
        <Typography key={mound.mound}>
          <strong>{moundInWords(mound.name)}</strong>: watermark {behind(mound.eager_watermark_lag_ms)}, final{" "}
          {behind(mound.final_watermark_lag_ms)}, {counted(mound.held, "frame")} held
        </Typography>
      ))}
      <PlainTable
        label="Sources"
        sx={{ "& tbody th": { minWidth: "9rem" } }}
        heads={["Source", "State", "Waited for", "Lag", "Behind its mound", "Received", "Late", "Double", "Refused", "Gaps", "Dropped", "Restarts"]}
        rows={sources.map((each) => {
          const { source, name, state, gates, lag_ms, watermark_lag_ms, accounting, gaps, dropped, restarts } = each;
          return [
          `${source}${name ? ` ${name.replaceAll("_", " ")}` : ""}`,
          <Sign key="state" kind={signOf(each)} word={isUnused(each) ? "sends, none used" : sourceInWords(state)} />,
          gates ? "yes" : "no",
          lagInWords(lag_ms),
          seconds(watermark_lag_ms),
          accounting.received,
          accounting.received > 0 ? percent(accounting.late / accounting.received, 2) : "–",
          accounting.duplicate,
          accounting.refused + accounting.quarantined,
          gaps,
          dropped,
          restarts,
          ];
        })}
      />
    </>
  );
}
