//! How far each source had come when it was last kept, and when somebody had a source forgotten.
//!
//! One value in `meta`: the version of this encoding, a count and the marks, then the times at which marks were forgotten. A
//! restored backup knows older marks than the database that it takes the place of, whose frames would be new once more; so
//! [`restore`](super::restore) hands the newer ones on.

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::handle::Store;
use super::transaction::Transaction;
use crate::ingest::SourceMark;

/// Its name in `meta`.
pub(super) const KEY: &str = "source_marks";
/// Version of the encoding.
const VERSION: u8 = 1;
/// Times of forgetting that are kept, the newest.
const FORGOTTEN_MAX: usize = 200;

/// That somebody had a source forgotten: the word of it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// Which source.
    pub source: u8,
    /// The mark that it had, event time, ns.
    pub event_ns: u64,
    /// When it was forgotten, ns since 1970.
    pub at_ns: u64,
}

/// What is kept of all sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceMarks {
    /// By source.
    pub marks: Vec<SourceMark>,
    /// The oldest first.
    pub forgotten: Vec<Forgotten>,
}

impl SourceMarks {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let bytes = postcard::to_extend(self, vec![VERSION]);
        bytes.expect("plain data is encoded into memory")
    }

    /// From bytes of this version; none from others.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        postcard::from_bytes(rest).ok().filter(|_| *version == VERSION)
    }

    /// Takes over what another one has newer.
    pub(super) fn join(&mut self, other: Self) {
        for mark in other.marks {
            match self.marks.iter_mut().find(|own| own.source == mark.source) {
                Some(own) if own.event_ns >= mark.event_ns => {}
                Some(own) => *own = mark,
                None => self.marks.push(mark),
            }
        }
        self.marks.sort_unstable();
        self.forgotten.extend(other.forgotten);
        self.forgotten.sort_by_key(|forgotten| (forgotten.at_ns, forgotten.source));
        self.forgotten.dedup();
        let surplus = self.forgotten.len().saturating_sub(FORGOTTEN_MAX);
        self.forgotten.drain(..surplus);
    }
}

impl Store {
    /// How far each source had come.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn source_marks(&self) -> Result<SourceMarks, StoreError> {
        let Some(bytes) = self.meta(KEY)? else { return Ok(SourceMarks::default()) };
        SourceMarks::from_bytes(&bytes).ok_or_else(|| StoreError::Refused {
            table: "meta",
            why: "the marks of the sources are of a version that is not known".to_owned(),
        })
    }

    /// Forgets how far a source has come, and keeps when that was. Its mark; none where it had none. Who goes on from marks
    /// in memory hears of it by [`Self::take_forgotten`].
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn forget_source(&self, source: u8, now_ns: u64) -> Result<Option<SourceMark>, StoreError> {
        let mut kept = self.source_marks()?;
        // Before the store forgets: who keeps marks next is to have forgotten.
        self.forgotten.fetch_or(1 << (source % 64), std::sync::atomic::Ordering::AcqRel);
        let Some(at) = kept.marks.iter().position(|mark| mark.source == source) else { return Ok(None) };
        let mark = kept.marks.remove(at);
        kept.join(SourceMarks {
            forgotten: vec![Forgotten { source, event_ns: mark.event_ns, at_ns: now_ns }],
            ..SourceMarks::default()
        });
        self.transact(|txn| txn.put_meta(KEY, &kept.to_bytes()).map(drop))?;
        Ok(Some(mark))
    }

    /// The sources that were forgotten since this was last asked, a bit each.
    pub fn take_forgotten(&self) -> u64 {
        self.forgotten.swap(0, std::sync::atomic::Ordering::AcqRel)
    }
}

impl Transaction<'_> {
    /// Keeps how far each source has come, beside when which were forgotten.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub(super) fn put_source_marks(&mut self, marks: &[SourceMark]) -> Result<(), StoreError> {
        let mut kept = self.raw_meta(KEY)?.and_then(|bytes| SourceMarks::from_bytes(&bytes)).unwrap_or_default();
        kept.marks = marks.to_vec();
        self.put_meta(KEY, &kept.to_bytes()).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::super::backup::BackupOptions;
    use super::super::options::StoreOptions;
    use super::super::restore::restore;
    use super::super::write::Write;
    use super::*;

    fn mark(source: u8, event_ns: u64) -> SourceMark {
        SourceMark { source, event_ns, at_ns: event_ns + 3 }
    }

    fn keep(store: &Store, marks: &[SourceMark]) {
        store.transact(|txn| txn.apply(&Write::SourceMarks(marks.to_vec()))).expect("stored");
    }

    #[test]
    fn marks_stay_and_one_that_is_forgotten_is_noted() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        assert_eq!(store.source_marks().expect("read"), SourceMarks::default());
        keep(&store, &[mark(1, 100), mark(48, 90)]);
        assert_eq!(store.forget_source(7, 1000).expect("read"), None);
        assert_eq!(store.forget_source(1, 1000).expect("stored"), Some(mark(1, 100)));
        assert_eq!(store.take_forgotten(), 1 << 7 | 1 << 1);
        assert_eq!(store.take_forgotten(), 0);
        drop(store);
        let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        let noted = vec![Forgotten { source: 1, event_ns: 100, at_ns: 1000 }];
        assert_eq!(
            store.source_marks().expect("read"),
            SourceMarks { marks: vec![mark(48, 90)], forgotten: noted.clone() }
        );
        keep(&store, &[mark(1, 50)]);
        assert_eq!(store.source_marks().expect("read").forgotten, noted, "the word of it stays");
    }

    #[test]
    fn a_restored_backup_goes_on_from_the_newest_marks_also_of_what_it_took_the_place_of() {
        let (dir, kept) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let open = || Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        let store = open();
        keep(&store, &[mark(1, 100), mark(2, 100), mark(3, 100)]);
        let options = BackupOptions { bytes_per_second: 0, keep: 0 };
        let now = jiff::Timestamp::now();
        let backup = store.backup(kept.path(), options, now, &mut |_, _| true).expect("a backup");
        keep(&store, &[mark(1, 200), mark(2, 50), mark(4, 10)]);
        drop(store);
        let restored = restore(&backup.path, dir.path(), true, now).expect("restored");
        assert!(!restored.marks_lost);
        let marks = open().source_marks().expect("read").marks;
        assert_eq!(marks, [mark(1, 200), mark(2, 100), mark(3, 100), mark(4, 10)]);
        assert_eq!(open().source_marks().expect("read").marks, marks, "and the next time too");
        // What was there tells nothing any more, and that is said.
        std::fs::write(dir.path().join("data.mdb"), "rubbish").expect("written");
        let later = now + jiff::SignedDuration::from_secs(5);
        assert!(restore(&backup.path, dir.path(), true, later).expect("restored").marks_lost);
        assert_eq!(open().source_marks().expect("read").marks, [mark(1, 100), mark(2, 100), mark(3, 100)]);
    }
}
