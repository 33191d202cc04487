//! The stadium as its users see it: what it delivers, in which order, and how faithfully.

use std::collections::{HashMap, HashSet};

use firmware_protocol::MarkKind;
use nalgebra::Point3;
use pitchguard::ids::{BoxNs, EventNs, GamePk, PitchType, PitcherId};
use pitchguard::signal::Signal;
use pitchguard::simulate::{Delivery, Game, MarkFeed, Scenario, Settings, Silence, Stadium, Thrown, ThrownNineP};
use pitchguard::tracking::pitch::NineP;
use pitchguard::tracking::venue::Venue;

fn closer(settings: Settings) -> Stadium {
    Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Closer), settings)
}

fn seconds(from: EventNs, to: BoxNs) -> f64 {
    (to.0 as f64 - from.0 as f64) * 1e-9
}

fn is_camera(d: &Delivery) -> bool {
    d.source < 40
}

fn brief(seed: u64) -> Settings {
    Settings { seed, pitches_max: Some(3), pace_s: 8.0, ..Settings::default() }
}

#[test]
fn the_same_seed_delivers_the_same_and_another_seed_does_not() {
    let first: Vec<Delivery> = closer(brief(5)).collect();
    let again: Vec<Delivery> = closer(brief(5)).collect();
    let other: Vec<Delivery> = closer(brief(6)).collect();
    assert!(first == again);
    assert!(first != other);
}

#[test]
fn deliveries_come_in_the_order_of_arrival_and_never_before_they_happen() {
    let mut before = BoxNs(0);
    for d in closer(Settings::default()) {
        assert!(d.arrival >= before && d.arrival.0 > d.event.0, "{d:?}");
        before = d.arrival;
    }
}

#[test]
fn each_source_numbers_its_frames_in_the_order_of_event_time() {
    let mut last: HashMap<u8, (u32, EventNs)> = HashMap::new();
    let mut frames: Vec<Delivery> = closer(Settings::quiet()).collect();
    frames.sort_by_key(|d| (d.source, d.seq));
    for d in frames {
        if let Some((seq, event)) = last.insert(d.source, (d.seq, d.event)) {
            assert!(d.seq == seq + 1 && d.event >= event, "{d:?} after {seq} at {event}");
        }
    }
}

#[test]
fn a_quiet_networks_lag_stays_within_its_bounds() {
    let mut slowest: HashMap<u8, f64> = HashMap::new();
    for d in closer(Settings::quiet()) {
        let lag = seconds(d.event, d.arrival);
        let bounds = if is_camera(&d) { 2.0..=5.2 } else { 0.1..=0.5 };
        assert!(bounds.contains(&lag), "source {}: {lag} s", d.source);
        let entry = slowest.entry(d.source).or_default();
        *entry = entry.max(lag);
    }
    assert!(slowest.values().any(|lag| *lag > 4.0), "some camera lags by more than 4 s: {slowest:?}");
}

#[test]
fn loss_doubles_and_stragglers_have_their_shares_and_are_counted() {
    let settings = Settings { loss: 0.03, doubles: 0.02, stragglers: 0.04, ..Settings::default() };
    let mut stadium = closer(settings);
    let (mut delivered, mut devices, mut late) = (0_u64, 0_u64, 0_u64);
    for d in stadium.by_ref() {
        delivered += 1;
        devices += u64::from(!is_camera(&d));
        late += u64::from(is_camera(&d) && seconds(d.event, d.arrival) > 7.0);
    }
    let counts = stadium.counts();
    assert_eq!(delivered, counts.sent - counts.lost + counts.doubled, "{counts:?}");
    let share = |n: u64| n as f64 / (counts.sent - devices) as f64;
    assert!((share(counts.lost) - 0.03).abs() < 0.002, "{counts:?}");
    assert!((share(counts.doubled) - 0.02).abs() < 0.002, "{counts:?}");
    assert!((share(counts.straggled) - 0.04).abs() < 0.002, "{counts:?}");
    // a straggler's lag of 2 to 5.2 s and another 5 to 9 s: all over 7 s, and a double of one too
    assert!(late >= counts.straggled && late < counts.straggled * 11 / 10, "{late} {counts:?}");
}

