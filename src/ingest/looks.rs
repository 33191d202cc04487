//! What bytes that are no frame look like: whoever sends to the wrong port is found by what he speaks.

use firmware_protocol::{HEADER_LEN, MAGIC};

/// What the beginning of something that is no frame of this protocol looks like, in a few words; none where that is not
/// plain. `length` is that of the whole, bytes.
pub fn looks_like(start: &[u8], length: usize) -> Option<&'static str> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let written = text.trim_ascii_start();
    let begins = |words: &[&str]| words.iter().any(|word| start.starts_with(word.as_bytes()));
    let found = match start {
        [] => return None,
        _ if start.iter().all(|byte| *byte == 0) => "nothing but zeros",
        _ if start.starts_with(&[MAGIC[1], MAGIC[0]]) => "a frame whose first two bytes are turned round",
        // The code byte of COBS, then the frame.
        [_, rest @ ..] if rest.starts_with(&MAGIC) => "a frame with a byte before it, as it is sent on a serial line",
        _ if start.windows(2).any(|two| two == MAGIC) => "a frame with other bytes before it",
        _ if begins(&["GET ", "POST ", "PUT ", "HEAD ", "OPTIONS ", "DELETE ", "CONNECT ", "HTTP/", "PRI * "]) => {
            "HTTP"
        }
        _ if begins(&["M-SEARCH ", "NOTIFY "]) => "SSDP: a device that looks for others",
        _ if begins(&["OPTIONS sip:", "REGISTER sip:", "INVITE sip:", "SIP/2.0"]) => "SIP",
        [b'$', talker, ..] if talker.is_ascii_uppercase() => "NMEA: a GPS receiver",
        _ if is_syslog(start) => "syslog",
        _ if is_json(written) => "JSON text",
        [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z', ..] => "XML or HTML",
        [0x1f, 0x8b, ..] => "gzip",
        [0x16 | 0x17, 3, 1..=4, ..] => "TLS",
        [0x16, 0xfe, 0xfd | 0xff, ..] => "DTLS",
        [_, _, _, _, 0x21, 0x12, 0xa4, 0x42, ..] => "STUN",
        [0x10, ..] if start.windows(4).any(|four| four == b"MQTT") => "MQTT",
        _ if is_snmp(start) => "SNMP",
        // Mode and version of NTP in one byte, and its fixed length.
        [first, ..] if length == 48 && (1..=5).contains(&(first & 7)) && (3..=4).contains(&(first >> 3 & 7)) => "NTP",
        [_, version, high, low, ..] if version & 15 == 2 && length == two(*high, *low) && length >= 44 => "PTP",
        _ if is_dns(start) => "DNS",
        [0x80 | 0x90, ..] if length > HEADER_LEN => "RTP: a video stream",
        _ if text.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) => "text",
        _ => return None,
    };
    Some(found)
}

fn two(high: u8, low: u8) -> usize {
    usize::from(u16::from_be_bytes([high, low]))
}

/// `<`, up to three digits, `>`.
fn is_syslog(start: &[u8]) -> bool {
    let Some(rest) = start.strip_prefix(b"<") else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=3).contains(&digits) && rest.get(digits) == Some(&b'>')
}

fn is_json(text: &[u8]) -> bool {
    let Some((open @ (b'{' | b'['), rest)) = text.split_first() else { return false };
    match rest.trim_ascii_start().first() {
        None | Some(b'"' | b'}' | b']' | b'{') => true,
        Some(next) => *open == b'[' && (next.is_ascii_digit() || matches!(next, b'-' | b'[' | b't' | b'f' | b'n')),
    }
}

/// A sequence that begins with version 1, 2c or 3.
fn is_snmp(start: &[u8]) -> bool {
    let Some(rest) = start.strip_prefix(&[0x30]) else { return false };
    let inside = match rest {
        [length, inside @ ..] if *length < 0x80 => inside,
        [0x81, _, inside @ ..] | [0x82, _, _, inside @ ..] => inside,
        _ => return false,
    };
    matches!(inside, [2, 1, 0 | 1 | 3, ..])
}

/// A header with few questions and answers, and an opcode that is in use.
fn is_dns(start: &[u8]) -> bool {
    let Some(&[_, _, flags, more, q1, q0, a1, a0, n1, n0, r1, r0]) = start.first_chunk::<12>() else { return false };
    let (questions, answers, rest) = (two(q1, q0), two(a1, a0), two(n1, n0) + two(r1, r0));
    // Three bits are always zero.
    let plain = matches!(flags >> 3 & 15, 0 | 4 | 5) && more & 0x40 == 0;
    plain && (1..=64).contains(&(questions + answers)) && questions <= 8 && rest <= 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_speak_is_known_by_its_first_bytes() {
        let ntp = [0x23; 48];
        for (bytes, what) in [
            (&b"{\"event\":\"pitch\",\"speed\":95.1}"[..], Some("JSON text")),
            (b"\xef\xbb\xbf [ {\"a\": 1} ]", Some("JSON text")),
            (b"[1, 2]", Some("JSON text")),
            (b"GET /api/status HTTP/1.1\r\n", Some("HTTP")),
            (b"HTTP/1.1 400 Bad Request", Some("HTTP")),
            (b"M-SEARCH * HTTP/1.1\r\n", Some("SSDP: a device that looks for others")),
            (b"<34>Oct 11 22:14:15 rack su: failed", Some("syslog")),
            (b"<165>1 2026-07-04T23:15:00Z", Some("syslog")),
            (b"<?xml version=\"1.0\"?>", Some("XML or HTML")),
            (b"$GPRMC,123519,A,4807.038,N", Some("NMEA: a GPS receiver")),
            (b"\x30\x29\x02\x01\x00\x04\x06public\xa0\x1c", Some("SNMP")),
            (b"\x30\x81\x90\x02\x01\x03\x30\x11\x02\x04abcd", Some("SNMP")),
            (b"\xdb\x42\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www", Some("DNS")),
            (b"\x00\x00\x84\x00\x00\x00\x00\x02\x00\x00\x00\x01\x09_serv", Some("DNS")),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Some("TLS")),
            (b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c", Some("MQTT")),
            (&ntp, Some("NTP")),
            (b"\x00\x01\x00\x00!\x12\xa4\x42abcdefghijkl", Some("STUN")),
            (b"\x80\x60\x1f\x2e\x00\x01\x02\x03\x55\x66\x77\x88 and a slice of a picture", Some("RTP: a video stream")),
            (b"cpu,host=rack usage=3.1 1700", Some("text")),
            (b"GP\x01\x01\x03\x00\x10\x00", Some("a frame whose first two bytes are turned round")),
            (b"\x05PG\x01\x01\x0c", Some("a frame with a byte before it, as it is sent on a serial line")),
            (b"\x3c\x00\x00\x00PG\x01\x01\x03", Some("a frame with other bytes before it")),
            (&[0; 60], Some("nothing but zeros")),
            (b"\x91\x44\xfe\x02\x9c\xee\x01\xc3\xaa\x7f\x15\x80\xd9\x00\xf0\x21", None),
            (b"", None),
        ] {
            let start = &bytes[..bytes.len().min(16)];
            assert_eq!(looks_like(start, bytes.len()), what, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
