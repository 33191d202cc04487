//! The daemon as a service: what it tells the service manager, and what it does on signals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

use super::error::DaemonError;
use super::reload::Reload;
use super::systemd;
use super::threads::Daemon;
use super::watchdog::Watchdog;
use crate::observe::PartState;

/// How often threads and signals are looked after.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The same while the parts start.
const START_EVERY: Duration = Duration::from_millis(1);

/// Tells the service manager that the daemon is ready, once all its parts are at work, then watches over it until SIGTERM
/// or Ctrl-C. SIGHUP reads the configuration anew. `ready` is called once everything is.
///
/// # Errors
/// A thread of the hot path ended by itself: a daemon without it would look alive and do nothing.
pub fn serve(daemon: &Daemon, mut reload: Reload, ready: impl FnOnce()) -> Result<(), DaemonError> {
    let (interrupted, hung_up) = (daemon.interrupted(), daemon.hung_up());
    while daemon.telemetry.parts().iter().any(|part| part.state == PartState::Starting) {
        if let Some(part) = daemon.died() {
            return Err(DaemonError::Died(part));
        }
        std::thread::sleep(START_EVERY);
    }
    let mut told = status(daemon);
    systemd::ready(&told);
    ready();
    let mut watchdog = Watchdog::new(systemd::watchdog(), Instant::now());
    while !interrupted.load(Ordering::Acquire) {
        if let Some(part) = daemon.died() {
            return Err(DaemonError::Died(part));
        }
        if hung_up.swap(false, Ordering::AcqRel) {
            systemd::ready(&read_anew(daemon, &mut reload));
        }
        let verdict = watchdog.look(&daemon.turns(), Instant::now());
        for thread in verdict.hung {
            tracing::error!(
                thread,
                "the {thread} thread hangs; where a service manager watches, it restarts the daemon"
            );
            systemd::status(&format!("the {thread} thread hangs"));
        }
        daemon.telemetry.set_hanging(verdict.hanging);
        if verdict.feed {
            systemd::feed_watchdog();
        }
        let now = status(daemon);
        if now != told {
            systemd::status(&now);
            told = now;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    systemd::stopping("letting through what was received");
    Ok(())
}

/// Reads the configuration anew and says what came of it; the status keeps it until the daemon's state changes.
fn read_anew(daemon: &Daemon, reload: &mut Reload) -> String {
    systemd::reloading();
    match reload.apply(daemon) {
        Ok(reloaded) => {
            tracing::info!("{reloaded}");
            reloaded.to_string()
        }
        Err(errors) => {
            for error in &errors.0 {
                tracing::error!("{error}");
            }
            format!("configuration refused, {} errors: nothing of it is applied", errors.0.len())
        }
    }
}

/// In a line: where it serves, and what does not work.
fn status(daemon: &Daemon) -> String {
    let mut line = format!("frames on udp {}, http {}", daemon.udp, daemon.http);
    for part in daemon.telemetry.parts().iter().filter(|part| !matches!(part.state, PartState::Off | PartState::Ready))
    {
        line = format!("{line}; {} {}: {}", part.name, part.state.as_str(), part.detail);
    }
    line
}

/// A flag that SIGTERM or Ctrl-C sets.
pub(super) fn on_end(runtime: &tokio::runtime::Runtime) -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    // Listened for from here on: a daemon that is told to end as soon as it is ready ends in order, too.
    let _inside = runtime.enter();
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            runtime.spawn(async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                raised.store(true, Ordering::Release);
            });
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "the system lets nobody listen for signals: stop it by SIGKILL");
        }
    }
    flag
}

/// A flag that SIGHUP sets, again and again.
pub(super) fn on_hangup(runtime: &tokio::runtime::Runtime) -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    // Listened for from here on: before the daemon says that it is ready.
    let _inside = runtime.enter();
    match signal(SignalKind::hangup()) {
        Ok(mut hangups) => {
            runtime.spawn(async move {
                while hangups.recv().await.is_some() {
                    raised.store(true, Ordering::Release);
                }
            });
        }
        Err(error) => {
            tracing::error!(%error, "the system lets nobody listen for SIGHUP: a changed configuration needs a restart");
        }
    }
    flag
}
