/** The line to the analytics cloud: whether it carries, what waits, and what went wrong. */
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";

import { ask } from "../../api/client";
import type { UpstreamStatus } from "../../api/types";
import { Panel } from "../../components/panel";
import { Answered } from "../../components/states";
import { PlainTable, Sign } from "../../components/table";
import { useBoxWhen } from "../../components/when";
import { ageInWords } from "../../format/time";

const EVERY_MS = 5_000;
/** Refused summaries told of by name. */
const REFUSED_SHOWN = 3;

export function Upstream() {
  const query = useQuery({ queryKey: ["upstream"], queryFn: ask.upstream, staleTime: 0, refetchInterval: EVERY_MS });
  return (
    <Panel title="Line to the cloud">
      <Answered query={query} what="the line to the cloud" hasAges>
        {(line) => <Line line={line} />}
      </Answered>
    </Panel>
  );
}

function Line({ line }: { line: UpstreamStatus }) {
  const when = useBoxWhen();
  if (line.kind === "off") {
    return (
      <Typography>
        <Sign kind="off" word="off" /> No summary leaves this box.
      </Typography>
    );
  }
  const oldest = (lane: string): string => (line.oldest_s[lane] == null ? "–" : ageInWords(line.oldest_s[lane] * 1000));
  const dropped = Object.values(line.dropped).reduce((sum, count) => sum + count, 0);
  return (
    <>
      <Typography>
        <State line={line} /> <span>{line.url}</span>
      </Typography>
      {line.down_since != null && (
        <Typography>
          Nothing comes through since {when.moment(line.down_since)}: {line.trouble}.
        </Typography>
      )}
      <PlainTable
        label="Summaries"
        heads={["Summaries", "Count", "The oldest"]}
        rows={[
          ["Live, waiting", line.waiting["live"] ?? 0, oldest("live")],
          ["Backlog, waiting", line.waiting["backlog"] ?? 0, oldest("backlog")],
          ["Acknowledged", line.delivered, ""],
          ["Set aside as refused", line.refused, ""],
          ["Had to go unsent", dropped, ""],
        ]}
      />
      {line.newest_refused.slice(0, REFUSED_SHOWN).map((refused) => (
        <Typography key={refused.id} variant="body2">
          Refused: {refused.kind} {refused.id}, {refused.why}
        </Typography>
      ))}
    </>
  );
}

function State({ line }: { line: UpstreamStatus }) {
  if (line.down_since != null) return <Sign kind="bad" word="down" />;
  if (line.up == null) return <Sign kind="watch" word="not tried yet" />;
  return line.refused > 0 ? <Sign kind="watch" word="up, with refusals" /> : <Sign kind="good" word="up" />;
}
