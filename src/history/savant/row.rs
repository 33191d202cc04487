//! One row of a Savant CSV, field by field.

use std::sync::LazyLock;

use csv::ByteRecord;
use jiff::civil::Date;

use crate::history::games::{Number, Outcome, Slot};
use crate::history::outings::YEARS;
use crate::history::table::dates::{self, AHEAD, Order};
use crate::history::table::{Flaw, Layout, Table, decimal, is_rounded, no_number, rounded, text, whole};
use crate::history::teams::canonical;
use crate::ids::PitchType;
use crate::records::{self, Measured, Origin, PitchRecord, State};

/// A measured column: its name, the range outside which it is an error, and where it goes.
pub struct Field {
    /// Statcast's column.
    pub column: &'static str,
    /// Smallest value that a thrown ball can have, in the column's unit.
    pub low: f64,
    /// Largest.
    pub high: f64,
    /// Where it goes.
    pub of: fn(&mut Measured) -> &mut Option<f64>,
}

macro_rules! field {
    ($column:ident, $low:expr, $high:expr) => {
        Field { column: stringify!($column), low: $low, high: $high, of: |m| &mut m.$column }
    };
}

/// The measured columns. Ranges are wide: an eephus and a 105 mph fastball, a submariner and a ball in the dirt pass;
/// a value in other units (km/h, inches, metres, turns a second) mostly does not. Where 0 is outside, it is what some program
/// wrote for nothing.
pub const FIELDS: [Field; 18] = [
    field!(release_speed, 25.0, 110.0),
    field!(release_pos_x, -10.0, 10.0),
    field!(release_pos_y, 45.0, 60.5),
    field!(release_pos_z, -1.0, 10.0),
    field!(release_extension, 1.0, 12.0),
    field!(plate_x, -20.0, 20.0),
    field!(plate_z, -20.0, 25.0),
    field!(pfx_x, -4.0, 4.0),
    field!(pfx_z, -4.0, 4.0),
    field!(effective_speed, 25.0, 112.0),
    field!(release_spin_rate, 100.0, 4500.0),
    field!(spin_axis, 0.0, 360.0),
    field!(vx0, -40.0, 40.0),
    field!(vy0, -165.0, -30.0),
    field!(vz0, -40.0, 60.0),
    field!(ax, -80.0, 80.0),
    field!(ay, -20.0, 80.0),
    field!(az, -110.0, 50.0),
];

/// Largest `at_bat_number`: a game of 26 innings had fewer.
const AT_BAT_MAX: u32 = 250;
/// Largest `pitch_number`: the longest at-bat since counts are kept had 21.
const PITCH_MAX: u32 = 24;
/// `game_pk` stays below 10⁹, so that it fits the nanoseconds of [`release_ns`].
const GAME_MAX: u32 = 999_999_999;

/// What one row says.
pub(super) struct Row {
    pub(super) pitcher: u32,
    pub(super) batter: Option<u32>,
    /// The pitcher's or the batter's: only the whole file tells.
    pub(super) player_name: Option<String>,
    pub(super) home_team: Option<String>,
    pub(super) team: Option<String>,
    pub(super) throws: Option<String>,
    pub(super) game_type: Option<String>,
    pub(super) pitch: Box<PitchRecord>,
    /// What it says of the game.
    pub(super) slot: Slot,
    /// Fields that are outside their range: a bit each, in the order of [`FIELDS`].
    pub(super) outside: u32,
}

/// Why a row is refused.
pub(super) struct NoPitch {
    pub(super) flaw: Flaw,
    /// Which number of which game it takes without a pitch, and that game's year, where it says so.
    pub(super) takes: Option<(u32, u16, Number, Slot)>,
    /// A column that is 0 in a row that is sound else, and counts from 1 at the source.
    pub(super) from_0: Option<&'static str>,
}

impl<F: Into<Flaw>> From<F> for NoPitch {
    fn from(flaw: F) -> Self {
        Self { flaw: flaw.into(), takes: None, from_0: None }
    }
}

