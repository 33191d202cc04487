//! Backups that are whole, are put back, and are told from damaged ones; and records that have had their years.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::ToSpan;
use pitchguard::records::{Measured, Origin, PitchRecord, State};
use pitchguard::store::{Cursor, Store, StoreOptions};

use crate::daemon_support::Rack;
use crate::ops::{complaint, configure, said, text};

const DAY_NS: u64 = 86_400_000_000_000;

fn pitch(number: u64, release_ns: u64) -> PitchRecord {
    let day = jiff::Timestamp::from_nanosecond(release_ns.into()).expect("a moment");
    PitchRecord {
        pitcher: Some(425_794 + (number % 7) as u32),
        release_ns,
        id: number,
        game_date: day.to_zoned(jiff::tz::TimeZone::UTC).date().to_string(),
        game_pk: 717_797,
        at_bat_number: None,
        pitch_number: None,
        pitch_type: "SI".to_owned(),
        mound: 0,
        origin: Origin::Savant,
        state: State::Final,
        revision: 0,
        values: Measured { release_speed: Some(90.0 + (number % 10) as f64), ..Measured::default() },
        sd: None,
        cameras: 5,
        residual_px: None,
        late_data_frac: 0.0,
        calibration_confidence: None,
        release_marked: false,
        flags: Vec::new(),
    }
}

/// A box whose store holds so many pitches of 2023.
fn filled(pitches: u64) -> Rack {
    let rack = Rack::new();
    let store = Store::open(&rack.store(), StoreOptions::default()).expect("a new store opens");
    let each = (1..=pitches).map(|n| pitch(n, 1_686_506_400_000_000_000 + n * 1_000_000_000));
    store.bulk(each, |txn, pitch| txn.put_pitch(&pitch).map(drop)).expect("stored");
    rack
}

fn kept(rack: &Rack) -> Vec<PitchRecord> {
    let store = Store::open(&rack.store(), StoreOptions::default()).expect("it opens");
    store.pitches_since(Cursor::default(), usize::MAX, None).expect("every record is whole")
}

fn backup_of(output: &std::process::Output) -> PathBuf {
    PathBuf::from(said(output).lines().next().expect("its path"))
}

fn at(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn a_backup_of_a_running_daemon_is_whole_and_restores_what_it_held() {
    let mut rack = filled(2000);
    let daemon = rack.start(1.0);
    let backup = backup_of(&rack.output(&["backup"]));
    assert_eq!(backup.parent(), Some(rack.store().join("backups").as_path()));
    assert_eq!(fs::metadata(&backup).expect("there").permissions().mode() & 0o777, 0o600);
    let mut sums = Command::new("sha256sum");
    sums.args(["-c", &format!("{}.sha256", at(&backup))]).current_dir(backup.parent().expect("a directory"));
    let checked = sums.output().expect("coreutils");
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    assert!(said(&rack.output(&["verify", at(&backup)])).contains("whole: "));
    assert!(complaint(&rack.output(&["restore", at(&backup), "--replace"])).contains("is in use by process"));
    drop(daemon);

    let other = Rack::new();
    said(&other.output(&["restore", at(&backup)]));
    let restored = kept(&other);
    assert_eq!((restored.len(), restored == kept(&rack)), (2000, true));
    let occupied = complaint(&other.output(&["restore", at(&backup)]));
    assert!(occupied.contains("--replace"), "{occupied}");
    let replaced = said(&other.output(&["restore", at(&backup), "--replace"]));
    let aside = fs::read_dir(other.store()).expect("there").flatten().map(|e| e.path());
    let aside = aside.into_iter().find(|path| at(path).contains("data.mdb.before-")).expect("the old one is kept");
    assert!(replaced.contains(at(&aside)), "{replaced}");
    assert!(said(&rack.output(&["verify", at(&aside)])).contains("pitches"), "and it is whole");
    assert_eq!(kept(&other).len(), 2000);
}

/// What LMDB would have ended the process for: it ends with 78, with the way back and by it, and does not change what is there.
#[test]
fn a_daemon_whose_database_cannot_be_used_gives_78_and_the_way_to_restore_it() {
    let mut rack = filled(2000);
    let backup = backup_of(&rack.output(&["backup"]));
    let data = rack.store().join("data.mdb");
    let whole = fs::read(&data).expect("read");
    let mut flipped = whole.clone();
    // How many tables there are, by either header.
    for header in [0, 4096] {
        flipped[header + 16 + 24 + 48 + 32] ^= 1;
    }
    for bytes in [&whole[..whole.len() - 4096], &whole[..4097], &[], &flipped, &[7; 9000]] {
        fs::write(&data, bytes).expect("written");
        let ended = rack.output(&["run"]);
        let told = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(78), "{told}");
        assert!(told.contains(&format!("pitchguard restore --replace {}", at(&backup))), "{told}");
        assert_eq!(fs::read(&data).expect("read"), bytes, "it is as it was");
    }
    // Held, it ends as soon as the database is another.
    let mut held =
        rack.command(&["run", "--hold", "600"]).stderr(std::process::Stdio::null()).spawn().expect("it starts");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(held.try_wait().expect("asked"), None);
    said(&rack.output(&["restore", "--replace", at(&backup)]));
    assert_eq!(held.wait().expect("it ends").code(), Some(78));
    let daemon = rack.start(1.0);
    drop(daemon);
    assert_eq!(kept(&rack).len(), 2000);
}

