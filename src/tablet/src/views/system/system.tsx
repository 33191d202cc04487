/** The engineer's view: what runs, what sends, what is late, how the cameras stand. */
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";

import { ask } from "../../api/client";
import type { StatusReport } from "../../api/types";
import { Panel } from "../../components/panel";
import { Answered, useOld } from "../../components/states";
import { PlainTable, Sign, type SignKind } from "../../components/table";
import { useApart, useBoxWhen } from "../../components/when";
import { farInWords, spanInWords } from "../../format/time";
import { percent } from "../../format/units";
import { capital, counted } from "../../format/words";
import { useHub, useLink } from "../../live/react";
import { AlertList } from "../bullpen/alerts";
import { Panels } from "../pitcher/pitcher";
import { Calibration } from "./calibration";
import { Environment } from "./environment";
import { Models } from "./models";
import { Refused } from "./refused";
import { Sources } from "./sources";
import { Upstream } from "./upstream";

const STATUS_EVERY_MS = 2_000;

export default function System() {
  const link = useLink();
  const status = useQuery({ queryKey: ["status"], queryFn: ask.status, staleTime: 0, refetchInterval: STATUS_EVERY_MS });
  return (
    <Panels data-stale={link !== "live"}>
      <Panel title="How it stands" wide aside={status.dataUpdatedAt > 0 && <Asked at={status.dataUpdatedAt} />}>
        <Answered query={status} what="status" hasAges>
          {(report) => <Verdict verdict={report.verdict} />}
        </Answered>
        <Clocks off_s={status.data?.calibration?.box_clock_off_s ?? null} />
        <AlertList audience="engineer" />
      </Panel>
      <Panel title="Daemon">
        <Answered query={status} what="status" hasAges>
          {(report) => <Daemon report={report} />}
        </Answered>
      </Panel>
      <Panel title="Frames">
        <Answered query={status} what="status" hasAges>
          {(report) => <Frames report={report} />}
        </Answered>
      </Panel>
      <Panel title="Sources" wide>
        <Answered query={status} what="sources" hasAges>
          {({ reorder }) => <Sources sources={reorder.sources} mounds={reorder.mounds} />}
        </Answered>
      </Panel>
      <Panel title="Refused" wide>
        <Answered query={status} what="status" hasAges>
          {(report) => <Refused report={report} />}
        </Answered>
      </Panel>
      <Calibration now={status.data?.calibration ?? undefined} />
      <Environment />
      <Upstream />
      <Models />
    </Panels>
  );
}

function Asked({ at }: { at: number }) {
  const when = useBoxWhen();
  const box = useHub().state.boxTime(at);
  return box !== null && <Typography color="text.secondary">as of {when.toSecond(box)}</Typography>;
}

/** Whose clock the times here are by, where that makes a difference. */
export function Clocks({ off_s }: { off_s: number | null }) {
  const { state } = useHub();
  if (!useApart()) return null;
  // One figure for it on the page: that of the box's sentence, where it has one.
  const apart = off_s === null ? state.apart : off_s * 1000;
  return (
    <Typography data-clocks="" sx={{ mb: 1 }}>
      The box’s clock is {farInWords(apart)} {apart > 0 ? "ahead of" : "behind"} its cameras’. Times of alerts and pitches are by the cameras’ clock, all others on this
      page by the box’s.
    </Typography>
  );
}

const VERDICT_SIGNS: Readonly<Record<StatusReport["verdict"]["state"], SignKind>> = { off: "off", ready: "good", degraded: "watch", not_ready: "bad" };