/// What a Savant CSV is.
pub(super) static LAYOUT: LazyLock<Layout> = LazyLock::new(|| Layout {
    what: "Savant CSV",
    needed: &["pitcher", "game_date", "game_pk", "at_bat_number", "pitch_number"],
    others: OTHERS.into_iter().chain(FIELDS.iter().map(|field| field.column)).collect::<Vec<_>>().leak(),
    dates: &["game_date"],
    order: None,
    in_season: true,
});

/// Where the columns are in this file.
pub(super) struct Columns {
    pitcher: usize,
    game_date: usize,
    game_pk: usize,
    at_bat_number: usize,
    pitch_number: usize,
    others: [Option<usize>; OTHERS.len()],
    measured: [Option<usize>; FIELDS.len()],
    order: Option<Order>,
    /// The day of asking; none where no clock tells it.
    today: Option<Date>,
}

/// Columns that are used where they are there; the index into `Columns::others`.
const OTHERS: [&str; 16] = [
    "batter",
    "player_name",
    "pitch_type",
    "p_throws",
    "home_team",
    "away_team",
    "inning_topbot",
    "game_type",
    "description",
    "balls",
    "strikes",
    "inning",
    "outs_when_up",
    "on_1b",
    "events",
    "type",
];
const BATTER: usize = 0;
const PLAYER_NAME: usize = 1;
const PITCH_TYPE: usize = 2;
const P_THROWS: usize = 3;
const HOME_TEAM: usize = 4;
const AWAY_TEAM: usize = 5;
const INNING_TOPBOT: usize = 6;
const GAME_TYPE: usize = 7;
const DESCRIPTION: usize = 8;
const BALLS: usize = 9;
const STRIKES: usize = 10;
const INNING: usize = 11;
const OUTS_WHEN_UP: usize = 12;
const ON_1B: usize = 13;
const EVENTS: usize = 14;
const TYPE: usize = 15;

/// What is thrown wide or slowly on purpose says nothing of an arm: intentional balls and pitchouts, by Statcast's words for them.
const DELIBERATE: [&str; 4] = ["intent_ball", "pitchout", "swinging_pitchout", "foul_pitchout"];
const DELIBERATE_TYPES: [&str; 2] = ["IN", "PO"];

/// Teams of All-Star games, and of nations that no club's code is like.
const NO_CLUBS: [&str; 22] = [
    "AL", "NL", "ASG", "USA", "MEX", "JPN", "DOM", "PUR", "VEN", "CUB", "KOR", "TPE", "CAN", "PAN", "NED", "ISR",
    "ITA", "GBR", "AUS", "NIC", "CZE", "BRA",
];

impl Columns {
    /// Where they are in a table of this layout.
    pub(super) fn of(table: &Table<'_>, today: Option<Date>) -> Self {
        let needed = |name: &str| table.column(name).expect("a table has the columns that its layout needs");
        Self {
            pitcher: needed("pitcher"),
            game_date: needed("game_date"),
            game_pk: needed("game_pk"),
            at_bat_number: needed("at_bat_number"),
            pitch_number: needed("pitch_number"),
            others: OTHERS.map(|name| table.column(name)),
            measured: FIELDS.each_ref().map(|field| table.column(field.column)),
            order: table.order(),
            today,
        }
    }

