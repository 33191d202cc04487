//! File descriptors: how many the process may have, and how many of them HTTP may use.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kept back from HTTP's connections: what the control socket, store, journal, backups, serial lines, broker and cloud need,
/// twice over.
const RESERVE: u64 = 256;
/// HTTP has so many at least, whatever the limit: without any nobody would see what is wrong.
const CONNECTIONS_MIN: u64 = 16;

/// Raises this process's own limit, within what the system allows, until so many connections fit beside the reserve. How many
/// do: fewer where the system allows no more, which is said.
pub(super) fn room_for(connections: u32) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = u64::from(connections) + RESERVE;
    let allowed = limit.maximum.map_or(wanted, |hard| hard.min(wanted));
    // None is no limit.
    let mut soft = limit.current.unwrap_or(u64::MAX);
    if soft < allowed && setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), ..limit }).is_ok() {
        soft = allowed;
    }
    let fit = fitting(connections, soft);
    if fit < connections {
        tracing::warn!(
            descriptors = soft,
            connections = fit,
            "fewer HTTP connections than [http] connections asks for: raise LimitNOFILE of the service"
        );
    }
    fit as usize
}

/// Of so many connections those that fit into a limit beside the reserve.
fn fitting(connections: u32, descriptors: u64) -> u32 {
    let left = descriptors.saturating_sub(RESERVE).max(CONNECTIONS_MIN);
    u32::try_from(left).unwrap_or(u32::MAX).min(connections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_the_reserve_alone_and_some_are_always_served() {
        assert_eq!(fitting(1024, u64::MAX), 1024);
        assert_eq!(fitting(1024, 1280), 1024);
        assert_eq!(fitting(1024, 1024), 768);
        assert_eq!(fitting(1024, 100), 16);
    }

    #[test]
    fn the_limit_is_raised_where_the_system_allows_it() {
        let before = getrlimit(Resource::Nofile);
        let room = room_for(100);
        let after = getrlimit(Resource::Nofile);
        assert_eq!(after.maximum, before.maximum);
        let soft = after.current.unwrap_or(u64::MAX);
        assert!(soft >= before.current.unwrap_or(u64::MAX) && (room == 100 || soft == after.maximum.unwrap_or(0)));
    }
}
