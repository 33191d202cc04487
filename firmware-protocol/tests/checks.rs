//! What is refused, for which cause, in which order.

use firmware_protocol::{
    Authentication, Ball, Body, Cause, EncodeError, Fiducial, Frame, HEADER_LEN, Health, Joint, Keyring, MAX_DATAGRAM,
    MAX_FRAME, Mark, MarkKind, Pose, Rejected, SourceId, Spin, TAG_LEN, decode, encode, frames,
};

const OLD_KEY: [u8; 32] = [1; 32];
const NEW_KEY: [u8; 32] = [2; 32];
const SOURCE_AT: usize = 4;
const FLAGS_AT: usize = 5;
const RESERVED_AT: usize = 12;

const BALL: Ball = Ball { u: 640.0, v: 480.0, sigma: 0.5, diameter: 12.0 };
const FIDUCIAL: Fiducial = Fiducial { landmark: 4, u: 101.5, v: 202.25, sigma: 0.125 };
const SPIN: Spin = Spin { rate_rpm: 2400.0, axis: [-0.6, 0.0, -0.8], confidence: 0.9 };
const HEALTH: Health = Health {
    temperature_centi_c: 3125,
    vibration_milli_g: 45,
    dropped: 0,
    clock_offset_ns: -850,
    exposure_ns: 500_000,
};
const MARK: Mark = Mark {
    what: MarkKind::PitchReleased,
    mound: 0,
    at_bat_number: 12,
    pitch_number: 3,
    game_pk: 717_797,
    pitcher: 664_854,
    pitch_type: *b"FF\0\0",
};

/// Two valid keys for source 1, none for any other.
struct Keys([[u8; 32]; 2]);

impl Keyring for Keys {
    fn keys(&self, source: SourceId) -> &[[u8; 32]] {
        if source.get() == 1 { &self.0 } else { &[] }
    }
}

const KEYS: Keys = Keys([OLD_KEY, NEW_KEY]);

fn source(number: u8) -> SourceId {
    SourceId::new(number).expect("a source of 1 to 63")
}

fn frame(body: Body<'_>) -> Frame<'_> {
    Frame { source: source(1), seq: 7, event_time_ns: 9, clock_locked: true, authenticated: false, body }
}

fn encoded(body: Body<'_>, key: Option<&[u8; 32]>) -> Vec<u8> {
    let mut out = [0; MAX_FRAME];
    let length = encode(&frame(body), key, &mut out).expect("a good frame can be encoded");
    out[..length].to_vec()
}

/// Bitwise CRC-32C, so that a wrong table would not go unseen.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 })
    })
}

/// A frame with some bytes changed and its checksum made to fit again.
fn altered(mut bytes: Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    bytes.truncate(bytes.len() - 4);
    change(&mut bytes);
    let crc = crc32c(&bytes);
    bytes.extend(crc.to_le_bytes());
    bytes
}

fn cause(bytes: &[u8], auth: Authentication<'_>) -> Option<Cause> {
    decode(bytes, auth).err().map(|rejected| rejected.cause)
}

#[test]
fn a_frame_that_fails_several_checks_is_counted_by_the_first_in_the_order_of_the_causes() {
    // Everything is wrong with it at first; each step mends what the cause before complained of.
    let mut bytes = altered(encoded(Body::Ball(BALL), None), |bytes| {
        bytes[0] = 0;
        bytes[2] = 2;
        bytes[3] = 99;
        bytes[SOURCE_AT] = 0;
        bytes[FLAGS_AT] = 0x80;
        bytes[24..28].copy_from_slice(&f32::NAN.to_le_bytes());
        bytes.push(0);
    });
    let required = Authentication::Required(&KEYS);
    assert_eq!(cause(&bytes[..27], required), Some(Cause::Truncated));
    assert_eq!(cause(&bytes, required), Some(Cause::Magic));
    bytes[0] = 0x50;
    assert_eq!(cause(&bytes, required), Some(Cause::Version));
    bytes[2] = 1;
    bytes[6] = 200;
    assert_eq!(cause(&bytes, required), Some(Cause::Truncated));
    bytes[6] = 17;
    assert_eq!(cause(&bytes, required), Some(Cause::Crc));
    bytes = altered(bytes, |_| {});
    assert_eq!(cause(&bytes, required), Some(Cause::Flags));
    bytes = altered(bytes, |bytes| bytes[FLAGS_AT] = 0);
    assert_eq!(cause(&bytes, required), Some(Cause::Auth));
    assert_eq!(cause(&bytes, Authentication::Off), Some(Cause::Kind));
    bytes = altered(bytes, |bytes| bytes[3] = 1);
    assert_eq!(cause(&bytes, Authentication::Off), Some(Cause::PayloadSize));
    bytes = altered(bytes, |bytes| {
        bytes.pop();
        bytes[6] = 16;
    });
    assert_eq!(cause(&bytes, Authentication::Off), Some(Cause::Values), "source 0 and NaN");
    bytes = altered(bytes, |bytes| bytes[SOURCE_AT] = 1);
    assert_eq!(cause(&bytes, Authentication::Off), Some(Cause::Values), "NaN");
    bytes = altered(bytes, |bytes| bytes[24..28].copy_from_slice(&1_f32.to_le_bytes()));
    assert_eq!(cause(&bytes, Authentication::Off), None);
}

