/** How likely he is hurt within 21 days, what makes it so, and what can be done. */
import Alert from "@mui/material/Alert";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";

import { ask, Refused } from "../../api/client";
import type { Assessment } from "../../api/types";
import { stepsOf, Waterfall } from "../../charts/waterfall";
import { Panel } from "../../components/panel";
import { Answered, Empty } from "../../components/states";
import { COUNTED_AGAIN, CountedAt, useToday, useWhen } from "../../components/when";
import { LEVELS } from "../../format/level";
import { useSettings } from "../../format/settings";
import { percent } from "../../format/units";
import { capital, contributorInWords, counted, inWords } from "../../format/words";
import { Availability, mayPitchInWords } from "../staff/availability";

/** Refusals that are no fault: there is nothing to tell. */
const NOTHING_TO_TELL: Readonly<Record<string, string>> = {
  NO_MODEL: "No risk model serves on this box.",
  UNKNOWN_PITCHER: "The risk model does not know him.",
  NO_FEATURES_FOR_DATE: "Too little is known of him for a risk.",
};

interface RiskProps {
  pitcher: number;
  /** The day that it is told for; null while that is not known. */
  date: string | null;
  /** Whether he may throw on that day still. */
  goesOn: boolean;
}

export function Risk({ pitcher, date, goesOn }: RiskProps) {
  const today = useToday();
  const query = useQuery({
    queryKey: ["risk", pitcher, date],
    queryFn: () => ask.risk(pitcher, date ?? undefined),
    enabled: date !== null,
    // Of a day that is not over the days of rest go by what is thrown meanwhile.
    ...(date === today ? COUNTED_AGAIN : { staleTime: 300_000 }),
  });
  const code = query.error instanceof Refused ? query.error.code : "";
  const nothing = NOTHING_TO_TELL[code];
  return (
    <Panel title="Injury risk, 21 days" wide>
      {nothing && query.data === undefined ? (
        <Empty title={nothing} />
      ) : (
        <Answered query={query} what="risk">
          {(assessment) => <Told assessment={assessment} goesOn={goesOn} at={date === today ? query.dataUpdatedAt : null} />}
        </Answered>
      )}
    </Panel>
  );
}

/**
 * From when he may pitch, and why not before; where a day is not sure, that it is not known. `goesOn` is whether he throws now, `write` writes a day.
 */
export function nextInWords(
  advice: Pick<Assessment["recommendation"], "availability" | "next_available" | "next_available_rule">,
  goesOn: boolean,
  write: (day: string) => string,
): string {
  const { availability, next_available, next_available_rule } = advice;
  if (availability.some(({ unsure }) => unsure)) return `${capital(mayPitchInWords(advice, goesOn, write))}.`;
  return `${goesOn ? "By what he has thrown so far next" : "Next"} from ${write(next_available)}: ${next_available_rule}.`;
}

interface ToldProps {
  assessment: Assessment;
  goesOn: boolean;
  /** When it was asked for where the day is not over, by this device's clock, ms. */
  at: number | null;
}

function Told({ assessment, goesOn, at }: ToldProps) {
  const { units } = useSettings();
  const when = useWhen();
  const { probability, level, base_rate, confidence, date, top_contributors, base_log_odds, notes, recommendation, anomaly, coverage } = assessment;
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 360px), 1fr))", gap: 20 }}>
      <div>
        <Typography sx={{ fontSize: "1.3rem", fontWeight: 700 }}>
          {probability == null ? "No risk is told" : `${level ? LEVELS[level] : ""}: ${percent(probability, 1)} within 21 days`}
        </Typography>
        {probability == null ? (
          <Typography>{assessment.risk_absent ?? "Nobody knows why"}.</Typography>
        ) : (
          <Typography color="text.secondary">
            Usual is {percent(base_rate, 1)}. As of {when.day(date)}; {percent(confidence)} of what the model asks for is known and recent. Model{" "}
            {assessment.model_version}.
          </Typography>
        )}
        <Typography data-coverage="" color="text.secondary">
          {coverage.sentence}
        </Typography>
        {probability != null && <Waterfall steps={stepsOf(base_log_odds, top_contributors, probability)} nameOf={contributorInWords} />}
      </div>
      <div>
        {top_contributors.length > 0 && <Typography variant="h3">What makes it so</Typography>}
        <ul style={{ margin: "4px 0 12px", paddingLeft: 22 }}>
          {top_contributors.map((each) => (
            <li key={each.name} style={{ marginBottom: 6 }}>
              <strong>{contributorInWords(each.name)}</strong> {each.direction === "increases" ? "raises it" : "lowers it"}
              {each.value != null && ` (${units.told(each.value, each.unit, each.digits)})`}: {each.explanation}
              {each.mitigation && (
                <Typography component="div" sx={{ fontWeight: 600 }}>
                  → {each.mitigation}
                </Typography>
              )}
            </li>
          ))}
        </ul>
        <Typography variant="h3">When he may pitch</Typography>
        <Availability days={recommendation.availability} />
        <Typography>
          {nextInWords(recommendation, goesOn, when.day)} At most{" "}
          {counted(recommendation.limit_next.pitches, "pitch", "pitches")}: {recommendation.limit_next.rule}
          {at !== null && <CountedAt at={at} />}.
        </Typography>
        {anomaly?.unusual && (
          <Alert severity="warning" variant="outlined" sx={{ mt: 1, color: "text.primary" }}>
            His latest outing was unlike him: {inWords(anomaly.driver)} {anomaly.value.toFixed(1)} where {anomaly.usual.toFixed(1)} is usual.
          </Alert>
        )}
        {notes.map((note) => (
          <Typography key={note} variant="body2" color="text.secondary">
            {note}
          </Typography>
        ))}
      </div>
    </div>
  );
}
