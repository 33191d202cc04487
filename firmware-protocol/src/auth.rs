//! Authentication: a keyed BLAKE3 hash of everything before the tag, cut to 16 bytes, one key a source.

use core::fmt;
use core::hint::black_box;

use crate::SourceId;

/// Length of a tag in bytes.
pub const TAG_LEN: usize = 16;

/// The keys that frames may be tagged with.
pub trait Keyring {
    /// The keys valid for a source, two while a key is being changed; none for a source that may not send.
    fn keys(&self, source: SourceId) -> &[[u8; 32]];
}

/// What a receiver asks of the frames it decodes.
#[derive(Clone, Copy)]
pub enum Authentication<'k> {
    /// Tags are skipped without a look.
    Off,
    /// A frame needs a tag made with one of its source's keys.
    Required(&'k dyn Keyring),
}

impl fmt::Debug for Authentication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::Required(_) => "Required",
        })
    }
}

/// The tag of the bytes that precede it.
pub(crate) fn tag(key: &[u8; 32], signed: &[u8]) -> [u8; TAG_LEN] {
    crate::bytes::array_at::<0, TAG_LEN, _>(blake3::keyed_hash(key, signed).as_bytes())
}

/// Whether two tags are equal, in a time that does not tell where they differ.
pub(crate) fn tags_equal(ours: &[u8; TAG_LEN], theirs: &[u8; TAG_LEN]) -> bool {
    let difference = ours.iter().zip(theirs).fold(0, |seen, (a, b)| black_box(seen | (a ^ b)));
    difference == 0
}
