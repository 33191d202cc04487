/** Statcast's quantities in the units that people chose. Statcast's own are mph, ft and rpm. */
import type { Unit as DaemonUnit } from "../api/types";

export type System = "us" | "metric";

export type Quantity = "speed" | "length" | "break" | "temperature" | "wind" | "spin";

interface Unit {
  readonly name: string;
  readonly digits: number;
  readonly from: (value: number) => number;
}

const same = (value: number): number => value;

const UNITS: Readonly<Record<System, Readonly<Record<Quantity, Unit>>>> = {
  us: {
    speed: { name: "mph", digits: 1, from: same },
    length: { name: "ft", digits: 2, from: same },
    break: { name: "in", digits: 1, from: (ft) => ft * 12 },
    temperature: { name: "°F", digits: 0, from: (c) => c * 1.8 + 32 },
    wind: { name: "mph", digits: 0, from: (mps) => mps * 2.236_936 },
    spin: { name: "rpm", digits: 0, from: same },
  },
  metric: {
    speed: { name: "km/h", digits: 1, from: (mph) => mph * 1.609_344 },
    length: { name: "m", digits: 2, from: (ft) => ft * 0.3048 },
    break: { name: "cm", digits: 1, from: (ft) => ft * 30.48 },
    temperature: { name: "°C", digits: 0, from: same },
    wind: { name: "m/s", digits: 1, from: same },
    spin: { name: "rpm", digits: 0, from: same },
  },
};

/** What a unit of the daemon is called and how it is converted; `more` decimals where the larger number of a smaller unit needs fewer. */
interface Conversion {
  readonly name: string;
  readonly factor: number;
  readonly more: number;
}

const plain = (name: string): Conversion => ({ name, factor: 1, more: 0 });

/** In percent: two decimals of the share are its whole percents. */
const SHARE: Conversion = { name: "%", factor: 100, more: -2 };

const COUNTED: Readonly<Partial<Record<DaemonUnit, Conversion>>> = {
  share: SHARE,
  ratio: plain("times"),
  score: plain(""),
};

/** What is counted, of one alone. */
const ONE: Readonly<Record<string, string>> = { pitches: "pitch", games: "game", days: "day", years: "year", placements: "placement" };

const METRIC: Readonly<Partial<Record<DaemonUnit, Conversion>>> = {
  mph: { name: "km/h", factor: 1.609_344, more: 0 },
  "mph/week": { name: "km/h a week", factor: 1.609_344, more: 0 },
  "mph/day": { name: "km/h a day", factor: 1.609_344, more: 0 },
  "rpm/mph": { name: "rpm per km/h", factor: 1 / 1.609_344, more: 0 },
  ft: { name: "m", factor: 0.3048, more: 1 },
  "ft²": { name: "cm²", factor: 929.0304, more: -3 },
  in: { name: "cm", factor: 2.54, more: 0 },
};

const US: Readonly<Partial<Record<DaemonUnit, Conversion>>> = {
  "mph/week": plain("mph a week"),
  "mph/day": plain("mph a day"),
  "rpm/week": plain("rpm a week"),
  "rpm/mph": plain("rpm per mph"),
};

/** Decimals of a value of which nobody says how many it has. */
const DIGITS = 2;

/** Decimals at most that a value needs to say anything. */
const DIGITS_MAX = 6;

/** Decimals so that the value shows something, from `least` on: 0.0017 is not 0.00. */
function digitsFor(value: number, least: number): number {
  let digits = Math.max(0, least);
  while (digits < DIGITS_MAX && value !== 0 && Number(value.toFixed(digits)) === 0) digits += 1;
  return digits;
}

const minus = (text: string): string => text.replace("-", "−");

/** Decimals by which a standard deviation has two digits that count; none of a large one. */
const digitsOf = (sd: number): number => Math.min(100, Math.max(0, 1 - Math.floor(Math.log10(Number(sd.toPrecision(2))))));

/**
 * A value with its standard deviation, in one unit: `−0.44 ± 0.30 mph`, with the digits that the deviation leaves it. One that is smaller than its
 * deviation is not told from nothing: `within its error (± 1.1 in)`. Where the deviation is not known, null or 0, the value alone. `write` writes
 * the value.
 */
export function withError(value: number, sd: number | null | undefined, unit: string, write = fixed): string {
  const of = unit && `\u00a0${unit}`;
  if (!sd) return write(value, DIGITS) + of;
  const digits = digitsOf(sd);
  if (Math.abs(value) < sd) return `within its error (±\u00a0${sd.toFixed(digits)}${of})`;
  return `${write(value, digits)} ± ${sd.toFixed(digits)}${of}`;
}

/** Writes and converts in one system. Speeds come in mph, lengths and breaks in ft, temperatures in °C, wind in m/s. */
export class Units {
  constructor(readonly system: System) {}

  name(quantity: Quantity): string {
    return UNITS[this.system][quantity].name;
  }

  value(quantity: Quantity, value: number): number {
    return UNITS[this.system][quantity].from(value);
  }

  /** The number without its unit; a dash where there is none. */
  number(quantity: Quantity, value: number | null | undefined): string {
    if (value === null || value === undefined) return "–";
    const unit = UNITS[this.system][quantity];
    return unit.from(value).toFixed(unit.digits).replace("-", "−");
  }

  /** The number with its unit, in one piece. */
  text(quantity: Quantity, value: number | null | undefined): string {
    return value === null || value === undefined ? "–" : `${this.number(quantity, value)}\u00a0${this.name(quantity)}`;
  }

  /**
   * What the daemon tells with its unit and decimals: `34 pitches`, with as many as the value needs to say anything. What has a standard deviation is
   * told with that, and by its digits.
   */
  told(value: number, unit: DaemonUnit | null | undefined, digits: number | null | undefined, sd = 0): string {
    const own = unit == null ? plain("") : (COUNTED[unit] ?? (this.system === "metric" ? METRIC[unit] : undefined) ?? US[unit] ?? plain(unit));
    const shown = value * own.factor;
    if (sd > 0) return withError(shown, sd * own.factor, own.name);
    const text = minus(shown.toFixed(digitsFor(shown, (digits ?? DIGITS) + own.more)));
    const name = text === "1" ? (ONE[own.name] ?? own.name) : own.name;
    return name === "" ? text : `${text}\u00a0${name}`;
  }

  /** A difference, signed: no offset of a temperature scale goes in. */
  difference(quantity: Quantity, value: number): string {
    const unit = UNITS[this.system][quantity];
    return signed(unit.from(value) - unit.from(0), unit.digits);
  }
}

/** With its sign, and a true minus; what rounds to nothing has none. */
export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? "−" : "+") + text;
}

/** With a true minus; what rounds to nothing has none. */
export const fixed = (value: number, digits: number): string => signed(value, digits).replace("+", "");

/** A size, which is above 0 where there is any: `0.012 in`, and where that shows nothing of it `under 0.001 in`. */
export function size(value: number, digits: number, unit: string): string {
  const text = value.toFixed(digits);
  return `${value > 0 && Number(text) === 0 ? `under\u00a0${(10 ** -digits).toFixed(digits)}` : text}\u00a0${unit}`;
}

/** A share in percent, in one piece. Not all is never told as all, nor something as nothing. */
export function percent(share: number | null | undefined, digits = 0): string {
  if (share === null || share === undefined) return "–";
  const most = share < 1 ? 100 - 10 ** -digits : Infinity;
  return size(Math.min(100 * share, most), digits, "%");
}
