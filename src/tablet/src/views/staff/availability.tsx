/** Seven days in a row: a tick where he may pitch, a cross where he should rest, a ball on the day that he has thrown on. */
import { styled } from "@mui/material/styles";

import { Unseen } from "../../components/visible";
import { useWhen } from "../../components/when";

interface Day {
  date: string;
  available: boolean;
  unsure?: boolean;
  thrown?: number | null;
  rule: string;
}

/** The sign of a day, and what it says. */
export function dayOf({ available, unsure, thrown, rule }: Day): { sign: string; words: string } {
  if (typeof thrown === "number") return { sign: "●", words: rule };
  if (!available) return { sign: "✗", words: `should rest, ${rule}` };
  return unsure ? { sign: "?", words: `not known whether he may pitch: ${rule}` } : { sign: "✓", words: `may pitch, ${rule}` };
}

/**
 * When he may pitch, where a look at the days does not tell it: after a day on which he has thrown, from when again; where not all that he
 * threw was counted, that it is not known, why, and from when it is. `goesOn` is whether he throws now, `write` writes a day. Empty where the
 * days tell it all.
 */
export function mayPitchInWords(
  { availability, next_available }: { availability: readonly Day[]; next_available?: string | null },
  goesOn: boolean,
  write: (day: string) => string,
): string {
  const [first] = availability;
  const threw = typeof first?.thrown === "number" ? first : undefined;
  const unsure = availability.find((day) => day.available && day.unsure);
  const again = unsure?.date ?? (threw && next_available);
  if (!again) return "";
  const told = threw && `${goesOn ? "throws" : "threw"} on ${write(threw.date)}`;
  if (!unsure) return `${told}${goesOn ? "; by what he has thrown so far" : ","} may pitch again from ${write(again)}`;
  const sure = availability.find((day) => day.available && !day.unsure);
  const until = sure ? `; from ${write(sure.date)} on he may` : "";
  return `${told ? `${told}; ` : ""}whether he may pitch from ${write(again)} on is not known, for not all that he threw was counted${until}`;
}

const Days = styled("ol")({ display: "flex", gap: 3, margin: 0, padding: 0, listStyle: "none" });

const Square = styled("li")({
  position: "relative",
  display: "flex",
  flexDirection: "column",
  alignItems: "center",
  width: 30,
  padding: "1px 0",
  borderRadius: 4,
  border: "2px solid var(--ready)",
  color: "var(--ready)",
  fontWeight: 700,
  fontSize: "0.8rem",
  lineHeight: 1.25,
  '&[data-thrown="true"]': { borderColor: "var(--line)", color: "var(--ink)" },
  '&[data-unsure="true"]': { borderColor: "var(--watch)", borderStyle: "dashed", color: "var(--watch)" },
  '&[data-available="false"][data-thrown="false"]': { borderColor: "var(--line)", borderStyle: "dashed", color: "var(--out)" },
});

export function Availability({ days }: { days: readonly Day[] }) {
  const when = useWhen();
  return (
    <Days>
      {days.map((day) => {
        const { sign, words } = dayOf(day);
        return (
          <Square
            key={day.date}
            data-available={day.available}
            data-thrown={typeof day.thrown === "number"}
            data-unsure={day.unsure ?? false}
            title={`${when.day(day.date)}: ${words}`}
          >
            <span aria-hidden>{when.day(day.date).slice(0, 2)}</span>
            <span aria-hidden>{sign}</span>
            <Unseen>
              {when.day(day.date)}: {words}
            </Unseen>
          </Square>
        );
      })}
    </Days>
  );
}
