/** Correcting cameras by hand: the box says first what it would do, and does it after a yes. */
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import Typography from "@mui/material/Typography";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";

import { ask } from "../../api/client";
import type { Proposal } from "../../api/types";
import { Answered } from "../../components/states";
import { counted } from "../../format/words";

const changes = ({ applies, reinstates }: Proposal): boolean => applies || reinstates;

/** A line for each camera that something is done to, and how many stay as they are; of one that stays alone, why. */
export function proposedInWords(proposals: readonly Proposal[]): string[] {
  const acts = proposals.filter(changes).map(({ camera, applies, reinstates, why }) => {
    const what = [applies && "correct", reinstates && "take in again"].filter(Boolean).join(" and ");
    return `Camera ${camera}: ${what}; ${why}`;
  });
  const stay = proposals.filter((each) => !changes(each));
  const [only] = stay;
  if (only === undefined) return acts.length > 0 ? acts : ["There is no camera to correct"];
  if (proposals.length === 1) return [`Camera ${only.camera} stays as it is: ${only.why}`];
  return [...acts, `${counted(stay.length, "camera stays as it is", "cameras stay as they are")}`];
}

function Lines({ proposals }: { proposals: readonly Proposal[] }) {
  return (
    <ul style={{ margin: 0, paddingLeft: 22 }}>
      {proposedInWords(proposals).map((line) => (
        <li key={line}>{line}.</li>
      ))}
    </ul>
  );
}

interface RecalibrateProps {
  venue: string;
  /** Only this one; else all. */
  camera?: number;
}

/** The button, and the question behind it. */
export function Recalibrate({ venue, camera }: RecalibrateProps) {
  const [asked, setAsked] = useState(false);
  const name = camera === undefined ? "all cameras" : `camera ${camera}`;
  return (
    <>
      <Button variant="outlined" size={camera === undefined ? "medium" : "small"} aria-label={`Recalibrate ${name}`} onClick={() => setAsked(true)} sx={{ minHeight: 44 }}>
        {camera === undefined ? "Recalibrate all…" : "Recalibrate…"}
      </Button>
      {asked && <Question venue={venue} cameras={camera === undefined ? null : [camera]} name={name} onDone={() => setAsked(false)} />}
    </>
  );
}

interface QuestionProps {
  venue: string;
  cameras: readonly number[] | null;
  name: string;
  onDone: () => void;
}

function Question({ venue, cameras, name, onDone }: QuestionProps) {
  const queries = useQueryClient();
  const title = useId();
  // What would be done is so at this moment only.
  const proposed = useQuery({ queryKey: ["recalibrate", venue, cameras, title], queryFn: () => ask.recalibrate(venue, cameras, true), staleTime: Infinity, gcTime: 0, retry: false });
  const doing = useMutation({
    mutationFn: () => ask.recalibrate(venue, cameras, false),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["calibration"] });
      void queries.invalidateQueries({ queryKey: ["status"] });
    },
  });
  const acts = proposed.data?.proposals.some(changes) ?? false;
  return (
    <Dialog open onClose={onDone} aria-labelledby={title} fullWidth maxWidth="sm">
      <DialogTitle id={title}>{doing.data ? `Done to ${name}` : `Recalibrate ${name}?`}</DialogTitle>
      <DialogContent>
        {doing.data ? (
          <div role="status">
            <Lines proposals={doing.data.proposals} />
          </div>
        ) : (
          <Answered query={proposed} what="what would be done">
            {({ proposals }) => (
              <>
                <Typography sx={{ mb: 1 }}>{acts ? "By what pitches and landmarks so far say, the box would:" : "Nothing would be done by what pitches and landmarks so far say."}</Typography>
                <Lines proposals={proposals} />
              </>
            )}
          </Answered>
        )}
        {doing.isError && <Alert severity="error">Not done: {doing.error.message}</Alert>}
      </DialogContent>
      <DialogActions>
        <Button onClick={onDone}>{doing.data || (proposed.data && !acts) ? "Close" : "Cancel"}</Button>
        {acts && !doing.data && (
          <Button variant="contained" disabled={doing.isPending} onClick={() => doing.mutate()}>
            Do that
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
