//! Files and sources of the past as people send them, in whatever order, and what is made of them.

#[path = "../support/common/mod.rs"]
mod common;
#[path = "../support/daemon_support/mod.rs"]
mod daemon_support;
#[path = "../support/games_support/mod.rs"]
mod games_support;
mod history_control;
mod history_fetch;
mod history_files;
mod history_league;
mod import_filled;
mod import_games;
mod import_odd;
mod import_savant;
mod import_sent;
mod import_words;
#[path = "../support/risk_support/mod.rs"]
mod risk_support;
#[path = "../support/savant_support/mod.rs"]
mod savant_support;
