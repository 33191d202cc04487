/** The risk models: which serves, how good each was on a year that it never saw, and changing between them. */
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import Typography from "@mui/material/Typography";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ask } from "../../api/client";
import { Panel } from "../../components/panel";
import { Answered, Empty } from "../../components/states";
import { PlainTable, Sign } from "../../components/table";
import { useSettings } from "../../format/settings";
import { percent } from "../../format/units";
import { counted } from "../../format/words";

/** Another tablet, or the box, may have changed which model serves. */
const EVERY_MS = 30_000;

type Answer = Awaited<ReturnType<typeof ask.models>>;
type ModelShown = Answer["models"][number];
type Drift = NonNullable<Answer["drift"]>;

/** What is to be confirmed: a model's promotion, or going back. */
type Change = { kind: "promote"; version: string } | { kind: "rollback" };

export function Models() {
  const { kiosk } = useSettings();
  const query = useQuery({ queryKey: ["models"], queryFn: ask.models, refetchInterval: EVERY_MS });
  const [change, setChange] = useState<Change | null>(null);
  return (
    <Panel
      title="Risk models"
      wide
      aside={
        !kiosk && (
          <Button variant="outlined" disabled={(query.data?.models.length ?? 0) < 2} onClick={() => setChange({ kind: "rollback" })}>
            Roll back
          </Button>
        )
      }
    >
      <Answered query={query} what="models">
        {({ models, drift }) =>
          models.length === 0 ? (
            <Empty title="No model has been trained.">One comes with: pitchguard train</Empty>
          ) : (
            <>
              <List models={models} onPromote={kiosk ? null : (version) => setChange({ kind: "promote", version })} />
              <Typography variant="body2" sx={{ mt: 1 }}>
                {fitInWords(models, drift)}
              </Typography>
            </>
          )
        }
      </Answered>
      {change && <Confirm change={change} onDone={() => setChange(null)} />}
    </Panel>
  );
}

/** Whether the model that serves still fits, as far as that was looked at; that none serves where it is so. */
export function fitInWords(models: readonly Pick<ModelShown, "serving">[], drift: Drift | null | undefined): string {
  if (!models.some(({ serving }) => serving)) return "None serves: no risk is told.";
  return drift ? stands(drift) : "Whether it still fits is looked at every night, and was not yet since it serves.";
}

/** How it stands, in words. */
function stands({ inputs, fault, calibration }: Drift): string {
  const known = moved(inputs ?? null);
  if (fault) return `No longer fit: ${fault}. ${known}`;
  if (!calibration) return known;
  return `${known} ${counted(calibration.came, "placement")} came, ${calibration.foretold.toFixed(0)} were foretold.`;
}

/** How far its inputs have moved, in words. */
function moved(inputs: readonly { feature: string; psi: number }[] | null): string {
  if (inputs === null) return "Whether its inputs have moved since training is not known yet: too few days are known.";
  const farthest = inputs.slice(0, 3).map((each) => `${each.feature.replaceAll("_", " ")} ${each.psi.toFixed(2)}`);
  return `Inputs moved the farthest: ${farthest.join(", ")} (from 0.1 look, from 0.25 act).`;
}

function List({ models, onPromote }: { models: readonly ModelShown[]; onPromote: ((version: string) => void) | null }) {
  return (
    <PlainTable
      label="Models"
      heads={["Version", "Serves", "Trained on", "Tested on", "AUC (95 %)", "Lift of the highest tenth", "Usual", ""]}
      rows={models.toReversed().map((model) => [
        model.version,
        <Serves key="serves" model={model} />,
        [...new Set(model.train_years)].join("–"),
        `${model.test_year}: ${counted(model.test_placed, "placement")}, ${counted(model.test_rows, "day")}`,
        `${model.auc.value.toFixed(3)} (${model.auc.low.toFixed(3)}–${model.auc.high.toFixed(3)})`,
        `${model.lift_10.value.toFixed(1)} times`,
        percent(model.base_rate, 1),
        !model.better_than_chance ? (
          "not better than chance: its numbers are not shown"
        ) : onPromote && !model.serving && model.features_match ? (
          <Button key="promote" aria-label={`Promote ${model.version}`} onClick={() => onPromote(model.version)}>
            Promote
          </Button>
        ) : model.features_match ? (
          ""
        ) : (
          "other features"
        ),
      ])}
    />
  );
}

/** A model that serves and is not better than chance tells nobody a number. */
function Serves({ model }: { model: ModelShown }) {
  if (!model.serving) return "–";
  return model.better_than_chance ? <Sign kind="good" word="serves" /> : <Sign kind="watch" word="serves, tells nothing" />;
}

function Confirm({ change, onDone }: { change: Change; onDone: () => void }) {
  const queries = useQueryClient();
  const changing = useMutation({
    mutationFn: () => (change.kind === "promote" ? ask.promote(change.version) : ask.rollback()),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["models"] });
      void queries.invalidateQueries({ queryKey: ["risk"] });
      void queries.invalidateQueries({ queryKey: ["risks"] });
      onDone();
    },
  });
  return (
    <Dialog open onClose={onDone} aria-labelledby="change-title">
      <DialogTitle id="change-title">{change.kind === "promote" ? `Let ${change.version} serve?` : "Go back to the model before?"}</DialogTitle>
      <DialogContent>
        <Typography>Every risk on every tablet comes from it from now on. It can be taken back at any time.</Typography>
        {changing.isError && <Alert severity="error">{changing.error.message}</Alert>}
      </DialogContent>
      <DialogActions>
        <Button onClick={onDone}>Cancel</Button>
        <Button variant="contained" disabled={changing.isPending} onClick={() => changing.mutate()}>
          {change.kind === "promote" ? "Let it serve" : "Go back"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
