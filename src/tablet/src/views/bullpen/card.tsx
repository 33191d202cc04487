/**
 * One pitcher in a glance. Everything is drawn from CSS variables and data attributes, for cards change many times a
 * second on a busy evening.
 */
import { styled } from "@mui/material/styles";
import { useQuery } from "@tanstack/react-query";
import { memo, type ReactNode } from "react";
import { Link } from "wouter";

import { ask } from "../../api/client";
import type { Index } from "../../api/types";
import { Sparkline } from "../../charts/sparkline";
import { useLivePitches, useReadiness, useTrend } from "../../live/react";
import { Age } from "../../parts/age";
import { LockIcon, TickIcon, ClockIcon } from "../../parts/icons";
import { Unseen } from "../../parts/visible";
import { BANDS, bandOf } from "../../people/level";
import { useSettings } from "../../people/settings";
import { percent } from "../../people/units";
import { stateInWords } from "../../people/words";

const RARELY_MS = 10 * 60_000;

const Box = styled("article")({
  position: "relative",
  containerType: "inline-size",
  display: "flex",
  flexDirection: "column",
  gap: 6,
  height: "100%",
  padding: "12px 14px 10px 18px",
  background: "var(--paper)",
  border: "var(--border) solid var(--line)",
  borderRadius: 12,
  overflow: "hidden",
  "&::before": { content: '""', position: "absolute", inset: "0 auto 0 0", width: 8, background: "var(--band)" },
  '&[data-band="ready"]': { "--band": "var(--ready)" },
  '&[data-band="watch"]': { "--band": "var(--watch)" },
  '&[data-band="warm"]': { "--band": "var(--warm)" },
  '&[data-band="out"]': { "--band": "var(--out)", borderColor: "var(--out)", borderWidth: 2 },
  '&[data-band="unknown"]': { "--band": "var(--soft)" },
});

const Name = styled("h3")({
  margin: 0,
  fontSize: "clamp(1.35rem, 4.4cqi, 2rem)",
  lineHeight: 1.2,
  a: { color: "inherit", textDecoration: "none" },
  // The whole card leads to the pitcher.
  "a::after": { content: '""', position: "absolute", inset: 0, borderRadius: 12 },
  "a:focus-visible": { outline: "none" },
  "a:focus-visible::after": { outline: "3px solid var(--accent)", outlineOffset: -4 },
});

const Row = styled("div")({ display: "flex", alignItems: "baseline", justifyContent: "space-between", gap: 10, flexWrap: "wrap" });

const Figure = styled("span")({ fontSize: "clamp(4.4rem, 21cqi, 9rem)", fontWeight: 800, lineHeight: 0.95, color: "var(--band)" });

const Verdict = styled("span")({
  display: "flex",
  flexDirection: "column",
  textAlign: "right",
  fontSize: "clamp(1.25rem, 5cqi, 2.2rem)",
  fontWeight: 700,
  color: "var(--band)",
  lineHeight: 1.15,
});

const Soft = styled("span")({ color: "var(--soft)", fontSize: "0.95rem", fontWeight: 500 });

const Facts = styled("dl")({
  display: "grid",
  gridTemplateColumns: "repeat(4, auto)",
  justifyContent: "space-between",
  gap: "2px 10px",
  margin: 0,
  dt: { color: "var(--soft)", fontSize: "clamp(0.85rem, 2.4cqi, 1.05rem)" },
  dd: { margin: 0, fontSize: "clamp(1.15rem, 4cqi, 1.9rem)", fontWeight: 700, lineHeight: 1.2 },
  small: { display: "block", fontSize: "clamp(0.85rem, 2.4cqi, 1.05rem)", fontWeight: 500, color: "var(--soft)" },
});

const Reason = styled("p")({
  margin: 0,
  fontSize: "clamp(1.05rem, 3cqi, 1.4rem)",
  lineHeight: 1.3,
  minHeight: "2.6em",
  display: "-webkit-box",
  WebkitLineClamp: 2,
  WebkitBoxOrient: "vertical",
  overflow: "hidden",
});

const State = styled("span")({
  display: "inline-flex",
  alignItems: "center",
  gap: 5,
  padding: "1px 10px 1px 6px",
  borderRadius: 14,
  border: "2px solid var(--line)",
  fontWeight: 600,
  fontSize: "0.95rem",
  svg: { fontSize: 18 },
  '&[data-state="provisional"]': { borderStyle: "dashed" },
  '&[data-state="held"]': { background: "var(--warning)", color: "var(--onWarning)", borderColor: "currentColor" },
});

