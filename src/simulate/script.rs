//! The order of play: who throws what, where and when, and what the mark feeds have to say about it. It is made in
//! full at the start (a few hundred bytes a pitch); flights and frames follow lazily.

use std::ops::Range;

use nalgebra::{Point3, Vector3};
use rand::Rng;
use rand::rngs::StdRng;

use super::flight::{Air, Flight, Launch};
use super::pitchers::{self, Pitcher, spin_axis_deg};
use super::settings::{Purpose, Settings, stream, to_ns};
use super::stadium::{Game, MOUNDS_MAX, Scenario};
use super::statcast::ThrownNineP;
use super::stints::Stint;
use super::thrown::Thrown;
use crate::ids::{EventNs, GamePk, MoundId, PitchType, PitcherId};
use crate::tracking::pitch::{MeasuredSpin, NineP};
use crate::tracking::venue::{Mound, Venue};
use firmware_protocol::{Mark, MarkKind};

/// The game's number in the fictional scenarios.
const FICTIONAL_GAME: GamePk = GamePk(990_001);
/// Half-innings of a game.
const HALF_INNINGS: u16 = 18;
/// Pitches of a fictional half-inning, and of one batter.
const PITCHES_PER_HALF: (u16, u16) = (11, 22);
const PITCHES_PER_BATTER: (u16, u16) = (1, 7);
/// Innings that the starters of the home team and of the visitors last.
const STARTER_INNINGS: [u16; 2] = [6, 5];
/// Throws of a reliever's warm-up, of a bullpen session, and of the closer who tires.
const WARM_UP: u16 = 15;
const SESSION: u16 = 30;
const CLOSER_PITCHES: u16 = 34;
/// Warm-up throws come this much faster than pitches.
const WARM_UP_PACE: f64 = 0.6;
/// Cameras run this long before anything happens, s.
const LEAD_S: f64 = 5.0;
/// And after a pause between stints, s: the buffer has waited for the absent ones by then.
const WAKES_S: f64 = 15.0;
/// Numbers of warm-up throws on the game mound, so that none is the copy of a pitch.
const WARM_UPS_FROM: u32 = 10_000;

/// A throw of the evening and how it flies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    pub(crate) thrown: Thrown,
    /// Spin axis in the mound's frame; meaningful where the ball's spin is known.
    pub(crate) spin_axis: Vector3<f64>,
    /// Whom its marks name; without one the feed says nothing of it.
    pub(crate) named: Option<PitcherId>,
    origin: Origin,
}

impl Planned {
    /// How it flies.
    pub(crate) fn flight(&self) -> Flight {
        match self.origin {
            Origin::Launched(launch, air) => Flight::integrated(launch, air),
            Origin::Published(nine_p) => Flight::constant(nine_p, self.thrown.quantities.release_pos_y)
                .expect("a flight that does not reach the plate was left out of the script"),
        }
    }
}

/// Where a flight comes from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// A fictional pitcher's hand, into that air.
    Launched(Launch, Air),
    /// A Savant row.
    Published(NineP),
}

/// The whole evening.
#[derive(Debug)]
pub(crate) struct Script {
    /// In order of release.
    pub(crate) throws: Vec<Planned>,
    /// What the feeds say apart from the throws, in order of event time.
    pub(crate) marks: Vec<(EventNs, Mark)>,
    /// When the cameras report the landmarks.
    pub(crate) rounds: Vec<EventNs>,
    /// When the cameras are on, in order.
    pub(crate) awake: Vec<Range<u64>>,
    /// When the cameras stop.
    pub(crate) end: EventNs,
}

