use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::super::error::StoreError;
use super::super::handle::Store;
use super::super::mapping;
use super::super::options::StoreOptions;
use super::super::read::Cursor;
use super::super::table_key::Table;
use super::super::verify::{VerifyError, verify};
use super::*;
use crate::records::PitchRecord;

const PAGE: usize = 4096;

fn pitch(number: u64) -> PitchRecord {
    let release_ns = 1_686_506_400_000_000_000 + number * 1_000_000_000;
    super::super::tests::pitch(Some(425_794 + (number % 5) as u32), release_ns, number)
}

/// A value that takes pages of its own.
fn large(store: &Store, name: &str, bytes: usize) {
    store.transact(|txn| txn.put_meta(name, &vec![7; bytes]).map(drop)).expect("stored");
}

/// A store in which pitches and large values came, changed and went, and transactions were given up; at the end one took
/// pages behind all others and gave them back. Large values are up to six times so many bytes.
fn used(dir: &Path, value_bytes: usize) -> PathBuf {
    let options = StoreOptions { map_bytes: 16 << 20, ..StoreOptions::default() };
    let store = Store::open(dir, options).expect("a new store opens");
    for round in 0..30 {
        let numbers = round * 20..(round + 1) * 20;
        store.bulk(numbers, |txn, number| txn.put_pitch(&pitch(number)).map(drop)).expect("stored");
        large(&store, &format!("value {}", round % 4), value_bytes * (round as usize % 7));
        let given_up = store.transact(|txn| {
            txn.put_meta("given up", &vec![1; 50_000])?;
            txn.put_pitch(&pitch(1_000_000 + round))?;
            Err::<(), _>(StoreError::Refused { table: "meta", why: "it is given up".to_owned() })
        });
        assert!(given_up.is_err());
    }
    store.transact(|txn| txn.delete(Table::Meta, b"value 1")).expect("removed");
    let returned = store.transact(|txn| {
        txn.put_pitch(&pitch(600))?;
        txn.put_meta("passing", &vec![2; 200_000])?;
        txn.delete(Table::Meta, b"passing")
    });
    assert!(returned.expect("committed"));
    dir.join("data.mdb")
}

fn look(file: &File) -> Result<Pages, PagesError> {
    check(file, &|_| ())
}

fn kept(dir: &Path) -> Vec<PitchRecord> {
    let store = Store::open(dir, StoreOptions::default()).expect("it opens");
    store.pitches_since(Cursor::default(), usize::MAX, None).expect("every record is whole")
}

fn pages_of(path: &Path) -> u64 {
    look(&File::open(path).expect("there")).expect("it is whole").used
}

/// The file with other bytes, beside it.
fn changed(path: &Path, bytes: &[u8]) -> PathBuf {
    let changed = path.with_file_name("changed.mdb");
    std::fs::write(&changed, bytes).expect("written");
    changed
}

/// The bytes that were ever given out, and the pages that the tables have.
fn told_by_lmdb(path: &Path) -> (u64, u64) {
    let env = mapping::open_file(path).expect("it opens");
    let tables = mapping::file_tables(&env).expect("they open");
    let txn = env.read_txn().expect("a read");
    let each = tables.iter().flatten().map(|table| table.stat(&txn).expect("counted"));
    let pages: usize = each.chain([env.unnamed_database_stat()]).map(|stat| stat.non_free_page_size() / PAGE).sum();
    ((env.info().last_page_number as u64 + 1) * PAGE as u64, pages as u64)
}

#[test]
fn a_store_whose_last_pages_were_given_back_before_they_were_written_is_whole() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = used(dir.path(), 3_000);
    // LMDB's own numbers; a file is open once in a process.
    let (given_out, in_tables) = told_by_lmdb(&path);
    let bytes = std::fs::metadata(&path).expect("there").len();
    assert!(bytes < given_out, "{bytes} bytes for {given_out} that were given out: this store shows nothing");
    let found = pages_of(&path);
    // Beside the tables there are two headers and the list of free pages.
    assert!((in_tables + 2..in_tables + 8).contains(&found), "{found} pages, where LMDB counts {in_tables}");
    let verified = verify(&path).expect("it is whole");
    assert!(verified.records.contains(&("pitches", 601)), "{verified}");
}

#[test]
fn a_file_that_was_cut_is_refused_wherever_a_page_in_use_is_missing_and_read_in_full_otherwise() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = used(dir.path(), 3_000);
    let (whole, all) = (std::fs::read(&path).expect("read"), kept(dir.path()));
    // Opening it has committed nothing.
    assert_eq!(std::fs::read(&path).expect("read"), whole);
    let (mut is_whole, mut refused) = (true, 0);
    for length in (0..whole.len()).rev().step_by(PAGE / 2 - 1) {
        let cut = changed(&path, &whole[..length]);
        match verify(&cut) {
            Ok(verified) => {
                assert!(is_whole, "{length} bytes hold all, and more did not");
                assert!(verified.records.contains(&("pitches", all.len() as u64)), "{verified}");
            }
            Err(VerifyError::CutShort { found, wanted, .. }) => {
                assert!(found == length as u64 && wanted > found, "{found} of {wanted}");
                (is_whole, refused) = (false, refused + 1);
            }
            Err(VerifyError::Foreign { .. }) if length < 2 * PAGE => refused += 1,
            Err(error) => panic!("{length}: {error}"),
        }
    }
    assert!(refused > 100, "the store is too small to show anything");
}

