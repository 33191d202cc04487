//! A stadium and the pipeline in one process under a simulated clock: a three-hour game in seconds, and the same one
//! every time.

use super::stadium::Stadium;
use crate::environment::Air;
use crate::ids::BoxNs;
use crate::pipeline::{Input, Output, Pipeline, Profiles, Settings};
use crate::reorder::{self, ConfigError, Counts, Producer};
use crate::signal::Signal;
use crate::tracking::venue::Venue;

/// How often the merge thread looks: as the daemon's does.
const STEP_NS: u64 = 500_000;

/// A game about to be played.
pub struct Rehearsal<P> {
    stadium: Stadium,
    producer: Producer<Signal>,
    pipeline: Pipeline<P>,
}

impl<P: Profiles> Rehearsal<P> {
    /// Puts a pipeline with these settings behind a stadium.
    ///
    /// # Errors
    /// Settings that the watermark buffer refuses.
    pub fn new(venue: &Venue, stadium: Stadium, settings: &Settings, profiles: P) -> Result<Self, ConfigError> {
        let (mut producers, buffer) = reorder::buffer(&settings.reorder)?;
        let producer = producers.pop().expect("a buffer has at least one path");
        let now = BoxNs(stadium.start().0);
        Ok(Self { stadium, producer, pipeline: Pipeline::new(venue, settings, buffer, profiles, now) })
    }

    /// What the air is, as the park's sensors tell it.
    pub fn weather(&mut self, air: &Air) {
        self.pipeline.input(Input::Weather(*air), BoxNs(self.stadium.start().0));
    }

    /// Plays the game to its end; `each` sees what happens, with the moment. Returns where every frame went.
    pub fn play(&mut self, mut each: impl FnMut(BoxNs, Output)) -> Counts {
        let mut outputs = Vec::new();
        let mut now = BoxNs(0);
        for delivery in self.stadium.by_ref() {
            if delivery.arrival.0 >= now.0 + STEP_NS {
                now = delivery.arrival;
                self.producer.beat(now);
                self.pipeline.step(now, &mut outputs);
                outputs.drain(..).for_each(|output| each(now, output));
            }
            // A frame that finds no slot is counted by the buffer, as behind a socket.
            let _counted = self.producer.push(delivery.into());
        }
        self.pipeline.step(now, &mut outputs);
        self.pipeline.finish(now, &mut outputs);
        outputs.drain(..).for_each(|output| each(now, output));
        self.pipeline.reorder().counts()
    }

    /// The stadium, for the truth.
    pub fn stadium(&self) -> &Stadium {
        &self.stadium
    }
}
