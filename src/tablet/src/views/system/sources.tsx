/** Every camera, device and mark feed: whether it sends, how late, and what became of its frames. */
import Typography from "@mui/material/Typography";

import type { SourceStatus, StatusReport } from "../../api/types";
import { Empty } from "../../parts/states";
import { PlainTable, Sign, type SignKind } from "../../parts/table";
import { moundInWords } from "../../people/words";
import { percent } from "../../people/units";

const STATE_SIGNS: Readonly<Record<SourceStatus["state"], SignKind>> = {
  active: "good",
  rejoining: "watch",
  idle: "watch",
  unseen: "off",
  finished: "off",
};

const seconds = (ms: number | null | undefined): string => (ms == null ? "–" : `${(ms / 1000).toFixed(2)}\u00a0s`);

export function Sources({ sources, mounds }: { sources: readonly SourceStatus[]; mounds: StatusReport["reorder"]["mounds"] }) {
  if (sources.length === 0) return <Empty title="Nothing has sent a frame yet." />;
  return (
    <>
      {mounds.map((mound) => (
        <Typography key={mound.mound}>
          <strong>{moundInWords(mound.name)}</strong>: watermark {seconds(mound.eager_watermark_lag_ms)} behind, final{" "}
          {seconds(mound.final_watermark_lag_ms)} behind, {mound.held} frames held
        </Typography>
      ))}
      <PlainTable
        label="Sources"
        sx={{ "& tbody th": { minWidth: "9rem" } }}
        heads={["Source", "State", "Waited for", "Lag", "Behind its mound", "Received", "Late", "Double", "Refused", "Gaps", "Dropped", "Restarts"]}
        rows={sources.map(({ source, name, state, gates, lag_ms, watermark_lag_ms, accounting, gaps, dropped, restarts }) => [
          `${source}${name ? ` ${name.replaceAll("_", " ")}` : ""}`,
          <Sign key="state" kind={STATE_SIGNS[state]} word={state} />,
          gates ? "yes" : "no",
          seconds(lag_ms),
          seconds(watermark_lag_ms),
          accounting.received,
          accounting.received > 0 ? percent(accounting.late / accounting.received, 2) : "–",
          accounting.duplicate,
          accounting.refused + accounting.quarantined,
          gaps,
          dropped,
          restarts,
        ])}
      />
    </>
  );
}
