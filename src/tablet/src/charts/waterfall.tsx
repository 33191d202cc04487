/** What makes a risk: from the usual log-odds, step by step, to his. */
import { memo } from "react";

import type { Contributor } from "../api/types";
import { signed } from "../format/units";
import { Frame } from "./frame";
import { scale } from "./scale";

const ROW = 40;
const BAR = 18;

export interface Step {
  name: string;
  from: number;
  to: number;
  /** A sum, not a step. */
  total: boolean;
}

export const probabilityOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

/** The steps of a waterfall: the base, each contributor, what is not shown singly, the end. */
export function stepsOf(base: number, contributors: readonly Contributor[], probability: number): Step[] {
  const end = Math.log(probability / (1 - probability));
  const steps: Step[] = [{ name: "Usual for pitchers", from: base, to: base, total: true }];
  let at = base;
  for (const { name, contribution } of contributors) {
    steps.push({ name, from: at, to: at + contribution, total: false });
    at += contribution;
  }
  if (Math.abs(end - at) > 0.005) steps.push({ name: "All others together", from: at, to: end, total: false });
  steps.push({ name: "His risk", from: end, to: end, total: true });
  return steps;
}

interface WaterfallProps {
  steps: readonly Step[];
  nameOf: (name: string) => string;
}

export const Waterfall = memo(function Waterfall({ steps, nameOf }: WaterfallProps) {
  const values = steps.flatMap((step) => [step.from, step.to]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(0.05, (high - low) * 0.1);
  const words = steps
    .map((step) => `${nameOf(step.name)} ${step.total ? `${(probabilityOf(step.to) * 100).toFixed(1)} percent` : signed(step.to - step.from, 2)}`)
    .join("; ");
  return (
    <Frame height={steps.length * ROW + 4} label={`Contributions in log-odds: ${words}`}>
      {(width) => {
        const x = scale(low - margin, high + margin, 4, width - 64);
        return steps.map((step, row) => {
          const y = row * ROW + 18;
          const raises = step.to > step.from;
          const left = Math.min(x(step.from), x(step.to));
          return (
            <g key={step.name} fontSize="13" fill="var(--ink)">
              <text x={4} y={y - 4}>
                {nameOf(step.name)}
              </text>
              {step.total ? (
                <path d={`M${x(step.to)} ${y}v${BAR}`} stroke="var(--ink)" strokeWidth="5" />
              ) : (
                <>
                  <rect x={left} y={y + 1} width={Math.max(2, Math.abs(x(step.to) - x(step.from)))} height={BAR - 2} fill={raises ? "var(--out)" : "var(--ready)"} />
                  <path d={`M${x(step.to)} ${y}V${y + ROW}`} stroke="var(--soft)" strokeDasharray="2 3" />
                </>
              )}
              <text x={width - 4} y={y + 14} textAnchor="end" fontWeight="700">
                {step.total ? `${(probabilityOf(step.to) * 100).toFixed(1)} %` : `${raises ? "▲" : "▼"} ${signed(step.to - step.from, 2)}`}
              </text>
            </g>
          );
        });
      }}
    </Frame>
  );
});
