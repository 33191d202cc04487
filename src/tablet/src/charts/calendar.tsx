/** A season's days: weeks across, days of the week down; the number of pitches is in the square. */
import { memo } from "react";

import type { DailyLoad } from "../api/types";
import { dayInWords, daysBetween, monthInWords } from "../format/time";
import { Frame } from "./frame";

const CELL = 26;
const LEFT = 34;
const TOP = 18;
const WEEKDAYS = ["Mon", "", "Wed", "", "Fri", "", "Sun"] as const;
const HEIGHT = TOP + 7 * CELL + 20;

interface CalendarProps {
  loads: readonly DailyLoad[];
  /** Dates of another year carry it; null while nobody knows which day it is. */
  today: string | null;
  label: string;
}

/** Monday is 0. */
const weekday = (day: string): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;

export const Calendar = memo(function Calendar({ loads, today, label }: CalendarProps) {
  return (
    <Frame height={HEIGHT} label={label}>
      {(width) => {
        const weeks = Math.max(1, Math.floor((width - LEFT) / CELL));
        const newest = loads.at(-1)?.date;
        if (!newest) return null;
        // The last column is the newest week; what does not fit is further back.
        const column = (day: string): number => weeks - 1 - Math.floor((daysBetween(day, newest) + 6 - weekday(newest)) / 7);
        const shown = loads.filter((load) => column(load.date) >= 0);
        const cut = shown.length < loads.length && shown[0];
        const most = Math.max(1, ...loads.map((load) => load.pitches));
        return (
          <>
            {WEEKDAYS.map((name, row) => (
              <text key={row} x={0} y={TOP + row * CELL + 17} fontSize="12" fill="var(--soft)">
                {name}
              </text>
            ))}
            {cut && (
              <text x={LEFT} y={HEIGHT - 4} fontSize="12" fill="var(--soft)">
                shown from {dayInWords(cut.date, today)}; more where there is room
              </text>
            )}
            {shown.map((load) => {
              const at = column(load.date);
              const [x, y] = [LEFT + at * CELL, TOP + weekday(load.date) * CELL];
              const share = load.pitches / most;
              return (
                <g key={load.date}>
                  {load.date.endsWith("-01") && (
                    <text {...(at < weeks - 2 ? { x } : { x: LEFT + weeks * CELL, textAnchor: "end" })} y={12} fontSize="12" fill="var(--soft)">
                      {monthInWords(load.date, today)}
                    </text>
                  )}
                  <rect
                    x={x}
                    y={y}
                    width={CELL - 3}
                    height={CELL - 3}
                    rx="3"
                    fill={load.pitches > 0 ? "var(--accent)" : "none"}
                    fillOpacity={0.15 + 0.35 * share}
                    stroke={load.pitches > 0 ? "var(--accent)" : "var(--line)"}
                    strokeWidth={load.pitches > 0 ? 1.5 : 0.6}
                  />
                  {load.pitches > 0 && (
                    <text x={x + (CELL - 3) / 2} y={y + 16} fontSize="11" fontWeight="700" textAnchor="middle" fill="var(--ink)">
                      {load.pitches}
                    </text>
                  )}
                </g>
              );
            })}
          </>
        );
      }}
    </Frame>
  );
});
