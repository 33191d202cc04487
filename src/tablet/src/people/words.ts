/** The daemon's names in people's words. A name that is not here is shown as it is. */
import type { State } from "../api/types";

const MOUNDS: Readonly<Record<string, string>> = {
  game: "Game mound",
  bullpen_home: "Home bullpen",
  bullpen_visitor: "Visitor bullpen",
};

const PITCH_TYPES: Readonly<Record<string, string>> = {
  FF: "Four-seam",
  SI: "Sinker",
  FC: "Cutter",
  SL: "Slider",
  ST: "Sweeper",
  SV: "Slurve",
  CU: "Curveball",
  KC: "Knuckle curve",
  CH: "Changeup",
  FS: "Splitter",
  FO: "Forkball",
  SC: "Screwball",
  KN: "Knuckleball",
  EP: "Eephus",
};

const FEATURES: Readonly<Record<string, string>> = {
  velocity_delta_5: "Fastball against his season, last 5 (mph)",
  velocity_trend_15: "Velocity trend, last 15 (mph a pitch)",
  spin_consistency_20: "Spin scatter, last 20",
  spin_ratio: "Spin scatter against usual",
  release_height_var_25: "Release height scatter, last 25",
  break_deviation_10: "Break off usual, last 10",
  extension_delta_10: "Extension against usual",
  tempo_s: "Seconds between pitches",
  dose: "Pitches that count today",
  acwr: "Week’s load against the month’s",
  rest_days: "Days of rest",
  late_data_frac: "Share of data that came late",
  calibration_confidence: "Confidence in the cameras",
};

const STATES: Readonly<Record<State, { word: string; meaning: string }>> = {
  provisional: { word: "Provisional", meaning: "Late camera frames may still change it." },
  final: { word: "Final", meaning: "Settled: nothing that comes later changes it." },
  held: { word: "Held", meaning: "The data is not good enough now: this is the last good value." },
};

const FLAGS: Readonly<Record<string, string>> = {
  weak_geometry: "weak geometry",
  cameras_disagree: "cameras disagree",
  short_track: "short track",
  unusual_flight: "unusual flight",
};

const spaced = (name: string): string => name.replaceAll("_", " ");

export const moundInWords = (name: string): string => MOUNDS[name] ?? spaced(name);
export const pitchInWords = (code: string): string => PITCH_TYPES[code] ?? (code || "Unknown type");
export const featureInWords = (name: string): string => FEATURES[name] ?? spaced(name);
export const stateInWords = (state: State): { word: string; meaning: string } => STATES[state];
export const flagInWords = (flag: string): string => FLAGS[flag] ?? spaced(flag).replace("outlier:", "outlier: ");
export const inWords = spaced;
