/** What a view shows while it has nothing to show: loading, empty, failed. */
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Paper from "@mui/material/Paper";
import Typography from "@mui/material/Typography";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Refused } from "../api/client";
import { capital } from "../format/words";

export function Loading({ what }: { what: string }) {
  return (
    <Paper sx={{ p: 3, borderStyle: "dashed" }} role="status">
      <Typography color="text.secondary">Loading {what}…</Typography>
    </Paper>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Paper sx={{ p: 3, borderStyle: "dashed" }}>
      <Typography variant="h3" component="p">
        {title}
      </Typography>
      {children && <Typography color="text.secondary">{children}</Typography>}
    </Paper>
  );
}

/** What the box said, and a way to try again. */
export function Failed({ what, error, retry }: { what: string; error: unknown; retry: () => void }) {
  const said = error instanceof Error ? error.message : "Nobody knows why.";
  const away = error instanceof Refused && error.status === 0;
  return (
    <Alert
      severity={away ? "warning" : "error"}
      variant="outlined"
      sx={{ alignItems: "center", color: "text.primary" }}
      action={
        <Button onClick={retry} color="inherit">
          Try again
        </Button>
      }
    >
      <strong>{away ? `${what}: the box is out of reach.` : `${what} could not be had.`}</strong> {said}
    </Alert>
  );
}

/** A question's answer, or how it stands with it. An answer that is there stays, though a later question fails. */
export function Answered<T>({
  query,
  what,
  children,
}: {
  query: UseQueryResult<T>;
  what: string;
  children: (answer: T) => ReactNode;
}) {
  const retry = (): void => void query.refetch();
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Failed what={`Newer ${what}`} error={query.error} retry={retry} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failed what={capital(what)} error={query.error} retry={retry} />;
  return <Loading what={what} />;
}
