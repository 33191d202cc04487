//! A store on a slow disk that is stopped and killed at random moments, and one of which single bits flip: it is whole, or it is
//! refused by name, and what it serves is never another value.

use std::fs;
use std::path::Path;

use crate::common::full;
use pitchguard::records::{Measured, Origin, PitchRecord, State};
use pitchguard::store::backup::BackupOptions;
use pitchguard::store::{Cursor, Store, StoreError, StoreOptions, verify};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const S: u64 = 1_000_000_000;
const PITCHES: u64 = 300;

fn pitch(number: u64) -> PitchRecord {
    PitchRecord {
        pitcher: Some(425_794 + (number % 7) as u32),
        release_ns: 1_686_506_400 * S + number * S,
        id: number << 4,
        game_date: "2023-06-11".to_owned(),
        game_pk: 717_797,
        at_bat_number: Some((number / 5) as u16),
        pitch_number: Some((number % 5) as u16),
        pitch_type: "SI".to_owned(),
        mound: 0,
        origin: Origin::Live,
        state: State::Final,
        revision: 1,
        values: Measured { release_speed: Some(number as f64), vx0: Some(-1.885), ..Measured::default() },
        sd: Some(Measured { release_speed: Some(0.03), ..Measured::default() }),
        cameras: 5,
        residual_px: Some(0.5),
        late_data_frac: 0.0,
        calibration_confidence: Some(0.9),
        release_marked: true,
        flags: Vec::new(),
    }
}

/// A store with pitches, checkpoints and values that take pages of their own.
fn make(dir: &Path) {
    let store = Store::open(dir, StoreOptions::default()).expect("a new store opens");
    for round in 0..PITCHES / 10 {
        let numbers = round * 10..(round + 1) * 10;
        store.bulk(numbers, |txn, number| txn.put_pitch(&pitch(number)).map(drop)).expect("stored");
        let name = format!("value {}", round % 3);
        store
            .transact(|txn| txn.put_meta(&name, &vec![round as u8; 2_000 + 3_000 * (round as usize % 5)]).map(drop))
            .expect("stored");
    }
}

/// All that the store serves, answer by answer, each in its parts; an error where it is refused by name.
fn served(store: &Store) -> Vec<Result<Vec<String>, String>> {
    let told = |answer: Result<Vec<String>, StoreError>| {
        answer.map_err(|error| {
            assert!(matches!(error, StoreError::Corrupt { .. }), "not refused by name: {error}");
            error.to_string()
        })
    };
    let each = |pitches: Vec<PitchRecord>| pitches.iter().map(|pitch| format!("{pitch:?}")).collect();
    let mut answers = vec![told(store.counts().map(|counts| vec![format!("{counts:?}")]))];
    answers.push(told(store.pitches_since(Cursor::default(), usize::MAX, None).map(each)));
    for number in 0..PITCHES {
        answers.push(told(store.pitch(number << 4).map(|pitch| each(pitch.into_iter().collect()))));
    }
    for pitcher in 0..7 {
        answers.push(told(store.pitches_of(425_794 + pitcher, 0, u64::MAX, usize::MAX).map(each)));
    }
    for name in ["value 0", "value 1", "value 2", "value 3"] {
        answers.push(told(store.meta(name).map(|bytes| bytes.iter().map(|bytes| format!("{bytes:?}")).collect())));
    }
    answers
}