#[test]
fn every_camera_beats_at_least_ten_times_in_any_second() {
    let mut beats: HashMap<u8, Vec<u64>> = HashMap::new();
    let stadium = closer(Settings { pitches_max: Some(2), ..Settings::quiet() });
    let end = stadium.end();
    for d in stadium {
        if let Signal::Health(_) = d.signal {
            beats.entry(d.source).or_default().push(d.event.0);
        }
    }
    assert_eq!(beats.len(), 18);
    for (source, mut times) in beats {
        times.sort_unstable();
        assert!(times.windows(2).all(|w| w[1] - w[0] <= 100_000_000), "source {source}");
        assert!(end.0 - times[times.len() - 1] <= 100_000_000, "source {source} beats to the end");
    }
}

#[test]
fn marks_name_every_pitch_at_its_exact_release() {
    let stadium = closer(Settings::default());
    let truth = stadium.truth().to_vec();
    let mut released = HashMap::new();
    let mut ended = HashSet::new();
    for d in stadium {
        if let Signal::Mark(mark) = d.signal {
            assert_eq!(d.source, 48 + mark.mound);
            match mark.what {
                MarkKind::PitchReleased => {
                    released.insert((mark.mound, d.event), mark);
                }
                MarkKind::PitchEnded => {
                    ended.insert((mark.mound, mark.at_bat_number, mark.pitch_number));
                }
                _ => {}
            }
        }
    }
    assert_eq!((released.len(), ended.len()), (truth.len(), truth.len()));
    for thrown in truth {
        let mark = released.get(&(thrown.mound.0, thrown.release)).expect("a mark at the release");
        assert_eq!((mark.pitcher, mark.pitch_type), (thrown.pitcher.0, thrown.pitch_type.0));
        assert_eq!((mark.game_pk, mark.pitch_number), (thrown.game_pk.0, thrown.pitch_number));
    }
}

#[test]
fn marks_can_be_late_doubled_absent_or_off() {
    let marks = |feed: MarkFeed| {
        let settings = Settings { marks: feed, ..Settings::quiet() };
        closer(settings).filter(|d| matches!(d.signal, Signal::Mark(_))).collect::<Vec<_>>()
    };
    let usual = marks(MarkFeed::default()).len();
    assert!(marks(MarkFeed { on: false, ..MarkFeed::default() }).is_empty());
    assert_eq!(marks(MarkFeed { doubled: 1.0, ..MarkFeed::default() }).len(), 2 * usual);
    assert!(marks(MarkFeed { absent: 0.5, ..MarkFeed::default() }).len() < usual * 2 / 3);
    let late = marks(MarkFeed { late: 1.0, late_s: (3.0, 4.0), ..MarkFeed::default() });
    assert!(late.len() == usual && late.iter().all(|d| (3.1..4.5).contains(&seconds(d.event, d.arrival))));
}

#[test]
fn a_silent_camera_says_nothing_then_goes_on_and_the_others_do_not_notice() {
    let settings = Settings::quiet();
    let silence = Silence { camera: 4, from_s: 60.0, for_s: 30.0 };
    let window = settings.at(60.0)..settings.at(90.0);
    let whole: Vec<Delivery> = closer(settings.clone()).collect();
    let gapped: Vec<Delivery> = closer(Settings { silent: Some(silence), ..settings }).collect();
    assert!(!gapped.iter().any(|d| d.source == 4 && window.contains(&d.event)));
    assert!(gapped.iter().any(|d| d.source == 4 && d.event >= window.end));
    let others = |all: &[Delivery]| all.iter().filter(|d| d.source != 4).copied().collect::<Vec<_>>();
    assert!(others(&whole) == others(&gapped));
}

#[test]
fn pixels_scatter_by_the_white_and_the_common_noise_around_the_true_flight() {
    // The same seed without noise is the truth to compare with.
    let noisy = Settings { white_px: 0.5, common_px: 0.1, ..Settings::quiet() };
    let exact = Settings { white_px: 0.0, common_px: 0.0, ..Settings::quiet() };
    let balls = |settings: Settings| -> HashMap<(u8, EventNs), [f64; 2]> {
        let ball = |d: Delivery| match d.signal {
            Signal::Ball(b) => Some(((d.source, d.event), [f64::from(b.u), f64::from(b.v)])),
            _ => None,
        };
        closer(settings).filter_map(ball).collect()
    };
    let (noisy, exact) = (balls(noisy), balls(exact));
    assert_eq!(noisy.len(), exact.len());
    let n = 2.0 * noisy.len() as f64;
    let squares: f64 = noisy.iter().flat_map(|(k, uv)| [uv[0] - exact[k][0], uv[1] - exact[k][1]]).map(|r| r * r).sum();
    let sd = (squares / n).sqrt();
    assert!((sd - 0.26_f64.sqrt()).abs() < 0.01, "{sd} px");
}

