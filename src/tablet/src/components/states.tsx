/** What a view shows while it has nothing to show: loading, empty, failed. */
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Paper from "@mui/material/Paper";
import Typography from "@mui/material/Typography";
import type { UseQueryResult } from "@tanstack/react-query";
import { createContext, useContext, type ReactNode } from "react";

import { Refused } from "../api/client";
import { agoInWords } from "../format/time";
import { capital } from "../format/words";
import type { Link } from "../live/connection";
import { useLink } from "../live/react";
import { useSecond } from "./age";

/** What is on its way, as far as the box is known to send it. */
export function waitingInWords(what: string, link: Link): string {
  if (link === "lost") return `${capital(what)}: not known, the box does not answer.`;
  if (link === "key") return `${capital(what)}: not known, the box asks for a key.`;
  return `Loading ${what}…`;
}

export function Loading({ what }: { what: string }) {
  const link = useLink();
  return (
    <Paper sx={{ p: 3, borderStyle: "dashed" }} role="status">
      <Typography color="text.secondary">{waitingInWords(what, link)}</Typography>
    </Paper>
  );
}

const OldContext = createContext(false);

/** Whether the box does not answer this page now: what is shown is of earlier. */
export const useAway = (): boolean => ["lost", "key"].includes(useLink());

/** Whether what is shown here is of earlier: the box does not answer, or did not answer the last question. Nothing of it is known to be well now. */
export function useOld(): boolean {
  const unanswered = useContext(OldContext);
  return useAway() || unanswered;
}

/** How old an answer is, ages in it too; `at` is when it came by this device's clock, ms. */
function AsItWas({ at }: { at: number }) {
  const second = useSecond();
  return (
    <Typography data-as-it-was="" sx={{ fontWeight: 600 }}>
      As it was {agoInWords(second + 1000 - at)}:
    </Typography>
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
        <Button onClick={retry} color="inherit" sx={{ whiteSpace: "nowrap" }}>
          Try again
        </Button>
      }
    >
      <strong>{away ? `${what}: the box is out of reach.` : `${what} could not be had.`}</strong> {capital(said)}
    </Alert>
  );
}

interface AnsweredProps<T> {
  query: UseQueryResult<T>;
  what: string;
  /** Whether the answer tells how old things are, which is so at the moment it came: an answer of earlier says when that was. */
  hasAges?: boolean;
  children: (answer: T) => ReactNode;
}

/** A question's answer, or how it stands with it. An answer that is there stays, though a later question fails. */
export function Answered<T>({ query, what, hasAges = false, children }: AnsweredProps<T>) {
  const retry = (): void => void query.refetch();
  const away = useAway();
  if (query.data !== undefined) {
    return (
      <>
        {/* That the box is away stands above all panels, and is tried again by itself. */}
        {query.isError && !away && <Failed what={`News of ${what}`} error={query.error} retry={retry} />}
        {hasAges && (away || query.isError) && <AsItWas at={query.dataUpdatedAt} />}
        <OldContext value={query.isError}>{children(query.data)}</OldContext>
      </>
    );
  }
  if (query.isError) return <Failed what={capital(what)} error={query.error} retry={retry} />;
  return <Loading what={what} />;
}
