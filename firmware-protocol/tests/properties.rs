//! What holds for any frame and any bytes.

use firmware_protocol::serial::{self, Decoder, SerialError};
use firmware_protocol::{
    Authentication, Ball, Body, Cause, Fiducial, Frame, Health, Joint, Keyring, MAX_DATAGRAM, MAX_FRAME, Mark,
    MarkKind, Pose, SourceId, Spin, decode, encode, frames,
};
use proptest::collection::vec;
use proptest::prelude::*;

struct OneKey([[u8; 32]; 1]);

impl Keyring for OneKey {
    fn keys(&self, _: SourceId) -> &[[u8; 32]] {
        &self.0
    }
}

/// A frame that owns its joints.
#[derive(Debug, Clone)]
struct Owned {
    frame: Frame<'static>,
    pose: Option<(u8, Vec<Joint>)>,
}

impl Owned {
    fn frame(&self) -> Frame<'_> {
        match &self.pose {
            Some((mound, joints)) => Frame { body: Body::Pose(Pose::new(*mound, joints)), ..self.frame },
            None => self.frame,
        }
    }

    fn encoded(&self, key: Option<&[u8; 32]>) -> Vec<u8> {
        let mut out = [0; MAX_FRAME];
        let length = encode(&self.frame(), key, &mut out).expect("a valid frame can be encoded");
        out[..length].to_vec()
    }
}

fn finite() -> impl Strategy<Value = f32> {
    use proptest::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

fn above_zero() -> impl Strategy<Value = f32> {
    use proptest::num::f32::{NORMAL, POSITIVE, SUBNORMAL};
    POSITIVE | NORMAL | SUBNORMAL
}

fn body() -> impl Strategy<Value = (Body<'static>, Option<(u8, Vec<Joint>)>)> {
    let ball = (finite(), finite(), above_zero(), above_zero())
        .prop_map(|(u, v, sigma, diameter)| Body::Ball(Ball { u, v, sigma, diameter }));
    let fiducial = (any::<u16>(), finite(), finite(), above_zero())
        .prop_map(|(landmark, u, v, sigma)| Body::Fiducial(Fiducial { landmark, u, v, sigma }));
    let spin = (above_zero(), 0.0..std::f32::consts::TAU, -1_f32..=1.0, 0_f32..=1.0).prop_map(
        |(rate_rpm, around, z, confidence)| {
            let across = (1.0 - z * z).sqrt();
            Body::Spin(Spin { rate_rpm, axis: [across * around.cos(), across * around.sin(), z], confidence })
        },
    );
    let what = prop_oneof![
        Just(MarkKind::PitcherOnMound),
        Just(MarkKind::PitchReleased),
        Just(MarkKind::PitchEnded),
        Just(MarkKind::InningStart),
        Just(MarkKind::InningEnd),
        Just(MarkKind::CalibrationDone),
    ];
    let pitch_type = prop_oneof![Just([0; 4]), Just(*b"FF\0\0"), Just(*b"KC\0\0"), Just(*b"ABCD")];
    let mark = (what, 0_u8..=2, any::<u16>(), any::<u16>(), any::<u32>(), any::<u32>(), pitch_type).prop_map(
        |(what, mound, at_bat_number, pitch_number, game_pk, pitcher, pitch_type)| {
            Body::Mark(Mark { what, mound, at_bat_number, pitch_number, game_pk, pitcher, pitch_type })
        },
    );
    let health = (any::<i16>(), any::<u16>(), any::<u32>(), any::<i32>(), any::<u32>()).prop_map(
        |(temperature_centi_c, vibration_milli_g, dropped, clock_offset_ns, exposure_ns)| {
            Body::Health(Health { temperature_centi_c, vibration_milli_g, dropped, clock_offset_ns, exposure_ns })
        },
    );
    let joint = (any::<u8>(), any::<u8>(), any::<[i16; 3]>()).prop_map(|(joint, confidence, position_mm)| Joint {
        joint,
        confidence,
        position_mm,
    });
    let pose = (0_u8..=2, vec(joint, 0..=178))
        .prop_map(|(mound, joints)| (Body::Pose(Pose::new(0, &[])), Some((mound, joints))));
    prop_oneof![prop_oneof![ball, fiducial, spin, mark, health].prop_map(|body| (body, None)), pose]
}

fn frame() -> impl Strategy<Value = Owned> {
    (1_u8..=63, any::<u32>(), any::<u64>(), any::<bool>(), body()).prop_map(
        |(source, seq, event_time_ns, clock_locked, (body, pose))| {
            let source = SourceId::new(source).expect("a source of 1 to 63");
            Owned { frame: Frame { source, seq, event_time_ns, clock_locked, authenticated: false, body }, pose }
        },
    )
}

/// What a decoder gives for a whole line.
fn read_line(line: &[u8]) -> Vec<Result<Vec<u8>, SerialError>> {
    let mut decoder = Decoder::new();
    let mut got = Vec::new();
    for byte in line {
        got.extend(decoder.push(*byte).map(|stretch| stretch.map(<[u8]>::to_vec)));
    }
    got
}

fn serial_encoded(frame: &[u8]) -> Vec<u8> {
    let mut out = [0; serial::MAX_ENCODED];
    let length = serial::encode(frame, &mut out).expect("a frame's length fits");
    out[..length].to_vec()
}

/// COBS written the plain way, by splitting at the zeros, as an oracle.
fn plain_cobs(frame: &[u8]) -> Vec<u8> {
    let mut line = Vec::new();
    for run in frame.split(|byte| *byte == 0) {
        let mut groups = run.chunks(254).peekable();
        if groups.peek().is_none() {
            line.push(1);
        }
        while let Some(group) = groups.next() {
            line.push(group.len() as u8 + 1);
            line.extend(group);
            if group.len() == 254 && groups.peek().is_none() {
                line.push(1); // a full group stands for no zero; this one does, or is the needless last group
            }
        }
    }
    line
}

/// Bitwise CRC-32C.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 })
    })
}

