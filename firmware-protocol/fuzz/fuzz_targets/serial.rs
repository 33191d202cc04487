//! Any bytes of a serial line are read without a panic, no frame is longer than its bound, what comes out survives the
//! line again, and after a zero a good frame is always found.
#![no_main]

use firmware_protocol::serial::{self, Decoder};
use firmware_protocol::{Authentication, MAX_FRAME, frames};
use libfuzzer_sys::fuzz_target;

/// What the line gives for an encoded frame, put after a zero.
fn after_a_zero(decoder: &mut Decoder, frame: &[u8]) {
    let mut line = [0; serial::MAX_ENCODED];
    let length = serial::encode(frame, &mut line).expect("a frame's length fits");
    decoder.push(0);
    let (end, before) = line[..length].split_last().expect("an encoded frame has an end");
    assert!(before.iter().all(|byte| *byte != 0 && decoder.push(*byte).is_none()));
    assert_eq!((*end, decoder.push(*end)), (0, Some(Ok(frame))));
}

fuzz_target!(|line: &[u8]| {
    let mut decoder = Decoder::new();
    for byte in line {
        if let Some(Ok(stretch)) = decoder.push(*byte) {
            assert!(stretch.len() <= MAX_FRAME);
            after_a_zero(&mut Decoder::new(), stretch);
            frames(stretch, Authentication::Off).for_each(drop);
        }
    }
    after_a_zero(&mut decoder, &line[..line.len().min(MAX_FRAME)]);
});
