/** A table, and a state by sign and word. */
import type { SxProps, Theme } from "@mui/material/styles";
import { styled } from "@mui/material/styles";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import type { Key, ReactNode } from "react";

import { useOld } from "./states";

interface PlainTableProps {
  label: string;
  heads: readonly string[];
  /** The first cell of each names its row. */
  rows: readonly (readonly ReactNode[])[];
  /** What each row is of, where rows come and go. */
  keys?: readonly Key[];
  /** Whether the heads stay in sight while the rows scroll. */
  sticky?: boolean;
  /** Whether a row is a block of lines where there is no room for its columns. */
  folds?: boolean;
  sx?: SxProps<Theme>;
}

/** Moves a table sideways where it is too wide; what its rows are of stays in sight. */
export const Sideways = styled(TableContainer)({
  // What is only for screen readers stays within, too.
  position: "relative",
  "& tbody th, & thead th:first-of-type": { position: "sticky", left: 0, zIndex: 1, background: "var(--paper)" },
  "& thead th:first-of-type": { zIndex: 3 },
});

/** Widths below which a table has no room for its columns, px: a plain one, and one with many. */
const FOLDED_PX = { plain: 520, many: 720 } as const;

const FOLDED = {
  "& table, & tbody, & tbody th": { display: "block" },
  // A head with something to press in it stays, as a line of that.
  "& thead": { display: "none" },
  "& thead[data-pressed]": { display: "block" },
  "& thead[data-pressed] tr": { display: "flex", flexWrap: "wrap" },
  "& thead[data-pressed] th:not(:has(.MuiTableSortLabel-root))": { display: "none" },
  "& thead[data-pressed] th": { position: "static", border: 0, padding: "0 14px 0 0" },
  "& tbody tr": { display: "block", padding: "8px 0", borderTop: "var(--border) solid var(--line)" },
  "& tbody th, & tbody td": { position: "static", border: 0, padding: "2px 0", minWidth: 0, whiteSpace: "normal", overflowWrap: "anywhere" },
  "& tbody td": { display: "grid", gridTemplateColumns: "minmax(0, 8rem) minmax(0, 1fr)", gap: 8 },
  "& tbody td::before": { content: "attr(data-head)", color: "var(--soft)" },
  "& tbody td:empty": { display: "none" },
} as const;

/**
 * Where there is no room for columns (`data-columns`) a row is a block: what it is of, then a line a cell that says its column (`data-head`).
 * Elements that are no table any more to a browser keep their roles where the markup names them.
 */
export const Folding = styled(Sideways)({
  containerType: "inline-size",
  [`@container (max-width: ${FOLDED_PX.plain - 1}px)`]: FOLDED,
  '&[data-columns="many"]': { [`@container (max-width: ${FOLDED_PX.many - 1}px)`]: FOLDED },
});

export function PlainTable({ label, heads, rows, keys, sticky = false, folds = false, sx = {} }: PlainTableProps) {
  const Around = folds ? Folding : Sideways;
  return (
    <Around tabIndex={0} role="region" aria-label={label} sx={sx}>
      <Table size="small" stickyHeader={sticky} role="table">
        <TableHead role="rowgroup">
          <TableRow role="row">
            {heads.map((head) => (
              <TableCell key={head} scope="col" role="columnheader">
                {head}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody role="rowgroup">
          {rows.map((row, at) => (
            <TableRow key={keys?.[at] ?? at} role="row">
              {row.map((cell, column) =>
                column === 0 ? (
                  <TableCell key={column} component="th" scope="row" role="rowheader">
                    {cell}
                  </TableCell>
                ) : (
                  <TableCell key={column} role="cell" data-head={heads[column]}>
                    {/* One element beside the head, whatever is in it. */}
                    {typeof cell === "string" && cell === "" ? null : <div>{cell}</div>}
                  </TableCell>
                ),
              )}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Around>
  );
}

export type SignKind = "good" | "watch" | "bad" | "off";

const SIGNS: Readonly<Record<SignKind, string>> = { good: "●", watch: "▲", bad: "■", off: "○" };

/** Words beyond this are a sentence, which may break over lines. */
const SENTENCE = 30;

const Marked = styled("span")({
  fontWeight: 700,
  '&[data-sentence="false"]': { whiteSpace: "nowrap" },
  '&[data-kind="good"]': { color: "var(--ready)" },
  '&[data-kind="watch"]': { color: "var(--watch)" },
  '&[data-kind="bad"]': { color: "var(--out)" },
  '&[data-kind="off"]': { color: "var(--soft)" },
});

/** How something is; where that is of earlier, that it was last told so, and by no colour. */
export function Sign({ kind, word }: { kind: SignKind; word: string }) {
  const old = useOld();
  const [shown, told] = old ? (["off", `last told: ${word}`] as const) : [kind, word];
  return (
    <Marked data-kind={shown} data-sentence={told.length > SENTENCE}>
      <span aria-hidden>{SIGNS[shown]} </span>
      {told}
    </Marked>
  );
}
