/** How the link to the box stands. While it is down what the page shows is only what was. */
import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";

import { useParkIfKnown } from "../format/park";
import { agoInWords, ParkTime } from "../format/time";
import { useHub, useLink } from "../live/react";
import type { LastSeen } from "../shell/last-seen";
import { useSecond } from "./age";
import { AlarmIcon } from "./icons";

const Banner = styled("div")({
  display: "flex",
  gap: 10,
  alignItems: "center",
  justifyContent: "center",
  padding: "10px 16px",
  background: "var(--warning)",
  color: "var(--onWarning)",
  borderBottom: "3px solid currentColor",
  fontWeight: 700,
  fontSize: "1.1rem",
  position: "sticky",
  top: 0,
  zIndex: 10,
});

interface LinkBannerProps {
  /** When it was last seen before this page was loaded. */
  seen: LastSeen | null;
  onKey: () => void;
}

export function LinkBanner({ seen, onKey }: LinkBannerProps) {
  const link = useLink();
  return (
    <div role="status" data-link={link}>
      {link !== "live" && <Away seen={seen} onKey={onKey} />}
    </div>
  );
}

function Away({ seen, onKey }: LinkBannerProps) {
  const link = useLink();
  const hub = useHub();
  const second = useSecond();
  const park = useParkIfKnown();
  const heard = hub.heardAt;
  const known = hub.state.seenTime(heard);
  const told =
    park && known !== null
      ? `Shown is what was known at ${park.time.toldToSecond(known, park.time.day(hub.state.seenTime(second) ?? known))}, ${agoInWords(second + 1000 - heard)}.`
      : seen
        ? `Last seen ${new ParkTime(seen.zone).moment(seen.at, null)}. No number is shown until it is back; the page goes on by itself.`
        : "Nothing has been heard of it yet.";
  const words = {
    connecting: "Connecting to the box.",
    lost: "The box does not answer.",
    key: "The box asks for a key.",
    live: "",
  }[link];
  return (
    <Banner>
      <AlarmIcon />
      <span>
        {words} {told}
      </span>
      {link === "key" && (
        <Button variant="outlined" color="inherit" onClick={onKey} sx={{ flexShrink: 0 }}>
          Enter the key
        </Button>
      )}
    </Banner>
  );
}
