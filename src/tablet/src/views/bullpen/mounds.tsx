/** Who is on which mound, in a line each, and what nobody told: throws that count for nobody. */
import { styled } from "@mui/material/styles";

import { useAttribution, useHub } from "../../live/react";
import type { OutingKey } from "../../live/state";
import { AlarmIcon } from "../../parts/icons";
import { useSettings } from "../../people/settings";
import { thereInWords } from "../../people/words";

const Line = styled("dl")({
  display: "flex",
  flexWrap: "wrap",
  gap: "2px 24px",
  margin: "0 0 10px",
  div: { display: "flex", gap: 6 },
  dt: { color: "var(--soft)", whiteSpace: "nowrap" },
  dd: { margin: 0, fontWeight: 600 },
});

const Told = styled("p")({
  display: "flex",
  gap: 8,
  alignItems: "center",
  margin: "0 0 10px",
  padding: "6px 12px",
  borderRadius: 10,
  background: "var(--warning)",
  color: "var(--onWarning)",
  fontWeight: 600,
});

interface MoundsProps {
  mounds: ReadonlyMap<number, string>;
  order: readonly OutingKey[];
}

export function Mounds({ mounds, order }: MoundsProps) {
  const { state } = useHub();
  const { time } = useSettings();
  const present = order.flatMap((key) => state.readinessOf(key)?.data ?? []);
  const words = useAttribution()?.sentence;
  return (
    <section aria-label="Who is on which mound">
      {words && (
        <Told data-nobody="">
          <AlarmIcon /> {words}
        </Told>
      )}
      <Line>
        {[...mounds].map(([mound, name]) => {
          const there = present.filter((data) => data.mound === mound);
          return (
            <div key={mound} data-mound-of={mound}>
              <dt>{name}:</dt>
              <dd>{there.length === 0 ? "nobody" : there.map((data) => `${data.name} ${thereInWords(data.presence, (ms) => time.clock(ms))}`).join(", ")}</dd>
            </div>
          );
        })}
      </Line>
    </section>
  );
}