#[test]
fn sources_outside_of_1_to_63_are_refused_by_their_value() {
    for number in [0, 64, 255] {
        let bytes = altered(encoded(Body::Health(HEALTH), None), |bytes| bytes[SOURCE_AT] = number);
        let refused = Rejected { cause: Cause::Values, source: None };
        assert_eq!(decode(&bytes, Authentication::Off), Err(refused));
    }
}

#[test]
fn a_refusal_names_the_source_that_the_frame_claims() {
    let mut bytes = encoded(Body::Ball(BALL), None);
    bytes[20] ^= 1;
    assert_eq!(decode(&bytes, Authentication::Off), Err(Rejected { cause: Cause::Crc, source: Some(source(1)) }));
    bytes[0] = 0;
    assert_eq!(decode(&bytes, Authentication::Off), Err(Rejected { cause: Cause::Magic, source: None }));
}

#[test]
fn each_unknown_flag_bit_is_refused() {
    for bit in 2..8 {
        let bytes = altered(encoded(Body::Ball(BALL), None), |bytes| bytes[FLAGS_AT] |= 1 << bit);
        assert_eq!(cause(&bytes, Authentication::Off), Some(Cause::Flags), "bit {bit}");
    }
}

#[test]
fn reserved_bytes_are_ignored_when_they_arrive_set() {
    let header = altered(encoded(Body::Ball(BALL), None), |bytes| bytes[RESERVED_AT..16].fill(0xFF));
    assert_eq!(decode(&header, Authentication::Off), Ok((frame(Body::Ball(BALL)), header.len())));
    let landmark = altered(encoded(Body::Fiducial(FIDUCIAL), None), |bytes| bytes[26..28].fill(0xFF));
    assert_eq!(decode(&landmark, Authentication::Off), Ok((frame(Body::Fiducial(FIDUCIAL)), landmark.len())));
    let mark = altered(encoded(Body::Mark(MARK), None), |bytes| bytes[30..32].fill(0xFF));
    assert_eq!(decode(&mark, Authentication::Off), Ok((frame(Body::Mark(MARK)), mark.len())));
    let pose = altered(encoded(Body::Pose(Pose::new(2, &[])), None), |bytes| bytes[26..28].fill(0xFF));
    assert_eq!(decode(&pose, Authentication::Off), Ok((frame(Body::Pose(Pose::new(2, &[]))), pose.len())));
}

#[test]
fn either_of_a_sources_two_keys_authenticates_and_no_other() {
    for (key, accepted) in [(OLD_KEY, true), (NEW_KEY, true), ([3; 32], false)] {
        let bytes = encoded(Body::Ball(BALL), Some(&key));
        let verified = Frame { authenticated: true, ..frame(Body::Ball(BALL)) };
        let refused = Rejected { cause: Cause::Auth, source: Some(source(1)) };
        let expected = if accepted { Ok((verified, bytes.len())) } else { Err(refused) };
        assert_eq!(decode(&bytes, Authentication::Required(&KEYS)), expected);
    }
}

#[test]
fn a_required_tag_is_refused_when_missing_altered_or_of_another_source() {
    let required = Authentication::Required(&KEYS);
    assert_eq!(cause(&encoded(Body::Ball(BALL), None), required), Some(Cause::Auth));
    let tagged = encoded(Body::Ball(BALL), Some(&OLD_KEY));
    for at in 0..tagged.len() - 4 {
        let bytes = altered(tagged.clone(), |bytes| bytes[at] ^= 1);
        assert_ne!(cause(&bytes, required), None, "byte {at} is not covered by the tag");
    }
    let other_source = altered(tagged, |bytes| bytes[SOURCE_AT] = 2);
    assert_eq!(cause(&other_source, required), Some(Cause::Auth));
}

