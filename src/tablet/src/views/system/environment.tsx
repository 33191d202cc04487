/** What the park's sensors tell, and their broker. */
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";

import { ask } from "../../api/client";
import type { EnvironmentReport, FusedValue } from "../../api/types";
import { Panel } from "../../components/panel";
import { Answered } from "../../components/states";
import { PlainTable, Sign, type SignKind } from "../../components/table";
import { useSettings } from "../../format/settings";
import { ageInWords, agoInWords, spanInWords } from "../../format/time";
import { fixed, withError } from "../../format/units";
import { capital } from "../../format/words";

const EVERY_MS = 5_000;

const BROKER_SIGNS: Readonly<Record<EnvironmentReport["broker"]["state"], SignKind>> = {
  off: "off",
  connecting: "watch",
  listening: "good",
  refused: "bad",
};

export function Environment() {
  const query = useQuery({ queryKey: ["environment"], queryFn: ask.environment, staleTime: 0, refetchInterval: EVERY_MS });
  return (
    <Panel title="Environment">
      <Answered query={query} what="environment" hasAges>
        {(report) => <Air report={report} />}
      </Answered>
    </Panel>
  );
}

type Speaker = EnvironmentReport["speakers"][number];

/** What was not believed of a sensor last, and whether it is believed since. */
export function refusalInWords({ name, age_s, refused, refusal }: Pick<Speaker, "name" | "age_s" | "refused" | "refusal">): string {
  if (!refusal) return "";
  const told = `${agoInWords(refusal.age_s * 1000)} (${refused} so far): ${refusal.why}. It sent ${refusal.sample}`;
  // It has told something since that was not refused.
  if (age_s < refusal.age_s) return `Believed now: ${name}; not ${refusal.whole ? "" : "all of it "}${told}`;
  return `${refusal.whole ? "Not believed" : "In part not believed"}: ${name}, ${told}`;
}

function Air({ report }: { report: EnvironmentReport }) {
  const { units } = useSettings();
  const { broker } = report;
  const row = (name: string, told: FusedValue | null | undefined, write: (value: number) => string) => [
    name,
    told ? told.stale ? <Sign key="old" kind="off" word={`${write(told.value)}, too old`} /> : write(told.value) : "–",
    told ? told.sensors : "–",
    told ? `${ageInWords(told.age_s * 1000)}` : "–",
  ];
  return (
    <>
      <Typography>
        Broker: <Sign kind={BROKER_SIGNS[broker.state]} word={broker.state} /> {broker.url ?? ""} {broker.error && `Last fault: ${broker.error}`}
      </Typography>
      <Typography sx={{ mb: 1 }}>{capital(report.summary)}.</Typography>
      <PlainTable
        label="Air"
        heads={["Quantity", "Value", "Sensors", "Age"]}
        rows={[
          row("Temperature", report.temperature_c, (value) => units.text("temperature", value)),
          row("Humidity", report.humidity_pct, (value) => `${fixed(value, 0)}\u00a0%`),
          row("Pressure", report.pressure_hpa, (value) => `${value.toFixed(1)} hPa`),
          row("Wind", report.wind_speed_mps, (value) => units.text("wind", value)),
          row("Wind from", report.wind_direction_deg, (value) => `${value.toFixed(0)}°`),
        ]}
      />
      {report.air_density && (
        <Typography sx={{ mt: 1 }}>
          Air density {withError(report.air_density.value, report.air_density.sd, "kg/m³")}, {fixed(100 * report.air_density.relative, 1)}&nbsp;% of standard.
        </Typography>
      )}
      {report.left_out.map((out) => (
        <Typography key={`${out.sensor} ${out.quantity}`} variant="body2">
          Left out: {out.sensor}, {out.detail}
        </Typography>
      ))}
      {report.speakers
        .filter(({ refusal }) => refusal)
        .map((speaker) => (
          <Typography key={speaker.name} variant="body2">
            {refusalInWords(speaker)}
          </Typography>
        ))}
      {report.speakers
        .filter((speaker) => speaker.clock_off_s !== 0)
        .map((speaker) => (
          <Typography key={`clock of ${speaker.name}`} variant="body2">
            Clock: {speaker.name} is {spanInWords(Math.abs(speaker.clock_off_s) * 1000)} {speaker.clock_off_s > 0 ? "ahead of" : "behind"} this box, which is
            allowed for
          </Typography>
        ))}
    </>
  );
}
