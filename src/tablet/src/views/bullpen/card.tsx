/**
 * One pitcher in a glance. Everything is drawn from CSS variables and data attributes, for cards change many times a
 * second on a busy evening.
 */
import { styled } from "@mui/material/styles";
import { useQuery } from "@tanstack/react-query";
import { memo, type ReactNode } from "react";
import { Link } from "wouter";

import { ask } from "../../api/client";
import type { Index, PitchRecord, Readiness } from "../../api/types";
import { Sparkline } from "../../charts/sparkline";
import { AsOf } from "../../components/age";
import { LockIcon, TickIcon, ClockIcon } from "../../components/icons";
import { Unseen } from "../../components/visible";
import { useWhen } from "../../components/when";
import { BANDS, bandOf, limitsOf, verdictInWords, whole, wholeUp } from "../../format/level";
import { usePark } from "../../format/park";
import { useSettings } from "../../format/settings";
import { percent } from "../../format/units";
import { EARLY, isAtLeast, namedElsewhere, pitchesInWords, placeInWords, stateInWords, unseenInWords } from "../../format/words";
import { useAttribution, useLink, useLivePitches, useOutings, useReadiness, useTrend } from "../../live/react";
import type { OutingKey } from "../../live/state";

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
  '&[data-band="unknown"], &[data-band="held"]': { "--band": "var(--soft)" },
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

const Figure = styled("span")({ fontSize: "clamp(4.4rem, 21cqi, 9rem)", fontWeight: 800, lineHeight: 0.95, color: "var(--band)", whiteSpace: "nowrap", overflowWrap: "normal", flexShrink: 0, '&[data-early]': { textDecoration: "underline dotted 0.04em", textUnderlineOffset: "0.06em" } });

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

const Told = styled("span")({ fontWeight: 600, fontSize: "1.05rem" });

const NumberAge = styled("span")({
  color: "var(--soft)",
  fontSize: "clamp(0.95rem, 2.8cqi, 1.2rem)",
  fontWeight: 500,
  '&[data-held="true"]': { color: "var(--ink)", fontWeight: 700, fontSize: "clamp(1.05rem, 3.2cqi, 1.5rem)" },
});

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

/** Reasons on a card at most; the page has all. */
const REASONS_MAX = 3;

const Reasons = styled("ol")({
  margin: 0,
  padding: 0,
  listStyle: "none",
  minHeight: "2.6em",
  fontSize: "clamp(1rem, 2.6cqi, 1.25rem)",
  lineHeight: 1.25,
  "& > li + li": { marginTop: 3, paddingTop: 3, borderTop: "1px solid var(--line)" },
  "& > li:first-of-type": { fontWeight: 600 },
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
  // As wide as the longest word, so that nothing beside it moves when a number becomes firm.
  minWidth: "7.6em",
  '&[data-state="provisional"]': { borderStyle: "dashed" },
  '&[data-state="early"]': { borderStyle: "dotted" },
  '&[data-state="held"]': { background: "var(--warning)", color: "var(--onWarning)", borderColor: "currentColor" },
});

const STATE_ICONS = { provisional: ClockIcon, final: TickIcon, held: LockIcon };

export function StateChip({ data: { state, early, readiness } }: { data: Readiness }) {
  const isEarly = early === true && state === "provisional";
  const { word, meaning } = isEarly ? EARLY : stateInWords(state);
  const Icon = STATE_ICONS[state];
  // Nothing is held where there never was anything.
  if (state === "held" && typeof readiness.value !== "number") return <State data-state="provisional">No number</State>;
  return (
    <State data-state={isEarly ? "early" : state} title={meaning}>
      <Icon />
      {word}
    </State>
  );
}

/** An index's 90 % interval, for a glance, rounded as its value is. */
export function interval(index: Index, rounded = whole): string {
  const { low, high, one_sided } = index;
  if (low === null || low === undefined || high === null || high === undefined) return "";
  // Nothing is possible on the other side of the value.
  if (one_sided) return one_sided === "high" ? `${rounded(low)} or more` : `${rounded(high)} or less`;
  return `${rounded(low)} to ${rounded(high)}`;
}

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

