//! Whose name is it? Sources that know no ids write names in their own ways: `Last, First`, with or without accents,
//! points and `Jr.`

use std::collections::{BTreeMap, BTreeSet};

use crate::records::PitcherRecord;
use crate::store::{Store, StoreError};

/// Ids below are MLBAM's; from here on they are this box's own, for people whose MLBAM id no source tells.
pub(super) const LOCAL_ID_MIN: u32 = 1 << 31;

/// Who may be meant by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    /// One person with an MLBAM id.
    Known(u32),
    /// Several of that name.
    Several(Vec<u32>),
    /// No MLBAM id is known; a local one stands for him, the same in every import.
    Local(u32),
}

/// The people of the store by name.
pub(super) struct People {
    by_name: BTreeMap<String, BTreeSet<u32>>,
    pub(super) by_id: BTreeMap<u32, PitcherRecord>,
}

impl People {
    pub(super) fn of(store: &Store) -> Result<Self, StoreError> {
        let mut people = Self { by_name: BTreeMap::new(), by_id: BTreeMap::new() };
        store.pitchers()?.into_iter().for_each(|person| people.add(person));
        Ok(people)
    }

    pub(super) fn add(&mut self, person: PitcherRecord) {
        if let Some(name) = &person.name {
            self.by_name.entry(folded(name)).or_default().insert(person.id);
        }
        self.by_id.insert(person.id, person);
    }

    /// Who is meant by this name, in whatever way it is written.
    pub(super) fn whose(&self, name: &str) -> Whose {
        let folded = folded(name);
        let ids = self.by_name.get(&folded);
        let known: Vec<u32> = ids.into_iter().flatten().copied().filter(|id| *id < LOCAL_ID_MIN).collect();
        match known.as_slice() {
            [] => Whose::Local(self.local_id(&folded)),
            [one] => Whose::Known(*one),
            _ => Whose::Several(known),
        }
    }

    /// The local id that this name has or would have. Two names that hash alike are told apart by the one that came
    /// first.
    pub(super) fn local_id(&self, folded: &str) -> u32 {
        let taken = |id: &u32| {
            let name = self.by_id.get(id).and_then(|person| person.name.as_deref());
            name.is_some_and(|name| self::folded(name) != folded)
        };
        let mut id = LOCAL_ID_MIN | fnv1a(folded);
        while taken(&id) {
            id = LOCAL_ID_MIN | id.wrapping_add(1);
        }
        id
    }
}

/// FNV-1a, 32 bits: the same on every machine and in every version.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// `Last, First` the way people say it.
pub(super) fn first_last(name: &str) -> String {
    match name.split_once(", ") {
        Some((last, first)) => format!("{} {}", first.trim(), last.trim()),
        None => name.to_owned(),
    }
}

/// A name without what is written now so, now otherwise: order, case, accents, points, hyphens and `Jr.`
pub(super) fn folded(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in first_last(name.trim()).chars().flat_map(char::to_lowercase) {
        match c {
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' => plain.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'ē' => plain.push('e'),
            'í' | 'ì' | 'î' | 'ï' | 'ī' => plain.push('i'),
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' | 'ō' => plain.push('o'),
            'ú' | 'ù' | 'û' | 'ü' | 'ū' => plain.push('u'),
            'ñ' | 'ń' => plain.push('n'),
            'ç' | 'č' | 'ć' => plain.push('c'),
            'š' | 'ś' => plain.push('s'),
            'ž' => plain.push('z'),
            'ý' => plain.push('y'),
            // Accents that stand by themselves after their letter, points and apostrophes.
            '\u{300}'..='\u{36f}' | '.' | '\'' | '’' | '`' => {}
            '-' | '\u{a0}' => plain.push(' '),
            other => plain.push(other),
        }
    }
    let words = plain.split_whitespace().filter(|word| !matches!(*word, "jr" | "sr" | "ii" | "iii" | "iv"));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(names: &[(u32, &str)]) -> People {
        let mut people = People { by_name: BTreeMap::new(), by_id: BTreeMap::new() };
        for (id, name) in names {
            people.add(PitcherRecord { id: *id, name: Some((*name).to_owned()), ..PitcherRecord::default() });
        }
        people
    }

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("Rodón, Carlos", "Carlos Rodon"),
            ("McCullers Jr., Lance", "Lance McCullers"),
            ("O'Day, Darren", "Darren O’Day"),
            ("Hyun-Jin Ryu", "Ryu, Hyun Jin"),
            ("J.A. Happ", "Happ, JA"),
            ("Ríos, Yacksel", "Yacksel Ri\u{301}os"),
        ] {
            assert_eq!(folded(one), folded(other));
        }
        assert_ne!(folded("Luis Garcia"), folded("Luis Garza"));
    }

    #[test]
    fn a_name_is_one_persons_or_several_or_gets_a_local_id_that_stays() {
        let mut people = people(&[(1, "Luis García"), (2, "Luis Garcia"), (3, "Carlos Rodón")]);
        assert_eq!(people.whose("Rodon, Carlos"), Whose::Known(3));
        assert_eq!(people.whose("Garcia, Luis"), Whose::Several(vec![1, 2]));
        let Whose::Local(local) = people.whose("Nobody, Ned") else { panic!("nobody knows him") };
        assert!(local >= LOCAL_ID_MIN);
        people.add(PitcherRecord { id: local, name: Some("Ned Nobody".to_owned()), ..PitcherRecord::default() });
        assert_eq!(people.whose("Ned Nobody"), Whose::Local(local));
        people.add(PitcherRecord { id: 4, name: Some("Ned Nobody".to_owned()), ..PitcherRecord::default() });
        assert_eq!(people.whose("Ned Nobody"), Whose::Known(4), "the MLBAM id counts as soon as one is known");
    }

    #[test]
    fn two_names_never_share_a_local_id() {
        let mut people = people(&[]);
        let Whose::Local(id) = people.whose("Ned Nobody") else { panic!("nobody knows him") };
        people.add(PitcherRecord { id, name: Some("Other Man".to_owned()), ..PitcherRecord::default() });
        let Whose::Local(next) = people.whose("Ned Nobody") else { panic!("nobody knows him") };
        assert!(next != id && next >= LOCAL_ID_MIN);
    }
}
