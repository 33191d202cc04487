//! The line over real sockets: an HTTP receiver that fails in every way, TLS, real NATS servers, a real `PostgreSQL`.

mod bundle;
mod consumer;
mod daemon;
mod fleet;
mod https;
mod nats;
mod postgres;
mod receiver;
mod schema;
mod stage;
mod tls;

/// Whether the full counts of the issue are asked for (`make soak`) instead of the everyday ones.
fn full() -> bool {
    std::env::var_os("PITCHGUARD_FULL").is_some()
}
