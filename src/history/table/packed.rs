//! What gzip packed.

use std::io::{self, BufRead, Error, ErrorKind, Read};

use flate2::bufread::GzDecoder;

use super::reader::GZIP;

/// The bytes behind gzip, of all its members one after the other.
///
/// # Errors
/// The file is cut off or damaged, or other bytes come behind what is packed; in words.
pub(super) struct Unpacked<R> {
    /// None at the end.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Unpacked<R> {
    pub(super) fn new(packed: R) -> Self {
        Self { member: Some(GzDecoder::new(packed)) }
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buf).map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => Error::other("it is cut off: its gzip does not end"),
                ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                    Error::other(format!("its gzip is damaged: {error}"))
                }
                _ => error,
            })?;
            if read > 0 || buf.is_empty() {
                return Ok(read);
            }
            let Some(mut packed) = self.member.take().map(GzDecoder::into_inner) else { break };
            // Tapes and some programs fill up with zero bytes.
            loop {
                let behind = packed.fill_buf()?;
                let noughts = behind.iter().take_while(|byte| **byte == 0).count();
                if noughts == 0 {
                    break;
                }
                packed.consume(noughts);
            }
            let behind = packed.fill_buf()?;
            if behind.starts_with(&GZIP[..behind.len().min(GZIP.len())]) && !behind.is_empty() {
                self.member = Some(GzDecoder::new(packed));
            } else if !behind.is_empty() {
                return Err(Error::other(
                    "other bytes come behind its gzip: it is damaged, or was put together: unpack it",
                ));
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).expect("packed");
        encoder.finish().expect("packed")
    }

    fn unpacked(bytes: &[u8]) -> Result<String, String> {
        let mut text = String::new();
        Unpacked::new(bytes).read_to_string(&mut text).map(|_| text).map_err(|error| error.to_string())
    }

    #[test]
    fn members_are_read_to_the_end_and_what_is_wrong_behind_them_is_said() {
        let two = [packed("one,"), packed("two")].concat();
        assert_eq!(unpacked(&two).as_deref(), Ok("one,two"));
        assert_eq!(unpacked(&[two.as_slice(), &[0; 700]].concat()).as_deref(), Ok("one,two"));
        let why = unpacked(&[two.as_slice(), b"garbage"].concat()).expect_err("bytes behind");
        assert!(why.contains("other bytes come behind its gzip"), "{why}");
        let why = unpacked(&two[..two.len() - 5]).expect_err("cut");
        assert!(why.contains("cut off"), "{why}");
    }
}
