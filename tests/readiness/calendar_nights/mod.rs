//! Nights of the calendar as seeded games under a simulated clock, through pipeline and store: whose each throw is, which
//! day and outing it belongs to, and what the next day is told of it.

mod days;
mod park;
mod whose;
