//! The version of the layout, and a table as LMDB hands it out.

use heed::Database;
use heed::types::Bytes;

/// Version of the layout (tables and keys). A store of a newer one is refused, one of an older one is copied and migrated.
#[cfg(not(feature = "next-layout"))]
pub const SCHEMA: u32 = 2;

/// The layout of a version to come, which differs in its number only: what upgrades and downgrades are tried with.
#[cfg(feature = "next-layout")]
pub const SCHEMA: u32 = 3;

pub(super) type Raw = Database<'static, Bytes, Bytes>;

/// LMDB's own name for its file.
pub(super) const FILE: &str = "data.mdb";
