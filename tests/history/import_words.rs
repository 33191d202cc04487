//! What is said of files that cannot be read, of values that are none, and of columns in other units.

use std::fs;
use std::io::Write as _;

use crate::games_support::{Rig, YEAR, game, text};
use pitchguard::history::{Paths, Summary, Unwatched, import_appearances};
use pitchguard::records::Measured;

fn imported(bytes: &[u8]) -> (Rig, Summary) {
    let rig = Rig::new();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("sent.csv");
    fs::write(&path, bytes).expect("written");
    let mut nothing = |_| ();
    let summary = pitchguard::history::import_savant(&rig.store, &[path], &mut nothing).expect("the store works");
    (rig, summary)
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

#[test]
fn what_excel_and_others_write_between_fields_is_read() {
    let sound = text(&game(3, YEAR)).replace("\"Doe, Jo\"", "Doe");
    let (known, _) = imported(sound.as_bytes());
    for (first, delimiter) in [("sep=;\r\n", ";"), ("sep=,\n", ","), ("", "|"), ("sep=|\r", "|")] {
        let (rig, summary) = imported(format!("{first}{}", sound.replace(',', delimiter)).as_bytes());
        assert!(rig.pitches() == known.pitches(), "{first:?} {delimiter}: {summary}");
    }
    let bad = sound.replacen(",661000,", ",x,", 1).replace(',', ";");
    let (_, summary) = imported(format!("sep=;\r\n{bad}").as_bytes());
    assert!(summary.to_string().contains("(sent.csv:3)"), "the line that an editor shows: {summary}");
    let month_first = sound.replace("2022-06-11", "6/30/2022").replacen(",661000,", ",x,", 1).replace(',', ";");
    let (_, summary) = imported(format!("sep=;\n{month_first}").as_bytes());
    assert!(summary.new > 0 && summary.to_string().contains("(sent.csv:3)"), "{summary}");
}

#[test]
fn a_file_that_cannot_be_read_is_called_by_what_it_is() {
    let sound = text(&game(3, YEAR));
    let utf32: Vec<u8> = "\u{feff}".chars().chain(sound.chars()).flat_map(|c| (c as u32).to_le_bytes()).collect();
    let twice = packed(&packed(sound.as_bytes()));
    let behind = [packed(sound.as_bytes()), b"garbage".to_vec()].concat();
    let cut = packed(sound.as_bytes());
    for (bytes, word) in [
        (&b""[..], "it is empty"),
        (&packed(b""), "it is empty"),
        (&utf32, "UTF-32"),
        (&twice, "packed twice"),
        (&behind, "other bytes come behind its gzip"),
        (&cut[..cut.len() / 2], "cut off"),
        (b"{\"error\": \"rate limited\"}", "it is JSON, which says \u{201c}rate limited\u{201d}"),
    ] {
        let (rig, summary) = imported(bytes);
        assert!(rig.pitches().is_empty() && summary.failed[0].contains(word), "{word}: {summary}");
    }
    let (rig, _) = imported(&[packed(sound.as_bytes()), vec![0; 600]].concat());
    assert!(!rig.pitches().is_empty(), "filled up with zero bytes");
}

#[test]
fn a_value_that_is_none_is_shown() {
    let sound = text(&game(3, YEAR));
    for (from, to, word) in [
        ("2022-06-11", "soon", "game_date is no YYYY-MM-DD: \u{201c}soon\u{201d} (sent.csv:2"),
        ("2022-06-11", "44723", "game_date is a number of days, as a spreadsheet keeps dates"),
        ("2022-06-11", "=\"2022-06-11\"", "game_date is a formula of Excel"),
        (",661000,", ",'661000,", "game_pk is not a whole number: \u{201c}'661000\u{201d}"),
        (
            ",661000,",
            ",=\"661000\",",
            "game_pk is a formula of Excel: save it as a bare number: \u{201c}=\"661000\"\u{201d}",
        ),
        (",661000,", ",6.61E+05,", "nobody can tell which it was"),
    ] {
        let (_, summary) = imported(sound.replace(from, to).as_bytes());
        assert!(summary.new == 0 && summary.to_string().contains(word), "{to}: {summary}");
    }
    let long = "x".repeat(90);
    let (_, summary) = imported(sound.replace("2022-06-11", &long).as_bytes());
    assert!(summary.to_string().contains(&format!("\u{201c}{}…\u{201d}", "x".repeat(40))), "{summary}");
}

const HEADER: &str = "pitch_type,game_date,release_speed,release_spin_rate,release_pos_x,pfx_x,p_throws,pitcher,game_pk,at_bat_number,\
    pitch_number";

/// Rows of pitchers of either arm whose values another program changed.
fn changed(change: &dyn Fn(f64, f64, f64) -> (f64, f64, f64)) -> (Summary, Vec<Measured>) {
    let row = |n: u32| {
        let (throws, side) = if n.is_multiple_of(3) { ("L", 1.0) } else { ("R", -1.0) };
        let wobble = f64::from(n % 7);
        let (speed, spin, x) = change(91.0 + wobble, 2200.0 + 10.0 * wobble, side * (1.5 + wobble / 10.0));
        let (kind, pitcher, at_bat) = (if n.is_multiple_of(2) { "FF" } else { "CU" }, 7 + n % 3, 1 + n);
        format!("{kind},2023-06-11,{speed:.2},{spin:.3},{x:.2},{:.2},{throws},{pitcher},50,{at_bat},1", side * 0.5)
    };
    let rows: Vec<_> = (0..60).map(row).collect();
    let (rig, summary) = imported(format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes());
    assert_eq!((summary.new, summary.refused.total()), (60, 0), "{summary}");
    (summary, rig.pitches().into_iter().map(|pitch| pitch.values).collect())
}

#[test]
fn a_column_in_another_unit_is_left_out_though_no_other_contradicts_it() {
    let (summary, values) = changed(&|speed, spin, x| (speed, spin, x));
    assert_eq!(summary.dropped.total(), 0, "{summary}");
    assert!(values.iter().all(|v| v.release_speed.is_some() && v.release_spin_rate.is_some() && v.pfx_x.is_some()));
    let (summary, values) = changed(&|speed, spin, x| (speed * 0.447_04, spin, x));
    assert!(summary.to_string().contains("release_speed of most fastballs is outside 70 to 105"), "{summary}");
    assert!(values.iter().all(|v| v.release_speed.is_none() && v.release_spin_rate.is_some()));
    for factor in [1.0 / 60.0, 0.104_72, 0.001] {
        let (summary, values) = changed(&|speed, spin, x| (speed, spin * factor, x));
        let said = summary.to_string();
        assert!(said.contains("release_spin_rate"), "{factor}: {summary}");
        assert!(values.iter().all(|v| v.release_spin_rate.is_none() && v.release_speed.is_some()), "{factor}");
    }
    let (summary, values) = changed(&|speed, spin, x| (speed, spin, -x));
    assert!(summary.to_string().contains("on the other side than p_throws"), "{summary}");
    assert!(values.iter().all(|v| v.release_pos_x.is_none() && v.pfx_x.is_none() && v.release_speed.is_some()));
}

#[test]
fn game_means_in_another_unit_are_left_out_and_their_pitches_kept() {
    let of = |speed: f64, spin: f64| {
        let rig = Rig::new();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("means.csv");
        let row = |day: u32| {
            let wobble = f64::from(day % 3) / 100.0;
            format!("\"Doe, Jo\",2023-06-{day:02},30,{:.2},{:.1},{day}", speed + wobble, spin + wobble)
        };
        let rows: Vec<_> = (1..=28).map(row).collect();
        let header = "player_name,game_date,num_pitches,avg_release_speed,avg_release_spin_rate,avg_vx0";
        fs::write(&path, format!("{header}\n{}\n", rows.join("\n"))).expect("written");
        let summary = import_appearances(&rig.store, &mut Paths::new([path]), None, &mut Unwatched).expect("read");
        let id = rig.store.pitchers().expect("read")[0].id;
        let game = rig.store.appearances_of(id, "2023-06-01", "2023-06-01").expect("read").remove(0);
        (summary.to_string(), game.pitches, game.release_speed.is_some(), game.release_spin_rate.is_some())
    };
    let (said, pitches, speed, spin) = of(93.0, 2200.0);
    assert!(pitches == 30 && speed && spin && !said.contains("unit"), "{said}");
    let (said, pitches, speed, spin) = of(41.5, 2200.0);
    assert!(pitches == 30 && !speed && spin && said.contains("28 × avg_release_speed is 41.5 in the middle"), "{said}");
    let (said, _, speed, spin) = of(93.0, 230.0);
    assert!(speed && !spin && said.contains("avg_release_spin_rate is 230.0 in the middle"), "{said}");
}
