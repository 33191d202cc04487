//! Injured-list reports, one row a placement, in the layout of `FanGraphs`' injury report.
//!
//! | column | read as |
//! |---|---|
//! | `MLBAMID` | who; where it is missing, `Name` among the pitchers known |
//! | `Pos` | rows without a pitcher's position in it (`P`, `SP`, `RHP`, `CL`, `TWP`, …) are passed over |
//! | `Injury / Surgery` | what it was, its body part, and whether it was a surgery |
//! | `Injury / Surgery Date` | `surgery_date` where the words tell of one, else `injury_date` |
//! | `IL Retro Date` | `retroactive_date` |
//! | `IL Announced Date` | `announced_date`; the report has no such column, so by science.md §7 its placements are dated by the retroactive one |
//! | `Eligible to Return` | `eligible_date` |
//! | `Return Date` | `return_date` where `Latest Update` says `Activated`; else it is a guess or the season's end and left out |
//! | `season` | the season of the report; without the column, that which the importer says, else the year of its list's date; a date more than two years off it is malformed |
//! | `Status` | a row of somebody who is projected to be on a list, or on a roster, is no placement and is passed over |

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::changed;
use super::input::{Inputs, Watched, Watcher};
use super::local;
use super::people::{People, Whose, first_last};
use super::table::dates::{AHEAD, NO_DATE, Order, is_ahead, why_none};
use super::table::{Flaw, Layout, Reasons, Row, RowSummary, read_table};
use super::teams::canonical;
use crate::records::{BodyPart, InjuryRecord, PitcherRecord};
use crate::store::{Put, Store, StoreError};

const LAYOUT: Layout = Layout {
    what: "injured-list report",
    needed: &["Name", "Pos", "Injury / Surgery Date", "Injury / Surgery", "IL Retro Date"],
    others: &[
        "MLBAMID",
        "Team",
        "Status",
        "IL Announced Date",
        "Eligible to Return",
        "Return Date",
        "Latest Update",
        "season",
    ],
    dates: &["Injury / Surgery Date", "IL Retro Date", "IL Announced Date", "Eligible to Return", "Return Date"],
    order: Some(Order::MonthFirst),
    in_season: false,
};

/// Imports reports one after the other. `season` is that of rows which do not say theirs; no injury or placement is taken of a
/// day that lies ahead of `today`, which is none where no clock tells it.
///
/// # Errors
/// The store fails or holds a corrupt record. What was committed before stays, and importing again completes it.
pub fn import_injuries(
    store: &Store,
    inputs: &mut dyn Inputs,
    season: Option<u16>,
    today: Option<Date>,
    watcher: &mut dyn Watcher,
) -> Result<RowSummary, StoreError> {
    let mut summary = RowSummary { what: "placements".to_owned(), ..RowSummary::default() };
    let mut whose = BTreeSet::new();
    let (total, mut read) = (inputs.total(), 0);
    while let Some(input) = inputs.next() {
        let people = People::of(store)?;
        let mut taken = Vec::new();
        let left_before = summary.left();
        let rows = input.bytes.and_then(|bytes| {
            let bytes = Watched::new(bytes, "reading", &mut read, total, watcher);
            let RowSummary { refused, dropped, passed_over, notes, .. } = &mut summary;
            let (mut unread, place) = (Reasons::default(), &input.name);
            let rows = read_table(bytes, place, &LAYOUT, (&mut unread, notes), &mut |row| match placement(
                row,
                (season, today),
                &people,
                &mut |why| dropped.add(why, place, row.line),
            ) {
                Ok(Found::Placement(found)) => taken.push(*found),
                Ok(Found::Other(why)) => passed_over.add(why, place, row.line),
                Err(flaw) => refused.refuse(flaw, place, row.line),
            });
            refused.absorb(unread);
            rows
        });
        if !summary.count_file(&input.name, rows, left_before) {
            continue;
        }
        whose.extend(taken.iter().map(|(record, _)| record.pitcher));
        keep(store, taken, &people, &mut summary)?;
    }
    local::settle(store)?;
    summary.pitchers = whose.len() as u64;
    Ok(summary)
}

/// The name of the count of imports that changed a report.
const IMPORTS: &str = "injuries/imports";

/// Another value after every import that changed a report: whoever keeps what follows from them knows by it.
///
/// # Errors
/// The store fails.
pub fn imports(store: &Store) -> Result<Vec<u8>, StoreError> {
    Ok(store.meta(IMPORTS)?.unwrap_or_default())
}

