/** Standing alerts, what nobody has seen first, each to be acknowledged. */
import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "wouter";

import { ask, Refused } from "../../api/client";
import type { Alert } from "../../api/types";
import { useSecond } from "../../components/age";
import { AlarmIcon, TickIcon } from "../../components/icons";
import { Unseen } from "../../components/visible";
import { useWhen } from "../../components/when";
import { byUrgency } from "../../format/level";
import { counted } from "../../format/words";
import { useAlerts, useClosed, useHub } from "../../live/react";

/** Alerts shown before the rest is asked for: cards must stay in sight. */
const SHOWN_MAX = 3;

/** Tries of one acknowledgement, and the wait between them, ms: about as long as somebody stays to see whether it went. */
const TRIES = 5;
const AGAIN_MS = 1_000;

/** Whether the box was busy or out of reach, so that saying it again may help; saying it twice does no harm. */
const passing = (error: unknown): boolean => error instanceof Refused && (error.status === 0 || error.status === 503);

/** How long an alert that cleared is told of, ms. */
const CLOSED_SHOWN_MS = 5 * 60_000;

const List = styled("ul")({ display: "grid", gap: 8, margin: "0 0 12px", padding: 0, listStyle: "none" });

const Item = styled("li")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  gap: "4px 12px",
  minHeight: 60,
  padding: "6px 8px 6px 14px",
  borderRadius: 10,
  border: "var(--border) solid var(--line)",
  fontSize: "1.1rem",
  '&[data-severity="critical"]': { background: "var(--alarm)", color: "var(--onAlarm)", borderColor: "var(--alarm)" },
  '&[data-severity="warning"]': { background: "var(--warning)", color: "var(--onWarning)" },
  '&[data-seen="true"]': { background: "var(--paper)", color: "var(--ink)", borderColor: "var(--line)", fontSize: "1rem" },
  a: { color: "inherit" },
});

const Words = styled("span")({ flex: "1 1 16rem", minWidth: 0 });

const isFor = (alert: Alert, audience: Alert["audience"]): boolean => (alert.audience ?? "coach") === audience;

interface AlertListProps {
  /** Whose alone. */
  pitcher?: number;
  /** For whom: what is about cameras is for the engineer. */
  audience?: NonNullable<Alert["audience"]>;
}

export function AlertList({ pitcher, audience = "coach" }: AlertListProps) {
  const alerts = useAlerts();
  const [all, setAll] = useState(false);
  const fits = (alert: Alert): boolean => isFor(alert, audience) && (pitcher === undefined || alert.pitcher === pitcher);
  const wanted = byUrgency(alerts.filter(fits));
  const shown = all ? wanted : wanted.slice(0, SHOWN_MAX);
  const hidden = wanted.length - shown.length;
  return (
    <section aria-label="Alerts">
      <Announcer audience={audience} />
      {shown.length > 0 && (
        <List>
          {shown.map((alert) => (
            <AlertItem key={alert.id} alert={alert} linked={pitcher === undefined} />
          ))}
        </List>
      )}
      {(hidden > 0 || all) && wanted.length > SHOWN_MAX && (
        <Button sx={{ mb: 1 }} onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "Fewer alerts" : counted(hidden, "more alert")}
        </Button>
      )}
      <ClosedAlerts fits={fits} />
    </section>
  );
}

/** What cleared in the last minutes, and why: an alert that is gone without a word leaves a question. */
function ClosedAlerts({ fits }: { fits: (alert: Alert) => boolean }) {
  const closed = useClosed();
  const { state } = useHub();
  const when = useWhen();
  const now = state.boxTime(useSecond());
  const recent = closed.filter(({ alert, at }) => fits(alert) && now !== null && now - at < CLOSED_SHOWN_MS);
  return recent.map(({ alert, at }) => (
    <p key={alert.id} data-closed={alert.id} style={{ margin: "0 0 8px", color: "var(--soft)" }}>
      Closed {when.box(at)}: {alert.message}. {alert.cleared_because && `Because ${alert.cleared_because}.`}
    </p>
  ));
}

function AlertItem({ alert, linked }: { alert: Alert; linked: boolean }) {
  const hub = useHub();
  const when = useWhen();
  const acknowledging = useMutation({
    mutationFn: () => ask.acknowledge(alert.id),
    retry: (failures, error) => passing(error) && failures < TRIES - 1,
    retryDelay: AGAIN_MS,
  });
  const seen = Boolean(alert.acknowledged_at);
  const word = alert.severity === "critical" ? "Critical" : "Warning";
  const known = alert.pitcher != null && hub.state.outingsOf(alert.pitcher).length > 0;
  return (
    <Item data-severity={alert.severity} data-seen={seen} data-alert={alert.id}>
      {seen ? <TickIcon /> : <AlarmIcon />}
      <Words>
        <strong>{word}</strong>, since {when.event(alert.since ?? alert.raised_at)}:{" "}
        {linked && known ? <Link href={`/pitchers/${alert.pitcher}`}>{alert.message}</Link> : alert.message}
        {/* The box may have heard it and answered too late: its word counts. */}
        {!seen && acknowledging.failureReason && (
          <strong role="status">
            {" "}
            {acknowledging.isPending ? "Not said to the box yet, trying again" : "Not said to the box"}: {acknowledging.failureReason.message}
          </strong>
        )}
      </Words>
      {seen ? (
        <span>Seen {when.box(alert.acknowledged_at ?? "")}</span>
      ) : (
        <Button
          variant="contained"
          disabled={acknowledging.isPending}
          aria-label={`Seen: ${alert.message}`}
          onClick={() => acknowledging.mutate()}
          sx={{ minWidth: 96, minHeight: 48, fontSize: "1.05rem", background: "var(--paper)", color: "var(--ink)", border: "2px solid var(--ink)", "&:hover": { background: "var(--paper)" } }}
        >
          Seen
        </Button>
      )}
    </Item>
  );
}

/** Says alerts aloud that are raised while somebody listens; not those that are told again after a gap. */
function Announcer({ audience }: { audience: NonNullable<Alert["audience"]> }) {
  const hub = useHub();
  const [news, setNews] = useState("");
  useEffect(() => hub.hearNews((alert) => isFor(alert, audience) && setNews(`${alert.severity}: ${alert.message}`)), [hub, audience]);
  return <Unseen role="alert">{news}</Unseen>;
}
