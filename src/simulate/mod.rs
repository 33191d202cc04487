//! A stadium: pitchers who tire, flights under drag and Magnus force, the rig's cameras with their noise, and a
//! network that delays, loses, doubles and reorders what they send. It stands where the park's real devices stand and
//! says nothing that they could not say, so the pipeline cannot tell the two apart; what it threw is kept apart as the
//! truth to compare with.
//!
//! [`Stadium`] is a plain iterator of [`Delivery`] in arrival order, lazily generated, with memory bounded by the lag:
//! under a simulated clock a three-hour game runs in seconds, and the sender paces the same deliveries over UDP.
//!
//! Repeatable: every random draw comes from a stream of its own, named by seed, purpose, source and pitch
//! (`settings::stream`), so that changing one setting (a camera more, another loss) does not reshuffle the rest.

mod cameras;
pub mod faults;
mod flight;
mod history;
mod network;
mod pitchers;
mod rehearsal;
mod score;
mod script;
pub mod sender;
pub mod settings;
pub mod stadium;
pub mod statcast;
mod stints;
pub mod thrown;
pub mod weather;

pub use faults::{Ailment, ClockFault, Displacement, Drift, Faults, Knock};
pub use pitchers::{SIMULATED_MARK, is_invented};
pub use rehearsal::Rehearsal;
pub use score::{Errors, Score};
pub use sender::{SendError, Sent};
pub use settings::{Away, MarkFeed, Rain, Settings, Silence};
pub use stadium::{Counts, Delivery, Game, Scenario, Stadium};
pub use statcast::{StatcastError, StatcastGame, ThrownNineP};
pub use stints::{Stint, StintMarks};
pub use thrown::Thrown;
pub use weather::{Climate, Weather, WeatherError};