#[test]
fn a_tag_that_nobody_asked_for_is_skipped_and_not_vouched_for() {
    let bytes = altered(encoded(Body::Ball(BALL), Some(&OLD_KEY)), |bytes| bytes[40..40 + TAG_LEN].fill(0));
    assert_eq!(decode(&bytes, Authentication::Off), Ok((frame(Body::Ball(BALL)), bytes.len())));
}

#[test]
fn payloads_of_another_length_than_their_kinds_are_refused() {
    let bodies = [Body::Ball(BALL), Body::Fiducial(FIDUCIAL), Body::Spin(SPIN), Body::Mark(MARK), Body::Health(HEALTH)];
    let joint = [Joint { joint: 0, confidence: 255, position_mm: [1, 2, 3] }];
    for body in bodies.into_iter().chain([Body::Pose(Pose::new(0, &joint))]) {
        let length = encoded(body, None).len() - HEADER_LEN - 4;
        for wrong in [0, 3, length - 1, length + 1, length + 8] {
            let bytes = altered(encoded(body, None), |bytes| {
                bytes.resize(HEADER_LEN + wrong, 0);
                bytes[6] = u8::try_from(wrong).expect("a short payload");
            });
            assert_eq!(cause(&bytes, Authentication::Off), Some(Cause::PayloadSize), "{body:?} of {wrong} bytes");
        }
    }
}

/// Both ends must refuse the body: the sender before it is sent, the receiver when it comes nonetheless.
fn both_ends_refuse(bad: Body<'_>, good: Body<'_>, at: usize, field: &[u8]) {
    let mut out = [0; MAX_FRAME];
    assert_eq!(encode(&frame(bad), None, &mut out), Err(EncodeError::Values), "{bad:?}");
    let bytes = altered(encoded(good, None), |bytes| {
        bytes[HEADER_LEN + at..HEADER_LEN + at + field.len()].copy_from_slice(field);
    });
    assert_eq!(cause(&bytes, Authentication::Off), Some(Cause::Values), "{bad:?}");
}

#[test]
fn impossible_values_are_refused_by_sender_and_receiver() {
    let (nan, infinity) = (f32::NAN, f32::INFINITY);
    for bad in [nan, infinity, -infinity] {
        let field = bad.to_le_bytes();
        both_ends_refuse(Body::Ball(Ball { u: bad, ..BALL }), Body::Ball(BALL), 0, &field);
        both_ends_refuse(Body::Ball(Ball { v: bad, ..BALL }), Body::Ball(BALL), 4, &field);
        both_ends_refuse(Body::Fiducial(Fiducial { u: bad, ..FIDUCIAL }), Body::Fiducial(FIDUCIAL), 4, &field);
        both_ends_refuse(Body::Fiducial(Fiducial { v: bad, ..FIDUCIAL }), Body::Fiducial(FIDUCIAL), 8, &field);
    }
    for bad in [nan, infinity, 0.0, -0.5] {
        let field = bad.to_le_bytes();
        both_ends_refuse(Body::Ball(Ball { sigma: bad, ..BALL }), Body::Ball(BALL), 8, &field);
        both_ends_refuse(Body::Fiducial(Fiducial { sigma: bad, ..FIDUCIAL }), Body::Fiducial(FIDUCIAL), 12, &field);
    }
    for bad in [nan, infinity, -1.0] {
        let field = bad.to_le_bytes();
        both_ends_refuse(Body::Ball(Ball { diameter: bad, ..BALL }), Body::Ball(BALL), 12, &field);
        both_ends_refuse(Body::Spin(Spin { rate_rpm: bad, ..SPIN }), Body::Spin(SPIN), 0, &field);
    }
    for bad in [nan, infinity, 0.7] {
        both_ends_refuse(Body::Spin(Spin { axis: [-0.6, bad, -0.8], ..SPIN }), Body::Spin(SPIN), 8, &bad.to_le_bytes());
    }
    for bad in [nan, infinity, -0.1, 1.1] {
        both_ends_refuse(Body::Spin(Spin { confidence: bad, ..SPIN }), Body::Spin(SPIN), 16, &bad.to_le_bytes());
    }
    both_ends_refuse(Body::Pose(Pose::new(3, &[])), Body::Pose(Pose::new(0, &[])), 1, &[3]);
    both_ends_refuse(Body::Mark(Mark { mound: 3, ..MARK }), Body::Mark(MARK), 1, &[3]);
    for pitch_type in [*b"F\0F\0", *b"F \0\0", *b"\xC3\xA4\0\0", *b"\0FF\0"] {
        both_ends_refuse(Body::Mark(Mark { pitch_type, ..MARK }), Body::Mark(MARK), 16, &pitch_type);
    }
}

