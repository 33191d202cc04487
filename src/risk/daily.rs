//! What the daily model does with the store, for `etl`, `train`, `model` and the daemon's nights.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use jiff::civil::Date;

use super::config::Config;
use super::dataset::seasons;
use super::day::Day;
use super::drift::{Moved, PSI_ALARM, PSI_WATCH, Settled};
use super::features::Snapshot;
use super::labels::{Balance, outcome};
use super::metrics::Judged;
use super::model::Model;
use super::registry::{Insist, Listed, RegistryError};
use super::report::model_card;
use super::respond::SILENT_DAYS;
use super::service::RiskService;
use super::stored::{self, Known};
use super::train::{Plan, TrainError, evaluate, recent, train_told};
use super::{monitor, snapshots};
use crate::history::etl::{DailyModel, LabelCounts, Training};
use crate::history::jobs::{ModelJob, Outcome};
use crate::history::{Inputs, RowSummary, Unwatched, Watcher};
use crate::store::StoreError;
use crate::words::{agreeing, counted};

/// Where quality fell, so much less new data than usual is enough to train anew.
const FAULT_HASTE: u64 = 10;

/// Why a verb of the model could not be done.
#[derive(Debug, thiserror::Error)]
pub enum DailyError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// No model serves.
    #[error("no model serves; `pitchguard model list` shows all")]
    NoneServes,
    /// The year cannot judge a model.
    #[error(
        "{0} cannot judge a model: no day of pitching, or too few placements, are known of it; import that year's games and \
         injured lists"
    )]
    NoRows(i16),
    /// Files cannot be used.
    #[error("not all files could be read: {0}")]
    Files(String),
    /// Nothing to learn from.
    #[error("games and injury reports are needed: import both, or name files with --appearances and --injuries")]
    NoData,
}

impl DailyModel for RiskService {
    fn features(&self, whose: &BTreeSet<(u32, u16)>) -> Result<u64, StoreError> {
        let mut seasons: BTreeMap<u32, BTreeSet<i16>> = BTreeMap::new();
        for (pitcher, season) in whose {
            seasons.entry(*pitcher).or_default().insert(*season as i16);
        }
        let (mut made, lists) = (0, self.lists()?);
        for (pitcher, seasons) in seasons {
            let Some(series) = stored::series_of(self.store(), pitcher, &lists)? else { continue };
            let days = series.appearances.iter().filter_map(|a| a.day).filter(|d| seasons.contains(&d.year()));
            let snapshots: Vec<_> = days.filter_map(|day| Snapshot::of(&series, day)).collect();
            made += snapshots.len() as u64;
            snapshots::keep(self.store(), snapshots)?;
        }
        Ok(made)
    }

    fn night(&self, day: Date) -> Result<u64, StoreError> {
        let (day, known) = (Day::of(day), stored::all(self.store())?);
        let fresh = |s: &Snapshot| day.since(s.last_game) <= SILENT_DAYS;
        let tonight: Vec<_> = known.series.iter().filter_map(|s| Snapshot::of(s, day).filter(fresh)).collect();
        let made = tonight.len() as u64;
        snapshots::keep(self.store(), tonight)?;
        if let Some(model) = self.model() {
            let watch = monitor::look(self.store(), &model, &known, day)?;
            if let Some(fault) = watch.fault() {
                tracing::warn!(model = %model.version, %fault, "the risk model is no longer fit");
            }
            monitor::keep(self.store(), &watch)?;
            self.watched(watch);
        }
        Ok(made)
    }

    fn labels(&self) -> Result<LabelCounts, StoreError> {
        let known = stored::all(self.store())?;
        let Some(data_end) = known.data_end() else { return Ok(LabelCounts::default()) };
        let seasons = seasons(&known.series);
        let mut counts = Balance::default();
        for series in &known.series {
            for day in series.appearances.iter().filter_map(|a| a.day) {
                counts.count(outcome(series, day, seasons.get(&day.year()).copied(), data_end));
            }
        }
        let left_out = counts.blackout + counts.on_list + counts.season_end + counts.data_end + counts.off_season;
        Ok(LabelCounts { positive: counts.placed as u64, negative: counts.healthy as u64, left_out: left_out as u64 })
    }

