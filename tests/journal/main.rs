//! Kills, replays and late data: the same results, bit for bit.

#[path = "../support/common/mod.rs"]
mod common;
#[path = "../support/daemon_support/mod.rs"]
mod daemon_support;
#[path = "../support/golden.rs"]
mod golden;
mod journal_golden;
mod journal_kill;
mod journal_late;
mod journal_parts;
mod journal_recovery;
mod journal_replay;
#[path = "../support/journal_support/mod.rs"]
mod journal_support;
