//! A block as it is stored: what is in it, in a header that reads without unpacking, and its entries, compressed.
//!
//! | bytes | what |
//! |---|---|
//! | 0–3 | format of the entries, u32: 2; the header is the same in those before |
//! | 4–7 | length of the entries unpacked, u32 |
//! | 8–15 | number of its first step, u64 |
//! | 16–23 | number of the first step after it, u64 |
//! | 24–31 | box time of its first entry that has one, ns |
//! | 32–39 | box time of its last, ns |

use super::entry::{BlockError, Entry, Missed, decode};

const FORMAT: u32 = 2;
const HEADER: usize = 40;
/// No block unpacks to more: what says so is none.
const UNPACKED_MAX: usize = 64 << 20;

/// What a block says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Header {
    /// Number of its first step.
    pub(super) step: u64,
    /// Number of the first step after it.
    pub(super) next_step: u64,
    /// Box time of its first entry that has one, ns.
    pub(super) first_ns: u64,
    /// Box time of its last, ns.
    pub(super) last_ns: u64,
}

impl Header {
    /// Counts one more entry in.
    pub(super) fn note(&mut self, entry: &Entry) {
        let at = match entry {
            Entry::Frame { frame, .. } => frame.arrival.0,
            Entry::Step { now } => {
                self.next_step += 1;
                now.0
            }
            Entry::Missed(Missed { steps, .. }) => {
                self.next_step += steps;
                return;
            }
            Entry::Life { .. } | Entry::Note(_) => return,
        };
        if self.first_ns == 0 {
            self.first_ns = at;
        }
        self.last_ns = self.last_ns.max(at);
    }
}

/// Packs entries.
pub(super) fn pack(header: &Header, entries: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend(FORMAT.to_le_bytes());
    out.extend((entries.len() as u32).to_le_bytes());
    for number in [header.step, header.next_step, header.first_ns, header.last_ns] {
        out.extend(number.to_le_bytes());
    }
    let start = out.len();
    out.resize(start + lz4_flex::block::get_maximum_output_size(entries.len()), 0);
    let length = lz4_flex::block::compress_into(entries, &mut out[start..]).expect("there is room for the worst case");
    out.truncate(start + length);
}

/// The header of a stored block, and the length of its entries unpacked.
pub(super) fn header(block: &[u8]) -> Result<(Header, usize), BlockError> {
    let (header, _) = block.split_at_checked(HEADER).ok_or(BlockError::CutShort(block.len()))?;
    let half = |at: usize| u32::from_le_bytes(*header[at..].first_chunk().expect("within the header"));
    let word = |at: usize| u64::from_le_bytes(*header[at..].first_chunk().expect("within the header"));
    if !(1..=FORMAT).contains(&half(0)) {
        return Err(BlockError::Format(half(0)));
    }
    let header = Header { step: word(8), next_step: word(16), first_ns: word(24), last_ns: word(32) };
    Ok((header, half(4) as usize))
}

/// The entries of a stored block.
pub(super) fn unpack(block: &[u8]) -> Result<(Header, Vec<Entry>), BlockError> {
    let (header, length) = header(block)?;
    if block[..4] != FORMAT.to_le_bytes() {
        return Err(BlockError::Format(block[0].into()));
    }
    if length > UNPACKED_MAX {
        return Err(BlockError::Packed);
    }
    let bytes = lz4_flex::block::decompress(&block[HEADER..], length).map_err(|_| BlockError::Packed)?;
    Ok((header, decode(&bytes)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::BoxNs;
    use crate::journal::entry::Encoder;

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), as_one in any::<bool>()) {
            let mut bytes = bytes;
            if as_one && bytes.len() >= 8 {
                bytes[..4].copy_from_slice(&FORMAT.to_le_bytes());
            }
            let _ = unpack(&bytes);
        }
    }

    #[test]
    fn a_block_unpacks_to_what_was_packed() {
        let entries: Vec<_> = (0..500).map(|k| Entry::Step { now: BoxNs(1_000_000 + k * 500_000) }).collect();
        let (mut encoder, mut header) = (Encoder::default(), Header { step: 7, next_step: 7, ..Header::default() });
        for entry in &entries {
            encoder.push(entry);
            header.note(entry);
        }
        let mut packed = Vec::new();
        pack(&header, encoder.bytes(), &mut packed);
        assert_eq!(header.next_step, 507);
        assert_eq!(unpack(&packed), Ok((header, entries)));
        packed.truncate(packed.len() - 3);
        assert!(unpack(&packed).is_err());
    }
}