proptest! {
    #[test]
    fn any_frame_survives_the_wire(owned in frame(), key in any::<Option<[u8; 32]>>()) {
        let bytes = owned.encoded(key.as_ref());
        let keyring = key.map(|key| OneKey([key]));
        let auth = keyring.as_ref().map_or(Authentication::Off, |keyring| Authentication::Required(keyring));
        let expected = Frame { authenticated: key.is_some(), ..owned.frame() };
        prop_assert_eq!(decode(&bytes, auth), Ok((expected, bytes.len())));
        prop_assert_eq!(decode(&bytes, Authentication::Off), Ok((owned.frame(), bytes.len())));
    }

    #[test]
    fn a_decoded_frame_is_encoded_to_the_bytes_it_came_from(owned in frame()) {
        let bytes = owned.encoded(None);
        let (decoded, _) = decode(&bytes, Authentication::Off).expect("a valid frame decodes");
        let mut out = [0; MAX_FRAME];
        let length = encode(&decoded, None, &mut out).expect("a decoded frame can be encoded");
        prop_assert_eq!(&out[..length], &bytes[..]);
    }

    #[test]
    fn the_frames_of_a_datagram_come_out_in_order(owned in vec(frame(), 1..20)) {
        let mut datagram = Vec::new();
        let mut expected = Vec::new();
        for owned in &owned {
            let bytes = owned.encoded(None);
            if datagram.len() + bytes.len() <= MAX_DATAGRAM {
                datagram.extend(bytes);
                expected.push(Ok(owned.frame()));
            }
        }
        prop_assert_eq!(frames(&datagram, Authentication::Off).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_flipped_bit_never_goes_unseen(owned in frame(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = owned.encoded(None);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(decode(&bytes, Authentication::Off).is_err());
    }

    #[test]
    fn every_frame_cut_short_is_truncated(owned in frame(), at in any::<prop::sample::Index>()) {
        let bytes = owned.encoded(Some(&[9; 32]));
        let refused = decode(&bytes[..at.index(bytes.len())], Authentication::Off).map_err(|rejected| rejected.cause);
        prop_assert_eq!(refused, Err(Cause::Truncated));
    }

    #[test]
    fn no_bytes_panic_and_no_more_frames_come_than_fit(bytes in vec(any::<u8>(), 0..2000)) {
        let keyring = OneKey([[0; 32]]);
        for auth in [Authentication::Off, Authentication::Required(&keyring)] {
            prop_assert!(frames(&bytes, auth).count() <= MAX_DATAGRAM / 28 + 1);
        }
    }

    #[test]
    fn whatever_decodes_can_be_sent_on_unchanged(
        owned in frame(),
        changes in vec((2_usize.., any::<u8>()), 0..8),
    ) {
        let mut bytes = owned.encoded(None);
        bytes.truncate(bytes.len() - 4);
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[2 + at % (length - 2)] = byte;
        }
        bytes.extend(crc32c(&bytes).to_le_bytes());
        if let Ok((decoded, _)) = decode(&bytes, Authentication::Off) {
            let mut out = [0; MAX_FRAME];
            let length = encode(&decoded, None, &mut out).expect("a decoded frame can be encoded");
            prop_assert_eq!(decode(&out[..length], Authentication::Off), Ok((decoded, length)));
        }
    }

    #[test]
    fn no_serial_bytes_panic_and_frames_keep_within_their_bound(line in vec(prop_oneof![Just(0), Just(1), Just(255), any::<u8>()], 0..5000)) {
        for stretch in read_line(&line).into_iter().flatten() {
            prop_assert!(stretch.len() <= MAX_FRAME);
        }
    }

    #[test]
    fn any_bytes_survive_the_serial_line(frame in vec(prop_oneof![1 => Just(0), 300 => any::<u8>()], 0..=MAX_FRAME)) {
        let line = serial_encoded(&frame);
        prop_assert_eq!(line.iter().position(|byte| *byte == 0), Some(line.len() - 1));
        prop_assert_eq!(read_line(&line), [Ok(frame)]);
    }

    #[test]
    fn a_needless_last_group_is_accepted(frame in vec(prop_oneof![1 => Just(0), 300 => 1..=u8::MAX], 0..=MAX_FRAME)) {
        let mut line = plain_cobs(&frame);
        line.push(0);
        prop_assert_eq!(read_line(&line), [Ok(frame)]);
    }

    #[test]
    fn the_serial_line_finds_its_place_again_after_garbage(
        stretches in vec((frame(), vec(any::<u8>(), 0..3000)), 1..6),
    ) {
        let mut line = Vec::new();
        let mut expected = Vec::new();
        for (owned, garbage) in &stretches {
            let bytes = owned.encoded(None);
            line.extend(garbage);
            line.push(0);
            line.extend(serial_encoded(&bytes));
            expected.push(bytes);
        }
        // Garbage may happen to be well-formed groups; only the checks of a frame tell them apart.
        let whole = |bytes: &Vec<u8>| decode(bytes, Authentication::Off).is_ok();
        let got: Vec<_> = read_line(&line).into_iter().flatten().filter(whole).collect();
        prop_assert_eq!(got, expected);
    }
}
