/** The features behind the number, each with its unit, its doubt and the quality of its data. */
import type { FeatureValue, Readiness } from "../../api/types";
import { Panel } from "../../components/panel";
import { Empty } from "../../components/states";
import { PlainTable } from "../../components/table";
import { useSettings } from "../../format/settings";
import { percent, type Units } from "../../format/units";
import { featureInWords, FEATURES_IN_ORDER, isAtLeast } from "../../format/words";
import { confidence } from "../bullpen/card";

/** A confidence as it is written everywhere; a count that not all was seen of is the least that it can be. */
export function valueInWords(name: string, { value, sd, unit, digits, partly_seen }: FeatureValue, units: Units): string {
  if (name === "calibration_confidence") return confidence(value);
  const told = units.told(value, unit, digits, sd);
  if (!partly_seen) return told;
  return unit === "pitches" ? `at least ${told}` : `${told}, of days that were only partly seen`;
}

/**
 * How complete the data behind a feature is. What has no standard deviation has no window that could lack some: it is counted or judged elsewhere.
 * Of an outing of which not all was seen or named, a window is complete in what was.
 */
export function dataInWords({ sd, qa, partly_seen }: FeatureValue, atLeast: boolean): string {
  if (sd === 0) return partly_seen ? "not all seen" : "–";
  return completeInWords(qa, atLeast);
}

const completeInWords = (qa: number, atLeast: boolean): string => `${percent(qa, 1)}${atLeast ? " of what was seen" : ""}`;

export function Features({ readiness, title = "Features" }: { readiness: Readiness; title?: string }) {
  const { units } = useSettings();
  const place = (name: string): number => {
    const at = FEATURES_IN_ORDER.indexOf(name);
    return at < 0 ? FEATURES_IN_ORDER.length : at;
  };
  const features = Object.entries(readiness.features).toSorted(([a], [b]) => place(a) - place(b));
  const atLeast = isAtLeast(readiness);
  const quality = readiness.feature_qa_min == null ? "" : `, poorest data ${completeInWords(readiness.feature_qa_min, atLeast)}`;
  return (
    <Panel title={title} wide aside={<span>{`set ${readiness.feature_set}${quality}`}</span>}>
      {features.length === 0 ? (
        <Empty title="No feature’s window has opened yet.">The first opens after five fastballs.</Empty>
      ) : (
        <PlainTable
          folds
          label={title}
          heads={["Feature", "Value ± sd", "Data", "Pitches"]}
          keys={features.map(([name]) => name)}
          rows={features.map(([name, feature]) => [featureInWords(name), valueInWords(name, feature, units), dataInWords(feature, atLeast), feature.n > 0 ? feature.n : "none here"])}
        />
      )}
    </Panel>
  );
}