#[test]
fn marks_of_unknown_happenings_are_refused() {
    for what in [0, 7, 255] {
        let bytes = altered(encoded(Body::Mark(MARK), None), |bytes| bytes[HEADER_LEN] = what);
        assert_eq!(cause(&bytes, Authentication::Off), Some(Cause::Values), "what {what}");
    }
}

#[test]
fn an_unknown_kind_is_counted_and_the_rest_of_its_datagram_is_read() {
    let unknown = altered(encoded(Body::Ball(BALL), None), |bytes| bytes[3] = 7);
    let datagram = [encoded(Body::Spin(SPIN), None), unknown, encoded(Body::Ball(BALL), None)].concat();
    let refused = Rejected { cause: Cause::Kind, source: Some(source(1)) };
    let got: Vec<_> = frames(&datagram, Authentication::Off).collect();
    assert_eq!(got, [Ok(frame(Body::Spin(SPIN))), Err(refused), Ok(frame(Body::Ball(BALL)))]);
}

#[test]
fn after_any_other_failure_the_rest_of_the_datagram_is_dropped() {
    let good = encoded(Body::Ball(BALL), None);
    let bad = altered(good.clone(), |bytes| bytes[HEADER_LEN + 8..HEADER_LEN + 12].fill(0));
    let datagram = [good.clone(), bad, good].concat();
    let refused = Rejected { cause: Cause::Values, source: Some(source(1)) };
    let mut got = frames(&datagram, Authentication::Off);
    assert_eq!(got.next(), Some(Ok(frame(Body::Ball(BALL)))));
    assert_eq!(got.next(), Some(Err(refused)));
    assert_eq!(got.next(), None);
    assert_eq!(got.next(), None);
}

#[test]
fn bytes_left_after_the_last_whole_frame_are_counted_as_truncated() {
    let datagram = [encoded(Body::Ball(BALL), None), vec![0x50]].concat();
    let causes: Vec<_> = frames(&datagram, Authentication::Off).map(|frame| frame.err().map(|r| r.cause)).collect();
    assert_eq!(causes, [None, Some(Cause::Truncated)]);
}

#[test]
fn a_datagram_longer_than_allowed_is_refused_whole() {
    let mut datagram = encoded(Body::Ball(BALL), None);
    datagram.resize(MAX_DATAGRAM + 1, 0);
    let got: Vec<_> = frames(&datagram, Authentication::Off).collect();
    assert_eq!(got, [Err(Rejected { cause: Cause::Truncated, source: None })]);
}

#[test]
fn the_longest_pose_fits_and_one_joint_more_does_not() {
    let joints = [Joint { joint: 1, confidence: 128, position_mm: [-1, 2, i16::MIN] }; 181];
    let mut out = [0; MAX_FRAME];
    for (key, most) in [(None, 180), (Some(&OLD_KEY), 178)] {
        let longest = frame(Body::Pose(Pose::new(1, &joints[..most])));
        let length = encode(&longest, key, &mut out).expect("the longest pose fits");
        assert!(length <= MAX_FRAME);
        assert_eq!(decode(&out[..length], Authentication::Off), Ok((longest, length)));
        let longer = frame(Body::Pose(Pose::new(1, &joints[..=most])));
        assert!(matches!(encode(&longer, key, &mut out), Err(EncodeError::TooLong { .. })));
    }
}

#[test]
fn a_frame_over_1472_bytes_is_refused_although_it_is_whole() {
    let mut bytes = encoded(Body::Ball(BALL), None);
    bytes = altered(bytes, |bytes| {
        bytes.resize(MAX_FRAME - 3, 0);
        let payload_len = u16::try_from(MAX_FRAME - 3 - HEADER_LEN).expect("it fits a u16");
        bytes[6..8].copy_from_slice(&payload_len.to_le_bytes());
    });
    assert_eq!(bytes.len(), MAX_FRAME + 1);
    assert_eq!(cause(&bytes, Authentication::Off), Some(Cause::Truncated));
}

#[test]
fn a_buffer_that_is_too_small_is_told_what_it_must_hold() {
    let needed = encoded(Body::Spin(SPIN), Some(&OLD_KEY)).len();
    for length in 0..needed {
        let mut out = vec![0; length];
        let result = encode(&frame(Body::Spin(SPIN)), Some(&OLD_KEY), &mut out);
        assert_eq!(result, Err(EncodeError::NoRoom { needed }), "buffer of {length}");
    }
}
