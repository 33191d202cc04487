/** The ways to the views, the park's clock, and the settings. */
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import IconButton from "@mui/material/IconButton";
import { styled } from "@mui/material/styles";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { Link, useLocation } from "wouter";

import { useParkIfKnown, type Park } from "../format/park";
import { useSettings, type Look } from "../format/settings";
import type { System } from "../format/units";
import { useHub } from "../live/react";
import { TARGET_PX } from "../theme";
import { useSecond } from "./age";
import { SettingsIcon } from "./icons";
import { useApart, useToday } from "./when";

const VIEWS = [
  { path: "/", name: "Bullpen" },
  { path: "/staff", name: "Staff" },
  { path: "/system", name: "System" },
] as const;

const Bar = styled("header")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  gap: "0 clamp(2px, 1vw, 12px)",
  padding: "4px clamp(8px, 1.5vw, 20px)",
  background: "var(--paper)",
  borderBottom: "var(--border) solid var(--line)",
});

const Tab = styled(Link)({
  display: "inline-flex",
  alignItems: "center",
  minHeight: TARGET_PX,
  padding: "0 clamp(8px, 1.6vw, 16px)",
  color: "var(--soft)",
  fontWeight: 600,
  fontSize: "clamp(0.95rem, 2.6vw, 1.05rem)",
  textDecoration: "none",
  borderBottom: "4px solid transparent",
  "&[aria-current]": { color: "var(--ink)", borderBottomColor: "var(--accent)" },
});

/** `place` is the park's name as far as it is known, which may be from before this page was loaded. */
export function TopBar({ place }: { place: string }) {
  const park = useParkIfKnown();
  const [location] = useLocation();
  const { kiosk } = useSettings();
  const [open, setOpen] = useState(false);
  return (
    <Bar>
      <Typography variant="h1" sx={{ fontSize: "1.1rem", mr: 1, display: { xs: "none", sm: "block" } }}>
        PitchGuard
        {place && (
          <Typography component="span" sx={{ display: "block", fontSize: "0.8rem", lineHeight: 1.2, color: "text.secondary" }}>
            {place}
          </Typography>
        )}
      </Typography>
      <nav aria-label="Views" style={{ display: "flex", flexGrow: 1 }}>
        {VIEWS.map(({ path, name }) => (
          <Tab key={path} href={path} aria-current={location === path ? "page" : undefined}>
            {name}
          </Tab>
        ))}
      </nav>
      {/* Before the box has said where it stands nobody knows the park's time. */}
      {park && <ParkClock park={park} />}
      {!kiosk && (
        <IconButton aria-label="Settings" onClick={() => setOpen(true)} sx={{ color: "text.primary" }}>
          <SettingsIcon />
        </IconButton>
      )}
      <SettingsDialog open={open} onClose={() => setOpen(false)} />
    </Bar>
  );
}

/** The park's time; where the box and its cameras do not agree on it, both, and whose each is. */
function ParkClock({ park: { time } }: { park: Park }) {
  const second = useSecond();
  const { state } = useHub();
  const today = useToday();
  const apart = useApart();
  const [box, cameras] = [state.boxTime(second), state.seenTime(second)];
  // This device's clock may be wrong, and the box has not told its own.
  if (box === null || cameras === null) return null;
  return (
    <Typography component="span" sx={{ fontWeight: 600, lineHeight: 1.2, textAlign: "right" }} aria-label="Time at the park" role="timer" data-apart={apart}>
      {!apart ? (
        time.clock(box)
      ) : (
        <>
          <span style={{ whiteSpace: "nowrap" }}>Cameras’ clock {time.told(cameras, today)}</span>
          <br />
          <span style={{ whiteSpace: "nowrap", color: "var(--soft)" }}>box’s clock {time.told(box, today)}</span>
        </>
      )}
    </Typography>
  );
}

function SettingsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { look, system, choose } = useSettings();
  return (
    <Dialog open={open} onClose={onClose} aria-labelledby="settings-title" fullWidth maxWidth="xs">
      <DialogTitle id="settings-title">Settings of this tablet</DialogTitle>
      <DialogContent>
        <Typography id="look-label" sx={{ mb: 1 }}>
          Look
        </Typography>
        <ToggleButtonGroup
          exclusive
          fullWidth
          value={look}
          aria-labelledby="look-label"
          onChange={(_, value: Look | null) => value && choose({ look: value })}
        >
          <ToggleButton value="light">Light</ToggleButton>
          <ToggleButton value="dark">Dark</ToggleButton>
          <ToggleButton value="sun">In the sun</ToggleButton>
        </ToggleButtonGroup>
        <Typography id="units-label" sx={{ mt: 3, mb: 1 }}>
          Units
        </Typography>
        <ToggleButtonGroup
          exclusive
          fullWidth
          value={system}
          aria-labelledby="units-label"
          onChange={(_, value: System | null) => value && choose({ system: value })}
        >
          <ToggleButton value="us">mph, ft</ToggleButton>
          <ToggleButton value="metric">km/h, m</ToggleButton>
        </ToggleButtonGroup>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Done</Button>
      </DialogActions>
    </Dialog>
  );
}
