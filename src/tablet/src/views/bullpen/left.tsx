/** Who was replaced or threw his last long ago: apart from those on a mound, smaller, without a verdict. */
import { styled } from "@mui/material/styles";
import { Link } from "wouter";

import { useWhen } from "../../components/when";
import { whole } from "../../format/level";
import { usePark } from "../../format/park";
import { isAtLeast, leftInWords, pitchesInWords } from "../../format/words";
import { useHub, useReadiness } from "../../live/react";
import type { OutingKey } from "../../live/state";

const List = styled("ul")({ display: "grid", gap: 2, margin: 0, padding: 0, listStyle: "none", color: "var(--soft)" });

const Item = styled("li")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  gap: "0 12px",
  minHeight: 44,
  borderTop: "var(--border) solid var(--line)",
  a: { display: "inline-flex", alignItems: "center", minHeight: 44, color: "inherit", fontWeight: 600 },
});

export function Left({ order }: { order: readonly OutingKey[] }) {
  return (
    <List>
      {order.map((outing) => (
        <One key={outing} outing={outing} />
      ))}
    </List>
  );
}

function One({ outing }: { outing: OutingKey }) {
  const shown = useReadiness(outing);
  const { state } = useHub();
  const when = useWhen();
  const park = usePark();
  if (!shown) return null;
  const { data } = shown;
  const nameOf = (pitcher: number): string | undefined => state.outingsOf(pitcher)[0]?.data.name;
  const value = typeof data.readiness.value === "number" && data.as_of ? `, last ${whole(data.readiness.value)} as of pitch ${data.as_of.pitches}` : "";
  return (
    <Item data-gone={outing}>
      <Link href={`/pitchers/${data.pitcher}`}>{data.name}</Link>
      <span>{park.nameOf(data.mound)}</span>
      <span>{leftInWords(data, when.event, nameOf)}</span>
      <span>
        {pitchesInWords(data.pitches, isAtLeast(data))}
        {value}
      </span>
    </Item>
  );
}
