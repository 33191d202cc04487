//! What the box remembers, in LMDB.
//!
//! Constraints that shaped it:
//! - **Nothing reported committed is ever lost.** No `WRITEMAP`, no `NOSYNC`: LMDB's two meta pages are flipped by a
//!   synced write, so that a kill at any moment leaves the last committed transaction.
//! - **One process.** An exclusive lock on `pitchguard.lock` in the directory; whoever comes second is told who holds it.
//! - **One writer thread** with group commit ([`writer`]). Imports share the write lock in transactions of at most
//!   [`BULK_NS_MAX`] and let waiting live pitches go first.
//! - **Every read is checked.** A record is a header (schema, key version, checksum) and an rkyv archive that bytecheck
//!   validates; one that fails is an error that names table and key, and is counted.
//! - **What LMDB trusts is looked at before it is mapped**: every page in use, at each opening (`pages`). A database that is
//!   damaged, or empty though it held records, is refused with the way to restore it.
//! - **Final is final.** A final pitch is replaced by nothing but a later revision that was measured again, or by a newer count
//!   of its late frames; what tries is counted.
//! - **Keys are big-endian**, so that a range scan is a time range.
//! - **Read transactions are short**: every method opens one, copies out what it returns and closes it.
//!
//! In which of its layouts a record is written stands in `schema`.
//!
//! | table | key | value |
//! |---|---|---|
//! | `pitches` | pitcher u32 (0: nobody named), release ns u64 | `PitchRecord` |
//! | `pitch_times` | release ns u64, id u64 | pitcher u32: the order of the day over all pitchers |
//! | `pitch_ids` | id u64 | the key in `pitches`, so that a revision finds what it replaces |
//! | `appearances` | pitcher u32, date u32 (yyyymmdd), `game_pk` u32 | `AppearanceRecord` |
//! | `baselines` | pitcher u32 (0: the league), season u16, pitch type 4 B | `BaselineRecord` |
//! | `calibration` | venue | `CalibrationRecord` |
//! | `pitchers` | id u32 | `PitcherRecord` |
//! | `model_registry` | version, text | `ModelRecord` |
//! | `checkpoints` | name | bytes of the room that wrote it |
//! | `meta` | name | bytes; `schema` is the version of this layout |
//! | `injuries` | pitcher u32, day filed u32, day hurt u32, season u16 | `InjuryRecord` |
//! | `feature_snapshots` | pitcher u32, date u32, version u16 | `FeatureSnapshotRecord` |
//! | `api_keys` | id, text | `ApiKeyRecord` |
//! | `outbox` | priority u8 (0 live, 1 backlog), sequence u64 | `OutboxRecord` |
//! | `outbox_refused` | sequence u64, epoch u64 | `RefusedRecord` |

pub mod api_key;
pub mod backup;
pub mod backup_files;
mod codec;
mod environment;
mod error;
mod handle;
pub mod layout;
mod lock;
mod mapping;
pub mod marks;
mod open;
mod options;
pub mod outbox;
mod outbox_bounds;
mod pages;
mod read;
mod restore;
mod retention;
mod schema;
#[cfg(test)]
mod schema_tests;
mod scheme;
pub mod summary;
mod table_key;
#[cfg(test)]
mod tests;
mod transaction;
mod verify;
pub mod write;
pub mod writer;

pub use environment::tell_of_lost_pages;
pub use error::StoreError;
pub use handle::{BULK_NS_MAX, MAP_USED_WARN, Store};
pub use options::StoreOptions;
pub use read::{Counts, Cursor, Found, Wanted};
pub use restore::{RestoreError, Restored, restore};
pub use retention::Removed;
pub use scheme::SCHEMA;
pub(crate) use table_key::game as game_name;
pub use transaction::{Put, Transaction};
pub use verify::{Verified, VerifyError, verify, verify_checksum};
pub use write::Write;
pub use writer::WriterHandle;
