/** Asks for the box's key; the box answers with a cookie, so the page keeps no key. */
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { openSession } from "../api/client";
import { useHub } from "../live/react";

interface KeyDialogProps {
  /** The box let this page in. */
  onOpened: () => void;
  /** Whoever is asked has no key at hand. */
  onLater: () => void;
}

export function KeyDialog({ onOpened, onLater }: KeyDialogProps) {
  const hub = useHub();
  const queries = useQueryClient();
  const [key, setKey] = useState("");
  const opening = useMutation({
    mutationFn: openSession,
    onSuccess: () => {
      hub.admitted();
      void queries.invalidateQueries();
      onOpened();
    },
  });
  return (
    <Dialog open onClose={onLater} aria-labelledby="key-title" fullWidth maxWidth="xs">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          opening.mutate(key.trim());
        }}
      >
        <DialogTitle id="key-title">This box asks for a key</DialogTitle>
        <DialogContent>
          <TextField
            autoFocus
            fullWidth
            margin="dense"
            type="password"
            label="Key"
            autoComplete="current-password"
            helperText="Whoever runs the box makes one with: pitchguard key add --name NAME"
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
          {opening.isError && <Alert severity="error">{opening.error.message}</Alert>}
        </DialogContent>
        <DialogActions>
          <Button onClick={onLater}>Not now</Button>
          <Button type="submit" variant="contained" disabled={key.trim() === "" || opening.isPending}>
            Open
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
