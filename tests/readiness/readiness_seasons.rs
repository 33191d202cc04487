//! Real healthy seasons through the engine: the shares that science.md §6 states must come out of the code.
//!
//! Baselines are season-to-date, from prior outings only, shrunk (κ = 3 outings) towards the season before, else the
//! league. The data is not part of the project; where it is absent the test says so and passes.

use std::collections::BTreeMap;
use std::path::Path;

use pitchguard::features::baseline::{Expected, PitcherBaseline, TypeBaseline};
use pitchguard::features::{OutingPitch, Reading};
use pitchguard::ids::{BoxNs, EventNs, GamePk, MoundId, PitchId, PitchType, PitcherId};
use pitchguard::readiness::{Config, Engine};
use pitchguard::tracking::pitch::PitchState;
use pitchguard::workload::{OutingKey, Role, Workload};

use crate::common::real_data;

const KAPPA: f64 = 3.0;
const NS_PER_S: u64 = 1_000_000_000;
const QUANTITIES: [&str; 6] =
    ["release_speed", "release_spin_rate", "release_pos_z", "release_extension", "pfx_x", "pfx_z"];

/// The pitcher-seasons with regular work. Strider's 2025 is his return from surgery.
const SEASONS: [(&str, &str, Prior); 6] = [
    ("shane_mcclanahan_pitches.csv", "2021", Prior::League),
    ("shane_mcclanahan_pitches.csv", "2022", Prior::OwnSeason),
    ("shane_mcclanahan_pitches.csv", "2023", Prior::OwnSeason),
    ("spencer_strider_pitches.csv", "2022", Prior::TwoOutings),
    ("spencer_strider_pitches.csv", "2023", Prior::OwnSeason),
    ("spencer_strider_pitches.csv", "2025", Prior::TwoOutings),
];

/// What the season before gives a baseline to lean on.
#[derive(PartialEq)]
enum Prior {
    League,
    TwoOutings,
    OwnSeason,
}

#[derive(Clone)]
struct Row {
    pitcher: u32,
    game_date: jiff::civil::Date,
    game_pk: u32,
    order: (u16, u16),
    pitch_type: Option<PitchType>,
    values: [Option<f64>; 6],
}

fn read(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).expect("the file is readable");
    let columns = reader.headers().expect("the file has a header").clone();
    let column = |name: &str| columns.iter().position(|c| c == name).expect("Statcast has this column");
    let [kind, pitcher, date, game, at_bat, number, pitch_type] =
        ["game_type", "pitcher", "game_date", "game_pk", "at_bat_number", "pitch_number", "pitch_type"].map(column);
    let quantities = QUANTITIES.map(column);
    let mut rows: Vec<Row> = reader
        .records()
        .map(|record| record.expect("the row is well formed"))
        .filter(|record| &record[kind] == "R")
        .map(|record| Row {
            pitcher: record[pitcher].parse().expect("a pitcher"),
            game_date: record[date].parse().expect("a date"),
            game_pk: record[game].parse().expect("a game"),
            order: (record[at_bat].parse().expect("an at-bat"), record[number].parse().expect("a pitch number")),
            pitch_type: PitchType::parse(&record[pitch_type]),
            values: quantities.map(|c| record[c].parse().ok()),
        })
        .collect();
    rows.sort_by_key(|row| (row.pitcher, row.game_date, row.game_pk, row.order));
    rows
}

/// Sums of outing means and of squares within outings, one quantity of one pitch type.
#[derive(Clone, Copy, Default)]
struct Sums {
    outings: f64,
    mean: f64,
    mean_squares: f64,
    dof: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, values: &[f64]) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        self.outings += 1.0;
        self.mean += mean;
        self.mean_squares += mean * mean;
        self.dof += n - 1.0;
        self.squares += values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    }

    /// (n·x̄ + κ·prior)/(n + κ), variances likewise.
    fn expected(&self, prior: &Self) -> Option<Expected> {
        let kappa = if prior.outings > 0.0 { KAPPA } else { 0.0 };
        let weight = self.outings + kappa;
        // The prior's pitches and outings count as κ of its outings.
        let share = kappa / prior.outings.max(1.0);
        let (mean, dof) = (self.mean + share * prior.mean, self.dof + share * prior.dof);
        if weight < 1.0 || dof < 5.0 {
            return None;
        }
        let mean_squares = self.mean_squares + share * prior.mean_squares;
        let between = (mean_squares / weight - (mean / weight).powi(2)).max(0.0);
        Some(Expected {
            mean: mean / weight,
            sd_mean: (between / weight).sqrt(),
            var_within: (self.squares + share * prior.squares) / dof,
            outings: self.outings as u32,
        })
    }
}

