/** A part of a view with its heading. */
import Paper from "@mui/material/Paper";
import Typography from "@mui/material/Typography";
import { useId, type ReactNode } from "react";

interface PanelProps {
  title: string;
  /** Beside the heading. */
  aside?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}

export function Panel({ title, aside, children, wide = false }: PanelProps) {
  const id = useId();
  return (
    <Paper component="section" aria-labelledby={id} sx={{ p: 2, minWidth: 0, gridColumn: wide ? "1 / -1" : undefined }}>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "center", marginBottom: 8 }}>
        <Typography variant="h2" id={id} sx={{ flexGrow: 1 }}>
          {title}
        </Typography>
        {aside}
      </div>
      {children}
    </Paper>
  );
}
