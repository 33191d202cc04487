//! The season before the simulated evening: what an import would have brought about the fictional pitchers.

use nalgebra::Vector3;

use super::flight::{Air, Flight};
use super::settings::{Purpose, stream, to_ns};
use super::stadium::Stadium;
use crate::ids::EventNs;
use crate::store::records::{Measured, Origin, PitchRecord, PitcherRecord, State};

/// Past outings of each pitcher, five days apart.
const OUTINGS: u64 = 12;
const DAYS_APART: u64 = 5;
/// Pitches of each, all thrown rested: enough for every type of an arsenal.
const PITCHES: u32 = 24;
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
            for outing in 1..=OUTINGS {
                let days_ago = outing * DAYS_APART;
                let mut rng = stream(self.settings.seed, Purpose::Baseline, u64::from(pitcher.id.0), outing << 32);
                let form = pitcher.form_mph(&mut rng);
                for number in 0..PITCHES {
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
                        at_bat_number: Some(nth as u16 * 10 + (number / 4) as u16 + 1),
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
