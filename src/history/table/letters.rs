//! Letters with accents, which files write in several encodings.

use encoding_rs::WINDOWS_1252;

/// What a field's letters are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// As they should be.
    Sound,
    /// Written in another way; these are meant.
    Meant(String),
    /// Nobody can tell any more.
    Lost,
}

/// Looks at a field with other letters than a to z: UTF-8, UTF-8 that a program took for Windows-1252 and wrote as UTF-8
/// again, or Windows-1252, as Excel and R on Windows write.
pub(super) fn look(bytes: &[u8]) -> Letters {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\u{fffd}') => Letters::Lost,
        Ok(text) => twice_encoded(text).map_or(Letters::Sound, Letters::Meant),
        Err(_) => {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
            if is_plausible(&text) { Letters::Meant(text.into_owned()) } else { Letters::Lost }
        }
    }
}

/// `PeÃ±a` is `Peña`: no name has such pairs.
fn twice_encoded(text: &str) -> Option<String> {
    let (bytes, _, unmapped) = WINDOWS_1252.encode(text);
    if unmapped {
        return None;
    }
    String::from_utf8(bytes.into_owned()).ok().filter(|inner| inner != text && !inner.contains('\u{fffd}'))
}

/// Whether a decoded text can be a name: in another encoding than this one, letters become signs, and small ones capitals.
fn is_plausible(text: &str) -> bool {
    let mut after_small = false;
    text.chars().all(|c| {
        let is_odd_capital = !c.is_ascii() && c.is_uppercase() && after_small;
        after_small = c.is_lowercase();
        (c.is_alphanumeric() || c.is_ascii_punctuation() || matches!(c, ' ' | '’' | '\u{a0}')) && !is_odd_capital
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_the_encoding_that_they_are_in() {
        let meant = |name: &str| Letters::Meant(name.to_owned());
        assert_eq!(look("Peña, José".as_bytes()), Letters::Sound);
        assert_eq!(look(b"Pe\xf1a, Jos\xe9 Mart\xedn"), meant("Peña, José Martín"));
        assert_eq!(look("PeÃ±a, JosÃ©".as_bytes()), meant("Peña, José"));
        assert_eq!(look("菊池 雄星".as_bytes()), Letters::Sound);
        assert_eq!(look(b"O\x92Neill, \xc1ngel"), meant("O’Neill, Ángel"));
    }

    #[test]
    fn what_nobody_can_tell_any_more_is_lost() {
        assert_eq!(look("Pe\u{fffd}a".as_bytes()), Letters::Lost);
        assert_eq!(look(b"Pe\x96a, Jos\x8e"), Letters::Lost, "Mac OS Roman");
        assert_eq!(look(b"Jos\x8e"), Letters::Lost, "Mac OS Roman: not JosŽ");
        assert_eq!(look(b"\x8b\x65\x92\x72 \x97\x59\x90\xaf"), Letters::Lost, "Shift JIS");
    }
}
