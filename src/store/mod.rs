//! What the box remembers, in LMDB.

pub mod records;