#[test]
fn a_flipped_bit_is_harmless_refused_by_name_or_told_by_verify_and_changes_no_value() {
    let flips = if full() { 10_000 } else { 300 };
    let dir = tempfile::tempdir().expect("a temporary directory");
    make(dir.path());
    let data = dir.path().join("data.mdb");
    let whole = fs::read(&data).expect("read");
    let right = served(&Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
    assert_eq!(fs::read(&data).expect("read"), whole, "opening and reading change nothing");
    let mut rng = StdRng::seed_from_u64(13);
    let (mut refused, mut told, mut harmless) = (0, 0, 0);
    for flip in 0..flips {
        // A quarter of them in the two headers.
        let at = if flip % 4 == 0 {
            (flip / 4 % 2) * 4096 + rng.random_range(0..200)
        } else {
            rng.random_range(0..whole.len())
        };
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << rng.random_range(0..8);
        let _ = fs::remove_file(dir.path().join("lock.mdb"));
        fs::write(&data, &bytes).expect("written");
        let verified = verify(&data).is_ok();
        let store = match Store::open(dir.path(), StoreOptions::default()) {
            Ok(store) => store,
            Err(StoreError::Unusable { .. } | StoreError::Corrupt { .. }) => {
                assert!(!verified, "byte {at}: refused at start, and verify finds it whole");
                refused += 1;
                continue;
            }
            Err(error) => panic!("byte {at}: {error}"),
        };
        let served = served(&store);
        if verified {
            assert!(served == right, "byte {at}: verify finds it whole, and something else is served");
            harmless += 1;
            continue;
        }
        // What is served is right, be it less than there was.
        for (is, should) in served.iter().zip(&right) {
            let (Ok(is), Ok(should)) = (is, should) else { continue };
            assert!(is.iter().all(|part| should.contains(part)), "byte {at}: {is:?} instead of {should:?}");
        }
        told += 1;
    }
    eprintln!("{flips} flips: {refused} refused at start, {told} told by verify, {harmless} harmless");
    assert!(refused > flips / 20 && told > flips / 20 && harmless > 0);
}

#[test]
fn a_file_that_is_removed_or_replaced_while_it_is_open_is_noticed_and_can_be_backed_up() {
    let (dir, kept) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    make(dir.path());
    let data = dir.path().join("data.mdb");
    let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
    assert!(store.is_in_place());
    fs::copy(&data, dir.path().join("other")).expect("copied");
    fs::rename(dir.path().join("other"), &data).expect("replaced");
    assert!(!store.is_in_place());
    fs::remove_file(&data).expect("removed");
    assert!(!store.is_in_place());
    let options = BackupOptions { bytes_per_second: 0, keep: 0 };
    let now = jiff::Timestamp::now();
    let backup = store.backup(kept.path(), options, now, &mut |_, _| true).expect("a backup").path;
    drop(store);
    pitchguard::store::restore(&backup, dir.path(), true, now).expect("restored");
    let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
    assert_eq!(store.counts().expect("counted").pitches, PITCHES);
}

#[test]
fn a_database_that_is_short_empty_or_gone_is_refused_with_the_way_to_restore_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    make(dir.path());
    let data = dir.path().join("data.mdb");
    let whole = fs::read(&data).expect("read");
    let open = || Store::open(dir.path(), StoreOptions::default());
    let refused = || {
        let error = open().expect_err("it cannot be used");
        assert!(error.wants_a_person(), "{error}");
        error.to_string()
    };
    assert!(
        !refused_after(&data, &whole[..whole.len() - 4096], &refused).contains("pitchguard-"),
        "there is no backup"
    );
    fs::write(&data, &whole).expect("written");
    let store = open().expect("it is whole again");
    let now = jiff::Timestamp::now();
    let options = BackupOptions { bytes_per_second: 0, keep: 0 };
    let backup = store.backup(&dir.path().join("backups"), options, now, &mut |_, _| true).expect("a backup").path;
    drop(store);
    let way = format!("pitchguard restore --replace {}", backup.display());
    for length in [whole.len() - 4096, whole.len() / 2, 4097, 100] {
        let said = refused_after(&data, &whole[..length], &refused);
        assert!(said.contains("data.mdb") && said.contains(&way), "{length}: {said}");
    }
    let emptied = refused_after(&data, &[], &refused);
    assert!(emptied.contains("it has held records") && emptied.contains(&way), "{emptied}");
    fs::remove_file(&data).expect("removed");
    assert!(refused().contains(&way));
    // A whole database of nothing.
    let other = tempfile::tempdir().expect("a temporary directory");
    drop(Store::open(other.path(), StoreOptions::default()).expect("a new store opens"));
    let new = fs::read(other.path().join("data.mdb")).expect("read");
    let fresh = refused_after(&data, &new, &refused);
    assert!(fresh.contains("it has held records") && fresh.contains(&way), "{fresh}");
    // The way that it tells, and the other one.
    pitchguard::store::restore(&backup, dir.path(), true, now).expect("restored");
    assert_eq!(open().expect("it opens").counts().expect("counted").pitches, PITCHES);
    fs::write(&data, []).expect("written");
    fs::remove_file(dir.path().join("held-records")).expect("removed");
    assert_eq!(open().expect("a new one").counts().expect("counted").pitches, 0);
}

fn refused_after(data: &Path, bytes: &[u8], refused: &impl Fn() -> String) -> String {
    fs::write(data, bytes).expect("written");
    refused()
}
