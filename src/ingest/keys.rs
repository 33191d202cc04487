//! The keys file: which sources may send, and the keys that vouch for them.
//!
//! One key a line, `source, key` or `source key`: the source's number and 64 hexadecimal digits. A source may have two,
//! so that keys can be changed without a pause. Blank lines and what follows `#` are skipped. Whoever reads the file can send
//! as a camera: one that everybody can read is refused.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use firmware_protocol::{Keyring, SourceId};

use crate::disk::{open_settings, read_opened_settings};

/// Keys that a source may have at once.
const KEYS_PER_SOURCE_MAX: usize = 2;

/// Permissions of everybody, who must have none.
const EVERYBODY: u32 = 0o007;

/// The keys of all sources, as they are at the moment: whoever has a clone sees them change.
#[derive(Clone, Default)]
pub struct KeyRing(Arc<ArcSwap<Keys>>);

/// The keys of all sources.
#[derive(Default, PartialEq, Eq)]
pub struct Keys {
    by_source: Vec<Vec<[u8; 32]>>,
}

/// Never shows a key.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.current().by_source.iter().map(Vec::len).sum::<usize>())
    }
}

impl Keyring for Keys {
    fn keys(&self, source: SourceId) -> &[[u8; 32]] {
        self.by_source.get(usize::from(source.get())).map_or(&[], Vec::as_slice)
    }
}

/// Why a keys file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It is not there or not readable.
    #[error("keys file {path}: {source}; check the path and who may read it")]
    Read {
        /// The path tried.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Everybody on the box can read or write it.
    #[error(
        "keys file {path} is open to everybody on this box (mode {mode:04o}), and who has a key can send as a camera: \
         `chmod o-rwx {path}`, and make new keys where others have an account"
    )]
    Open {
        /// The file.
        path: String,
        /// Its permissions.
        mode: u32,
    },
    /// Lines that are no keys: each with its number, counted from 1, and what to do.
    #[error("keys file {path}: {}", in_lines(faults))]
    Lines {
        /// The file.
        path: String,
        /// Every fault.
        faults: Vec<(usize, String)>,
    },
}

fn in_lines(faults: &[(usize, String)]) -> String {
    faults.iter().map(|(line, fault)| format!("line {line}: {fault}")).collect::<Vec<_>>().join("; ")
}

impl KeyRing {
    /// The keys as they are now. Never waits.
    pub fn current(&self) -> Guard<Arc<Keys>> {
        self.0.load()
    }

    /// Whether there is a key of this source; a number that is no source has none.
    pub fn knows(&self, source: u8) -> bool {
        SourceId::new(source).is_some_and(|source| !self.current().keys(source).is_empty())
    }

    /// From now on, for every clone, the keys are those of another ring.
    pub fn replace(&self, other: &Self) {
        self.0.store(other.0.load_full());
    }

    /// Reads a keys file.
    ///
    /// # Errors
    /// When it cannot be read, or everybody can; and every faulty line at once. No message shows a key.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let shown = path.display().to_string();
        let failed = |source| KeyFileError::Read { path: shown.clone(), source };
        let file = open_settings(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & EVERYBODY != 0 {
            return Err(KeyFileError::Open { path: shown, mode });
        }
        let text = read_opened_settings(file).map_err(failed)?;
        // What is no text makes a faulty line.
        let text = String::from_utf8_lossy(&text);
        Self::parse(&text).map_err(|faults| KeyFileError::Lines { path: shown, faults })
    }

    /// Reads the lines of a keys file.
    ///
    /// # Errors
    /// Every faulty line: its number, from 1, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<(usize, String)>> {
        let mut keys = Keys { by_source: vec![Vec::new(); 64] };
        let mut faults = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let content = line.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            if let Err(fault) = keys.add(content) {
                faults.push((i + 1, fault));
            }
        }
        if faults.is_empty() && keys.by_source.iter().all(Vec::is_empty) {
            faults.push((1, "the file holds no key; write lines of source and key".into()));
        }
        if faults.is_empty() { Ok(Self(Arc::new(ArcSwap::from_pointee(keys)))) } else { Err(faults) }
    }
}

