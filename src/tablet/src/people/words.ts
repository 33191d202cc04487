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
  velocity_delta_5: "Fastball against his season, last 5, mph",
  spin_consistency_20: "Spin, standard deviation, last 20, rpm",
  release_height_var_25: "Release height scatter against usual, last 25, times",
  release_height_var_25_ft2: "Release height variance, last 25, ft²",
  break_adj_x: "Break against usual, horizontal, in",
  break_adj_z: "Break against usual, vertical, in",
  release_extension_delta: "Extension against usual, ft",
  pitch_tempo_delta: "Tempo against usual, s",
  late_data_frac: "Share of data that came late",
  calibration_confidence: "Confidence in the cameras",
  dose: "Pitches that count today",
  acwr: "Week’s load ÷ month’s",
  days_rest: "Days of rest",
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
  unmarked: "no mark says whose",
};

const spaced = (name: string): string => name.replaceAll("_", " ");

export const moundInWords = (name: string): string => MOUNDS[name] ?? spaced(name);
export const pitchInWords = (code: string): string => PITCH_TYPES[code] ?? (code || "Unknown type");
export const featureInWords = (name: string): string => FEATURES[name] ?? spaced(name);
export const stateInWords = (state: State): { word: string; meaning: string } => STATES[state];
export const flagInWords = (flag: string): string => FLAGS[flag] ?? spaced(flag).replace("outlier:", "outlier: ");
export const inWords = spaced;
