//! The season before the simulated evening: what an import would have brought about the fictional pitchers.

use std::ops::RangeInclusive;

use nalgebra::Vector3;
use rand::Rng;

use super::flight::{Air, Flight};
use super::settings::{Purpose, stream, to_ns};
use super::stadium::Stadium;
use crate::ids::EventNs;
use crate::records::{Measured, Origin, PitchRecord, PitcherRecord, State};

/// What a role's season looks like, as in the league's games of 2021 to 2023.
struct Usage {
    /// Outings, and days from one to the next.
    outings: u64,
    days_apart: u64,
    /// Pitches of one, all thrown rested.
    pitches: RangeInclusive<u32>,
}

/// Every fifth day.
const STARTS: Usage = Usage { outings: 12, days_apart: 5, pitches: 75..=100 };
/// Every third, and enough of them that each type of an arsenal is known.
const RELIEFS: Usage = Usage { outings: 20, days_apart: 3, pitches: 10..=25 };
const DAY_S: f64 = 86_400.0;
/// First `game_pk` of the past season; real ones are below.
const GAME_PK: u32 = 990_000;

impl Stadium {
    /// The fictional pitchers and their pitches of the season so far; empty for published pitches, whose file is their
    /// history. The records are as an import would make them: no standard deviations, no cameras.
    pub fn past(&self) -> (Vec<PitcherRecord>, Vec<PitchRecord>) {
        let air = Air::new(self.settings.air_density_kg_m3, Vector3::zeros());
        let (mut people, mut pitches) = (Vec::new(), Vec::new());
        for (nth, pitcher) in self.roster.iter().enumerate() {
            people.push(PitcherRecord {
                id: pitcher.id.0,
                name: Some(pitcher.name.to_owned()),
                throws: Some(if pitcher.left_handed { "L" } else { "R" }.to_owned()),
                ..PitcherRecord::default()
            });
            let usage = if pitcher.starts() { STARTS } else { RELIEFS };
            for outing in 1..=usage.outings {
                let days_ago = outing * usage.days_apart;
                let mut rng = stream(self.settings.seed, Purpose::Baseline, u64::from(pitcher.id.0), outing << 32);
                let form = pitcher.form_mph(&mut rng);
                let pitches_thrown = rng.random_range(usage.pitches.clone());
                for number in 0..pitches_thrown {
                    let item = (outing << 32) + u64::from(number) + 1;
                    let mut rng = stream(self.settings.seed, Purpose::Baseline, u64::from(pitcher.id.0), item);
                    let throw = pitcher.throw(0, form, &air, &mut rng);
                    let q = Flight::integrated(throw.launch, air).quantities(&air);
                    let release_ns = self.settings.start.0 - to_ns(days_ago as f64 * DAY_S)
                        + to_ns(f64::from(number) * self.settings.pace_s)
                        + ((nth as u64) << 4);
                    pitches.push(PitchRecord {
                        pitcher: Some(pitcher.id.0),
                        release_ns,
                        id: release_ns,
                        game_date: date(EventNs(release_ns)),
                        game_pk: GAME_PK + days_ago as u32,
                        at_bat_number: Some(nth as u16 * 100 + (number / 4) as u16 + 1),
                        pitch_number: Some((number % 4) as u16 + 1),
                        pitch_type: throw.pitch_type.as_str().to_owned(),
                        mound: 0,
                        origin: Origin::Savant,
                        state: State::Final,
                        revision: 0,
                        values: Measured {
                            release_spin_rate: Some(throw.spin.release_spin_rate),
                            spin_axis: Some(throw.spin.spin_axis),
                            ..Measured::from(&q)
                        },
                        sd: None,
                        cameras: 0,
                        residual_px: None,
                        late_data_frac: 0.0,
                        calibration_confidence: None,
                        release_marked: true,
                        flags: Vec::new(),
                    });
                }
            }
        }
        pitches.sort_by_key(|p| p.release_ns);
        (people, pitches)
    }
}

/// The day in UTC: any day before today's game will do for a season that never was.
fn date(at: EventNs) -> String {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(at.0)).expect("64 bits of nanoseconds end in 2554");
    moment.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::simulate::{Game, Scenario, Settings};
    use crate::tracking::venue::Venue;
    use crate::workload::{Role, Workload};

    #[test]
    fn the_season_of_each_is_that_of_his_role() {
        let start = EventNs(1_781_136_000_000_000_000);
        let settings = Settings { start, ..Settings::default() };
        let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
        let (people, pitches) = stadium.past();
        let mut starters = 0;
        for person in people {
            let mut outings: BTreeMap<u32, u32> = BTreeMap::new();
            for pitch in pitches.iter().filter(|pitch| pitch.pitcher == Some(person.id)) {
                *outings.entry(pitch.game_pk - GAME_PK).or_default() += 1;
            }
            let role = Role::of(&outings.values().copied().collect::<Vec<_>>(), 45).expect("outings enough");
            starters += u32::from(role == Role::Starter);
            let (usual, apart) = if role == Role::Starter { (75..=100, 5) } else { (10..=25, 3) };
            let mut days_ago = outings.keys();
            assert_eq!(days_ago.next(), Some(&apart), "{}: rested for today", person.id);
            assert!(days_ago.all(|ago| ago % apart == 0) && outings.values().all(|n| usual.contains(n)), "{outings:?}");
            let workload = Workload::of_past(outings.into_iter().collect());
            assert!(workload.acwr.is_some_and(|ratio| ratio < 1.3), "{}: {workload:?}", person.id);
            assert!(workload.rest_deficit.is_none_or(|days| days < 0.5), "{}: {workload:?}", person.id);
        }
        assert_eq!(starters, 2, "one of either side");
    }
}
