//! Lines as editors count them, and where a file ends.

use std::io::{self, Read};

use memchr::memchr3;

/// Bytes of a row at most: Savant's have under 2,000.
const RECORD_MAX: usize = 1 << 20;

/// Makes every end of a line (`\r\n`, `\r`, `\n`) a `\n`, and ends the last line.
///
/// It tells whether the file ended within quotes: every whole CSV has an even number of them, also with quotes in its text, and
/// does not end in the middle of a line that opened one. It also holds the size of a record: what has no end of line
/// outside of quotes for so long is no CSV.
pub(super) struct Lines<R> {
    inner: R,
    after_cr: bool,
    odd: bool,
    last: u8,
    ended: bool,
    /// Bytes since a line ended outside of quotes.
    open: usize,
}

impl<R> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, after_cr: false, odd: false, last: b'\n', ended: false, open: 0 }
    }

    /// Whether what was read ended within quotes.
    pub(super) fn cut(&self) -> bool {
        self.odd && self.last != b'\n'
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            let n = self.inner.read(buf)?;
            if n == 0 {
                if self.ended || self.last == b'\n' {
                    return Ok(0);
                }
                self.ended = true;
                buf[0] = b'\n';
                return Ok(1);
            }
            let (mut kept, mut at) = (0, 0);
            while at < n {
                let plain = memchr3(b'\n', b'\r', b'"', &buf[at..n]).unwrap_or(n - at);
                if plain > 0 {
                    if kept < at {
                        buf.copy_within(at..at + plain, kept);
                    }
                    (kept, at) = (kept + plain, at + plain);
                    self.after_cr = false;
                    self.open += plain;
                }
                if let Some(&byte) = buf[..n].get(at) {
                    at += 1;
                    let follows_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
                    if byte == b'\n' && follows_cr {
                        continue;
                    }
                    buf[kept] = if byte == b'\r' { b'\n' } else { byte };
                    self.odd ^= byte == b'"';
                    self.open = if buf[kept] == b'\n' && !self.odd { 0 } else { self.open + 1 };
                    kept += 1;
                }
                if self.open > RECORD_MAX {
                    return Err(io::Error::other(format!("a row is longer than {RECORD_MAX} bytes: it is no CSV")));
                }
            }
            if kept > 0 {
                self.last = buf[kept - 1];
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time.
    struct Slowly<'b>(&'b [u8]);

    impl Read for Slowly<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            (buf[0], self.0) = (*first, rest);
            Ok(1)
        }
    }

    #[test]
    fn every_end_of_a_line_is_one_however_the_bytes_come() {
        for (text, lines) in [
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\rb\r", "a\nb\n"),
            ("a\nb", "a\nb\n"),
            ("a\r\n\r\nb", "a\n\nb\n"),
            ("a\n\rb", "a\n\nb\n"),
            ("", ""),
            ("\"x\r\ny\"\r\n", "\"x\ny\"\n"),
        ] {
            let mut read = String::new();
            Lines::new(text.as_bytes()).read_to_string(&mut read).expect("read");
            assert_eq!(read, lines, "{text:?}");
            let mut read = String::new();
            Lines::new(Slowly(text.as_bytes())).read_to_string(&mut read).expect("read");
            assert_eq!(read, lines, "{text:?}, a byte at a time");
        }
    }

    #[test]
    fn a_file_that_ends_within_quotes_was_cut() {
        let cut = |text: &str| {
            let mut lines = Lines::new(text.as_bytes());
            io::copy(&mut lines, &mut io::sink()).expect("read");
            lines.cut()
        };
        assert_eq!(["a,\"b", "a,\"b\"", "a,b", "5'11\" tall\n"].map(cut), [true, false, false, false]);
    }
}
