/** The few drawings that the pages need. Each stands beside words, so none has a name of its own. */
import SvgIcon, { type SvgIconProps } from "@mui/material/SvgIcon";

const drawn = (path: string) =>
  function Drawn(props: SvgIconProps) {
    return (
      <SvgIcon {...props} aria-hidden>
        <path d={path} />
      </SvgIcon>
    );
  };

export const SettingsIcon = drawn(
  "M4 6h9a3 3 0 0 1 5.8 0H20v2h-1.2A3 3 0 0 1 13 8H4zm12-.6a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zM4 16h1.2a3 3 0 0 1 5.6 0H20v2h-9.2a3 3 0 0 1-5.6 0H4zm4-.6a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2z",
);
export const BackIcon = drawn("M15.4 5.4 14 4l-8 8 8 8 1.4-1.4L8.8 12z");
export const LockIcon = drawn("M12 2a5 5 0 0 0-5 5v3H5v12h14V10h-2V7a5 5 0 0 0-5-5zm-3 8V7a3 3 0 0 1 6 0v3z");
export const TickIcon = drawn("M9.5 18.2 3.8 12.5l1.4-1.4 4.3 4.3 9.3-9.3 1.4 1.4z");
export const ClockIcon = drawn("M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1 3v6l5 3 1-1.6-4-2.4V7z");
export const AlarmIcon = drawn("M12 2 1 21h22zm-1 7h2v6h-2zm0 8h2v2h-2z");