/// Stores placements, and the people whom the store does not know yet: their names tell whose appearances others are.
fn keep(
    store: &Store,
    taken: Vec<(InjuryRecord, PitcherRecord)>,
    people: &People,
    summary: &mut RowSummary,
) -> Result<(), StoreError> {
    let mut changed = BTreeSet::new();
    store.bulk(taken, |txn, (record, person)| {
        match people.by_id.get(&person.id) {
            None => {
                txn.put_pitcher(&person)?;
            }
            Some(known) if known.name.is_none() && person.name.is_some() => {
                txn.put_pitcher(&PitcherRecord { name: person.name, ..known.clone() })?;
            }
            Some(_) => {}
        }
        let put = txn.put_injury(&record)?;
        summary.count(put);
        changed.extend((put != Put::Unchanged).then_some((record.pitcher, record.season)));
        Ok(())
    })?;
    if !changed.is_empty() {
        let next = u64::from_be_bytes(imports(store)?.try_into().unwrap_or_default()).wrapping_add(1);
        store.transact(|txn| txn.put_meta(IMPORTS, &next.to_be_bytes()).map(drop))?;
    }
    changed::note(store, &changed)
}

/// What sources call a pitcher's position.
const PITCHERS: [&str; 14] = ["P", "SP", "RP", "RHP", "LHP", "RHS", "LHS", "RHR", "LHR", "CL", "CP", "MR", "SU", "TWP"];

