//! `protocol-vectors.json`, made by an independent encoder: the good frames decode to their fields and are written to
//! the same bytes again, the bad ones are refused for their cause.

use firmware_protocol::serial::{self, Decoder};
use firmware_protocol::{
    Authentication, Ball, Body, Fiducial, Frame, Health, Joint, Keyring, MAX_FRAME, Mark, MarkKind, Pose, SourceId,
    Spin, decode, encode, frames,
};
use serde_json::Value;

struct OneKey([[u8; 32]; 1]);

impl Keyring for OneKey {
    fn keys(&self, _: SourceId) -> &[[u8; 32]] {
        &self.0
    }
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("protocol-vectors.json")).expect("the vectors are JSON")
}

fn list<'v>(vectors: &'v Value, name: &str) -> &'v [Value] {
    vectors[name].as_array().expect("a list of frames")
}

fn text<'v>(vector: &'v Value, name: &str) -> &'v str {
    vector[name].as_str().expect("a text")
}

fn whole<T: TryFrom<i64>>(value: &Value) -> T {
    let number = value.as_i64().expect("a whole number");
    T::try_from(number).ok().expect("a number that fits its field")
}

fn real(value: &Value) -> f32 {
    value.as_f64().expect("a number") as f32
}

fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    let hex = text(vector, name);
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits")).collect()
}

fn key(vectors: &Value) -> [u8; 32] {
    bytes(vectors, "auth_key").try_into().expect("32 bytes")
}

fn joints(fields: &Value) -> Vec<Joint> {
    let Some(joints) = fields["joints"].as_array() else { return Vec::new() };
    let joint = |j: &Value| Joint {
        joint: whole(&j[0]),
        confidence: whole(&j[1]),
        position_mm: [whole(&j[2]), whole(&j[3]), whole(&j[4])],
    };
    joints.iter().map(joint).collect()
}

fn body<'j>(kind: u64, fields: &Value, joints: &'j [Joint]) -> Body<'j> {
    match kind {
        1 => Body::Ball(Ball {
            u: real(&fields["u"]),
            v: real(&fields["v"]),
            sigma: real(&fields["sigma"]),
            diameter: real(&fields["diameter"]),
        }),
        2 => Body::Fiducial(Fiducial {
            landmark: whole(&fields["landmark"]),
            u: real(&fields["u"]),
            v: real(&fields["v"]),
            sigma: real(&fields["sigma"]),
        }),
        3 => Body::Spin(Spin {
            rate_rpm: real(&fields["rate_rpm"]),
            axis: [real(&fields["axis"][0]), real(&fields["axis"][1]), real(&fields["axis"][2])],
            confidence: real(&fields["confidence"]),
        }),
        4 => Body::Pose(Pose::new(0, joints)),
        5 => Body::Mark(Mark {
            what: [MarkKind::PitcherOnMound, MarkKind::PitchReleased, MarkKind::PitchEnded]
                [whole::<usize>(&fields["what"]) - 1],
            mound: whole(&fields["mound"]),
            at_bat_number: whole(&fields["at_bat_number"]),
            pitch_number: whole(&fields["pitch_number"]),
            game_pk: whole(&fields["game_pk"]),
            pitcher: whole(&fields["pitcher"]),
            pitch_type: pitch_type(text(fields, "pitch_type")),
        }),
        6 => Body::Health(Health {
            temperature_centi_c: (real(&fields["temperature_c"]) * 100.0).round() as i16,
            vibration_milli_g: (real(&fields["vibration_g"]) * 1000.0).round() as u16,
            dropped: whole(&fields["dropped"]),
            clock_offset_ns: whole(&fields["clock_offset_ns"]),
            exposure_ns: whole(&fields["exposure_ns"]),
        }),
        other => panic!("the vectors have a new kind, {other}"),
    }
}

fn pitch_type(name: &str) -> [u8; 4] {
    let mut padded = [0; 4];
    padded[..name.len()].copy_from_slice(name.as_bytes());
    padded
}