#[test]
fn a_page_in_use_that_holds_something_else_is_refused_and_a_free_one_may_hold_anything() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    // Without large values: theirs are the only pages that tell nothing of themselves.
    let path = used(dir.path(), 0);
    let whole = std::fs::read(&path).expect("read");
    let mut refused = 0;
    for page in 2..whole.len() / PAGE {
        // Rubbish; and, as a disk that lost a write has it, another page of the same file.
        let lost = (page + 1) % (whole.len() / PAGE);
        let others = [vec![0xa5; PAGE], whole[lost * PAGE..(lost + 1) * PAGE].to_vec()];
        let verdicts = others.map(|other| {
            let mut bytes = whole.clone();
            bytes[page * PAGE..(page + 1) * PAGE].copy_from_slice(&other);
            verify(&changed(&path, &bytes)).is_err()
        });
        refused += u64::from(verdicts[0]);
        assert!(verdicts[0] || !verdicts[1], "page {page} is free for one and in use for the other");
    }
    assert_eq!(refused, pages_of(&path) - 2, "all but the two headers");
}

#[test]
fn what_is_no_database_is_refused_without_a_fault() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = used(dir.path(), 3_000);
    let whole = std::fs::read(&path).expect("read");
    for bytes in [&b""[..], b"not a database at all", &vec![0; 20_000], &vec![0xff; 20_000], &whole[PAGE..]] {
        let verdict = look(&File::open(changed(&path, bytes)).expect("there"));
        assert!(
            matches!(verdict, Err(PagesError::Foreign(_) | PagesError::Damaged { .. } | PagesError::Inconsistent(_))),
            "{verdict:?}"
        );
    }
    // Every byte of the newest header's two trees: whatever they claim, the walk ends.
    for at in (0..2 * PAGE).filter(|at| (40..168).contains(&(at % PAGE))) {
        for value in [0, 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            let _verdict = look(&File::open(changed(&path, &bytes)).expect("there"));
        }
    }
}

/// Two values of one name in one transaction, the second a little shorter: LMDB keeps the run of the first, which is longer
/// than the second needs.
#[test]
fn a_run_that_is_longer_than_its_value_is_whole() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = used(dir.path(), 3_000);
    for (first, second) in [(30_000, 20_000), (30_000, 5_000), (9_000, 8_100)] {
        let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        let put =
            |txn: &mut super::super::transaction::Transaction<'_>, bytes: usize| txn.put_meta("twice", &vec![3; bytes]);
        store.transact(|txn| put(txn, first).and_then(|_| put(txn, second))).expect("stored");
        drop(store);
        let verified = verify(&path).expect("what LMDB keeps is whole");
        assert!(verified.records.contains(&("pitches", 601)), "{verified}");
    }
    let (_, in_tables) = told_by_lmdb(&path);
    let found = pages_of(&path);
    assert!((in_tables + 2..in_tables + 8).contains(&found), "{found} pages, where LMDB counts {in_tables}");
}

#[test]
fn headers_and_the_free_list_are_held_against_the_trees() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = used(dir.path(), 3_000);
    let whole = std::fs::read(&path).expect("read");
    let newest = if u64_at(&whole, 16 + 128) > u64_at(&whole, PAGE + 16 + 128) { 0 } else { PAGE };
    let flipped = |at: usize, bit: u8| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        look(&File::open(changed(&path, &bytes)).expect("there"))
    };
    for bit in 0..64 {
        let of = |at: usize| flipped(newest + 16 + at + bit / 8, (bit % 8) as u8);
        // Either header's transaction: which of them is the newest would be another.
        assert!(of(128).is_err(), "bit {bit} of the newest transaction");
        let older = flipped(PAGE - newest + 16 + 128 + bit / 8, (bit % 8) as u8);
        assert!(older.is_err(), "bit {bit} of the transaction before");
        // The last page, the main tree's entries, its root, the free list's root.
        for at in [120, 24 + 48 + 32, 24 + 48 + 40, 24 + 40] {
            assert!(of(at).is_err(), "bit {bit} at {at}");
        }
    }
}

#[test]
fn of_a_large_file_it_is_told_how_far_the_look_has_come_also_to_whoever_comes_second() {
    static TOLD: Mutex<(Option<PathBuf>, Vec<u8>)> = Mutex::new((None, Vec::new()));
    fn looking(percent: u8) {
        let mut told = TOLD.lock().expect("no other holds it");
        told.1.push(percent);
        let dir = told.0.as_ref().expect("it is there");
        let doing = format!("looking through the database, {percent} %");
        assert_eq!(Store::doing(dir), Some((std::process::id().to_string(), doing.clone())));
        let second = Store::open(dir, StoreOptions::default()).expect_err("it is in use").to_string();
        assert!(second.contains(&doing), "{second}");
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(dir.path(), StoreOptions::default()).expect("a new store opens");
    for n in 0..(READ_THROUGH_FROM >> 20) + 4 {
        store.transact(|txn| txn.put_meta(&format!("value {n}"), &vec![5; 1 << 20]).map(drop)).expect("stored");
    }
    drop(store);
    TOLD.lock().expect("no other holds it").0 = Some(dir.path().to_path_buf());
    let store = Store::open(dir.path(), StoreOptions { looking, ..StoreOptions::default() }).expect("it opens");
    assert_eq!(Store::doing(dir.path()), None, "it is at work");
    drop(store);
    let told = TOLD.lock().expect("no other holds it").1.clone();
    assert!(told.is_sorted_by(|a, b| a < b) && told.len() > 50 && *told.last().expect("some") > 90, "{told:?}");
}
