//! Parity with scikit-learn and shap, within 1e-6: on a synthetic case everywhere, on features of real games where the
//! data is at hand. `tests/reference/risk_reference.py` makes the numbers.

use std::fmt::Write;
use std::path::PathBuf;

use ndarray::Array2;
use pitchguard::history::{Paths, Unwatched};
use pitchguard::risk::calibrate::{Isotonic, Platt};
use pitchguard::risk::dataset::{Dataset, Row, targets};
use pitchguard::risk::explain::Explanation;
use pitchguard::risk::logistic::{Logistic, logit};
use pitchguard::risk::prepare::{Preparation, Recipe};
use pitchguard::risk::{Day, stored};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    c: f64,
    coefficients: Vec<f64>,
    intercept: f64,
    platt: [f64; 2],
    probabilities: Vec<f64>,
    shap: Vec<Vec<f64>>,
    isotonic: Vec<f64>,
}

#[derive(Deserialize)]
struct Synthetic {
    train: Vec<Vec<f64>>,
    train_y: Vec<f64>,
    calibrate: Vec<Vec<f64>>,
    calibrate_y: Vec<f64>,
    test: Vec<Vec<f64>>,
    cases: Vec<Case>,
}

fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(r, c)| rows[r][c])
}

#[track_caller]
fn close(ours: f64, theirs: f64, within: f64, what: &str) {
    assert!((ours - theirs).abs() <= within, "{what}: {ours} here, {theirs} there");
}

fn compare(case: &Case, train: (&Array2<f64>, &[f64]), calibrate: (&Array2<f64>, &[f64]), test: &Array2<f64>) {
    let model = Logistic::fit(train.0, train.1, case.c).expect("two classes");
    for (ours, theirs) in model.weights.iter().zip(&case.coefficients) {
        close(*ours, *theirs, 1e-6, "coefficient");
    }
    close(model.intercept, case.intercept, 1e-6, "intercept");
    let decisions = model.decisions(calibrate.0);
    let platt = Platt::fit(&decisions, calibrate.1);
    close(platt.a, case.platt[0], 1e-4, "A");
    close(platt.b, case.platt[1], 1e-4, "B");
    let isotonic = Isotonic::fit(&decisions, calibrate.1).expect("enough samples");
    let means = train.0.mean_axis(ndarray::Axis(0)).expect("rows").to_vec();
    for (at, decision) in model.decisions(test).into_iter().enumerate() {
        let probability = platt.probability(decision);
        close(probability, case.probabilities[at], 1e-6, "probability");
        close(isotonic.probability(decision), case.isotonic[at], 1e-6, "isotonic probability");
        let row = test.row(at).to_vec();
        let why = Explanation::of(&row, &means, &model.weights.to_vec(), model.intercept, &platt);
        close(why.log_odds(), logit(probability), 1e-9, "the contributions' sum");
        for (ours, theirs) in why.contributions.iter().zip(&case.shap[at]) {
            close(*ours, *theirs, 1e-6, "SHAP value");
        }
    }
}

#[test]
fn a_synthetic_case_agrees_with_scikit_learn_and_shap() {
    let s: Synthetic = serde_json::from_str(include_str!("../reference/risk_synthetic.json")).expect("the reference");
    let (train, calibrate, test) = (matrix(&s.train), matrix(&s.calibrate), matrix(&s.test));
    for case in &s.cases {
        compare(case, (&train, &s.train_y), (&calibrate, &s.calibrate_y), &test);
    }
}

/// Rows of the test year that are compared.
const REAL_TEST_ROWS: usize = 50;

/// Prepared inputs with the target as the last column.
fn write_inputs(dir: &str, name: &str, x: &Array2<f64>, y: &[f64]) {
    let mut text = String::new();
    for (row, y) in x.rows().into_iter().zip(y) {
        for value in row {
            write!(text, "{value:e},").expect("a String takes everything");
        }
        writeln!(text, "{y}").expect("a String takes everything");
    }
    std::fs::write(PathBuf::from(dir).join(format!("{name}.csv")), text).expect("the directory is there");
}

#[test]
fn real_features_agree_with_scikit_learn_and_shap() {
    let games = (2021..=2023).map(|year| crate::common::real_data(&format!("appearances/pitcher_games_{year}.csv")));
    let Some(games) = games.collect::<Option<Vec<PathBuf>>>() else { return };
    let Some(injuries) = crate::common::real_data("injuries/il_2020_2023.csv") else { return };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut files = Paths::new([vec![injuries], games].concat());
    let (known, _) = stored::of_files(&mut files, 1, dir.path(), &mut Unwatched).expect("it reads");
    let data = Dataset::of(&known.series, Day::parse("2023-10-01").expect("a date"));
    let (train, calibrate, test) = (data.years(2021, 2021), data.years(2022, 2022), data.years(2023, 2023));
    let step = test.len() / REAL_TEST_ROWS;
    let test: Vec<&Row> = test.into_iter().step_by(step).take(REAL_TEST_ROWS).collect();
    let preparation = Preparation::fit(&train, Recipe { candidates: &[], flags: true }).expect("rows");
    let [x, xc, xt] = [&train, &calibrate, &test].map(|rows| preparation.matrix(rows));
    let [y, yc, yt] = [&train, &calibrate, &test].map(|rows| targets(rows));
    if let Ok(dir) = std::env::var("PITCHGUARD_REFERENCE_INPUTS") {
        write_inputs(&dir, "train", &x, &y);
        write_inputs(&dir, "calibrate", &xc, &yc);
        write_inputs(&dir, "test", &xt, &yt);
        return;
    }
    let case: Case = serde_json::from_str(include_str!("../reference/risk_real.json")).expect("the reference");
    compare(&case, (&x, &y), (&xc, &yc), &xt);
}
