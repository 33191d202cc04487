//! Tells a daemon that works from one that hangs, by what its threads have done, never by a timer of its own.
//!
//! Each thread that the way of the data needs counts its turns: the ingest threads, the merge thread, the writer. They turn
//! many times a second also when nothing comes in. The service manager's watchdog is fed when every one of them has turned
//! since it was last fed; one that hangs starves it, and the service manager restarts the daemon.

use std::time::{Duration, Instant};

/// A hang is said after this share of the watchdog's time, …
const TELL_AFTER: f64 = 0.5;
/// … and the dog fed this often, if it is.
const FEED_AFTER: f64 = 0.25;
/// Looks come ten times a second; where one comes so late, this process itself did not run (SIGSTOP, a machine that slept),
/// and no thread of it is to blame for that time.
const STOOD_STILL: Duration = Duration::from_secs(1);
/// The time that counts where no service manager watches: a hang is said all the same.
const DEFAULT: Duration = Duration::from_secs(10);

/// A thread and how often it has turned.
pub type Turns = (String, u64);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Every thread has turned: feed the dog.
    pub feed: bool,
    /// These threads have not turned for long, said once for each hang.
    pub hung: Vec<String>,
    /// All threads that hang now.
    pub hanging: Vec<String>,
}

#[derive(Debug)]
struct Watched {
    /// Turns when the dog was last fed.
    fed_at: u64,
    /// Turns when it last moved, and when that was seen.
    last: u64,
    moved: Instant,
    told: bool,
}

/// Judges the threads' turns.
#[derive(Debug)]
pub struct Watchdog {
    timeout: Duration,
    fed: Instant,
    looked: Instant,
    watched: Vec<Watched>,
}

impl Watchdog {
    /// For a service manager that ends the daemon after so long without food.
    pub fn new(timeout: Option<Duration>, now: Instant) -> Self {
        Self { timeout: timeout.unwrap_or(DEFAULT), fed: now, looked: now, watched: Vec::new() }
    }

    /// Looks at all threads; they come in the same order each time.
    pub fn look(&mut self, threads: &[Turns], now: Instant) -> Verdict {
        while self.watched.len() < threads.len() {
            let turns = threads[self.watched.len()].1;
            self.watched.push(Watched { fed_at: turns, last: turns, moved: now, told: false });
        }
        let since_look = now.saturating_duration_since(self.looked);
        self.looked = now;
        if since_look >= STOOD_STILL {
            self.watched.iter_mut().for_each(|watched| watched.moved = (watched.moved + since_look).min(now));
        }
        let mut hung = Vec::new();
        for (watched, (name, turns)) in self.watched.iter_mut().zip(threads) {
            if *turns != watched.last {
                (watched.last, watched.moved, watched.told) = (*turns, now, false);
            } else if !watched.told && now.saturating_duration_since(watched.moved) >= self.timeout.mul_f64(TELL_AFTER)
            {
                watched.told = true;
                hung.push(name.clone());
            }
        }
        let due = now.saturating_duration_since(self.fed) >= self.timeout.mul_f64(FEED_AFTER);
        let feed = due && self.watched.iter().all(|watched| watched.last != watched.fed_at);
        if feed {
            self.fed = now;
            self.watched.iter_mut().for_each(|watched| watched.fed_at = watched.last);
        }
        let hanging =
            self.watched.iter().zip(threads).filter(|(watched, _)| watched.told).map(|(_, (name, _))| name.clone());
        Verdict { feed, hung, hanging: hanging.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(ingest: u64, merge: u64) -> Vec<Turns> {
        vec![("ingest".to_owned(), ingest), ("merge".to_owned(), merge)]
    }

    #[test]
    fn the_dog_is_fed_only_while_every_thread_turns_and_a_hang_is_said_once() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut dog = Watchdog::new(Some(Duration::from_secs(4)), start);
        assert_eq!(dog.look(&turns(1, 1), at(0)), Verdict::default(), "nothing has been seen to move yet");
        assert_eq!(dog.look(&turns(2, 2), at(500)), Verdict::default(), "not due yet");
        assert!(dog.look(&turns(3, 3), at(1000)).feed);
        // The merge thread hangs from here on.
        let hangs: Vec<Verdict> = (2..=12).map(|s| dog.look(&turns(s * 10, 3), at(s * 500 + 500))).collect();
        assert!(hangs.iter().all(|verdict| !verdict.feed), "{hangs:?}");
        let told: Vec<&String> = hangs.iter().flat_map(|verdict| &verdict.hung).collect();
        assert_eq!(told, ["merge"]);
        assert_eq!(hangs.last().map(|verdict| verdict.hanging.as_slice()), Some(&["merge".to_owned()][..]));
        let again = dog.look(&turns(1000, 4), at(7000));
        assert!(again.feed && again.hanging.is_empty(), "it was only slow");
    }

    #[test]
    fn after_a_standstill_of_the_whole_process_no_thread_is_called_hanging_but_one_that_does_is_still_found() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut dog = Watchdog::new(None, start);
        dog.look(&turns(1, 1), at(0));
        dog.look(&turns(2, 2), at(100));
        // SIGSTOP for 20 s; this thread is the first to run again.
        assert_eq!(dog.look(&turns(2, 2), at(20_100)).hung, [""; 0]);
        let later: Vec<Verdict> = (1..=60).map(|n| dog.look(&turns(2 + n, 2), at(20_100 + 100 * n))).collect();
        let told: Vec<&String> = later.iter().flat_map(|verdict| &verdict.hung).collect();
        assert_eq!(told, ["merge"], "it stands still while the others turn");
    }

    #[test]
    fn a_thread_that_turned_before_the_last_meal_and_not_since_gets_no_next_one() {
        let start = Instant::now();
        let mut dog = Watchdog::new(Some(Duration::from_secs(1)), start);
        dog.look(&turns(1, 1), start);
        assert!(dog.look(&turns(2, 2), start + Duration::from_millis(300)).feed);
        assert!(!dog.look(&turns(3, 2), start + Duration::from_millis(600)).feed);
        assert!(dog.look(&turns(3, 3), start + Duration::from_millis(601)).feed);
    }
}
