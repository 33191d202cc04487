/** What people chose on this tablet, and where it hangs. */
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";

import { keep, recall } from "../shell/kept";
import { Units, type System } from "./units";

export type Look = "light" | "dark" | "sun";

interface Chosen {
  look: Look;
  system: System;
}

interface Settings extends Chosen {
  units: Units;
  /** Hangs on a wall: nothing to set, comes home by itself. */
  kiosk: boolean;
  choose: (change: Partial<Chosen>) => void;
}

const KEPT = "pitchguard.settings";
const KIOSK = "pitchguard.kiosk";

const SettingsContext = createContext<Settings | null>(null);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("no SettingsProvider above");
  return settings;
}

const LOOKS: readonly Look[] = ["light", "dark", "sun"];

function kept(): Chosen {
  const wantsDark = globalThis.matchMedia("(prefers-color-scheme: dark)").matches;
  const wantsContrast = globalThis.matchMedia("(prefers-contrast: more)").matches;
  const usual: Chosen = { look: wantsContrast ? "sun" : wantsDark ? "dark" : "light", system: "us" };
  // A wall's tablet is set by its address: ?kiosk=1&theme=sun&units=metric.
  const asked = new URLSearchParams(location.search);
  let chosen: Partial<Chosen> = {};
  try {
    chosen = JSON.parse(recall("localStorage", KEPT) ?? "{}") as Partial<Chosen>;
  } catch {
    // What cannot be read was not chosen.
  }
  const look = LOOKS.find((name) => name === asked.get("theme")) ?? LOOKS.find((name) => name === chosen.look);
  const system = asked.get("units") ?? chosen.system;
  return { look: look ?? usual.look, system: system === "metric" ? "metric" : usual.system };
}

/** Once asked for, a wall's tablet stays one until its tab is closed: links need not carry it. */
function isKiosk(): boolean {
  const asked = new URLSearchParams(location.search).get("kiosk");
  if (asked !== null) keep("sessionStorage", KIOSK, asked);
  return recall("sessionStorage", KIOSK) === "1";
}

export function SettingsProvider({ children }: { children: (look: Look) => ReactNode }) {
  const [chosen, setChosen] = useState(kept);
  const [kiosk] = useState(isKiosk);
  const choose = useCallback((change: Partial<Chosen>) => {
    setChosen((before) => {
      const after = { ...before, ...change };
      keep("localStorage", KEPT, JSON.stringify(after));
      return after;
    });
  }, []);
  const settings = useMemo(
    () => ({ ...chosen, units: new Units(chosen.system), kiosk, choose }),
    [chosen, kiosk, choose],
  );
  return <SettingsContext value={settings}>{children(chosen.look)}</SettingsContext>;
}
