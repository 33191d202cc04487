//! What ARCHITECTURE.md says of rooms, and what documents lean on.

mod architecture;
mod documents;
