/** Seven days in a row: a tick where he may pitch, a cross where he should rest. */
import { styled } from "@mui/material/styles";

import { Unseen } from "../../parts/visible";
import { dayInWords } from "../../people/time";

interface Day {
  date: string;
  available: boolean;
  rule: string;
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
  '&[data-available="false"]': { borderColor: "var(--line)", borderStyle: "dashed", color: "var(--out)" },
});

export function Availability({ days }: { days: readonly Day[] }) {
  return (
    <Days>
      {days.map(({ date, available, rule }) => (
        <Square key={date} data-available={available} title={`${dayInWords(date)}: ${rule}`}>
          <span aria-hidden>{dayInWords(date).slice(0, 2)}</span>
          <span aria-hidden>{available ? "✓" : "✗"}</span>
          <Unseen>
            {dayInWords(date)}: {available ? "may pitch" : `should rest, ${rule}`}
          </Unseen>
        </Square>
      ))}
    </Days>
  );
}
