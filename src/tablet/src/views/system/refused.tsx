/** What the box refused lately: frames and keys, who sent them, and what to do. */
import Typography from "@mui/material/Typography";

import type { StatusReport } from "../../api/types";
import { PlainTable } from "../../components/table";
import { agoInWords } from "../../format/time";

/** Of so long ago at most, s: what is older has been looked at, or is over. */
const LATELY_S = 600;

/** What was refused, by the first check that failed; a cause that is not here is shown as it is. */
const CAUSES: Readonly<Record<string, string>> = {
  truncated: "frame of a wrong length",
  magic: "no frame",
  version: "frame of another version",
  crc: "damaged frame",
  flags: "frame with unknown flags",
  auth: "frame not signed as it must be",
  kind: "frame of an unknown kind",
  payload_size: "frame of a wrong length",
  values: "frame with impossible values",
  address: "frame from another address",
  replayed: "frame sent again",
  serial_cut_short: "frame cut short on the line",
  serial_too_long: "frame too long on the line",
};

/** The rows of what was refused lately: what, who, when, what is wrong, and how it begins. */
export function refusedLately({ ingest, access }: Pick<StatusReport, "ingest" | "access">): string[][] {
  const frames = (ingest?.last_refused ?? []).map(({ ago_s, cause, from, bytes, sample, why }) => ({
    ago_s,
    row: [CAUSES[cause] ?? `frame: ${cause.replaceAll("_", " ")}`, from, agoInWords(ago_s * 1000), why, `${bytes} bytes: ${sample}`],
  }));
  const keys = (access?.last_refused ?? []).map(({ ago_s, from, times, why }) => ({
    ago_s,
    row: ["key", from, agoInWords(ago_s * 1000), why, times === 1 ? "once" : `${times} times`],
  }));
  const lately = [...frames, ...keys].filter(({ ago_s }) => ago_s < LATELY_S);
  return lately.sort((one, other) => one.ago_s - other.ago_s).map(({ row }) => row);
}

export function Refused({ report }: { report: StatusReport }) {
  const rows = refusedLately(report);
  if (rows.length === 0) return <Typography>Nothing in the last ten minutes.</Typography>;
  return <PlainTable folds label="Refused lately" heads={["What", "From", "Last", "Why, and what to do", "How it begins, or how often"]} rows={rows} keys={rows.map(([what, from], at) => `${what} ${from} ${at}`)} />;
}
