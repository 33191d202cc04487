/** A made-up league with its game means and injured list, for a site to import and to train a risk model on. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { verb, type Site } from "./stadium";

const YEARS = [2021, 2022, 2023] as const;
/** So many are placed in half a season that a test year can tell how good a model is. */
export const PITCHERS = 240;
const DAY_MS = 86_400_000;

/** The same numbers for the same seed, evenly from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const iso = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
const dayOf = (text: string): number => Date.parse(text) / DAY_MS;

/** Relievers who throw every third day or so; who throws much is hurt more often. */
function league(): { means: string; injuries: string } {
  const next = random(11);
  const whole = (from: number, to: number): number => Math.floor(from + next() * (to - from));
  const means = ["player_name,game_date,num_pitches,avg_release_speed,avg_effective_speed,avg_release_spin_rate,age"];
  const injuries = ["Name,Pos,Injury / Surgery Date,Injury / Surgery,IL Retro Date,IL Announced Date,Return Date,Latest Update,MLBAMID,season"];
  for (let id = 1; id <= PITCHERS; id += 1) {
    const name = `Pitcher ${id}`;
    const busy = next();
    const usual = 88 + 10 * next();
    for (const year of YEARS) {
      let day = dayOf(`${year}-03-20`);
      while (day < dayOf(`${year}-10-01`)) {
        const speed = usual - 0.8 + 1.6 * next();
        const spin = 25 * usual - 40 + 80 * next();
        const age = (day - dayOf("1995-01-01")) / 365.25;
        means.push(`"${name}",${iso(day)},${whole(8, 20) + Math.floor(25 * busy)},${speed},${usual + 0.3},${spin},${age.toFixed(4)}`);
        if (next() < 0.002 + 0.012 * busy) {
          const hurt = day;
          const part = next() < 0.5 ? "Elbow" : "Shoulder";
          day += 1 + whole(15, 40);
          injuries.push(`${name},RP,${iso(hurt)},${part} inflammation,${iso(hurt + 1)},${iso(hurt + 2)},${iso(day)},Activated,${id},${year}`);
        } else {
          day += whole(2, 5);
        }
      }
    }
  }
  return { means: `${means.join("\n")}\n`, injuries: `${injuries.join("\n")}\n` };
}

/** Gives a site the league's past. */
export async function importLeague(at: Site): Promise<void> {
  for (const [kind, text] of Object.entries({ injuries: league().injuries, appearances: league().means })) {
    const file = join(at.dir, `${kind}.csv`);
    writeFileSync(file, text);
    await verb("--config", at.config, "import", kind, file);
  }
}

/** Trains a model on what was known up to a day, and gives its version. */
export async function train(at: Site, dataEnd: string, ...args: string[]): Promise<string> {
  const said = await verb("--config", at.config, "train", "--data-end", dataEnd, ...args);
  const version = /registered as ([^;\s]+)/.exec(said)?.[1];
  if (version === undefined) throw new Error(`no model came of it: ${said}`);
  return version;
}
