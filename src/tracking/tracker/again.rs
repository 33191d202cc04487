//! What a tracker tells so that another one can go on after it, from the same frames.

use super::super::marks::Standing;
use super::{EventNs, MoundTracker, PitchState, Tracked};

impl MoundTracker {
    /// The earliest event time that something not final rests on.
    pub fn open_since(&self) -> Option<EventNs> {
        let open = self.tracked.iter().filter(|t| t.pitch.state == PitchState::Provisional).map(|t| t.grown.first.0);
        let pending = self.pending.iter().map(|pending| pending.resume);
        let missed = self.missed.iter().map(|missed| missed.from);
        open.chain(pending).chain(missed).min().map(EventNs)
    }

    /// Who stood on the mound at this event time, as the last mark before it said.
    pub fn standing(&self, at: EventNs) -> Option<Standing> {
        self.marks.standing(at.0)
    }

    /// Takes over what another tracker told by [`standing`](Self::standing).
    pub fn set_standing(&mut self, standing: &Standing) {
        self.marks.set_standing(standing);
        self.early.marks().set_standing(standing);
    }

    /// Takes all that was seen and is open as so much later, ns: the cameras' clock is taken as that from now on, and did not step.
    pub fn move_on(&mut self, by_ns: i64) {
        let later = |event: u64| event.saturating_add_signed(by_ns);
        let move_on = |event: &mut EventNs| event.0 = later(event.0);
        self.sightings.move_on(by_ns);
        self.marks.move_on(by_ns);
        self.early.move_on(by_ns);
        self.cursor = later(self.cursor);
        self.searched = if self.searched == 0 { 0 } else { later(self.searched) };
        if let Some(pending) = &mut self.pending {
            move_on(&mut pending.seed.reference);
            (pending.resume, pending.end) = (later(pending.resume), later(pending.end));
        }
        if let Some(missed) = &mut self.missed {
            (missed.from, missed.to) = (later(missed.from), later(missed.to));
        }
        for Tracked { pitch, flight, grown, .. } in &mut self.tracked {
            let times = [&mut pitch.release, &mut pitch.plate, &mut grown.first, &mut grown.last, &mut grown.plate];
            let paths = [&mut flight.path, &mut flight.nine, &mut grown.path].map(|path| &mut path.reference);
            times.into_iter().chain(paths).for_each(move_on);
        }
        self.evidence.iter_mut().for_each(|evidence| move_on(&mut evidence.release));
    }

    /// Nothing before this event time is searched for, because an earlier run did that; 0 where none did.
    pub fn searched(&self) -> EventNs {
        EventNs(self.searched)
    }

    /// Takes over what another tracker told by [`searched`](Self::searched).
    pub fn set_searched(&mut self, until: EventNs) {
        self.searched = until.0;
    }
}