type Season = BTreeMap<PitchType, [Sums; 6]>;

fn baseline(pitcher: PitcherId, season: &Season, last: &Season, league: &Season) -> PitcherBaseline {
    let mut kinds: Vec<PitchType> = season.keys().chain(last.keys()).copied().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let types = kinds.into_iter().map(|pitch_type| {
        let of = |s: &Season| s.get(&pitch_type).copied().unwrap_or_default();
        let (season, last, league) = (of(season), of(last), of(league));
        let [speed, spin, height, extension, x, z] = std::array::from_fn(|i| {
            let prior = if last[i].outings > 0.0 { &last[i] } else { &league[i] };
            season[i].expected(prior)
        });
        TypeBaseline {
            pitch_type,
            release_speed: speed,
            release_spin_rate: spin,
            release_pos_z: height,
            release_extension: extension,
            pfx_x: x,
            pfx_z: z,
        }
    });
    PitcherBaseline { pitcher, types: types.collect() }
}

fn learn(season: &mut Season, game: &[Row]) {
    let mut by_type: BTreeMap<PitchType, [Vec<f64>; 6]> = BTreeMap::new();
    for row in game {
        let Some(pitch_type) = row.pitch_type else { continue };
        for (values, value) in by_type.entry(pitch_type).or_default().iter_mut().zip(row.values) {
            values.extend(value);
        }
    }
    for (pitch_type, quantities) in by_type {
        for (sums, values) in season.entry(pitch_type).or_default().iter_mut().zip(quantities) {
            if !values.is_empty() {
                sums.add(&values);
            }
        }
    }
}

fn pitch(row: &Row, release: EventNs) -> OutingPitch {
    let [speed, spin, height, extension, x, z] = row.values.map(|v| v.and_then(|v| Reading::new(v, 0.0)));
    OutingPitch {
        id: PitchId::new(release, MoundId(0)),
        release,
        revision: 0,
        state: PitchState::Final,
        pitch_type: row.pitch_type,
        release_speed: speed,
        release_spin_rate: spin,
        release_pos_z: height,
        release_extension: extension,
        pfx_x: x,
        pfx_z: z,
        flagged: false,
        early: false,
        late_data_frac: 0.0,
        calibration_confidence: None,
        environment: None,
    }
}

#[derive(Default)]
struct Tally {
    pitches: u32,
    judged: u32,
    under_80: u32,
    under_60: u32,
    slow: u32,
    outings: u32,
    outings_under_80: u32,
    deltas: Vec<f64>,
    widths: Vec<f64>,
    raised: u32,
}

impl Tally {
    fn percent(&self, count: u32) -> f64 {
        100.0 * f64::from(count) / f64::from(self.judged)
    }

    fn delta_sd(&self) -> f64 {
        let n = self.deltas.len() as f64;
        let mean = self.deltas.iter().sum::<f64>() / n;
        (self.deltas.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n).sqrt()
    }
}

