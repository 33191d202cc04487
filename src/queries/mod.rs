//! The past as it is asked for: one way from whoever shows it to the store.

mod history;
mod stored;

pub use history::{DayRange, History, HistoryError, PitchPage, PitchPosition, PitchQuery, PitchSlice, Pitcher};
pub(crate) use stored::StoreHistory;
