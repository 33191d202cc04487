//! What must hold of `live.rs`.

use super::*;

fn ended(pitcher: u32) -> Event {
    Event::OutingEnded { pitcher: PitcherId(pitcher), mound: MoundId(0) }
}

fn alert(id: u64) -> Alert {
    Alert {
        id,
        rule: "readiness".to_owned(),
        severity: crate::readiness::Severity::Warning,
        pitcher: None,
        camera: None,
        message: String::new(),
        value: 78.0,
        limit: 80.0,
        raised_at: String::new(),
        since: None,
        cleared_at: None,
        acknowledged_at: None,
        now: None,
        cleared_because: None,
        mound: None,
        audience: crate::readiness::Audience::Coach,
    }
}

#[test]
fn readers_see_every_event_once_and_in_order_or_are_told_that_some_are_gone() {
    const EVENTS: u64 = 20_000;
    let live = Live::new(32, BoxClock::start(1.0));
    let base = live.head();
    let reader = |live: Arc<Live>| {
        move || {
            let (mut position, mut gone, mut seen) = (base, 0_u64, 0_u64);
            while position < base + EVENTS {
                match live.since(position) {
                    Since::Gone => {
                        position = live.snapshot().seq();
                        gone += 1;
                    }
                    Since::Events(events) => {
                        for event in events {
                            assert_eq!(event.seq, position + 1, "no gap goes untold");
                            let Event::OutingEnded { pitcher, .. } = event.event else { panic!("not what was sent") };
                            assert_eq!(u64::from(pitcher.0), event.seq - base, "the event of that number");
                            (position, seen) = (event.seq, seen + 1);
                        }
                    }
                }
            }
            assert!(seen == EVENTS || gone > 0, "{seen} seen");
        }
    };
    let readers = [(); 2].map(|()| std::thread::spawn(reader(Arc::clone(&live))));
    for number in 1..=EVENTS {
        assert_eq!(live.publish(ended(number as u32)), base + number);
    }
    for reader in readers {
        reader.join().expect("the reader saw what it must");
    }
}

#[test]
fn whoever_holds_a_snapshot_finds_all_that_came_after_it() {
    let live = Live::new(1024, BoxClock::start(1.0));
    let publisher = Arc::clone(&live);
    let publishing = std::thread::spawn(move || {
        for _ in 0..5_000 {
            publisher.publish(ended(1));
        }
    });
    while !publishing.is_finished() {
        let snapshot = live.snapshot();
        assert!(snapshot.seq() <= live.head());
        if let Since::Events(events) = live.since(snapshot.seq()) {
            assert!(events.first().is_none_or(|event| event.seq == snapshot.seq() + 1));
        }
    }
    publishing.join().expect("the publisher ends");
}

#[test]
fn what_a_snapshot_holds_is_bounded() {
    let live = Live::new(4, BoxClock::start(1.0));
    for id in 0..2 * STANDING_ALERTS as u64 {
        live.publish(Event::AlertRaised(alert(id)));
    }
    let snapshot = live.snapshot();
    assert_eq!(snapshot.alerts().count(), STANDING_ALERTS);
    assert_eq!(snapshot.alerts().next().map(|alert| alert.id), Some(STANDING_ALERTS as u64), "the oldest leave");
}

#[test]
fn an_acknowledged_alert_stays_until_it_clears() {
    let live = Live::new(4, BoxClock::start(1.0));
    live.publish(Event::AlertRaised(alert(1)));
    live.publish(Event::AlertRaised(alert(2)));
    live.publish(Event::AlertAcknowledged(Alert { acknowledged_at: Some("now".to_owned()), ..alert(1) }));
    let snapshot = live.snapshot();
    let seen: Vec<_> = snapshot.alerts().map(|alert| (alert.id, alert.acknowledged_at.is_some())).collect();
    assert_eq!(seen, [(1, true), (2, false)]);
    live.publish(Event::AlertCleared(alert(1)));
    assert_eq!(live.snapshot().alerts().count(), 1);
}