impl Script {
    /// Plans an evening.
    pub(crate) fn new(venue: &Venue, game: &Game, settings: &Settings) -> Self {
        let mut writer = Writer {
            settings,
            rng: stream(settings.seed, Purpose::Script, 0, 0),
            airs: airs(venue, settings),
            throws: Vec::new(),
            marks: Vec::new(),
            rounds: Vec::new(),
        };
        match game {
            Game::Statcast(pitches) => writer.statcast(pitches),
            Game::Scenario(Scenario::Game) => writer.game(),
            Game::Scenario(Scenario::Closer) => writer.closer(),
            Game::Scenario(Scenario::Bullpen) => writer.bullpens(),
            Game::Stints(stints) => writer.stints(stints),
        }
        writer.finish(matches!(game, Game::Stints(_)))
    }
}

/// The air of each mound, with the field's wind turned into the mound's frame.
pub(crate) fn airs(venue: &Venue, settings: &Settings) -> Vec<(MoundId, Air)> {
    let wind = Vector3::from(settings.wind_ft_s);
    let air = |mound: &Mound| {
        let along = |axis: Vector3<f64>| to_field(mound, &axis).dot(&wind);
        let local = Vector3::new(along(Vector3::x()), along(Vector3::y()), along(Vector3::z()));
        (mound.id, Air::new(settings.air_density_kg_m3, local))
    };
    venue.mounds.iter().filter(|m| m.id.0 < MOUNDS_MAX).map(air).collect()
}

/// A direction of the mound's frame in the field's.
pub(crate) fn to_field(mound: &Mound, direction: &Vector3<f64>) -> Vector3<f64> {
    mound.to_field(&Point3::from(*direction)) - mound.to_field(&Point3::origin())
}

/// What a mark or throw belongs to.
#[derive(Debug, Clone, Copy)]
struct Label {
    mound: MoundId,
    game_pk: GamePk,
    at_bat_number: u16,
    pitch_number: u16,
    pitcher: PitcherId,
    /// Whom the marks of a throw name; none where the feed says nothing of it.
    named: Option<PitcherId>,
}

impl Label {
    /// Before the first pitch.
    fn new(mound: u8, game_pk: GamePk, pitcher: PitcherId) -> Self {
        Self { mound: MoundId(mound), game_pk, at_bat_number: 0, pitch_number: 0, pitcher, named: Some(pitcher) }
    }
}

struct Writer<'a> {
    settings: &'a Settings,
    rng: StdRng,
    airs: Vec<(MoundId, Air)>,
    throws: Vec<Planned>,
    marks: Vec<(EventNs, Mark)>,
    rounds: Vec<EventNs>,
}

/// What is thrown, whatever its flight.
struct Ball {
    pitch_type: PitchType,
    spin: Option<MeasuredSpin>,
    spin_axis: Vector3<f64>,
    origin: Origin,
}

/// One pitcher's outing as it goes on.
struct Outing {
    pitcher: Pitcher,
    form_mph: f64,
    thrown: u32,
}

