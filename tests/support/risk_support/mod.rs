//! A made-up league for tests of the risk model: whose arm is hurt, and after what, is known.
#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use std::fmt::Write;

use pitchguard::risk::Day;
use pitchguard::risk::coverage::Lists;
use pitchguard::risk::series::{Appearance, BodyPart, Placement, Series};
use pitchguard::risk::train::Plan;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The years that are played.
pub const YEARS: std::ops::RangeInclusive<i16> = 2021..=2023;

pub fn day(year: i16, month: i8, of: i8) -> Day {
    Day::ymd(year, month, of).expect("a date")
}

/// `pitchers` relievers who throw about every third day; who throws much gets hurt more often.
pub fn league(pitchers: u32, seed: u64) -> Vec<Series> {
    let mut rng = StdRng::seed_from_u64(seed);
    (1..=pitchers).map(|id| pitcher(id, &mut rng, |busy| 0.002 + 0.012 * busy)).collect()
}

/// The same, of whom the busy ones are hurt so much more often that a model of few of them is better than chance.
pub fn telling_league(pitchers: u32, seed: u64) -> Vec<Series> {
    let mut rng = StdRng::seed_from_u64(seed);
    let hurt = |busy: f64| if busy > 0.5 { 0.04 } else { 0.001 };
    (1..=pitchers).map(|id| pitcher(id, &mut rng, hurt)).collect()
}

fn pitcher(id: u32, rng: &mut StdRng, hurt: impl Fn(f64) -> f64) -> Series {
    let busy = rng.random_range(0.0..1.0);
    let speed = rng.random_range(88.0..98.0);
    let mut series = Series {
        pitcher: id,
        name: format!("Pitcher {id}"),
        born: Some(day(1995, 1, 1)),
        lists: Lists::of_seasons(YEARS.start() - 1..=*YEARS.end()),
        ..Series::default()
    };
    for year in YEARS {
        let mut today = day(year, 3, 20);
        while today < day(year, 10, 1) {
            let pitches = rng.random_range(8..20) + (busy * 25.0) as u32;
            series.appearances.push(Appearance {
                day: Some(today),
                pitches,
                missed: 0,
                release_speed: Some(speed + rng.random_range(-0.8..0.8)),
                effective_speed: Some(speed + 0.3),
                release_spin_rate: Some(25.0 * speed + rng.random_range(-40.0..40.0)),
                mix: Vec::new(),
            });
            if rng.random_bool(hurt(busy)) {
                let first = today.plus(1);
                today = first.plus(rng.random_range(15..40));
                series.placements.push(Placement {
                    hurt: None,
                    announced: Some(first.plus(1)),
                    retroactive: Some(first),
                    surgery: None,
                    returned: Some(today),
                    part: if rng.random_bool(0.5) { BodyPart::Elbow } else { BodyPart::Shoulder },
                });
            } else {
                today = today.plus(rng.random_range(2..5));
            }
        }
    }
    series.settle();
    series
}

/// Game means and an injured-list report that tell of this league, as files would.
pub fn files(league: &[Series]) -> (String, String) {
    let mut means =
        "player_name,game_date,num_pitches,avg_release_speed,avg_effective_speed,avg_release_spin_rate,age\n"
            .to_owned();
    let mut report = "Name,Pos,Injury / Surgery Date,Injury / Surgery,IL Retro Date,IL Announced Date,Return Date,Latest Update,MLBAMID,season\n".to_owned();
    for series in league {
        let born = series.born.expect("everybody is born");
        for a in &series.appearances {
            let (day, speed) = (a.day.expect("a day"), a.release_speed.expect("measured"));
            let age = f64::from(day.since(born)) / 365.25;
            let (effective, spin) = (a.effective_speed.expect("measured"), a.release_spin_rate.expect("measured"));
            writeln!(means, "\"{}\",{day},{},{speed},{effective},{spin},{age:.4}", series.name, a.pitches)
                .expect("a String takes everything");
        }
        for p in &series.placements {
            let day = |d: Option<Day>| d.map_or(String::new(), |d| d.to_string());
            let hurt = p.retroactive.expect("a date").plus(-1);
            writeln!(
                report,
                "{},RP,{hurt},{:?} inflammation,{},{},{},Activated,{},{}",
                series.name,
                p.part,
                day(p.retroactive),
                day(p.announced),
                day(p.returned),
                series.pitcher,
                hurt.year()
            )
            .expect("a String takes everything");
        }
    }
    (means, report)
}

pub fn plan() -> Plan {
    Plan {
        data_end: day(2023, 10, 1),
        test_year: None,
        // A league of some dozens tells no AUC to a tenth.
        auc_within: 0.5,
        trained_at: "2023-11-05T12:00:00Z".to_owned(),
        matched: None,
    }
}
