//! Rosters: what people are called, which club they are of, how they throw and how they are used.
//!
//! | column | read as |
//! |---|---|
//! | `mlbam_id` | who |
//! | `name` | his name, `First Last` or `Last, First` |
//! | `team` | his club's code (`STL`) |
//! | `throws` | `L`, `R` or `S` |
//! | `role` | `starter` or `reliever`, also `SP` or `RP`: sets the cap of his dose, whatever his outings were like |
//!
//! `mlbam_id` and `name` must be there; an empty field of the others leaves what is known. What a roster tells holds against
//! games up to the day of its import; a later game with another club knows better.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::input::{Inputs, Watched, Watcher};
use super::local;
use super::people::first_last;
use super::table::{Flaw, Layout, Reasons, Row, RowSummary, read_table};
use super::teams::canonical;
use crate::records::PitcherRecord;
use crate::store::{Put, Store, StoreError};
use crate::workload::Role;

const LAYOUT: Layout = Layout {
    what: "roster",
    needed: &["mlbam_id", "name"],
    others: &["team", "throws", "role"],
    dates: &[],
    order: None,
    in_season: false,
};
/// Longest name, characters.
const NAME_MAX: usize = 80;

/// What a roster said of somebody, beside what his record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How he is used; absent where no roster says.
    pub role: Option<Role>,
    /// The day of the import: against older games its name and club hold.
    pub as_of: Date,
}

