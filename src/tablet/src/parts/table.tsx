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

interface PlainTableProps {
  label: string;
  heads: readonly string[];
  /** The first cell of each names its row. */
  rows: readonly (readonly ReactNode[])[];
  /** What each row is of, where rows come and go. */
  keys?: readonly Key[];
  /** Whether the heads stay in sight while the rows scroll. */
  sticky?: boolean;
  sx?: SxProps<Theme>;
}

/** Moves a table sideways where it is too wide; what its rows are of stays in sight. */
export const Sideways = styled(TableContainer)({
  // What is only for screen readers stays within, too.
  position: "relative",
  "& tbody th, & thead th:first-of-type": { position: "sticky", left: 0, zIndex: 1, background: "var(--paper)" },
  "& thead th:first-of-type": { zIndex: 3 },
});

export function PlainTable({ label, heads, rows, keys, sticky = false, sx = {} }: PlainTableProps) {
  return (
    <Sideways tabIndex={0} role="region" aria-label={label} sx={sx}>
      <Table size="small" stickyHeader={sticky}>
        <TableHead>
          <TableRow>
            {heads.map((head) => (
              <TableCell key={head} scope="col">
                {head}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row, at) => (
            <TableRow key={keys?.[at] ?? at}>
              {row.map((cell, column) =>
                column === 0 ? (
                  <TableCell key={column} component="th" scope="row">
                    {cell}
                  </TableCell>
                ) : (
                  <TableCell key={column}>{cell}</TableCell>
                ),
              )}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Sideways>
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

export function Sign({ kind, word }: { kind: SignKind; word: string }) {
  return (
    <Marked data-kind={kind} data-sentence={word.length > SENTENCE}>
      <span aria-hidden>{SIGNS[kind]} </span>
      {word}
    </Marked>
  );
}