#[test]
fn a_damaged_backup_is_told_and_never_restored() {
    let rack = filled(2000);
    let backup = backup_of(&rack.output(&["backup"]));
    let good = fs::read(&backup).expect("read");
    let other = Rack::new();
    let refused = |bytes: &[u8], part: &str| {
        fs::write(&backup, bytes).expect("written");
        for output in [rack.output(&["verify", at(&backup)]), other.output(&["restore", at(&backup)])] {
            let complaint = complaint(&output);
            assert!(complaint.contains(part), "{part}: {complaint}");
        }
        assert!(!other.store().join("data.mdb").exists(), "nothing was restored");
    };
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    refused(&flipped, "its checksum is not the one beside it");
    fs::remove_file(format!("{}.sha256", at(&backup))).expect("removed");
    refused(&good[..good.len() / 2], "is cut short");
    refused(b"not a database at all", "is no database of this version");
    // Whole pages of rubbish, one after the other: LMDB may stumble over them, and that is told, too.
    for page in 2..good.len() / 4096 {
        let mut rubbish = good.clone();
        rubbish[page * 4096..(page + 1) * 4096].fill(0xa5);
        fs::write(&backup, &rubbish).expect("written");
        let output = rack.output(&["verify", at(&backup)]);
        assert!(!output.status.success() || page > 40, "page {page} is rubbish and was not missed");
        if page > 12 {
            break;
        }
    }
    fs::write(&backup, &good).expect("written");
    let said = said(&rack.output(&["verify", at(&backup)]));
    assert!(said.contains("pitches                 2000"), "{said}");
}

#[test]
fn only_so_many_backups_are_kept_and_what_a_killed_one_left_is_removed() {
    let rack = filled(10);
    configure(&rack, "backups_keep = 2");
    let dir = rack.path("elsewhere");
    fs::create_dir(&dir).expect("made");
    let left = dir.join("pitchguard-20260101T000000Z.mdb.partial");
    for foreign in [&left, &dir.join("pitchguard-notes.mdb")] {
        fs::write(foreign, "something").expect("written");
    }
    let written: Vec<PathBuf> =
        (0..3).map(|_| backup_of(&rack.output(&["backup", "--to", at(&dir), "--rate", "0"]))).collect();
    let there: Vec<bool> = written.iter().map(|path| path.exists()).collect();
    assert_eq!(there, [false, true, true], "the newest two");
    assert!(!left.exists() && dir.join("pitchguard-notes.mdb").exists(), "only what is ours is removed");
    let sums = fs::read_dir(&dir).expect("there").flatten().filter(|e| at(&e.path()).ends_with(".sha256")).count();
    assert_eq!(sums, 2);
}

#[test]
fn a_checksum_that_was_left_without_its_backup_is_removed() {
    let rack = filled(10);
    let dir = rack.path("elsewhere");
    fs::create_dir(&dir).expect("made");
    // A run that was killed between the two.
    fs::write(dir.join("pitchguard-20260101T000000Z.mdb.sha256"), "of nothing").expect("written");
    let backup = backup_of(&rack.output(&["backup", "--to", at(&dir)]));
    let mut names: Vec<_> = fs::read_dir(&dir).expect("there").flatten().map(|entry| entry.path()).collect();
    names.sort();
    let checksum = PathBuf::from(format!("{}.sha256", at(&backup)));
    let both = [backup, checksum];
    assert_eq!(names, both);
    assert!(both.iter().all(|path| fs::metadata(path).expect("there").permissions().mode() & 0o777 == 0o600));
}

#[test]
fn a_backup_that_the_disk_has_no_room_for_is_not_begun() {
    let rack = filled(3000);
    let small = crate::ops::disk::Small::mount(rack.path("small"), "1m");
    let Some(small) = small else { return };
    let complaint = complaint(&rack.output(&["backup", "--to", at(small.path())]));
    assert!(complaint.contains("no room for a backup"), "{complaint}");
    assert_eq!(fs::read_dir(small.path()).expect("there").count(), 0, "nothing is left");
}

#[test]
fn what_has_had_its_years_is_forgotten_and_nothing_else() {
    let rack = Rack::new();
    let today = jiff::Timestamp::now();
    let now_ns = today.as_nanosecond() as u64;
    // The day of baseball: it turns at six.
    let midnight = pitchguard::day::game_date(now_ns, &jiff::tz::TimeZone::UTC).saturating_sub(5.years());
    let first = midnight.to_zoned(jiff::tz::TimeZone::UTC).expect("a moment").timestamp().as_nanosecond() as u64;
    let store = Store::open(&rack.store(), StoreOptions::default()).expect("a new store opens");
    // More than one look at the table, right up to the first day that is kept.
    let old = (1..=5000).map(|n| pitch(n, first - n * DAY_NS / 4));
    let young = [pitch(6001, first), pitch(6002, first + DAY_NS), pitch(6003, now_ns)];
    let each = old.chain([pitch(6000, first - 1)]).chain(young.clone());
    store.bulk(each, |txn, pitch| txn.put_pitch(&pitch).map(drop)).expect("stored");
    drop(store);
    let would = said(&rack.output(&["retention", "--dry-run"]));
    assert!(would.contains("would be removed: 5001 pitches"), "{would}");
    assert_eq!(kept(&rack).len(), 5004, "a dry run removes nothing");
    let did = said(&rack.output(&["retention"]));
    assert!(did.contains("removed: 5001 pitches"), "{did}");
    let left: Vec<u64> = kept(&rack).iter().map(|p| p.id).collect();
    assert_eq!(left, [6001, 6002, 6003]);
    let backup = backup_of(&rack.output(&["backup"]));
    let whole = said(&rack.output(&["verify", at(&backup)]));
    assert!(whole.contains("pitch_ids                  3"), "both indices went with them: {whole}");
    assert!(said(&rack.output(&["retention"])).contains("removed: 0 pitches"));
}