fn throw(tally: &mut Tally, rows: &[Row], year: &str, league: &Season) {
    let pitcher = PitcherId(1);
    let year: i16 = year.parse().expect("a year");
    let mut last_season = Season::new();
    for game in games(rows, year - 1) {
        learn(&mut last_season, game);
    }
    let mut season = Season::new();
    let mut past: Vec<(jiff::civil::Date, u32)> = Vec::new();
    let mut engine = Engine::new(Config::default());
    for game in games(rows, year) {
        let date = game[0].game_date;
        let days = |earlier: jiff::civil::Date| (date - earlier).get_days() as u32;
        engine.set_baseline(pitcher, baseline(pitcher, &season, &last_season, league));
        engine.set_workload(
            pitcher,
            Workload {
                role: Some(Role::Starter),
                ..Workload::of_past(past.iter().map(|(d, n)| (days(*d), *n)).collect())
            },
        );
        let start_s = date.to_zoned(jiff::tz::TimeZone::UTC).expect("a day has a start").timestamp().as_second() as u64;
        let mut fell = false;
        for (i, row) in game.iter().enumerate() {
            let release = EventNs((start_s + 20 * i as u64) * NS_PER_S);
            let key = OutingKey::new(row.game_date, GamePk(row.game_pk));
            let outcome = engine.pitch(pitcher, MoundId(0), key, pitch(row, release), BoxNs(release.0));
            tally.pitches += 1;
            tally.raised += outcome.raised.len() as u32;
            let shown = &outcome.readiness;
            if let Some(delta) = shown.features.get("velocity_delta_5") {
                tally.deltas.push(delta.value);
                tally.slow += u32::from(delta.value < -2.0);
            }
            if let (Some(value), Some(low), Some(high)) =
                (shown.readiness.value, shown.readiness.low, shown.readiness.high)
            {
                assert!(low <= value && value <= high);
                tally.judged += 1;
                tally.under_80 += u32::from(value < 80.0);
                tally.under_60 += u32::from(value < 60.0);
                tally.widths.push(high - low);
                fell |= value < 80.0;
            }
        }
        tally.outings += 1;
        tally.outings_under_80 += u32::from(fell);
        learn(&mut season, game);
        past.push((date, game.len() as u32));
    }
}

fn games(rows: &[Row], year: i16) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|a, b| (a.pitcher, a.game_pk) == (b.pitcher, b.game_pk))
        .filter(move |game| game[0].game_date.year() == year)
}

#[test]
fn healthy_seasons_are_mostly_ready_and_hardly_ever_critical() {
    let Some(dir) = real_data("statcast") else { return };
    let mut league = Season::new();
    for game in games(&read(&dir.join("league_2023-06-11.csv")), 2023) {
        learn(&mut league, game);
    }
    let (mut tally, mut settled) = (Tally::default(), Tally::default());
    for (file, year, prior) in SEASONS {
        let mut season = Tally::default();
        let rows = read(&dir.join(file));
        throw(&mut season, &rows, year, &league);
        println!(
            "{file} {year}: {} pitches, <80 {:.1} %, <60 {:.2} %, slow {:.1} %, sd {:.2} mph",
            season.pitches,
            season.percent(season.under_80),
            season.percent(season.under_60),
            season.percent(season.slow),
            season.delta_sd(),
        );
        throw(&mut tally, &rows, year, &league);
        if prior == Prior::OwnSeason {
            throw(&mut settled, &rows, year, &league);
        }
    }
    println!(
        "with a whole season before: <80 {:.1} %, <60 {:.2} %, slow {:.1} %, sd {:.2} mph",
        settled.percent(settled.under_80),
        settled.percent(settled.under_60),
        settled.percent(settled.slow),
        settled.delta_sd(),
    );
    let (under_80, under_60, slow) =
        (tally.percent(tally.under_80), tally.percent(tally.under_60), tally.percent(tally.slow));
    println!(
        "{} pitches, {} judged: readiness < 80 on {under_80:.1} %, in {:.0} % of {} outings; < 60 on {under_60:.2} %; \
         velocity_delta < -2.0 on {slow:.1} %, its sd {:.2} mph; mean 90 % interval {:.1} wide; {} alerts",
        tally.pitches,
        tally.judged,
        100.0 * f64::from(tally.outings_under_80) / f64::from(tally.outings),
        tally.outings,
        tally.delta_sd(),
        tally.widths.iter().sum::<f64>() / tally.widths.len() as f64,
        tally.raised,
    );
    let settled_under_80 = settled.percent(settled.under_80);
    assert!((3.0..6.0).contains(&settled_under_80), "with a season before, < 80 on {settled_under_80} % of pitches");
    assert!((2.0..7.0).contains(&under_80), "readiness < 80 on {under_80} % of pitches");
    assert!(under_60 < 0.5, "readiness < 60 on {under_60} % of pitches");
    assert!((1.0..4.0).contains(&slow), "velocity_delta < -2.0 on {slow} % of pitches");
}
