/** The features behind the number, each with its doubt and the quality of its data. */
import type { Readiness } from "../../api/types";
import { Panel } from "../../parts/panel";
import { Empty } from "../../parts/states";
import { PlainTable } from "../../parts/table";
import { percent } from "../../people/units";
import { featureInWords } from "../../people/words";

export function Features({ readiness }: { readiness: Readiness }) {
  const features = Object.entries(readiness.features);
  const quality = readiness.feature_qa_min == null ? "" : `, poorest data ${percent(readiness.feature_qa_min)}`;
  return (
    <Panel title="Features" wide aside={<span>{`set ${readiness.feature_set}${quality}`}</span>}>
      {features.length === 0 ? (
        <Empty title="No feature’s window has opened yet.">The first opens after five fastballs.</Empty>
      ) : (
        <PlainTable
          label="Features"
          heads={["Feature", "Value", "± sd", "Data", "Pitches"]}
          keys={features.map(([name]) => name)}
          rows={features.map(([name, { value, sd, qa, n }]) => [featureInWords(name), value.toFixed(2), sd.toFixed(2), percent(qa), n > 0 ? n : "earlier days"])}
          sticky
          sx={{ maxHeight: 420 }}
        />
      )}
    </Panel>
  );
}