#[test]
fn a_pitch_is_seen_by_the_cameras_of_its_mound_only() {
    let venue = Venue::busch_iii();
    let stadium = closer(Settings::quiet());
    let truth = stadium.truth().to_vec();
    let mut seen: HashMap<usize, u32> = HashMap::new();
    for d in stadium {
        if let Signal::Ball(ball) = d.signal {
            assert!(ball.diameter >= 4.0 && (ball.sigma - 0.5).abs() < 1e-6);
            let flying = |t: &Thrown| t.release <= d.event && d.event.0 < t.plate.0 + 30_000_000;
            let pitch = truth.iter().position(flying).expect("a ball only while one flies");
            assert_eq!(venue.mound_of(d.source).expect("known").id, truth[pitch].mound);
            *seen.entry(pitch).or_default() += 1;
        }
    }
    for (i, thrown) in truth.iter().enumerate() {
        let least = if thrown.mound.0 == 0 { 700 } else { 90 };
        assert!(seen[&i] >= least, "pitch {i} on mound {}: {} frames", thrown.mound, seen[&i]);
    }
}

#[test]
fn a_published_flight_is_seen_where_its_nine_parameters_say_at_each_cameras_own_exposure() {
    let p = NineP { x0: -1.4, z0: 5.8, vx0: 5.1, vy0: -134.0, vz0: -4.2, ax: -9.0, ay: 27.5, az: -15.5 };
    let release_pos_y = 54.1;
    let pitch = ThrownNineP {
        nine_p: p,
        release_pos_y,
        pitcher: PitcherId(1),
        pitch_type: PitchType::parse("FF").expect("Statcast's code"),
        game_pk: GamePk(2),
        at_bat_number: 3,
        pitch_number: 4,
        half_inning: 0,
        release_spin_rate: None,
        spin_axis: None,
    };
    let venue = Venue::busch_iii();
    let exact = Settings { white_px: 0.0, common_px: 0.0, ..Settings::quiet() };
    let stadium = Stadium::new(&venue, &Game::Statcast(vec![pitch]), exact);
    let release = stadium.truth()[0].release;
    // science.md §1, with time counted from y = 50 ft
    let release_s = (-p.vy0 - (p.vy0 * p.vy0 - 2.0 * p.ay * (50.0 - release_pos_y)).sqrt()) / p.ay;
    let mut seen = 0;
    for d in stadium {
        if let Signal::Ball(ball) = d.signal {
            let t = release_s + (d.event.0 - release.0) as f64 * 1e-9;
            let along = |x0: f64, v: f64, a: f64| x0 + v * t + 0.5 * a * t * t;
            let at = Point3::new(along(p.x0, p.vx0, p.ax), along(50.0, p.vy0, p.ay), along(p.z0, p.vz0, p.az));
            let uv = venue.camera(d.source).expect("known").project(&at).expect("in front");
            assert!((f64::from(ball.u) - uv.x).abs() < 1e-3 && (f64::from(ball.v) - uv.y).abs() < 1e-3, "{d:?}");
            seen += 1;
        }
    }
    assert!((800..1_200).contains(&seen), "{seen} frames");
}

#[test]
fn a_bullpens_spin_is_reported_in_the_fields_frame() {
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Bullpen), Settings::quiet());
    let truth = stadium.truth().to_vec();
    let mut readings = 0;
    for d in stadium {
        if let Signal::Spin(spin) = d.signal {
            let thrown = truth.iter().find(|t| t.release == d.event && 40 + t.mound.0 == d.source).expect("thrown");
            let true_spin = thrown.spin.expect("every fictional pitch spins");
            assert!((f64::from(spin.rate_rpm) - true_spin.release_spin_rate).abs() < 80.0);
            // heading 65° counterclockwise for mound 1, clockwise for mound 2: turned back into the mound's frame
            let heading = if thrown.mound.0 == 1 { 65.0_f64 } else { -65.0 }.to_radians();
            let [x, y, z] = spin.axis.map(f64::from);
            let local_x = x * heading.cos() + y * heading.sin();
            let off = (z.atan2(local_x).to_degrees() - true_spin.spin_axis).rem_euclid(360.0);
            assert!(off.min(360.0 - off) < 15.0, "{off}° off");
            readings += 1;
        }
    }
    assert_eq!(readings, truth.len());
}

