//! The API over a real listener on loopback: what clients rely on.

mod calibration;
mod documents;
mod live;
mod refusals;
mod routes;
mod stage;
mod verdict;
