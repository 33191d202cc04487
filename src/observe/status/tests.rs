//! What must hold of `status.rs`.

use super::*;

#[test]
fn the_identity_holds_only_when_every_frame_is_accounted_for() {
    let mut accounting = Accounting {
        received: 28,
        released: 1,
        duplicate: 2,
        late: 3,
        quarantined: 4,
        refused: 5,
        overflowed: 6,
        held: 7,
    };
    assert!(accounting.holds());
    accounting.released = 0;
    assert_eq!(accounting.difference(), 1, "one frame is missing");
    accounting.released = u64::MAX;
    assert!(accounting.difference() < 0, "no overflow, and too many is told from too few");
}

#[test]
fn a_final_pitch_with_a_flag_is_counted_once_and_told_by_its_flags() {
    let mut pitches = PublishedPitches::default();
    assert_eq!(pitches.flagged_words(), "0 flagged");
    for (is_final, flags) in
        [(false, &["unmarked"][..]), (true, &["unmarked"]), (true, &[]), (true, &["short_track", "unmarked"])]
    {
        pitches.flag(is_final, &flags.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(pitches.flagged_words(), "2 flagged (1 short track, 2 unmarked)");
}
