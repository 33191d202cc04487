//! Log lines by kind: however often something happens, somebody from outside cannot fill the disk by it.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Lines of one kind at once: more than an orderly start or stop writes of any, …
const BURST: f64 = 60.0;
/// … and so many a second from then on.
const A_SECOND: f64 = 0.1;
/// How often it is said what was left out.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Lets a bounded number of lines of each kind through, and tells of how many it did not. A kind is a place in the source.
/// Levels below information are asked for by somebody who wants them all.
#[derive(Debug, Clone, Default)]
pub(super) struct Throttle(Arc<Mutex<HashMap<Identifier, Kind>>>);

#[derive(Debug)]
struct Kind {
    left: f64,
    at: Instant,
    left_out: u64,
    /// What the last line that was left out said.
    message: String,
}

impl Throttle {
    /// Tells now and then of what was left out, for as long as the process lives.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn keep_telling(&self) -> std::io::Result<()> {
        let throttle = self.clone();
        let telling = move || {
            loop {
                std::thread::sleep(TELL_EVERY);
                throttle.tell();
            }
        };
        std::thread::Builder::new().name("log".into()).spawn(telling).map(drop)
    }

    /// Tells of what was left out since the last time.
    pub(super) fn tell(&self) {
        // Told after the lock is free: telling asks for it.
        for (left_out, message) in self.left_out() {
            tracing::warn!(left_out, "{left_out} more log lines of one kind were left out, the last: {message}");
        }
    }

    fn left_out(&self) -> Vec<(u64, String)> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left_out = kinds.values_mut().filter(|kind| kind.left_out > 0);
        left_out.map(|kind| (std::mem::take(&mut kind.left_out), std::mem::take(&mut kind.message))).collect()
    }

    /// Whether one more line of a kind is let through.
    fn admits(&self, kind: Identifier, message: impl FnOnce() -> String, now: Instant) -> bool {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Kind { left: BURST, at: now, left_out: 0, message: String::new() };
        let kind = kinds.entry(kind).or_insert_with(fresh);
        let refilled = now.saturating_duration_since(kind.at).as_secs_f64() * A_SECOND;
        (kind.left, kind.at) = ((kind.left + refilled).min(BURST), now);
        if kind.left >= 1.0 {
            kind.left -= 1.0;
            return true;
        }
        kind.left_out += 1;
        kind.message = message();
        false
    }
}

impl<S: Subscriber> Layer<S> for Throttle {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        if *event.metadata().level() > Level::INFO {
            return true;
        }
        let message = || {
            let mut message = Message(String::new());
            event.record(&mut message);
            message.0
        };
        self.admits(event.metadata().callsite(), message, Instant::now())
    }
}

/// The words of a line.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string cannot fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tracing_subscriber::prelude::*;

    use super::*;

    /// Where a test reads the lines.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("whole").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_flood_of_one_kind_is_cut_counted_and_told_and_other_kinds_are_not() {
        let (throttle, lines) = (Throttle::default(), Lines::default());
        let writer = lines.clone();
        let plain =
            tracing_subscriber::fmt::layer().without_time().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(throttle.clone()).with(plain);
        tracing::subscriber::with_default(subscriber, || {
            for n in 0..10_000 {
                tracing::warn!(n, "a stranger knocks");
            }
            tracing::warn!("something else");
            throttle.tell();
            throttle.tell();
        });
        let text = String::from_utf8(lines.0.lock().expect("whole").clone()).expect("text");
        assert_eq!(text.matches("a stranger knocks n=").count(), 60, "{text}");
        assert_eq!(text.matches("something else").count(), 1);
        let told = "9940 more log lines of one kind were left out, the last: a stranger knocks";
        assert_eq!(text.matches(told).count(), 1, "{text}");
    }

    #[test]
    fn a_kind_that_was_cut_speaks_again_now_and_then() {
        struct Site;
        impl tracing::Callsite for Site {
            fn set_interest(&self, _: tracing::subscriber::Interest) {}
            fn metadata(&self) -> &tracing::Metadata<'_> {
                unreachable!("nobody asks")
            }
        }
        static SITE: Site = Site;
        let (throttle, start) = (Throttle::default(), Instant::now());
        let kind = Identifier(&SITE);
        let at = |seconds: u64| throttle.admits(kind.clone(), String::new, start + Duration::from_secs(seconds));
        assert!((0..60).all(|_| at(0)) && !at(0) && !at(9));
        assert!(at(11) && !at(12), "one in ten seconds");
        assert!(at(100_000), "and it forgets");
    }
}
