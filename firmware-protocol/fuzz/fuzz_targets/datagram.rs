//! Any datagram decodes without a panic, within its bound, and what it yields can be sent on unchanged.
//!
//! Read twice: as it is, and as one frame whose length and checksum are made to fit, so that the fuzzer gets past the
//! checksum to flags, tags, kinds, sizes and values.
#![no_main]

use crc::{CRC_32_ISCSI, Crc};
use firmware_protocol::{
    Authentication, Frame, HEADER_LEN, Keyring, MAX_DATAGRAM, MAX_FRAME, SourceId, TAG_LEN, decode, encode, frames,
};
use libfuzzer_sys::fuzz_target;

/// The key of the vectors: 00 01 … 1F.
const KEY: [u8; 32] = {
    let mut key = [0; 32];
    let mut at = 0;
    while at < key.len() {
        key[at] = at as u8;
        at += 1;
    }
    key
};

struct OneKey;

impl Keyring for OneKey {
    fn keys(&self, _: SourceId) -> &[[u8; 32]] {
        &[KEY]
    }
}

fn sent_on_unchanged(frame: &Frame<'_>) {
    let (key, auth) =
        if frame.authenticated { (Some(&KEY), Authentication::Required(&OneKey)) } else { (None, Authentication::Off) };
    let mut out = [0; MAX_FRAME];
    let length = encode(frame, key, &mut out).expect("a decoded frame can be encoded");
    assert_eq!(decode(&out[..length], auth), Ok((*frame, length)));
}

fn read(datagram: &[u8]) {
    for auth in [Authentication::Off, Authentication::Required(&OneKey)] {
        let mut seen = 0;
        for frame in frames(datagram, auth) {
            seen += 1;
            if let Ok(frame) = frame {
                sent_on_unchanged(&frame);
            }
        }
        assert!((1..=MAX_DATAGRAM / (HEADER_LEN + 4) + 1).contains(&seen));
    }
}

/// The bytes as one frame of version 1 whose length and checksum fit.
fn made_to_fit(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut frame = bytes.get(..bytes.len().checked_sub(4)?)?.to_vec();
    let tag = if frame.get(5)? & 1 == 1 { TAG_LEN } else { 0 };
    let payload_len = u16::try_from(frame.len().checked_sub(HEADER_LEN + tag)?).ok()?;
    frame[..3].copy_from_slice(&[0x50, 0x47, 1]);
    frame[6..8].copy_from_slice(&payload_len.to_le_bytes());
    frame.extend(Crc::<u32>::new(&CRC_32_ISCSI).checksum(&frame).to_le_bytes());
    Some(frame)
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if let Some(frame) = made_to_fit(bytes) {
        read(&frame);
    }
});
