//! Who speaks on this venue's topics: when last, how often in vain, and what was wrong with it.

use super::clockwork::Clockwork;
use super::refusal::Complaint;
use crate::ids::BoxNs;

/// Speakers remembered: every sensor and camera of a park, and some that are neither.
pub(super) const SPEAKERS_MAX: usize = 128;
/// So much of a message is shown, characters.
const SAMPLE_MAX: usize = 120;

/// Somebody who sends messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Speaker {
    /// The topic, without `stadium/{venue}/`.
    pub name: String,
    /// When it was heard last.
    pub heard_at: BoxNs,
    /// Messages that told something new, or again.
    pub heard: u64,
    /// Messages of which all or a part was not believed.
    pub refused: u64,
    /// Of those the last, of which nothing was believed, one after the other.
    pub refused_in_a_row: u64,
    /// How far its clock is ahead of this box's, s, where that is known and allowed for; 0 while they agree.
    pub clock_off_s: f64,
    /// What was not believed last; none while all was.
    pub last: Option<RefusedMessage>,
    pub(super) clockwork: Clockwork,
}

impl Speaker {
    /// Whether nothing of what it says is believed now; a single message may be an old one that the broker kept.
    pub fn is_refused(&self) -> bool {
        self.refused_in_a_row > 1
    }
}

/// What was not believed, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedMessage {
    /// When it came.
    pub at: BoxNs,
    /// Whether nothing of it was believed.
    pub whole: bool,
    /// Why, in words.
    pub why: String,
    /// How it began.
    pub sample: String,
}

/// Everybody who speaks, by name. The place of who is silent longest, and never told anything, goes to who is new.
#[derive(Debug, Clone, Default)]
pub(super) struct Speakers(Vec<Speaker>);

impl Speakers {
    pub(super) fn all(&self) -> &[Speaker] {
        &self.0
    }

    /// This speaker; none where there is no room for it.
    pub(super) fn of(&mut self, name: &str, now: BoxNs) -> Option<&mut Speaker> {
        let at = match self.0.binary_search_by(|speaker| speaker.name.as_str().cmp(name)) {
            Ok(at) => at,
            Err(at) if self.0.len() < SPEAKERS_MAX => self.insert(at, name, now),
            Err(_) => {
                let told_nothing = |(_, speaker): &(usize, &Speaker)| speaker.heard == 0;
                let silent = self.0.iter().enumerate().filter(told_nothing).min_by_key(|(_, speaker)| speaker.heard_at);
                let (at, _) = silent?;
                self.0.remove(at);
                let at = self.0.partition_point(|speaker| speaker.name.as_str() < name);
                self.insert(at, name, now)
            }
        };
        Some(&mut self.0[at])
    }

    fn insert(&mut self, at: usize, name: &str, now: BoxNs) -> usize {
        let clockwork = Clockwork::default();
        let name = name.to_owned();
        let new = Speaker {
            name,
            heard_at: now,
            heard: 0,
            refused: 0,
            refused_in_a_row: 0,
            clock_off_s: 0.0,
            last: None,
            clockwork,
        };
        self.0.insert(at, new);
        at
    }
}

impl Speaker {
    /// Notes what became of a message.
    pub(super) fn note(&mut self, payload: &[u8], whole: bool, complaint: Option<&Complaint>, now: BoxNs) {
        self.heard_at = now;
        self.heard += u64::from(!whole);
        self.refused_in_a_row = if whole { self.refused_in_a_row + 1 } else { 0 };
        if let Some(complaint) = complaint {
            self.refused += 1;
            let why = complaint.detail.clone();
            self.last = Some(RefusedMessage { at: now, whole, why, sample: sample(payload) });
        }
    }
}

/// The beginning of a message, fit to be shown.
fn sample(payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(&payload[..payload.len().min(4 * SAMPLE_MAX)]);
    let mut shown: String = text.chars().take(SAMPLE_MAX).flat_map(char::escape_default).collect();
    if text.chars().nth(SAMPLE_MAX).is_some() {
        shown.push('…');
    }
    shown.replace("\\\"", "\"")
}