/** One sentence over everything, then each part that has a word to say. */
function Verdict({ verdict }: { verdict: StatusReport["verdict"] }) {
  const old = useOld();
  return (
    <div data-verdict={old ? "unknown" : verdict.state} style={{ marginBottom: 12 }}>
      <Typography sx={{ fontSize: "1.3rem" }}>
        {old && <strong>How it stands now is not known. </strong>}
        <Sign kind={VERDICT_SIGNS[verdict.state]} word={verdict.sentence} />
      </Typography>
      <ul style={{ margin: "6px 0 0", paddingLeft: 4, listStyle: "none" }}>
        {verdict.parts.map(({ about, state, sentence }) => (
          <li key={about}>
            <Sign kind={VERDICT_SIGNS[state]} word={`${capital(about)} ${state.replace("_", " ")}`} />: {sentence}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** How many final pitches have a flag, and which. */
export function flaggedInWords({ flagged, flags }: StatusReport["pitches"]): string {
  const each = Object.entries(flags ?? {}).map(([flag, count]) => `${count} ${flag.replaceAll("_", " ")}`);
  return `${flagged} flagged${each.length > 0 ? ` (${each.join(", ")})` : ""}`;
}

const PART_SIGNS = { off: "off", ready: "good", degraded: "watch", starting: "bad", failed: "bad", stopped: "bad" } as const;
/** On the one scale: ready, degraded, not ready. */
const PART_WORDS = { off: "off", ready: "ready", degraded: "degraded", starting: "not ready, starting", failed: "not ready", stopped: "not ready, stopped" } as const;

function Daemon({ report }: { report: StatusReport }) {
  const when = useBoxWhen();
  const store = report.store;
  const filled = store && store.map_size_bytes > 0 ? store.map_used_bytes / store.map_size_bytes : null;
  return (
    <>
      <Typography sx={{ mb: 1 }}>
        Version {report.version}, up {spanInWords(report.uptime_s * 1000)}, since {when.moment(report.started_at)}.{" "}
        <a href="/api/docs/">API</a> · <a href="/metrics">Metrics</a>
      </Typography>
      <PlainTable
        folds
        label="Parts"
        heads={["Part", "State", "Since", "What is the matter"]}
        rows={report.parts.map((part) => [
          part.name,
          <Sign key="state" kind={PART_SIGNS[part.state]} word={PART_WORDS[part.state]} />,
          <span key="since" style={{ whiteSpace: "nowrap" }}>
            {when.told(part.since)}
          </span>,
          part.detail,
        ])}
      />
      <Typography sx={{ mt: 1 }}>
        Store: {filled === null ? "not told yet" : `${percent(filled, 1)} full, ${counted(store?.commits ?? 0, "commit")}, ${store?.commit_failures} failed, ${store?.queued} waiting`}.
      </Typography>
      <Typography>
        Tablets: {report.clients.connected} of {report.clients.seats} connected; dropped {report.clients.dropped_slow} slow, {report.clients.dropped_silent} silent, {report.clients.dropped_noisy} noisy.
      </Typography>
    </>
  );
}

function Frames({ report }: { report: StatusReport }) {
  const { accounting } = report.reorder;
  // Nothing is accounted for where nothing came.
  const accounted: SignKind = !report.identity_holds ? "bad" : accounting.received === 0 ? "off" : "good";
  const ms = (value: number | null | undefined): string => (value == null ? "–" : value.toFixed(value < 10 ? 2 : 0));
  const late = accounting.received > 0 && `Late: ${percent(accounting.late / accounting.received, 2)} of all. `;
  const refused = Object.entries(report.ingest?.refused ?? {}).filter(([, count]) => count > 0);
  return (
    <>
      <Typography>
        <Sign kind={accounted} word={accounted === "off" ? "no frame yet" : report.identity_holds ? "every frame accounted for" : "frames are missing"} />:{" "}
        {accounting.received} received = {accounting.released} released + {accounting.duplicate} double + {accounting.late} late +{" "}
        {accounting.quarantined} quarantined + {accounting.refused} refused + {accounting.overflowed} overflowed + {accounting.held} held.
      </Typography>
      <Typography>
        {late}Dropped by the kernel: {report.ingest?.kernel_drops ?? "not known"}.
        {refused.length > 0 && ` Refused on arrival: ${refused.map(([cause, count]) => `${count} as ${cause.replaceAll("_", " ")}`).join("; ")}.`}
      </Typography>
      <Typography sx={{ mb: 1 }}>
        Pitches: {report.pitches.provisional} provisional, {report.pitches.final} final, {report.pitches.revised} revised, {flaggedInWords(report.pitches)}.
      </Typography>
      <PlainTable
        label="Latencies"
        heads={["Stage", "Count", "Half within, ms", "99 % within, ms", "Longest, ms"]}
        rows={report.latencies.map((each) => [each.stage.replaceAll("_", " "), each.count, ms(each.p50_ms), ms(each.p99_ms), ms(each.max_ms)])}
      />
    </>
  );
}