impl Keys {
    fn add(&mut self, line: &str) -> Result<(), String> {
        let mut fields = line.split(|c: char| c == ',' || c.is_whitespace()).filter(|f| !f.is_empty());
        let (Some(source), Some(key), None) = (fields.next(), fields.next(), fields.next()) else {
            return Err("write the source's number and its key, such as \"1, 00ff…\"".into());
        };
        let source = source
            .parse::<u8>()
            .ok()
            .and_then(SourceId::new)
            .ok_or_else(|| format!("{source:?} is no source; write a number from 1 to 63"))?;
        let key = from_hex(key)
            .ok_or_else(|| format!("the key has {} characters; write 64 hexadecimal digits", key.chars().count()))?;
        let keys = &mut self.by_source[usize::from(source.get())];
        if keys.contains(&key) {
            return Err(format!("source {source} has this key already; leave one of the two lines out"));
        }
        if keys.len() == KEYS_PER_SOURCE_MAX {
            return Err(format!("source {source} has two keys already; remove the one that no sender uses any more"));
        }
        keys.push(key);
        Ok(())
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != 32 || !odd.is_empty() {
        return None;
    }
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let mut key = [0; 32];
    for (byte, [high, low]) in key.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

    fn source(number: u8) -> SourceId {
        SourceId::new(number).expect("a source")
    }

    #[test]
    fn a_source_may_have_two_keys_and_others_none() {
        let other = KEY.replace("00", "ff");
        let ring = KeyRing::parse(&format!("# cameras\n1, {KEY}\n\n 1\t{other} # new\n2,{KEY}\n")).expect("good lines");
        let keys = ring.current();
        assert_eq!(keys.keys(source(1)).len(), 2);
        assert_eq!(keys.keys(source(2))[0][31], 0x1f);
        assert!(keys.keys(source(3)).is_empty());
    }

    #[test]
    fn every_clone_sees_the_keys_change() {
        let ring = KeyRing::parse(&format!("1, {KEY}")).expect("a key");
        let clone = ring.clone();
        ring.replace(&KeyRing::parse(&format!("2, {KEY}")).expect("a key"));
        let keys = clone.current();
        assert!(keys.keys(source(1)).is_empty() && keys.keys(source(2)).len() == 1);
    }

    #[test]
    fn a_file_that_everybody_can_read_is_refused_with_what_to_do() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("keys");
        std::fs::write(&path, format!("1, {KEY}")).expect("written");
        for (mode, good) in [(0o600, true), (0o640, true), (0o400, true), (0o644, false), (0o602, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
            match KeyRing::load(&path) {
                Ok(_) => assert!(good, "{mode:o}"),
                Err(error) => assert!(!good && error.to_string().contains("chmod o-rwx"), "{mode:o}: {error}"),
            }
        }
    }

    #[test]
    fn every_faulty_line_is_named_and_no_message_shows_a_key() {
        let text = format!("1 {KEY}\n64 {KEY}\n2 {}\n1 {KEY}\nnonsense\n3 {KEY} extra\n4 {}zz\n", &KEY[2..], &KEY[2..]);
        let faults = KeyRing::parse(&text).expect_err("six faulty lines");
        assert_eq!(faults.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
        assert!(!in_lines(&faults).contains("0405060708"), "{faults:?}");
        assert!(!format!("{:?}", KeyRing::parse(&format!("1 {KEY}"))).contains("0405"));
    }

    #[test]
    fn a_third_key_and_an_empty_file_are_refused() {
        let third = format!("5 {KEY}\n5 {}\n5 {}\n", KEY.replace("00", "aa"), KEY.replace("00", "bb"));
        assert_eq!(KeyRing::parse(&third).expect_err("three keys")[0].0, 3);
        assert!(KeyRing::parse("# nothing\n").is_err());
    }
}