/** The verdict, or why there is none: what was known before the link went carries none either. */
export function VerdictWords({ data }: { data: Readiness }) {
  const link = useLink();
  const band = bandOf(data);
  const judged = link === "live" && band !== "held" && band !== "unknown";
  const word = band === "held" || band === "unknown" ? verdictInWords(data) : "Not live, no verdict";
  return (
    <>
      <span aria-hidden>{judged ? BANDS[band].sign : BANDS.held.sign} </span>
      {judged ? verdictInWords(data) : word}
    </>
  );
}

export const Card = memo(function Card({ outing }: { outing: OutingKey }) {
  const shown = useReadiness(outing);
  const trend = useTrend(outing);
  const when = useWhen();
  const park = usePark();
  const attribution = useAttribution();
  if (!shown) return null;
  const { data } = shown;
  const band = bandOf(data);
  const held = data.state === "held";
  const hasValue = typeof data.readiness.value === "number";
  const unseen = unseenInWords(data, when.event);
  const { told, more } = reasonsOnCard(data);
  const elsewhere = namedElsewhere(data, attribution);
  return (
    <Box data-band={band} data-pitcher={data.pitcher} data-mound={data.mound} data-revision={data.revision}>
      <Row>
        <Name>
          <Link href={`/pitchers/${data.pitcher}`}>{data.name}</Link>
        </Name>
        <Soft>{park.nameOf(data.mound)}{elsewhere === null ? placeInWords(data.presence) : `, now named ${park.where(elsewhere)}`}</Soft>
      </Row>
      <Row style={{ alignItems: "center", flexWrap: "nowrap" }}>
        <Figure data-early={data.early === true || undefined}>
          <Unseen>Readiness </Unseen>
          {whole(data.readiness.value)}
        </Figure>
        <Verdict>
          <span>
            <VerdictWords data={data} />
          </span>
          <Soft>{held ? "" : interval(data.readiness)}</Soft>
        </Verdict>
      </Row>
      <NumberAge data-held={!data.verdict && hasValue}>
        <AsOf data={data} />
      </NumberAge>
      <Sparkline points={trend} limits={limitsOf(data)} />
      <Facts>
        <Fact name="Fatigue" beside={held ? (typeof data.fatigue.value === "number" ? "held" : "") : interval(data.fatigue, wholeUp)}>
          {wholeUp(data.fatigue.value)}
        </Fact>
        <Fact name="Injury, 21 d" beside={data.probability_21d == null ? "not told" : <Usual pitcher={data} />}>
          {percent(data.probability_21d, 1)}
        </Fact>
        <Velocity data={data} />
        <Count data={data} />
      </Facts>
      <Elsewhere data={data} />
      {unseen && <Told data-unseen="">{unseen}</Told>}
      <Reasons aria-label="Why">
        {told.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
        {more > 0 && <li data-more={more}>+{more} more</li>}
      </Reasons>
      {data.probability_21d == null && data.risk_absent && <Soft data-risk-absent="">No injury risk: {data.risk_absent}.</Soft>}
      {data.probability_21d != null && data.risk_coverage && <Soft data-risk-coverage="">{data.risk_coverage}</Soft>}
      <Row style={{ alignItems: "center", marginTop: "auto" }}>
        <StateChip data={data} />
        <Soft>
          {data.calibration_confidence == null ? (
            "Cameras unverified at his last pitch"
          ) : (
            <>
              Camera confidence <strong>{confidence(data.calibration_confidence)}</strong> at his last pitch
            </>
          )}
        </Soft>
      </Row>
    </Box>
  );
});

/** Why there is no verdict where that is not said by the reasons: nobody knows whether the number still is so. */
const reasonOf = ({ verdict_absent, recommendation }: Readiness): string | undefined =>
  verdict_absent === "not_seen" || verdict_absent === "not_told" || verdict_absent === "old" || verdict_absent === "age_unknown" || verdict_absent === "incomplete" ? recommendation : undefined;

/** The daemon's reason that is about the count. */
const AT_LEAST = /\bhe has thrown at least \d+ pitch/i;

/** What a card says of why, the most important first, in the words of the page; and how many more the page has. */
export function reasonsOnCard(data: Readiness): { told: string[]; more: number } {
  // What was not seen stands on the card in a line of its own.
  const reasons = isAtLeast(data) ? data.reasons.filter((reason) => !AT_LEAST.test(reason)) : data.reasons;
  const all = [reasonOf(data) ?? "", ...reasons].filter(Boolean);
  return { told: all.slice(0, REASONS_MAX), more: Math.max(0, all.length - REASONS_MAX) };
}

/** Cut off, never rounded up: as the daemon writes it. */
export const confidence = (value: number): string => (Math.floor(value * 100 + 1e-9) / 100).toFixed(2);

/** What he has thrown on other mounds: no count of one mound is all of it. */
function Elsewhere({ data }: { data: Readiness }) {
  const park = usePark();
  const others = useOutings(data.pitcher).filter((other) => other.data.mound !== data.mound);
  if (others.length === 0) return null;
  return <Soft data-elsewhere="">Besides {others.map((other) => `${isAtLeast(other.data) ? "≥\u00a0" : ""}${other.data.pitches} ${park.where(other.data.mound)}`).join(", ")}.</Soft>;
}

/** What is usual, so that a probability can be judged. */
function Usual({ pitcher }: { pitcher: Readiness }) {
  return <>{pitcher.base_rate_21d == null ? "usual not known" : `usual ${percent(pitcher.base_rate_21d, 1)}`}</>;
}

/** His last pitch with a speed from a mound, and how many pitches of his that are known came after it. */
export function lastSpeed(pitches: readonly PitchRecord[], mound: number): { pitch: PitchRecord | undefined; since: number } {
  const here = pitches.filter((pitch) => pitch.mound === mound);
  const at = here.findLastIndex(({ release_speed }) => typeof release_speed === "number");
  return { pitch: here[at], since: here.length - 1 - at };
}

/** What stands in the place of a speed: none was measured only where all that he threw is known. */
export const noSpeedInWords = ({ pitches }: Pick<Readiness, "pitches">, known: number): string => (known < pitches ? "not known" : "none measured");

/** His last pitch with a speed from this mound, against what is usual for its type. */
function Velocity({ data }: { data: Readiness }) {
  const { pitcher, mound } = data;
  const { units } = useSettings();
  const pitches = useLivePitches(pitcher);
  const baseline = useQuery({
    queryKey: ["baseline", pitcher],
    queryFn: () => ask.baseline(pitcher),
    staleTime: RARELY_MS,
  });
  const { pitch: last, since } = lastSpeed(pitches, mound);
  const speed = last?.release_speed;
  const usual = baseline.data?.types.find((type) => type.pitch_type === last?.pitch_type)?.release_speed?.mean;
  return (
    <Fact name={`Last ${last?.pitch_type ?? ""} ${units.name("speed")}`} beside={against()}>
      {units.number("speed", speed)}
    </Fact>
  );

  function against(): string {
    if (typeof speed !== "number") return noSpeedInWords(data, since);
    if (since > 0) return `${pitchesInWords(since, false)} before his last`;
    if (typeof usual === "number") return `${units.difference("speed", speed - usual)} vs usual`;
    if (last?.pitch_type === "") return "type not known";
    // What was not answered is not known, which is something else than that there is none.
    return baseline.isSuccess ? "no baseline" : "usual not known";
  }
}

/** What he has thrown, and the load that it makes of what his role carries. */
function Count({ data }: { data: Readiness }) {
  const { pitcher, pitches, features } = data;
  const workload = useQuery({
    queryKey: ["workload", pitcher, "plan"],
    queryFn: () => ask.workload(pitcher),
    staleTime: RARELY_MS,
  });
  const summary = workload.data?.summary;
  const dose = features["dose"];
  const least = isAtLeast(data) ? "≥\u00a0" : "";
  const load = dose ? `load ${dose.partly_seen ? "≥\u00a0" : ""}${dose.value.toFixed(0)}` : "load not known";
  const several = useOutings(pitcher).length > 1;
  return (
    <Fact name={several ? "Pitches here" : "Pitches"} beside={summary ? `${load} of ${summary.dose_cap.toFixed(0)}, ${summary.role ?? "role not known"}` : load}>
      {least}
      {pitches}
    </Fact>
  );
}
