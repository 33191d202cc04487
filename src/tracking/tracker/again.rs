//! What a tracker tells so that another one can go on after it, from the same frames.

use super::super::marks::Standing;
use super::{EventNs, MoundTracker, PitchState};

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
