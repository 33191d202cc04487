//! The Busch game of the shared data, thrown as published: every complete row found, none invented, all near.

use crate::thrower::*;
use nalgebra::Vector3;
use rand::Rng;

/// The nine parameters and the release of each complete row.
fn published() -> Option<Vec<([f64; 9], f64)>> {
    let file = crate::skipping::real_data("statcast/busch_2023-06-11_game717797.csv")?;
    let mut reader = csv::Reader::from_path(file).expect("the Busch game");
    let names = reader.headers().expect("a header").clone();
    let column = |name: &str| names.iter().position(|n| n == name).expect("a Statcast column");
    let columns =
        ["release_pos_x", "release_pos_y", "release_pos_z", "vx0", "vy0", "vz0", "ax", "ay", "az"].map(column);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.expect("a CSV row");
        let cells = columns.map(|c| record[c].parse::<f64>());
        if cells.iter().all(Result::is_ok) {
            let cells = cells.map(|c| c.expect("checked"));
            rows.push((cells, cells[1]));
        }
    }
    Some(rows)
}

#[test]
fn every_pitch_of_the_busch_game_is_found_and_measured_near() {
    let Some(rows) = published() else { return };
    let mut rig = Rig::new(0, 50);
    let mut tracker = rig.tracker();
    let (mut thrown, mut frames) = (Vec::new(), Vec::new());
    for (k, ([rx, _, rz, vx, vy, vz, ax, ay, az], ry)) in rows.iter().copied().enumerate() {
        // the velocity is published at y = 50 ft, the position at release
        let t = (-vy - f64::sqrt(vy * vy - 2.0 * ay * (50.0 - ry))) / ay;
        let a = Vector3::new(ax, ay, az);
        let start = START + k as u64 * 4 * SECOND + rig.rng.random_range(0..SECOND);
        let v = Vector3::new(vx, vy, vz) + a * t;
        let flight = Flight::fly(start, Vector3::new(rx, ry, rz), v, move |_, _| a, |p, _| p.y > 0.9);
        frames.extend(rig.film(&flight));
        frames.push(rig.released(start, k as u16));
        thrown.push(flight);
    }
    let found = finals(&run(&mut tracker, frames));
    assert_eq!(found.len(), thrown.len(), "all found, none invented");
    let flagged = found.iter().filter(|p| p.flags.any()).count();
    let names = truth(&thrown[0]).map(|(name, _)| name);
    println!("{} pitches, {flagged} flagged; quantity, median, 95 %, max, coverage", found.len());
    for (k, name) in names.iter().enumerate() {
        let mut errors: Vec<(f64, f64)> = thrown
            .iter()
            .zip(&found)
            .map(|(f, p)| {
                let off = (quantities(&p.values)[k] - truth(f)[k].1).abs();
                (off, off / quantities(&p.sd)[k])
            })
            .collect();
        errors.sort_by(|a, b| a.0.total_cmp(&b.0));
        let at = |share: f64| errors[((errors.len() - 1) as f64 * share).round() as usize].0;
        let held = errors.iter().filter(|e| e.1 <= 1.645).count() as f64 / errors.len() as f64;
        println!("  {name:26} {:9.5} {:9.5} {:9.5}   {:5.1} %", at(0.5), at(0.95), at(1.0), 100.0 * held);
        let limit = match *name {
            "plate_x" | "plate_z" => 0.04 / 12.0,
            "release_speed" => 0.06,
            "release_pos_z" => 0.006,
            _ => f64::INFINITY,
        };
        assert!(at(0.95) <= limit, "{name}: 95 % within {}", at(0.95));
    }
}
