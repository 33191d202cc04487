//! Frames from the wire to the watermark buffer: what arrives, what is counted, what is refused and told, in which order it leaves.

#[path = "../support/daemon_support/mod.rs"]
mod daemon_support;
mod ingest_serial;
mod ingest_udp;
mod refused;
mod reorder_oracle;
mod reorder_rules;
#[path = "../support/reorder_support/mod.rs"]
mod reorder_support;
mod replayed_frames;
