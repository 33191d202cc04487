//! The model card: what a model is, what it was made of, how it did. Written by `pitchguard train --report`.

use std::fmt::Write;

use super::labels::{BLACKOUT_DAYS, HORIZON_DAYS};
use super::metrics::{Interval, Judged};
use super::model::Model;

/// A figure with its interval.
fn told(i: &Interval, digits: usize) -> String {
    format!("{:.digits$} [{:.digits$}, {:.digits$}]", i.value, i.low, i.high)
}

fn row(name: &str, judged: &Judged) -> String {
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} |",
        told(&judged.auc, 3),
        told(&judged.pr_auc, 3),
        told(&judged.lift_10, 2),
        told(&judged.brier, 4),
        told(&judged.brier_skill, 4),
        told(&judged.ece, 4),
        told(&judged.slope, 2)
    )
}

/// The card, in Markdown.
pub fn model_card(model: &Model) -> String {
    let mut card = String::new();
    write_card(&mut card, model).expect("a String takes everything");
    card
}

fn write_card(out: &mut String, model: &Model) -> std::fmt::Result {
    let r = &model.record;
    writeln!(out, "# Model card: injury risk {}\n", model.version)?;
    writeln!(out, "Written by `pitchguard train --report`; every figure is computed at that moment.\n")?;
    writeln!(
        out,
        "**What it tells**: the probability that a pitcher is placed on the injured list with his arm or shoulder within \
         {HORIZON_DAYS} days, from his games and earlier placements. It is a probability over many pitchers; most at high \
         risk stay healthy, and it replaces nobody's judgement of a sore arm.\n"
    )?;
    writeln!(
        out,
        "**How it is made**: logistic regression, balanced, L2 with C = {}, on \"{}\" inputs; trained on {}–{}, calibrated \
         (Platt) on {}, tested on {}. Inputs and C are chosen by rolling origin within the years before {}: the test year takes \
         no part. Feature fingerprint `{}`.\n",
        r.c, r.inputs, r.train_years.0, r.train_years.1, r.calibrate_year, r.test_year, r.test_year, model.fingerprint
    )?;
    if let Some((all, matched)) = r.matched.filter(|(all, _)| *all > 0) {
        let share = 100.0 * matched as f64 / all as f64;
        writeln!(
            out,
            "**Names**: of {all} pitchers with arm placements in these years the games of {matched} ({share:.1} %) are \
             known. The others' names were not found, or are those of several people.\n"
        )?;
    }
    writeln!(
        out,
        "## Test year {}: {} days of pitching, {} of them with a placement within {HORIZON_DAYS} days, {} pitchers\n",
        r.test_year, r.test.rows, r.test.placed, r.test.pitchers
    )?;
    writeln!(out, "95 % intervals by bootstrap over pitchers.\n")?;
    writeln!(
        out,
        "| model | AUC | PR-AUC | lift at 10 % | Brier | Brier skill | ECE | slope |\n|---|---|---|---|---|---|---|---|"
    )?;
    writeln!(out, "{}", row("this model, served", &r.test))?;
    if let Some(isotonic) = &r.test_isotonic {
        writeln!(out, "{}", row("with isotonic calibration", isotonic))?;
    }
    writeln!(out, "{}", row("plain pipeline (yardstick)", &r.yardstick))?;
    if let Some((trees, _)) = &r.boosted {
        writeln!(out, "{}", row("boosted trees, not served", trees))?;
    }
    writeln!(out, "{}", row("this model, blackout rows as placements", &r.test_with_blackout))?;
    writeln!(out, "\nAUC over the yardstick's, paired: {}.", told(&r.over_yardstick, 3))?;
    if let Some((_, difference)) = &r.boosted {
        writeln!(out, "Boosted trees' AUC over this model's, paired: {}.", told(difference, 3))?;
    }
    if !model.is_better_than_chance() {
        writeln!(
            out,
            "\n**On {} the ranking cannot be told from chance.** It is promoted only by force, and its numbers are shown to nobody.",
            r.test_year
        )?;
    }
    writeln!(out, "\n## Rows\n")?;
    writeln!(
        out,
        "One row a game day of the regular season. Placements are dated by their announcement, else by their retroactive \
         date; the {BLACKOUT_DAYS} days before one, and the day of the injury, are scored apart; rows on the list are \
         dropped; rows whose {HORIZON_DAYS} days pass the season's end or {} are censored.\n",
        r.data_end
    )?;
    writeln!(
        out,
        "| year | healthy | placed | blackout | on the list | season's end | data's end | off season |\n|---|---|---|---|---|---|---|---|"
    )?;
    for (year, b) in &r.balance {
        writeln!(
            out,
            "| {year} | {} | {} | {} | {} | {} | {} | {} |",
            b.healthy, b.placed, b.blackout, b.on_list, b.season_end, b.data_end, b.off_season
        )?;
    }
    writeln!(out, "\n## Choice by rolling origin\n\n| inputs | C | mean AUC | folds |\n|---|---|---|---|")?;
    for t in &r.tried {
        let folds: Vec<String> = t.auc.iter().map(|a| format!("{a:.3}")).collect();
        writeln!(out, "| {} | {} | {:.4} | {} |", t.name, t.c, t.mean(), folds.join(", "))?;
    }
    writeln!(out, "\n## Inputs\n\n| input | weight (calibrated log-odds a standard deviation) |\n|---|---|")?;
    for (column, weight) in model.preparation.columns.iter().zip(&model.weights) {
        let flag = if column.flag { " (missing)" } else { "" };
        writeln!(out, "| {}{flag} | {:+.3} |", column.feature, -model.platt.a * weight)?;
    }
    for (feature, why) in &model.preparation.left_out {
        writeln!(out, "| {feature} | left out: {why} |")?;
    }
    writeln!(out, "\n## Leakage audit\n")?;
    if r.audit.is_empty() {
        writeln!(out, "Nothing found.")?;
    }
    for finding in &r.audit {
        writeln!(out, "- {finding}")?;
    }
    Ok(())
}