    fn train_if_due(&self, labels: &LabelCounts) -> Result<Training, StoreError> {
        let labelled = labels.positive + labels.negative;
        let models = match self.models() {
            Ok(models) => models,
            Err(RegistryError::Store(error)) => return Err(error),
            Err(error) => return Ok(Training::NotDue(error.to_string())),
        };
        if let Some(newest) = models.last() {
            let of_year = |(_, b): &(i16, Balance)| (b.healthy + b.placed) as u64;
            let new = labelled.saturating_sub(newest.model.record.balance.iter().map(of_year).sum());
            let fault = self.watch().and_then(|watch| watch.fault());
            let needed = self.config().retrain_rows / if fault.is_some() { FAULT_HASTE } else { 1 };
            if new < needed {
                let fault = fault.map(|why| format!(", though {why}")).unwrap_or_default();
                return Ok(Training::NotDue(format!(
                    "{} newly labelled, {needed} {} needed{fault}",
                    counted(new, "day is", "days are"),
                    agreeing(needed, "is", "are")
                )));
            }
        }
        let known = stored::all(self.store())?;
        let registered = train_on(&known, None, None, self.config(), &mut Unwatched).and_then(|model| {
            self.register(&model)?;
            Ok(model)
        });
        match registered {
            Ok(model) => Ok(Training::Trained(model.version)),
            Err(DailyError::Store(error) | DailyError::Registry(RegistryError::Store(error))) => Err(error),
            Err(error) => Ok(Training::NotDue(error.to_string())),
        }
    }

    fn perform(
        &self,
        ask: &ModelJob,
        files: &mut dyn Inputs,
        watcher: &mut dyn Watcher,
    ) -> Result<Outcome, Box<dyn Error + Send + Sync>> {
        Ok(self.answer(ask, files, watcher)?)
    }
}

impl RiskService {
    fn answer(&self, ask: &ModelJob, files: &mut dyn Inputs, watcher: &mut dyn Watcher) -> Result<Outcome, DailyError> {
        let named = |version: &Option<String>| match version {
            Some(version) => self.registered(version).map_err(DailyError::from),
            None => self.model().map(|model| Model::clone(&model)).ok_or(DailyError::NoneServes),
        };
        match ask {
            ModelJob::Train { test_year, data_end, keep, promote, force, reports } => {
                let (known, mut said) = self.known(*reports, files, watcher)?;
                let model = train_on(&known, *test_year, data_end.map(Day::of), self.config(), watcher)?;
                let mut undone = None;
                if *keep {
                    self.register(&model)?;
                    let version = &model.version;
                    let serves = match promote.then(|| self.promote(version, Insist::from(*force))) {
                        None => format!("`pitchguard model promote {version}` lets it serve"),
                        Some(Ok(_)) => "and serves".to_owned(),
                        Some(Err(error @ RegistryError::NotBetterThanChance { .. })) => {
                            undone = Some(error.to_string());
                            "it does not serve".to_owned()
                        }
                        Some(Err(error)) => return Err(error.into()),
                    };
                    said = format!("{said}registered as {version}; {serves}\n");
                }
                Ok(Outcome { card: Some(model_card(&model)), undone, ..Outcome::said(said) })
            }
            ModelJob::List => self.models().map(|models| Outcome::said(list(&models))).map_err(DailyError::from),
            ModelJob::Show { version } => Ok(Outcome::said(model_card(&named(version)?))),
            ModelJob::Promote { version, force } => Ok(serves(&self.promote(version, Insist::from(*force))?.version)),
            ModelJob::Retire => {
                let version = self.retire()?;
                Ok(Outcome::said(format!(
                    "{version} serves no more, and no other does; `pitchguard model rollback` takes it back\n"
                )))
            }
            ModelJob::Rollback => Ok(serves(&self.rollback()?.version)),
            ModelJob::Evaluate { version, year, reports } => {
                let model = named(version)?;
                model.check().map_err(RegistryError::from)?;
                let (known, mut said) = self.known(*reports, files, watcher)?;
                let data_end = known.data_end().ok_or(DailyError::NoData)?;
                let (judged, settled) =
                    evaluate(&model, &known.series, data_end, *year).ok_or(DailyError::NoRows(*year))?;
                said += &evaluation(&model, *year, &judged, &settled);
                said += &moved(&model, &known, *year);
                Ok(Outcome::said(said))
            }
        }
    }

