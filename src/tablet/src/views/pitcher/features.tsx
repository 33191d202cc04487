/** The features behind the number, each with its doubt and the quality of its data. */
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";

import type { Readiness } from "../../api/types";
import { Panel } from "../../parts/panel";
import { Empty } from "../../parts/states";
import { percent } from "../../people/units";
import { featureInWords } from "../../people/words";

export function Features({ readiness }: { readiness: Readiness }) {
  const features = Object.entries(readiness.features);
  const quality = readiness.feature_qa_min == null ? "" : `, poorest data ${percent(readiness.feature_qa_min)}`;
  return (
    <Panel title="Features" aside={<span>{`set ${readiness.feature_set}${quality}`}</span>}>
      {features.length === 0 ? (
        <Empty title="No feature’s window has opened yet.">The first opens after five fastballs.</Empty>
      ) : (
        <TableContainer tabIndex={0} role="region" aria-label="Features" sx={{ maxHeight: 420 }}>
          <Table size="small" stickyHeader>
            <TableHead>
              <TableRow>
                {["Feature", "Value", "± sd", "Data", "Pitches"].map((head) => (
                  <TableCell key={head} scope="col">
                    {head}
                  </TableCell>
                ))}
              </TableRow>
            </TableHead>
            <TableBody>
              {features.map(([name, { value, sd, qa, n }]) => (
                <TableRow key={name}>
                  <TableCell component="th" scope="row">
                    {featureInWords(name)}
                  </TableCell>
                  <TableCell>{value.toFixed(2)}</TableCell>
                  <TableCell>{sd.toFixed(2)}</TableCell>
                  <TableCell>{percent(qa)}</TableCell>
                  <TableCell>{n > 0 ? n : "earlier days"}</TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </TableContainer>
      )}
    </Panel>
  );
}