/// What a row tells.
enum Found {
    /// A placement, and whose.
    Placement(Box<(InjuryRecord, PitcherRecord)>),
    /// Something sound that is not needed, in words.
    Other(&'static str),
}

/// A row's placement and its pitcher.
fn placement(
    row: &Row<'_>,
    (season, today): (Option<u16>, Option<Date>),
    people: &People,
    dropped: &mut dyn FnMut(&str),
) -> Result<Found, Flaw> {
    let name = row.text("Name").map(first_last);
    let Some(position) = row.text("Pos") else {
        return Err(if name.is_some() { "Pos is missing" } else { "it names nobody" }.into());
    };
    let is_pitchers = |word: &str| PITCHERS.contains(&word.to_ascii_uppercase().as_str());
    if !position.split(|c: char| !c.is_ascii_alphanumeric()).any(is_pitchers) {
        return Ok(Found::Other("not a pitcher's"));
    }
    if row.text("Status").is_some_and(|status| status.to_ascii_lowercase().starts_with("projected")) {
        return Ok(Found::Other("projected, not placed"));
    }
    // Words in its place are another source's id, or none.
    let id = if row.number("MLBAMID").is_some() { row.mlbam_id("MLBAMID")? } else { None };
    let pitcher = match (id, &name) {
        (Some(id), _) => id,
        (None, Some(name)) => match people.whose(name) {
            Whose::Known(id) => id,
            Whose::Several(_) => return Err("no MLBAMID, and several pitchers have that name".into()),
            Whose::Local(_) => return Err("no MLBAMID, and no pitcher of that name is known".into()),
        },
        (None, None) => return Err("it names nobody".into()),
    };
    let is_year = |year: &u16| super::outings::YEARS.contains(year);
    let season = if row.text("season").is_some() {
        row.number("season").map(|season| season as u16).filter(is_year).ok_or("season is no year")?
    } else {
        let listed = || row.date("IL Retro Date").or_else(|| row.date("IL Announced Date"));
        let season = season.or_else(|| listed().map(|date| date.year().unsigned_abs()));
        season.filter(is_year).ok_or("nothing tells its season: say --season")?
    };
    let mut date = |column: &str| {
        let told = row.text(column)?;
        let read = row.date(column).filter(|d| i32::from(d.year()).abs_diff(i32::from(season)) <= 2);
        if read.is_none() {
            let why = Some(why_none(told)).filter(|why| row.date(column).is_none() && *why != NO_DATE);
            dropped(&format!("{column} {}", why.unwrap_or("is no date near the season")));
        }
        // When he may come back may well lie ahead.
        let is_past = column != "Eligible to Return";
        if read.is_some_and(|date| is_past && is_ahead(date, today)) {
            dropped(&format!("{column} {AHEAD}"));
            return None;
        }
        read
    };
    let hurt = date("Injury / Surgery Date");
    let retroactive = date("IL Retro Date");
    let announced = date("IL Announced Date");
    let eligible = date("Eligible to Return");
    let returned =
        if row.text("Latest Update").is_some_and(|u| u.starts_with("Activated")) { date("Return Date") } else { None };
    if hurt.is_none() && retroactive.is_none() && announced.is_none() {
        return Err("no date says when".into());
    }
    let returned = returned.filter(|r| {
        let sound = retroactive.is_none_or(|from| *r >= from);
        if !sound {
            dropped("Return Date is before IL Retro Date");
        }
        sound
    });
    let injury = row.text("Injury / Surgery").unwrap_or("Undisclosed").to_owned();
    let surgery = is_surgery(&injury);
    let text = |date: Option<Date>| date.map(|d| d.to_string());
    let team = row.text("Team").map(canonical);
    let person = PitcherRecord { id: pitcher, name, team: team.clone(), ..PitcherRecord::default() };
    let record = InjuryRecord {
        pitcher,
        season,
        team,
        position: Some(position.to_owned()),
        part: body_part(&injury),
        injury,
        injury_date: text(hurt.filter(|_| !surgery)),
        surgery_date: text(hurt.filter(|_| surgery)),
        announced_date: text(announced),
        retroactive_date: text(retroactive),
        eligible_date: text(eligible),
        return_date: text(returned),
        status: row.text("Status").map(str::to_owned),
    };
    Ok(Found::Placement(Box::new((record, person))))
}

/// Whether the words tell of an operation.
fn is_surgery(injury: &str) -> bool {
    let lower = injury.to_lowercase();
    ["surgery", "sugery", "procedure", "tommy john", "discectomy"].iter().any(|word| lower.contains(word))
}

/// What an injury was of. Words are matched whole, so that `lat` is the muscle and neither `lateral` nor `inflammation`;
/// the first part named counts, and an arm that does not throw is none.
pub fn body_part(injury: &str) -> BodyPart {
    let lower = injury.to_lowercase();
    if lower.contains("non-throwing") || lower.contains("non-pitching") {
        return BodyPart::Other;
    }
    let part = |word: &str| match word {
        "elbow" | "forearm" | "flexor" | "ucl" | "ulnar" | "tommy" | "olecranon" => Some(BodyPart::Elbow),
        "shoulder" | "rotator" | "labrum" | "lat" | "latissimus" | "teres" | "scapula" | "capsule" | "deltoid"
        | "outlet" => Some(BodyPart::Shoulder),
        "arm" | "biceps" | "bicep" | "triceps" | "tricep" => Some(BodyPart::Arm),
        "hand" | "finger" | "fingernail" | "thumb" | "wrist" | "blister" => Some(BodyPart::Hand),
        "hip" | "knee" | "leg" | "ankle" | "foot" | "toe" | "back" | "neck" | "oblique" | "groin" | "hamstring"
        | "rib" | "quad" | "calf" => Some(BodyPart::Other),
        _ => None,
    };
    // A parenthesis says more about what comes before it: `Strained back (lat)` is of the lat.
    let (before, inside) = lower.split_once('(').unwrap_or((&lower, ""));
    let first = |text: &str| text.split(|c: char| !c.is_alphanumeric()).find_map(part);
    match (first(before), first(inside)) {
        (Some(BodyPart::Other), Some(inside)) if inside.is_arm() && !before.contains("hip") => inside,
        (Some(before), _) => before,
        (None, inside) => inside.unwrap_or(BodyPart::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_injury_is_of_the_part_that_its_words_name() {
        for (words, part) in [
            ("Strained lat", BodyPart::Shoulder),
            ("Torn lat tendon", BodyPart::Shoulder),
            ("Lateral meniscus (knee)", BodyPart::Other),
            ("Elbow discomfort (lateral epicondylitis)", BodyPart::Elbow),
            ("Shoulder inflammation", BodyPart::Shoulder),
            ("Knee inflammation", BodyPart::Other),
            ("Tommy John surgery", BodyPart::Elbow),
            ("Flexor tendon surgery/Shoulder soreness", BodyPart::Elbow),
            ("Strained hip flexor", BodyPart::Other),
            ("Thoracic outlet syndrome surgery", BodyPart::Shoulder),
            ("Thoracic spine tightness", BodyPart::Other),
            ("Strained back (lat)", BodyPart::Shoulder),
            ("Hip surgery (torn labrum)", BodyPart::Other),
            ("Hairline stress fracture (forearm)", BodyPart::Elbow),
            ("Strained triceps", BodyPart::Arm),
            ("Torn labrum", BodyPart::Shoulder),
            ("Strained finger (right middle)", BodyPart::Hand),
            ("Fractured hand (non-throwing)", BodyPart::Other),
            ("Shoulder dislocation (non-throwing)", BodyPart::Other),
            ("Elbow soreness / Strained hamstring", BodyPart::Elbow),
            ("Blood clot removal surgery (right elbow)", BodyPart::Elbow),
            ("Stress reaction -- arm", BodyPart::Arm),
            ("Undisclosed", BodyPart::Other),
            ("", BodyPart::Other),
        ] {
            assert_eq!(body_part(words), part, "{words}");
        }
    }
}