/// What a roster said of him; none where none did.
///
/// # Errors
/// The store fails.
pub fn told(store: &Store, pitcher: u32) -> Result<Option<Told>, StoreError> {
    // What another version wrote there and this one cannot read is as if nobody had said it.
    Ok(store.meta(&key(pitcher))?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn key(pitcher: u32) -> String {
    format!("roster/{pitcher}")
}

/// Imports rosters one after the other. `today` is the day of asking.
///
/// # Errors
/// The store fails or holds a corrupt record. What was committed before stays, and importing again completes it.
pub fn import_roster(
    store: &Store,
    inputs: &mut dyn Inputs,
    today: Date,
    watcher: &mut dyn Watcher,
) -> Result<RowSummary, StoreError> {
    let mut summary = RowSummary { what: "people".to_owned(), ..RowSummary::default() };
    let mut whose = std::collections::BTreeSet::new();
    let (total, mut read) = (inputs.total(), 0);
    while let Some(input) = inputs.next() {
        let mut taken = Vec::new();
        let left_before = summary.left();
        let rows = input.bytes.and_then(|bytes| {
            let bytes = Watched::new(bytes, "reading", &mut read, total, watcher);
            let RowSummary { refused, dropped, notes, .. } = &mut summary;
            let (mut unread, place) = (Reasons::default(), &input.name);
            let rows =
                read_table(bytes, place, &LAYOUT, (&mut unread, notes), &mut |row| match listed(row, &mut |why| {
                    dropped.add(why, place, row.line);
                }) {
                    Ok(found) => taken.push(found),
                    Err(flaw) => refused.refuse(flaw, place, row.line),
                });
            refused.absorb(unread);
            rows
        });
        if !summary.count_file(&input.name, rows, left_before) {
            continue;
        }
        whose.extend(taken.iter().map(|one| one.person.id));
        keep(store, taken, today, &mut summary)?;
    }
    local::settle(store)?;
    summary.pitchers = whose.len() as u64;
    Ok(summary)
}

/// A row.
struct Listed {
    person: PitcherRecord,
    role: Option<Role>,
}

fn listed(row: &Row<'_>, dropped: &mut dyn FnMut(&str)) -> Result<Listed, Flaw> {
    let id = row.mlbam_id("mlbam_id")?.ok_or("mlbam_id is missing")?;
    let name = first_last(row.text("name").ok_or("name is missing")?);
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(format!("name is none: write at most {NAME_MAX} characters").into());
    }
    let mut field = |column: &str, wanted: &str, read: &dyn Fn(&str) -> Option<String>| {
        let text = row.text(column)?;
        let value = read(text);
        if value.is_none() {
            dropped(&format!("{column} is none: write {wanted}"));
        }
        value
    };
    let is_code = |text: &str| (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase());
    let team = field("team", "a club's code such as STL", &|text| is_code(text).then(|| canonical(text)));
    let throws = field("throws", "L, R or S", &|text| matches!(text, "L" | "R" | "S").then(|| text.to_owned()));
    let role = field("role", "starter or reliever", &|text| role_of(text).map(|_| text.to_owned()));
    let person = PitcherRecord { id, name: Some(name), team, throws, ..PitcherRecord::default() };
    Ok(Listed { person, role: role.as_deref().and_then(role_of) })
}

fn role_of(text: &str) -> Option<Role> {
    match text.to_lowercase().as_str() {
        "starter" | "sp" => Some(Role::Starter),
        "reliever" | "rp" | "closer" => Some(Role::Reliever),
        _ => None,
    }
}

fn keep(store: &Store, taken: Vec<Listed>, today: Date, summary: &mut RowSummary) -> Result<(), StoreError> {
    let mut records = Vec::new();
    for Listed { person, role } in taken {
        let old = store.pitcher(person.id)?;
        let known = told(store, person.id)?.and_then(|told| told.role);
        let is_new = old.is_none();
        let old = old.unwrap_or(PitcherRecord { id: person.id, ..PitcherRecord::default() });
        let new = PitcherRecord {
            name: person.name,
            team: person.team.or_else(|| old.team.clone()),
            throws: person.throws.or_else(|| old.throws.clone()),
            ..old.clone()
        };
        let role = role.or(known);
        summary.count(match (is_new, new == old && role == known) {
            (true, _) => Put::New,
            (false, true) => Put::Unchanged,
            (false, false) => Put::Changed,
        });
        records.push((new, Told { role, as_of: today }));
    }
    store.bulk(records, |txn, (person, told)| {
        let bytes = serde_json::to_vec(&told).expect("plain data");
        txn.put_meta(&key(person.id), &bytes)?;
        txn.put_pitcher(&person).map(drop)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Input, Unwatched};
    use crate::store::StoreOptions;

    struct Text<'t>(Option<&'t str>);

    impl Inputs for Text<'_> {
        fn next(&mut self) -> Option<Input<'_>> {
            let text = self.0.take()?;
            Some(Input { name: "roster.csv".to_owned(), bytes: Ok(Box::new(text.as_bytes())) })
        }

        fn total(&self) -> u64 {
            0
        }
    }

    const TODAY: Date = jiff::civil::date(2026, 6, 11);

    fn import(store: &Store, text: &str) -> RowSummary {
        import_roster(store, &mut Text(Some(text)), TODAY, &mut Unwatched).expect("read")
    }

    #[test]
    fn a_roster_names_people_their_clubs_and_their_roles_and_twice_changes_nothing() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        let text = "role,name,mlbam_id,team,throws,note\n\
            starter,\"Kessler, Walt\",7,STL,R,x\nRP,Ned Nobody,8,,,\nsometimes,Jo Doe,9,St. Louis,B,\n\
            starter,,10,STL,R,\nstarter,No Number,nine,STL,R,\n";
        let summary = import(&store, text);
        assert_eq!((summary.rows, summary.new, summary.refused.total(), summary.dropped.total()), (5, 3, 2, 3));
        let said = summary.to_string();
        assert!(said.contains("name is missing (roster.csv:5)") && said.contains("team is none"), "{said}");
        let kessler = store.pitcher(7).expect("read").expect("named");
        assert_eq!((kessler.name.as_deref(), kessler.team.as_deref()), (Some("Walt Kessler"), Some("STL")));
        let role = |id| told(&store, id).expect("read").and_then(|told| told.role);
        assert_eq!((role(7), role(8), role(9)), (Some(Role::Starter), Some(Role::Reliever), None));
        let again = import(&store, text);
        assert_eq!((again.new, again.changed, again.unchanged), (0, 0, 3));
        let moved = import(&store, "mlbam_id,name,team\n7,Walt Kessler,CHC\n");
        assert_eq!((moved.changed, role(7)), (1, Some(Role::Starter)), "an empty field leaves what is known");
    }

    #[test]
    fn a_roster_of_which_nothing_can_be_taken_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        assert_eq!(import(&store, "mlbam_id,name\nx,y\n").untaken, ["roster.csv"]);
        assert_eq!(import(&store, "mlbam_id,name\n").untaken, ["roster.csv"]);
        assert!(import(&store, "id,who\n1,2\n").failed[0].contains("lacks mlbam_id, name"));
    }
}