    /// Reads a row. `dropped` hears of each field that had to be left out.
    ///
    /// The error says why the row is refused.
    pub(super) fn row(&self, record: &ByteRecord, dropped: &mut dyn FnMut(&str)) -> Result<Row, NoPitch> {
        let other = |column: usize| self.others[column].and_then(|at| text(record, at));
        let pitcher = required(record, self.pitcher, "pitcher", u32::MAX)?;
        let game_pk = required(record, self.game_pk, "game_pk", GAME_MAX)?;
        let counted = |at: usize, name, high| {
            let from_0 = (text(record, at).and_then(whole) == Some(0)).then_some(name);
            required(record, at, name, high).map_err(|why| NoPitch { from_0, ..why.into() })
        };
        let at_bat = counted(self.at_bat_number, "at_bat_number", AT_BAT_MAX)?;
        let number = counted(self.pitch_number, "pitch_number", PITCH_MAX)?;
        let told = text(record, self.game_date).ok_or("game_date is missing")?;
        let date = dates::parse(told, self.order).filter(|date| YEARS.contains(&date.year().unsigned_abs()));
        let date = date.ok_or_else(|| Flaw::of(format!("game_date {}", dates::why_none(told)), told))?;
        if dates::is_ahead(date, self.today) {
            return Err(Flaw::of(format!("game_date {AHEAD}"), told).into());
        }
        let slot = self.slot(record, pitcher);
        if slot.batter.is_none() && other(BATTER).is_some_and(is_rounded) {
            dropped(&rounded("batter"));
        }
        if let Some(word) = other(EVENTS).filter(|word| outs_of(word).is_none() && !FILLERS.contains(word)) {
            dropped(&format!("events has words that are none of Statcast's, such as {word:?}"));
        }
        let count = |column: usize| other(column).and_then(whole);
        let why = if other(DESCRIPTION).is_some_and(|d| d.starts_with("automatic_")) {
            Some("an automatic ball or strike: no pitch was thrown")
        } else if other(PITCH_TYPE).is_some_and(is_moment) || count(BALLS) > Some(3) || count(STRIKES) > Some(2) {
            Some("no pitch: its type is a moment, or the count is over")
        } else {
            None
        };
        if let Some(why) = why {
            let takes =
                (game_pk, date.year().unsigned_abs(), (at_bat as u16, number as u16), Slot { thrown: false, ..slot });
            return Err(NoPitch { takes: Some(takes), ..why.into() });
        }
        let (mut values, mut outside) = (Measured::default(), 0);
        for (place, (field, at)) in FIELDS.iter().zip(self.measured).enumerate() {
            let Some(text) = at.and_then(|at| text(record, at)) else { continue };
            match decimal(text) {
                Some(value) if (field.low..=field.high).contains(&value) => *(field.of)(&mut values) = Some(value),
                Some(0.0) => dropped(&format!("{} is 0, which says nothing", field.column)),
                Some(_) => {
                    outside |= 1 << place;
                    dropped(&format!("{} is outside {} to {}", field.column, field.low, field.high));
                }
                None => dropped(&format!("{} is not a number", field.column)),
            }
        }
        if values.spin_axis == Some(0.0) && values.release_spin_rate.is_none() {
            values.spin_axis = None;
            dropped("spin_axis is 0 where no spin is known, which says nothing");
        }
        let pitch_type = match other(PITCH_TYPE) {
            None | Some("UN" | "un" | "0") => String::new(),
            Some(text) => PitchType::parse(&text.to_ascii_uppercase()).map_or_else(
                || {
                    dropped("pitch_type is not up to four letters");
                    String::new()
                },
                |t| t.as_str().to_owned(),
            ),
        };
        let is_deliberate = other(DESCRIPTION).is_some_and(|d| DELIBERATE.contains(&d))
            || DELIBERATE_TYPES.contains(&pitch_type.as_str());
        // The home team pitches in the top of an inning; whom he throws for among stars and nations is not his club.
        let clubs = [other(HOME_TEAM), other(AWAY_TEAM)];
        let is_clubs =
            !matches!(other(GAME_TYPE), Some("A" | "E")) && !clubs.iter().flatten().any(|team| NO_CLUBS.contains(team));
        let team = match other(INNING_TOPBOT) {
            Some("Top") if is_clubs => clubs[0],
            Some("Bot") if is_clubs => clubs[1],
            _ => None,
        };
        let number = (at_bat as u16, number as u16);
        let pitch = pitch(pitcher, date, game_pk, number, (pitch_type, is_deliberate), &values);
        Ok(Row {
            outside,
            slot,
            pitcher,
            batter: slot.batter,
            player_name: other(PLAYER_NAME).filter(|name| name.contains(char::is_alphabetic)).map(str::to_owned),
            home_team: other(HOME_TEAM).map(str::to_owned),
            team: team.map(canonical),
            throws: other(P_THROWS).filter(|t| matches!(*t, "L" | "R" | "S")).map(str::to_owned),
            game_type: other(GAME_TYPE).map(str::to_owned),
            pitch: pitch.ok_or("game_date is before 1970")?,
        })
    }