/// Calls `check` with each good vector, the frame that its fields describe, and the key it was tagged with.
fn for_each_good(check: impl Fn(&Value, Frame<'_>, Option<[u8; 32]>)) {
    let vectors = vectors();
    for vector in list(&vectors, "good") {
        let joints = joints(&vector["fields"]);
        let flags: u8 = whole(&vector["flags"]);
        let tagged = flags & 1 != 0;
        let frame = Frame {
            source: SourceId::new(whole(&vector["source"])).expect("a source of 1 to 63"),
            seq: whole(&vector["seq"]),
            event_time_ns: whole(&vector["event_time_ns"]),
            clock_locked: flags & 2 == 0,
            authenticated: tagged,
            body: body(whole(&vector["kind"]), &vector["fields"], &joints),
        };
        check(vector, frame, tagged.then(|| key(&vectors)));
    }
}

#[test]
fn every_good_frame_decodes_to_its_fields() {
    for_each_good(|vector, expected, key| {
        let bytes = bytes(vector, "frame");
        let keyring = key.map(|key| OneKey([key]));
        let auth = keyring.as_ref().map_or(Authentication::Off, |keyring| Authentication::Required(keyring));
        assert_eq!(decode(&bytes, auth), Ok((expected, bytes.len())), "{}", text(vector, "name"));
    });
}

#[test]
fn every_good_frame_is_encoded_to_the_vectors_bytes() {
    for_each_good(|vector, frame, key| {
        let mut out = [0xEE; MAX_FRAME];
        let length = encode(&frame, key.as_ref(), &mut out).expect("a good frame can be encoded");
        assert_eq!(out[..length], bytes(vector, "frame"), "{}", text(vector, "name"));
    });
}

#[test]
fn every_good_frame_is_framed_for_the_serial_line_as_the_vector_is() {
    for_each_good(|vector, _, _| {
        let mut out = [0xEE; serial::MAX_ENCODED];
        let length = serial::encode(&bytes(vector, "frame"), &mut out).expect("a good frame can be framed");
        assert_eq!(out[..length], bytes(vector, "serial"), "{}", text(vector, "name"));
    });
}

#[test]
fn the_serial_vectors_in_a_row_give_every_frame() {
    let vectors = vectors();
    let line: Vec<u8> = list(&vectors, "good").iter().flat_map(|vector| bytes(vector, "serial")).collect();
    let mut decoder = Decoder::new();
    let mut got = Vec::new();
    for byte in line {
        if let Some(frame) = decoder.push(byte) {
            got.push(frame.expect("a good line decodes").to_vec());
        }
    }
    let expected: Vec<Vec<u8>> = list(&vectors, "good").iter().map(|vector| bytes(vector, "frame")).collect();
    assert_eq!(got, expected);
}

#[test]
fn all_good_frames_in_one_datagram_come_out_in_order() {
    let vectors = vectors();
    let datagram: Vec<u8> = list(&vectors, "good").iter().flat_map(|vector| bytes(vector, "frame")).collect();
    let seqs: Vec<u32> =
        frames(&datagram, Authentication::Off).map(|frame| frame.expect("a good frame decodes").seq).collect();
    let expected: Vec<u32> = list(&vectors, "good").iter().map(|vector| whole(&vector["seq"])).collect();
    assert_eq!(seqs, expected);
}

#[test]
fn every_bad_frame_is_refused_for_its_cause() {
    let vectors = vectors();
    for vector in list(&vectors, "bad") {
        let bytes = bytes(vector, "frame");
        let refused = decode(&bytes, Authentication::Off).expect_err(text(vector, "name"));
        assert_eq!(refused.cause.as_str(), text(vector, "cause"), "{}", text(vector, "name"));
        let from_datagram: Vec<_> = frames(&bytes, Authentication::Off).collect();
        assert_eq!(from_datagram, [Err(refused)], "{}", text(vector, "name"));
    }
}
