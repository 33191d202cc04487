//! Who owns the files of a store that root opens first.

use std::os::unix::fs::MetadataExt as _;

use pitchguard::store::backup::BackupOptions;
use pitchguard::store::{Store, StoreOptions};

#[test]
fn what_root_is_the_first_to_open_belongs_to_whom_the_directory_does() {
    if !rustix::process::geteuid().is_root() {
        crate::common::skip("only root can give files away");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::os::unix::fs::chown(dir.path(), Some(64_321), Some(64_322)).expect("given away");
    let store = Store::open(dir.path(), StoreOptions::default()).expect("a new store opens");
    let backups = dir.path().join("backups");
    let backup = store
        .backup(&backups, BackupOptions { bytes_per_second: 1 << 30, keep: 3 }, jiff::Timestamp::now(), &mut |_, _| {
            true
        })
        .expect("kept");
    let files =
        std::fs::read_dir(dir.path()).expect("a directory").chain(std::fs::read_dir(&backups).expect("a directory"));
    let owners: Vec<_> =
        files.map(|file| file.expect("an entry")).map(|file| (file.file_name(), file.metadata())).collect();
    assert!(owners.len() >= 6 && backup.path.exists(), "{owners:?}");
    for (name, metadata) in owners {
        let metadata = metadata.expect("it is there");
        assert_eq!((metadata.uid(), metadata.gid()), (64_321, 64_322), "{}", name.display());
    }
}