    /// What a row says of the game.
    fn slot(&self, record: &ByteRecord, pitcher: u32) -> Slot {
        let other = |column: usize| self.others[column].and_then(|at| text(record, at));
        let small = |column: usize, most: u32| other(column).and_then(whole).filter(|n| *n <= most).map(|n| n as u8);
        let inning = small(INNING, 60).filter(|inning| *inning > 0);
        let half = match (inning, other(INNING_TOPBOT)) {
            (Some(inning), Some("Top")) => Some(2 * inning),
            (Some(inning), Some("Bot")) => Some(2 * inning + 1),
            _ => None,
        };
        // A word that is none of Statcast's ends no at-bat: it is what some program wrote for nothing.
        let outcome = match (self.others[EVENTS], other(EVENTS).and_then(outs_of), other(TYPE)) {
            (_, Some(outs), _) => Some(Outcome::Over(outs)),
            (Some(_), None, Some("B")) => Some(Outcome::Ball),
            (Some(_), None, Some("S")) if other(DESCRIPTION).is_some_and(|d| d.starts_with("foul")) => {
                Some(Outcome::Foul)
            }
            (Some(_), None, Some("S")) => Some(Outcome::Strike),
            _ => None,
        };
        let on_first = self.others[ON_1B].and_then(|_| match other(ON_1B) {
            None => Some(false),
            Some(text) if FILLERS.contains(&text) => Some(false),
            // What is there and can be nobody's id tells nothing.
            Some(text) => decimal(text).map(|id| id > 0.0),
        });
        Slot {
            half,
            outs: small(OUTS_WHEN_UP, 2),
            balls: small(BALLS, 3),
            strikes: small(STRIKES, 2),
            batter: other(BATTER).and_then(whole).filter(|id| *id > 0),
            on_first,
            outcome,
            ..Slot::of(pitcher)
        }
    }
}

/// The pitch of a row; none where its date is before 1970.
pub(super) fn pitch(
    pitcher: u32,
    date: jiff::civil::Date,
    game_pk: u32,
    (at_bat, number): Number,
    (pitch_type, is_deliberate): (String, bool),
    values: &Measured,
) -> Option<Box<PitchRecord>> {
    let (at_bat_number, pitch_number) = (u32::from(at_bat), u32::from(number));
    Some(Box::new(PitchRecord {
        pitcher: Some(pitcher),
        release_ns: release_ns(date, game_pk, at_bat_number, pitch_number)?,
        id: pitch_id(game_pk, at_bat_number, pitch_number),
        game_date: date.to_string(),
        game_pk,
        at_bat_number: Some(at_bat),
        pitch_number: Some(number),
        pitch_type,
        mound: 0,
        origin: Origin::Savant,
        state: State::Final,
        revision: 0,
        values: *values,
        sd: None,
        cameras: 0,
        residual_px: None,
        late_data_frac: 0.0,
        calibration_confidence: None,
        release_marked: false,
        flags: if is_deliberate { vec![records::DELIBERATE.to_owned()] } else { Vec::new() },
    }))
}

/// What programs and people write into blanks, beside what says nothing everywhere.
const FILLERS: [&str; 14] = [
    "0", "0.0", "-1", "no_event", "none", "unknown", "Unknown", "other", "Other", "missing", "FALSE", "False", "false",
    "?",
];

