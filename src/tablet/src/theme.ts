/**
 * Three looks: light, dark, and one for the sun, which is black on white without greys.
 *
 * The meanings that MUI has no names for are CSS variables on the root, so that a card that changes a hundred times a
 * second computes no styles. Every pair of text and ground has a contrast of 4.5 at least, 7 in the sun.
 */
import { createTheme, type Theme } from "@mui/material/styles";

import type { Look } from "./format/settings";

interface Tones {
  ground: string;
  paper: string;
  ink: string;
  /** Lesser text. */
  soft: string;
  line: string;
  accent: string;
  ready: string;
  watch: string;
  warm: string;
  out: string;
  /** Ground behind a critical alert, and its text. */
  alarm: string;
  onAlarm: string;
  /** Ground behind a warning, and its text. */
  warning: string;
  onWarning: string;
  /** Bands and areas of charts. */
  area: string;
}

const TONES: Readonly<Record<Look, Tones>> = {
  light: {
    ground: "#f2f4f7",
    paper: "#ffffff",
    ink: "#101828",
    soft: "#475467",
    line: "#d0d5dd",
    accent: "#0b4f9e",
    ready: "#05603a",
    watch: "#8a4b00",
    warm: "#a83a00",
    out: "#b42318",
    alarm: "#b42318",
    onAlarm: "#ffffff",
    warning: "#fff1d6",
    onWarning: "#5c3300",
    area: "#d5e4f7",
  },
  dark: {
    ground: "#0b1018",
    paper: "#151c27",
    ink: "#f2f5f9",
    soft: "#b3bdcc",
    line: "#364152",
    accent: "#8ec2ff",
    ready: "#5fdc9f",
    watch: "#ffc857",
    warm: "#ff9f5a",
    out: "#ff8a80",
    alarm: "#7a1212",
    onAlarm: "#ffffff",
    warning: "#46330a",
    onWarning: "#ffe2a3",
    area: "#24405f",
  },
  sun: {
    ground: "#ffffff",
    paper: "#ffffff",
    ink: "#000000",
    soft: "#000000",
    line: "#000000",
    accent: "#00337a",
    ready: "#00411f",
    watch: "#5a2f00",
    warm: "#6d2000",
    out: "#8c0000",
    alarm: "#8c0000",
    onAlarm: "#ffffff",
    warning: "#ffe08a",
    onWarning: "#000000",
    area: "#cfdcf0",
  },
};

/** What can be touched is at least so large, px (WCAG 2.2, 2.5.5). */
export const TARGET_PX = 44;

export function themeOf(look: Look): Theme {
  const tones = TONES[look];
  const sun = look === "sun";
  const variables = Object.fromEntries(Object.entries(tones).map(([name, tone]) => [`--${name}`, tone]));
  return createTheme({
    palette: {
      mode: look === "dark" ? "dark" : "light",
      primary: { main: tones.accent },
      error: { main: tones.out },
      warning: { main: tones.watch },
      success: { main: tones.ready },
      background: { default: tones.ground, paper: tones.paper },
      text: { primary: tones.ink, secondary: tones.soft },
      divider: tones.line,
    },
    shape: { borderRadius: 10 },
    typography: {
      fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif",
      fontWeightRegular: sun ? 500 : 400,
      fontWeightMedium: sun ? 700 : 600,
      h1: { fontSize: "1.5rem", fontWeight: 700 },
      h2: { fontSize: "1.2rem", fontWeight: 700 },
      h3: { fontSize: "1.05rem", fontWeight: 700 },
      body1: { fontSize: "1rem" },
      body2: { fontSize: "0.925rem" },
      button: { textTransform: "none", fontWeight: 600 },
    },
    components: {
      MuiCssBaseline: {
        styleOverrides: {
          ":root": { ...variables, "--border": sun ? "2px" : "1px", "--stroke": sun ? "3" : "2" },
          body: { fontVariantNumeric: "tabular-nums", overflowWrap: "anywhere" },
          ":focus-visible": { outline: `3px solid ${tones.accent}`, outlineOffset: 2 },
          "@media (prefers-reduced-motion: reduce)": {
            "*, *::before, *::after": { animation: "none !important", transition: "none !important" },
          },
        },
      },
      MuiButtonBase: { defaultProps: { disableRipple: true } },
      MuiButton: { styleOverrides: { root: { minHeight: TARGET_PX, minWidth: TARGET_PX } } },
      MuiIconButton: { styleOverrides: { root: { minHeight: TARGET_PX, minWidth: TARGET_PX } } },
      MuiToggleButton: {
        styleOverrides: { root: { minHeight: TARGET_PX, minWidth: TARGET_PX, color: tones.ink, borderColor: tones.line } },
      },
      MuiPaper: {
        defaultProps: { elevation: 0, variant: "outlined" },
        styleOverrides: { root: { backgroundImage: "none", borderWidth: "var(--border)", borderColor: tones.line } },
      },
      MuiOutlinedInput: { styleOverrides: { notchedOutline: { borderColor: tones.soft, borderWidth: "var(--border)" } } },
      MuiTableCell: {
        styleOverrides: {
          root: { padding: "8px 10px", borderColor: tones.line, fontSize: "0.95rem", overflowWrap: "normal" },
          head: { fontWeight: 700, color: tones.soft, lineHeight: 1.25 },
        },
      },
      MuiTableSortLabel: { styleOverrides: { root: { minHeight: TARGET_PX, minWidth: TARGET_PX } } },
    },
  });
}
