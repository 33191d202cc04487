//! Who may ask: told by user and group numbers of the kernel, and by the system's own files of who is in which group.

use std::fs;

/// The group whose members may ask.
const GROUP: &str = "pitchguard";

/// Decides who is admitted.
#[derive(Debug, Clone)]
pub(super) struct Doorman {
    owner: u32,
    group: Option<u32>,
    /// Users of the group besides those whose first group it is.
    members: Vec<u32>,
}

impl Doorman {
    /// For a daemon that runs as this user, on this system.
    pub(super) fn new(owner: u32) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self::of(owner, &read("/etc/group"), &read("/etc/passwd"))
    }

    fn of(owner: u32, groups: &str, users: &str) -> Self {
        let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
        let entry = groups.lines().map(fields).find(|group| group.first().is_some_and(|name| name == GROUP));
        let Some(entry) = entry else { return Self { owner, group: None, members: Vec::new() } };
        let names: Vec<&str> = entry.get(3).map(|names| names.split(',').collect()).unwrap_or_default();
        let uid = |user: Vec<String>| {
            let named = names.iter().any(|name| !name.is_empty() && user.first().is_some_and(|u| u == name));
            user.get(2).filter(|_| named)?.parse().ok()
        };
        Self {
            owner,
            group: entry.get(2).and_then(|gid| gid.parse().ok()),
            members: users.lines().map(fields).filter_map(uid).collect(),
        }
    }

    /// The group's number, where the system has it.
    pub(super) fn group(&self) -> Option<u32> {
        self.group
    }

    /// Whether a process of this user and first group may ask.
    pub(super) fn admits(&self, uid: u32, gid: u32) -> bool {
        uid == 0 || uid == self.owner || self.group == Some(gid) || self.members.contains(&uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_root_and_the_group_are_admitted_and_nobody_else() {
        let groups = "root:x:0:\npitchguard-dev:x:7:mallory\npitchguard:x:990:coach,analyst\nusers:x:100:mallory\n";
        let users = "root:x:0:0::/root:/bin/sh\ncoach:x:1001:1001::/:\nanalyst:x:1002:100::/:\nmallory:x:1003:100::/:\nbroken\n";
        let doorman = Doorman::of(500, groups, users);
        assert_eq!(doorman.group(), Some(990));
        for (uid, gid) in [(500, 1), (0, 0), (1001, 1001), (1002, 100), (4242, 990)] {
            assert!(doorman.admits(uid, gid), "{uid}:{gid}");
        }
        for (uid, gid) in [(1003, 100), (1003, 7), (501, 500)] {
            assert!(!doorman.admits(uid, gid), "{uid}:{gid}");
        }
        let nobody = Doorman::of(500, "", "");
        assert!(nobody.group().is_none() && nobody.admits(500, 1) && !nobody.admits(1001, 1001));
    }
}
