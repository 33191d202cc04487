//! Games in virtual time at the level of observations: drifted cameras film real flights, the tracker's own measurement fits
//! them, calibration judges, and its corrections go back into the models.

mod drift;
mod faults;
mod park;
mod presence;
mod repair;
mod tracker;