#[test]
fn landmarks_come_once_a_half_inning_from_every_camera_that_sees_one() {
    let frames = |landmarks| {
        let settings = Settings { landmarks, ..Settings::quiet() };
        let fiducial = |d: &Delivery| matches!(d.signal, Signal::Fiducial(_));
        closer(settings).filter(fiducial).collect::<Vec<_>>()
    };
    assert!(frames(false).is_empty());
    let round = frames(true);
    let cameras: HashSet<u8> = round.iter().map(|d| d.source).collect();
    assert!((1..=12).all(|id| cameras.contains(&id)), "{cameras:?}");
    let first = round.iter().map(|d| d.event).min().expect("some");
    assert!(round.iter().all(|d| d.event.0 - first.0 < 20_000_000), "one round: the closer pitches one half-inning");
}

#[test]
fn a_three_hour_game_streams_in_bounded_memory() {
    let mut stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), Settings::default());
    let truth = stadium.truth().to_vec();
    let hours = (stadium.end().0 - Settings::default().start.0) as f64 / 3.6e12;
    assert!((2.4..3.6).contains(&hours), "{hours} h");
    let on_game_mound = truth.iter().filter(|t| t.mound.0 == 0).count();
    assert!((230..370).contains(&on_game_mound), "{on_game_mound} pitches");
    assert!((1..=2).all(|mound| truth.iter().any(|t| t.mound.0 == mound)), "both bullpens warm up");
    let pitchers: HashSet<_> = truth.iter().map(|t| t.pitcher).collect();
    assert!(pitchers.len() >= 8, "starters and relievers: {pitchers:?}");
    assert_eq!(stadium.baselines().len(), stadium.roster().len());

    let (mut frames, mut most) = (0_u64, 0);
    while stadium.next().is_some() {
        frames += 1;
        most = most.max(stadium.waiting());
    }
    eprintln!("{hours:.2} h, {} pitches ({on_game_mound} of the game), {frames} frames, {most} waiting", truth.len());
    assert!(frames > 2_000_000, "{frames}");
    // 18 cameras × 10.5 beats × 5.2 s, a pitch of a thousand frames or two, and the stragglers
    assert!(most < 6_000, "{most} frames waiting");
}

#[test]
fn no_more_pitches_are_thrown_than_wanted() {
    let stadium = closer(Settings { pitches_max: Some(4), ..Settings::quiet() });
    assert_eq!(stadium.truth().len(), 4);
    let released = |d: &Delivery| matches!(d.signal, Signal::Mark(m) if m.what == MarkKind::PitchReleased);
    assert_eq!(stadium.filter(released).count(), 4);
}

#[test]
fn only_the_chosen_cameras_take_part_and_see_the_same() {
    let all: Vec<Delivery> = closer(brief(1)).filter(|d| [2, 14].contains(&d.source)).collect();
    let two: Vec<Delivery> = closer(Settings { cameras: Some(vec![2, 14]), ..brief(1) }).filter(is_camera).collect();
    assert!(all == two);
}

#[test]
fn nothing_is_thrown_where_the_venue_has_no_mound() {
    let mut venue = Venue::busch_iii();
    venue.mounds.truncate(1);
    let settings = Settings { pitches_max: Some(40), ..Settings::default() };
    let stadium = Stadium::new(&venue, &Game::Scenario(Scenario::Closer), settings);
    assert!(stadium.truth().iter().all(|t| t.mound.0 == 0) && stadium.truth().len() == 34);
    assert!(stadium.map(|d| d.source).all(|s| s <= 12 || s == 40 || s == 48));
}

#[test]
fn wind_and_density_move_the_ball_as_air_does() {
    let throws = |settings: Settings| {
        let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Closer), settings);
        stadium.truth().iter().filter(|t| t.mound.0 == 0).map(|t| t.quantities).collect::<Vec<_>>()
    };
    let still = throws(Settings::quiet());
    let thin = throws(Settings { air_density_kg_m3: 1.0, ..Settings::quiet() });
    let tail = throws(Settings { wind_ft_s: [0.0, -15.0, 0.0], ..Settings::quiet() });
    let cross = throws(Settings { wind_ft_s: [15.0, 0.0, 0.0], ..Settings::quiet() });
    for (i, q) in still.iter().enumerate() {
        assert!(thin[i].pfx_z.hypot(thin[i].pfx_x) < q.pfx_z.hypot(q.pfx_x));
        assert!(tail[i].drag_coefficient < q.drag_coefficient, "a wind from behind takes less speed");
        assert!(cross[i].pfx_x > q.pfx_x, "a wind to the right carries it right");
        assert!((q.release_speed - tail[i].release_speed).abs() < 1e-9, "the arm is the same");
    }
}