impl Writer<'_> {
    /// A fictional game: the home team pitches the even half-innings (the tops), the visitors the odd ones.
    fn game(&mut self) {
        let staffs = [pitchers::home_staff(), pitchers::visiting_staff()];
        let mut on_mound: [Option<Outing>; 2] = [None, None];
        let mut at_bat = 0;
        let mut t = LEAD_S + if self.settings.warm_ups > 0 { self.settings.break_s } else { 0.0 };
        for half in 0..HALF_INNINGS {
            let team = usize::from(half % 2);
            let relievers = (half / 2 + 1).saturating_sub(STARTER_INNINGS[team]);
            let due = &staffs[team][usize::from(relievers).min(staffs[team].len() - 1)];
            let label = Label::new(0, FICTIONAL_GAME, due.id);
            self.inning_starts(t, label);
            if on_mound[team].as_ref().is_none_or(|o| o.pitcher.id != due.id) {
                if relievers > 0 {
                    let bullpen = team as u8 + 1;
                    let gap = self.settings.pace_s * WARM_UP_PACE;
                    let from = t - self.settings.pace_s - gap * f64::from(WARM_UP + 2);
                    self.session(due.clone(), bullpen, from.max(LEAD_S), WARM_UP);
                }
                on_mound[team] = Some(self.outing(due.clone()));
            }
            if self.settings.warm_ups > 0 {
                self.warm_up(due, t, half, label);
            } else {
                self.mark(t + 1.0, MarkKind::PitcherOnMound, label);
            }
            let outing = on_mound[team].as_mut().expect("set just above");
            let mut left = self.rng.random_range(PITCHES_PER_HALF.0..=PITCHES_PER_HALF.1);
            while left > 0 {
                at_bat += 1;
                t += self.settings.pace_s;
                let batter = self.rng.random_range(PITCHES_PER_BATTER.0..=PITCHES_PER_BATTER.1).min(left);
                for pitch_number in 1..=batter {
                    t += self.gap();
                    self.throw(outing, t, Label { at_bat_number: at_bat, pitch_number, ..label });
                }
                left -= batter;
            }
            t = self.inning_ends(t, label);
        }
    }

    /// He takes the mound in the break before `t` and warms up there; the feed says so, and nothing of his throws.
    fn warm_up(&mut self, pitcher: &Pitcher, t: f64, half: u16, label: Label) {
        let throws = self.settings.warm_ups;
        let gap = self.settings.break_s / f64::from(throws + 3);
        let mut outing = self.outing(pitcher.clone().rested());
        outing.thrown = WARM_UPS_FROM + u32::from(half * throws);
        self.mark(t - gap * f64::from(throws + 1), MarkKind::PitcherOnMound, label);
        for throw in 0..throws {
            self.throw(&mut outing, t - gap * f64::from(throws - throw), Label { named: None, ..label });
        }
    }

    /// The closer warms up, comes in for the ninth, and is left in too long.
    fn closer(&mut self) {
        let closer = pitchers::closer();
        let label = Label::new(0, FICTIONAL_GAME, closer.id);
        let warm = self.session(closer.clone(), 1, LEAD_S, WARM_UP);
        let mut t = warm + self.settings.pace_s;
        self.inning_starts(t, label);
        self.mark(t + 1.0, MarkKind::PitcherOnMound, label);
        let mut outing = self.outing(closer);
        for i in 0..CLOSER_PITCHES {
            t += self.gap();
            let (at_bat, pitch) = (70 + i / 5, i % 5 + 1);
            self.throw(&mut outing, t, Label { at_bat_number: at_bat, pitch_number: pitch, ..label });
        }
        self.inning_ends(t, label);
    }

    /// Both bullpens at once.
    fn bullpens(&mut self) {
        let [_, home, ..] = pitchers::home_staff();
        let [_, visitor, ..] = pitchers::visiting_staff();
        self.rounds.push(self.settings.at(LEAD_S));
        self.session(home, 1, LEAD_S, SESSION);
        self.session(visitor, 2, LEAD_S + 0.3 * self.settings.pace_s, SESSION);
    }

    /// Turns of one's own choosing.
    fn stints(&mut self, stints: &[Stint]) {
        for stint in stints {
            let Some(pitcher) = pitchers::everybody().into_iter().find(|p| p.id == stint.pitcher) else { continue };
            let label = Label {
                named: stint.marks.of_throw(stint.pitcher),
                ..Label::new(stint.mound.0, stint.game_pk, stint.pitcher)
            };
            let mut t = stint.from.0.saturating_sub(self.settings.start.0) as f64 * 1e-9;
            self.rounds.push(self.settings.at(t));
            if let Some(named) = stint.marks.on_mound(stint.pitcher) {
                self.mark(t, MarkKind::PitcherOnMound, Label { pitcher: named, ..label });
            }
            let mut outing = self.outing(pitcher);
            outing.thrown = stint.thrown;
            for i in 0..stint.throws {
                t += self.settings.pace_s;
                // Five pitches a batter, and no pitch of a game has the number of another.
                let thrown = (stint.thrown as u16).saturating_add(i);
                let (at_bat_number, pitch_number) =
                    if stint.game_pk.0 == 0 { (0, thrown + 1) } else { (thrown / 5 + 1, thrown % 5 + 1) };
                self.throw(&mut outing, t, Label { at_bat_number, pitch_number, ..label });
            }
            if stint.ends_inning {
                self.mark(t + 0.25 * self.settings.pace_s, MarkKind::InningEnd, label);
            }
        }
    }

    /// Published pitches, at this stadium's pace.
    fn statcast(&mut self, pitches: &[ThrownNineP]) {
        let mut t = LEAD_S;
        let mut before: Option<ThrownNineP> = None;
        for p in pitches {
            let label = Label {
                at_bat_number: p.at_bat_number,
                pitch_number: p.pitch_number,
                ..Label::new(0, p.game_pk, p.pitcher)
            };
            let same_half = before.is_some_and(|b| (b.game_pk, b.half_inning) == (p.game_pk, p.half_inning));
            if !same_half {
                if let Some(b) = before {
                    t = self.inning_ends(t, Label::new(0, b.game_pk, b.pitcher));
                }
                self.inning_starts(t, label);
            }
            if before.is_none_or(|b| (b.game_pk, b.pitcher) != (p.game_pk, p.pitcher)) || !same_half {
                self.mark(t + 0.5 * self.settings.pace_s, MarkKind::PitcherOnMound, label);
            }
            if before.is_none_or(|b| (b.game_pk, b.at_bat_number) != (p.game_pk, p.at_bat_number)) {
                t += self.settings.pace_s;
            }
            t += self.gap();
            self.published(p, t, label);
            before = Some(*p);
        }
        if let Some(b) = before {
            self.inning_ends(t, Label::new(0, b.game_pk, b.pitcher));
        }
    }

    fn outing(&self, pitcher: Pitcher) -> Outing {
        let mut rng = stream(self.settings.seed, Purpose::Script, u64::from(pitcher.id.0), 1);
        Outing { form_mph: pitcher.form_mph(&mut rng), pitcher, thrown: 0 }
    }

    /// Seconds from one pitch to the next of the same batter.
    fn gap(&mut self) -> f64 {
        self.settings.pace_s * self.rng.random_range(0.75..1.25)
    }

    /// Throws in a bullpen; says when it is over.
    fn session(&mut self, pitcher: Pitcher, mound: u8, from: f64, throws: u16) -> f64 {
        let label = Label::new(mound, GamePk(0), pitcher.id);
        // Nobody tires warming up.
        let mut outing = self.outing(pitcher.rested());
        self.mark(from, MarkKind::PitcherOnMound, label);
        let mut t = from;
        for pitch_number in 1..=throws {
            t += self.gap() * WARM_UP_PACE;
            self.throw(&mut outing, t, Label { pitch_number, ..label });
        }
        t
    }

    fn inning_starts(&mut self, t: f64, label: Label) {
        self.rounds.push(self.settings.at(t));
        self.mark(t, MarkKind::InningStart, label);
    }

    /// Marks the end; says when the next half-inning starts.
    fn inning_ends(&mut self, t: f64, label: Label) -> f64 {
        let over = t + 0.25 * self.settings.pace_s;
        self.mark(over, MarkKind::InningEnd, label);
        over + self.settings.break_s
    }

    fn throw(&mut self, outing: &mut Outing, t: f64, label: Label) {
        let Some(air) = self.air(label.mound) else {
            return;
        };
        // A throw is named by who throws it and its number in the outing, so that no other throw can reshuffle it.
        let item = u64::from(outing.thrown) << 8 | u64::from(label.mound.0);
        let mut rng = stream(self.settings.seed, Purpose::Throw, u64::from(label.pitcher.0), item);
        let throw = outing.pitcher.throw(outing.thrown, outing.form_mph, &air, &mut rng);
        outing.thrown += 1;
        let ball = Ball {
            pitch_type: throw.pitch_type,
            spin: Some(throw.spin),
            spin_axis: throw.launch.spin.normalize(),
            origin: Origin::Launched(throw.launch, air),
        };
        self.plan(t, label, &ball, &Flight::integrated(throw.launch, air), &air);
    }

    fn published(&mut self, p: &ThrownNineP, t: f64, label: Label) {
        let (Some(air), Some(flight)) = (self.air(label.mound), Flight::constant(p.nine_p, p.release_pos_y)) else {
            return;
        };
        // Where no axis is published, the flight's own side force tells it.
        let axis = match p.spin_axis.map(f64::to_radians) {
            Some(angle) => Vector3::new(angle.cos(), 0.0, angle.sin()),
            None => flight.implied_spin_axis().unwrap_or(-Vector3::x()),
        };
        let spin = p.release_spin_rate.map(|release_spin_rate| MeasuredSpin {
            release_spin_rate,
            spin_axis: spin_axis_deg(&axis),
            confidence: 1.0,
        });
        let ball = Ball { pitch_type: p.pitch_type, spin, spin_axis: axis, origin: Origin::Published(p.nine_p) };
        self.plan(t, label, &ball, &flight, &air);
    }

    fn plan(&mut self, t: f64, label: Label, ball: &Ball, flight: &Flight, air: &Air) {
        let release = self.settings.at(t);
        let nine_p = match ball.origin {
            Origin::Published(nine_p) => Some(nine_p),
            Origin::Launched(..) => None,
        };
        let thrown = Thrown {
            mound: label.mound,
            release,
            plate: EventNs(release.0 + to_ns(flight.plate_s())),
            pitcher: label.pitcher,
            game_pk: label.game_pk,
            at_bat_number: label.at_bat_number,
            pitch_number: label.pitch_number,
            pitch_type: ball.pitch_type,
            quantities: flight.quantities(air),
            nine_p,
            spin: ball.spin,
        };
        self.throws.push(Planned { thrown, spin_axis: ball.spin_axis, named: label.named, origin: ball.origin });
    }

    /// The air of a mound; `None` where the venue has no such mound, and nothing is thrown there.
    fn air(&self, mound: MoundId) -> Option<Air> {
        self.airs.iter().find(|(id, _)| *id == mound).map(|(_, air)| *air)
    }

    fn mark(&mut self, t: f64, what: MarkKind, label: Label) {
        if self.air(label.mound).is_some() {
            let mark = Mark {
                what,
                mound: label.mound.0,
                at_bat_number: label.at_bat_number,
                pitch_number: label.pitch_number,
                game_pk: label.game_pk.0,
                pitcher: label.pitcher.0,
                pitch_type: [0; 4],
            };
            self.marks.push((self.settings.at(t), mark));
        }
    }

    /// Moves what would happen from the begin of the rain on.
    fn wait_for_rain(&mut self) {
        let Some(rain) = self.settings.rain else { return };
        let (from, later) = (self.settings.at(rain.from_s), to_ns(rain.for_s));
        let dry = |at: EventNs| EventNs(if at < from { at.0 } else { at.0 + later });
        for Planned { thrown, .. } in &mut self.throws {
            let release = dry(thrown.release);
            thrown.plate = EventNs(thrown.plate.0 + (release.0 - thrown.release.0));
            thrown.release = release;
        }
        self.marks.iter_mut().for_each(|(at, _)| *at = dry(*at));
        self.rounds.iter_mut().for_each(|at| *at = dry(*at));
    }

    /// Everything in order of time, cut after the last pitch wanted.
    fn finish(mut self, sleeps: bool) -> Script {
        self.wait_for_rain();
        self.throws.sort_by_key(|p| p.thrown.release);
        self.marks.sort_by_key(|(event, _)| *event);
        self.rounds.sort_unstable();
        if let Some(max) = self.settings.pitches_max.filter(|max| *max < self.throws.len()) {
            self.throws.truncate(max);
            let last = self.throws.last().map_or(self.settings.start, |p| p.thrown.release);
            self.marks.retain(|(event, _)| *event <= last);
            self.rounds.retain(|event| *event <= last);
        }
        let last_mark = self.marks.last().map(|(event, _)| event.0);
        let last_throw = self.throws.iter().map(|p| p.thrown.plate.0).max();
        let last = last_mark.max(last_throw).unwrap_or(self.settings.start.0);
        let end = EventNs(last + to_ns(self.settings.tail_s));
        let awake = if sleeps { self.awake() } else { std::iter::once(self.settings.start.0..end.0).collect() };
        Script { throws: self.throws, marks: self.marks, rounds: self.rounds, awake, end }
    }

    /// When something happens, with a while before and after.
    fn awake(&self) -> Vec<Range<u64>> {
        let throws = self.throws.iter().map(|p| p.thrown.plate.0);
        let mut moments: Vec<u64> = throws.chain(self.marks.iter().map(|(at, _)| at.0)).collect();
        moments.sort_unstable();
        let mut awake: Vec<Range<u64>> = Vec::new();
        for at in moments {
            let (from, to) =
                (at.saturating_sub(to_ns(WAKES_S)).max(self.settings.start.0), at + to_ns(self.settings.tail_s));
            match awake.last_mut().filter(|last| last.end >= from) {
                Some(last) => last.end = to,
                None => awake.push(from..to),
            }
        }
        awake
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Rain;

    #[test]
    fn both_sides_warm_up_on_the_game_mound_and_the_feed_says_nothing_of_it() {
        let play = |warm_ups| {
            let settings = Settings { warm_ups, ..Settings::default() };
            Script::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), &settings)
        };
        let (with, without) = (play(8), play(0));
        let on_game_mound = |p: &&Planned| p.thrown.mound == MoundId::GAME;
        let (warm_ups, pitches): (Vec<&Planned>, Vec<&Planned>) =
            with.throws.iter().filter(on_game_mound).partition(|p| p.named.is_none());
        assert_eq!(warm_ups.len(), 8 * usize::from(HALF_INNINGS));
        assert!(warm_ups.iter().all(|p| p.thrown.at_bat_number == 0));
        let thrown = |p: &&Planned| p.thrown.quantities;
        let before: Vec<_> = without.throws.iter().filter(on_game_mound).map(|p| thrown(&p)).collect();
        assert_eq!(pitches.iter().map(thrown).collect::<Vec<_>>(), before, "the game itself is the same");
        let gaps = with.throws.iter().filter(on_game_mound).zip(with.throws.iter().filter(on_game_mound).skip(1));
        assert!(gaps.into_iter().all(|(a, b)| b.thrown.release.0 - a.thrown.release.0 > to_ns(5.0)));
    }

    #[test]
    fn rain_delays_what_comes_after_its_begin_and_changes_no_throw() {
        let rain = Rain { from_s: 500.0, for_s: 1800.0 };
        let dry = Settings::default();
        let wet = Settings { rain: Some(rain), ..dry.clone() };
        let (begin, later) = (dry.at(rain.from_s), to_ns(rain.for_s));
        let play = |settings| Script::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Closer), settings);
        let (dry, wet) = (play(&dry), play(&wet));
        let delay = |at: EventNs| if at < begin { 0 } else { later };
        let delayed = dry.throws.iter().filter(|p| p.thrown.release >= begin).count();
        assert!(delayed > 5 && delayed < dry.throws.len() - 5, "{delayed}");
        for (wet, dry) in wet.throws.iter().zip(&dry.throws) {
            assert_eq!(wet.thrown.release.0 - dry.thrown.release.0, delay(dry.thrown.release));
            assert_eq!(wet.thrown.plate.0 - dry.thrown.plate.0, delay(dry.thrown.release));
            assert_eq!(wet.thrown.quantities, dry.thrown.quantities);
        }
        assert_eq!(wet.end.0 - dry.end.0, later);
    }
}