const STATE_ICONS = { provisional: ClockIcon, final: TickIcon, held: LockIcon };

export function StateChip({ state }: { state: keyof typeof STATE_ICONS }) {
  const { word, meaning } = stateInWords(state);
  const Icon = STATE_ICONS[state];
  return (
    <State data-state={state} title={meaning}>
      <Icon />
      {word}
    </State>
  );
}

/** An index with its 90 % interval, for a glance. */
export function interval(index: Index): string {
  const { low, high } = index;
  if (low === null || low === undefined || high === null || high === undefined) return "";
  return `${low.toFixed(0)} to ${high.toFixed(0)}`;
}

const whole = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : value.toFixed(0));

function Fact({ name, children, beside }: { name: string; children: ReactNode; beside: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        <small>{beside}</small>
      </dd>
    </div>
  );
}

interface CardProps {
  pitcher: number;
  mounds: ReadonlyMap<number, string>;
}

export const Card = memo(function Card({ pitcher, mounds }: CardProps) {
  const shown = useReadiness(pitcher);
  const trend = useTrend(pitcher);
  if (!shown) return null;
  const { data } = shown;
  const band = bandOf(data.readiness.value);
  const { word, sign } = BANDS[band];
  const [top] = data.reasons;
  return (
    <Box data-band={band} data-pitcher={pitcher} data-revision={data.revision}>
      <Row>
        <Name>
          <Link href={`/pitchers/${pitcher}`}>{data.name}</Link>
        </Name>
        <Soft>{mounds.get(data.mound) ?? `Mound ${data.mound}`}</Soft>
      </Row>
      <Row style={{ alignItems: "center", flexWrap: "nowrap" }}>
        <Figure>
          <Unseen>Readiness </Unseen>
          {whole(data.readiness.value)}
        </Figure>
        <Verdict>
          <span>
            <span aria-hidden>{sign} </span>
            {word}
          </span>
          <Soft>{interval(data.readiness) || "no interval"}</Soft>
        </Verdict>
      </Row>
      <Sparkline points={trend} />
      <Facts>
        <Fact name="Fatigue" beside={interval(data.fatigue)}>
          {whole(data.fatigue.value)}
        </Fact>
        <Fact name="Risk" beside={percent(data.probability_21d, 1) === "–" ? "no model" : `${percent(data.probability_21d, 1)}, 21 d`}>
          {whole(data.risk.value)}
        </Fact>
        <Velocity pitcher={pitcher} />
        <Count pitcher={pitcher} thrown={data.pitches} />
      </Facts>
      <Reason>{top ?? ""}</Reason>
      <Row style={{ alignItems: "center", marginTop: "auto" }}>
        <StateChip state={data.state} />
        <Soft>
          Confidence <strong>{data.calibration_confidence?.toFixed(2) ?? "–"}</strong>
        </Soft>
        <Soft>
          <Age shown={shown} />
        </Soft>
      </Row>
    </Box>
  );
});

/** His last pitch with a speed, against what is usual for its type. */
function Velocity({ pitcher }: { pitcher: number }) {
  const { units } = useSettings();
  const pitches = useLivePitches(pitcher);
  const baseline = useQuery({
    queryKey: ["baseline", pitcher],
    queryFn: () => ask.baseline(pitcher),
    staleTime: RARELY_MS,
  });
  const last = pitches.findLast((pitch) => typeof pitch.release_speed === "number");
  const speed = last?.release_speed;
  const usual = baseline.data?.types.find((type) => type.pitch_type === last?.pitch_type)?.release_speed?.mean;
  const against =
    typeof speed === "number" && typeof usual === "number"
      ? `${units.difference("speed", speed - usual)} vs usual`
      : "no baseline";
  return (
    <Fact name={`Last ${last?.pitch_type ?? ""} ${units.name("speed")}`} beside={against}>
      {units.number("speed", speed)}
    </Fact>
  );
}

/** What he has thrown, against the load that his role carries. */
function Count({ pitcher, thrown }: { pitcher: number; thrown: number }) {
  const workload = useQuery({
    queryKey: ["workload", pitcher, "plan"],
    queryFn: () => ask.workload(pitcher),
    staleTime: RARELY_MS,
  });
  const summary = workload.data?.summary;
  return (
    <Fact name="Pitches" beside={summary ? `of ${summary.dose_cap.toFixed(0)}, ${summary.role}` : "no plan"}>
      {thrown}
    </Fact>
  );
}
