//! What was reported committed is there after a kill, and a damaged store is refused by name.

#[path = "../support/common/mod.rs"]
mod common;
mod store_damage;
mod store_kill;
mod store_owner;
