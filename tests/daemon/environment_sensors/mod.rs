//! The environment from the outside: the same ball in cold and hot air, a city's real sensors, a real broker.

mod breaks;
mod broker;
mod daemon;
mod mosquitto;
mod replay;