/// Outs that an event of Statcast makes; none where it is none of Statcast's words.
fn outs_of(event: &str) -> Option<u8> {
    Some(match event {
        "triple_play" => 3,
        "double_play"
        | "grounded_into_double_play"
        | "strikeout_double_play"
        | "sac_fly_double_play"
        | "sac_bunt_double_play" => 2,
        "field_out" | "strikeout" | "force_out" | "fielders_choice_out" | "sac_fly" | "sac_bunt" | "other_out" => 1,
        _ if event.starts_with("caught_stealing") || event.starts_with("pickoff") => 1,
        "single"
        | "double"
        | "triple"
        | "home_run"
        | "walk"
        | "intent_walk"
        | "hit_by_pitch"
        | "field_error"
        | "fielders_choice"
        | "catcher_interf"
        | "fan_interference"
        | "batter_interference"
        | "runner_double_play"
        | "truncated_pa"
        | "ejection"
        | "game_advisory"
        | "wild_pitch"
        | "passed_ball"
        | "balk"
        | "other_advance"
        | "error"
        | "defensive_indiff"
        | "defensive_indifference"
        | "injury"
        | "umpire_substitution"
        | "os_ruling_pending_prior"
        | "os_ruling_pending_primary"
        | "cs_double_play" => 0,
        _ if event.starts_with("stolen_base") || event.starts_with("os_") => 0,
        _ => return None,
    })
}

/// `150421_204011`: what stands for a type on rows of 2015 and 2016 that are no pitches.
fn is_moment(pitch_type: &str) -> bool {
    let digits = |part: &str| part.len() == 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    pitch_type.split_once('_').is_some_and(|(day, time)| digits(day) && digits(time))
}

/// The time of an imported pitch: 17:00 UTC of its game's date, 100 s an at-bat and 4 s a pitch, and the game in the
/// nanoseconds, so that it is the same in every file, follows the order of play and stays within its date.
pub fn release_ns(date: jiff::civil::Date, game_pk: u32, at_bat_number: u32, pitch_number: u32) -> Option<u64> {
    let first = date.at(17, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let seconds = u64::try_from(first.timestamp().as_second()).ok()?;
    let into = u64::from(at_bat_number) * 100 + u64::from(pitch_number) * 4;
    Some((seconds + into) * 1_000_000_000 + u64::from(game_pk))
}

/// The id of an imported pitch, below 2⁴⁸ and so apart from every live one.
pub fn pitch_id(game_pk: u32, at_bat_number: u32, pitch_number: u32) -> u64 {
    u64::from(game_pk) << 16 | u64::from(at_bat_number) << 8 | u64::from(pitch_number)
}

fn required(record: &ByteRecord, at: usize, name: &str, high: u32) -> Result<u32, Flaw> {
    let text = text(record, at).ok_or_else(|| format!("{name} is missing"))?;
    let number = whole(text).ok_or_else(|| no_number(name, "is not a whole number", text))?;
    if (1..=high).contains(&number) {
        Ok(number)
    } else {
        Err(Flaw::of(format!("{name} is outside 1 to {high}"), text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_follow_the_order_of_play_and_stay_within_the_date() {
        let date = jiff::civil::date(2023, 6, 11);
        let at = |game, at_bat, number| release_ns(date, game, at_bat, number).expect("after 1970");
        let mut last = at(GAME_MAX, 1, 1);
        for (at_bat, number) in (1..=AT_BAT_MAX).flat_map(|a| (1..=PITCH_MAX).map(move |n| (a, n))).skip(1) {
            assert!(at(1, at_bat, number) > last, "at-bat {at_bat}, pitch {number}");
            last = at(GAME_MAX, at_bat, number);
        }
        let text = |ns: u64| jiff::Timestamp::from_nanosecond(i128::from(ns)).expect("in range").to_string();
        assert!(text(at(1, 1, 1)).starts_with("2023-06-11T17:01:44") && text(last).starts_with("2023-06-11T23:58"));
    }

    #[test]
    fn ids_are_apart_from_each_other_and_from_live_ones() {
        assert_ne!(pitch_id(717_797, 1, 12), pitch_id(717_797, 11, 2));
        assert!(pitch_id(GAME_MAX, AT_BAT_MAX, PITCH_MAX) < 1 << 48);
    }

    #[test]
    fn an_event_is_one_of_statcasts_words_or_none() {
        for (event, outs) in [("strikeout", 1), ("grounded_into_double_play", 2), ("single", 0), ("pickoff_1b", 1)] {
            assert_eq!(outs_of(event), Some(outs), "{event}");
        }
        for filler in FILLERS.into_iter().chain(["x", "Strikeout!"]) {
            assert_eq!(outs_of(filler), None, "{filler}");
        }
    }
}
