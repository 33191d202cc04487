/** The line to the analytics cloud: whether it carries, what waits, and what went wrong. */
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";

import { ask } from "../../api/client";
import type { UpstreamStatus } from "../../api/types";
import { Answered } from "../../parts/states";
import { Sign } from "../../parts/table";
import { useSettings } from "../../people/settings";

const EVERY_MS = 5_000;

export function Upstream() {
  const query = useQuery({ queryKey: ["upstream"], queryFn: ask.upstream, staleTime: 0, refetchInterval: EVERY_MS });
  return (
    <Answered query={query} what="the line to the cloud">
      {(line) => <Line line={line} />}
    </Answered>
  );
}

function Line({ line }: { line: UpstreamStatus }) {
  const { time } = useSettings();
  if (line.kind === "off") {
    return (
      <Typography sx={{ mt: 1 }}>
        Upstream: <Sign kind="off" word="off" />
      </Typography>
    );
  }
  const dropped = Object.values(line.dropped).reduce((sum, count) => sum + count, 0);
  return (
    <Typography sx={{ mt: 1 }}>
      Upstream: {stateOf(line)} {line.kind} {line.url}.
      {line.down_since != null && ` Nothing comes through since ${time.moment(Date.parse(line.down_since))}: ${line.trouble}.`}{" "}
      {line.waiting["live"] ?? 0} live and {line.waiting["backlog"] ?? 0} backlog summaries wait, {line.delivered} were acknowledged,{" "}
      {line.refused} are set aside as refused, {dropped} had to go unsent.
    </Typography>
  );
}

function stateOf(line: UpstreamStatus) {
  if (line.down_since != null) return <Sign kind="bad" word="down" />;
  if (line.up == null) return <Sign kind="watch" word="not tried yet" />;
  return line.refused > 0 ? <Sign kind="watch" word="up, with refusals" /> : <Sign kind="good" word="up" />;
}