    /// What the store knows, or the files that come along, with what could not be read of them.
    fn known(
        &self,
        reports: Option<usize>,
        files: &mut dyn Inputs,
        watcher: &mut dyn Watcher,
    ) -> Result<(Known, String), DailyError> {
        let Some(reports) = reports else { return Ok((stored::all(self.store())?, String::new())) };
        let (known, read) = stored::of_files(files, reports, self.store().dir(), watcher)?;
        let failed: Vec<&str> = read.iter().flat_map(|summary| &summary.failed).map(String::as_str).collect();
        if !failed.is_empty() {
            return Err(DailyError::Files(failed.join("; ")));
        }
        Ok((known, read.iter().map(RowSummary::to_string).collect()))
    }
}

fn train_on(
    known: &Known,
    test_year: Option<i16>,
    told_until: Option<Day>,
    config: &Config,
    watcher: &mut dyn Watcher,
) -> Result<Model, DailyError> {
    let data_end = told_until.or(known.data_end()).ok_or(DailyError::NoData)?;
    let plan = Plan {
        data_end,
        test_year,
        auc_within: config.test_auc_within,
        trained_at: jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string(),
        matched: Some((known.arm_pitchers, known.arm_pitchers_matched)),
    };
    // Who says up to when placements are known says so of the newest injured list.
    let told = told_until.map(|until| known.series.iter().map(|one| one.told_until(until)).collect::<Vec<_>>());
    let mut tell = |doing: &str, done, total| watcher.progress(doing, done, total);
    Ok(train_told(told.as_deref().unwrap_or(&known.series), &plan, &mut tell)?)
}

fn serves(version: &str) -> Outcome {
    Outcome::said(format!("{version} serves\n"))
}

fn list(models: &[Listed]) -> String {
    let line = |listed: &Listed| {
        let (model, star) = (&listed.model, if listed.serving { '*' } else { ' ' });
        let auc = model.record.test.auc;
        let year = model.record.test_year;
        let chance = if model.is_better_than_chance() { "" } else { ", not better than chance" };
        format!("{star} {}  AUC {:.3} [{:.3}, {:.3}] on {year}{chance}\n", model.version, auc.value, auc.low, auc.high)
    };
    if models.is_empty() {
        return "no models; `pitchguard train` makes one\n".to_owned();
    }
    models.iter().map(line).collect()
}

fn evaluation(model: &Model, year: i16, judged: &Judged, settled: &Settled) -> String {
    let mut out = format!(
        "{} on {year}: {} of pitching, {} of them with a placement within 21 days\n",
        model.version,
        counted(judged.rows, "day", "days"),
        judged.placed
    );
    for (name, figure) in [
        ("AUC", judged.auc),
        ("PR-AUC", judged.pr_auc),
        ("lift at 10 %", judged.lift_10),
        ("Brier skill", judged.brier_skill),
        ("ECE", judged.ece),
        ("slope", judged.slope),
    ] {
        let line = format!("  {name:<12} {:.4} [{:.4}, {:.4}]\n", figure.value, figure.low, figure.high);
        out.push_str(&line);
    }
    out + &format!(
        "  {} with a placement, {:.0} foretold (z {:.1})\n",
        counted(format_args!("{:.0}", settled.came), "row", "rows"),
        settled.foretold,
        settled.z
    )
}

/// Inputs that have moved since training, a line each.
fn moved(model: &Model, known: &Known, year: i16) -> String {
    let moved = model.reference.moved(&recent(&known.series, year)).unwrap_or_default();
    let line = |m: Moved| {
        let word = match m.psi {
            p if p >= PSI_ALARM => "another population",
            p if p >= PSI_WATCH => "has moved",
            _ => return None,
        };
        Some(format!("  input {:<24} {word} (PSI {:.2})\n", m.feature, m.psi))
    };
    moved.into_iter().filter_map(line).collect()
}
