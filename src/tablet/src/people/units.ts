/** Statcast's quantities in the units that people chose. Statcast's own are mph, ft and rpm. */

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

/** A share in percent, in one piece. */
export const percent = (share: number | null | undefined, digits = 0): string =>
  share === null || share === undefined ? "–" : `${(share * 100).toFixed(digits)}\u00a0%`;
