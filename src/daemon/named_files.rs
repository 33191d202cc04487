//! The files that the configuration names, by content: a reload must see that one of them was changed.

use std::path::{Path, PathBuf};

use crate::config::{Auth, Config};
use crate::upstream::UpstreamKind;

/// A file by the key that names it, with a digest of what it held; none where it could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    section: &'static str,
    key: &'static str,
    path: PathBuf,
    digest: Option<blake3::Hash>,
}

/// The files that are in use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct NamedFiles(Vec<Named>);

impl NamedFiles {
    /// What the files of a configuration hold now.
    pub(super) fn of(config: &Config) -> Self {
        let keys = config.ingest.keys_file.clone().filter(|_| config.ingest.auth == Auth::Required);
        let cloud = &config.upstream;
        let upstream = |file: Option<PathBuf>| file.filter(|_| cloud.kind != UpstreamKind::Off);
        let named = [
            ("ingest", "keys_file", keys),
            ("venue", "file", config.venue.file.clone()),
            ("upstream", "credential_file", upstream(cloud.credential())),
            ("upstream", "ca_file", upstream(cloud.ca_file.clone())),
            ("upstream", "client_cert", upstream(cloud.client_cert.clone())),
            ("upstream", "client_key", upstream(cloud.client_key.clone())),
        ];
        let read = |(section, key, path): (_, _, Option<PathBuf>)| {
            let path = path?;
            Some(Named { section, key, digest: digest(&path), path })
        };
        Self(named.into_iter().filter_map(read).collect())
    }

    /// Section and key of the files that hold something else than they did, where the same path is named: another path is a
    /// change of the configuration itself.
    pub(super) fn changed_since(&self, before: &Self) -> Vec<(&'static str, &'static str)> {
        let same =
            |one: &Named, other: &Named| (one.section, one.key) == (other.section, other.key) && one.path == other.path;
        let changed = self.0.iter().filter(|now| {
            before.0.iter().find(|before| same(before, now)).is_some_and(|before| before.digest != now.digest)
        });
        changed.map(|named| (named.section, named.key)).collect()
    }

    /// Takes over what another reading found of one file.
    pub(super) fn take_over(&mut self, now: &Self, section: &str, key: &str) {
        let of = |named: &&mut Named| named.section == section && named.key == key;
        let found = now.0.iter().find(|named| named.section == section && named.key == key);
        match (self.0.iter_mut().find(of), found) {
            (Some(held), Some(found)) => held.clone_from(found),
            (None, Some(found)) => self.0.push(found.clone()),
            (_, None) => {}
        }
    }
}

fn digest(path: &Path) -> Option<blake3::Hash> {
    crate::disk::read_settings(path).ok().map(|content| blake3::hash(&content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_changed_when_its_content_is() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("keys");
        std::fs::write(&path, "one").expect("written");
        let mut config = Config::default();
        config.ingest.keys_file = Some(path.clone());
        assert_eq!(NamedFiles::of(&config), NamedFiles::default(), "nobody reads it");
        config.ingest.auth = Auth::Required;
        let mut held = NamedFiles::of(&config);
        std::fs::write(&path, "one").expect("written");
        assert_eq!(NamedFiles::of(&config).changed_since(&held), [], "the same again");
        std::fs::write(&path, "two").expect("written");
        let now = NamedFiles::of(&config);
        assert_eq!(now.changed_since(&held), [("ingest", "keys_file")]);
        held.take_over(&now, "ingest", "keys_file");
        assert_eq!(now.changed_since(&held), []);
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(NamedFiles::of(&config).changed_since(&held), [("ingest", "keys_file")]);
    }
}
