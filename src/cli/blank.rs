//! Blanking what is secret, or about somebody, out of texts that leave the box.

use std::fs;
use std::path::Path;

/// What stands in the place of a secret.
const BLANK: &str = "[blanked]";
/// Words in the name of a key whose value is a secret.
const SECRET_NAMES: [&str; 5] = ["password", "secret", "token", "credential", "private"];
/// What ends a secret in a line.
const ENDS: [char; 7] = [' ', '"', '\'', ',', ';', ')', '}'];

/// Secrets that are known by their text, besides those known by their looks.
#[derive(Debug, Default)]
pub(super) struct Blank {
    known: Vec<String>,
}

impl Blank {
    /// The keys of the cameras among them, where they can be read.
    pub(super) fn with_secrets_of(keys_file: Option<&Path>) -> Self {
        let text = keys_file.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let words = text.split(|c: char| !c.is_ascii_hexdigit());
        Self { known: words.filter(|word| word.len() >= 32).map(str::to_owned).collect() }
    }

    /// The text without any secret.
    pub(super) fn text(&self, text: &str) -> String {
        let mut out = self.known.iter().fold(text.to_owned(), |text, secret| text.replace(secret, BLANK));
        // Keys and cookies of the API, passwords in addresses, and whom something is about.
        for start in ["pgk_", "pgl_", "earer ", "pitchguard_session=", "pitcher=", "\"pitcher\":"] {
            out = after(&out, start);
        }
        logins(&out)
    }
}

/// Blanks what follows `start`, up to the end of the word.
fn after(text: &str, start: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(start) {
        let (before, found) = rest.split_at(at + start.len());
        let word = found.len() - found.trim_start_matches(['"', ' ']).len();
        let end =
            found[word..].find(|c: char| c.is_whitespace() || ENDS.contains(&c)).map_or(found.len(), |n| word + n);
        out.push_str(before);
        out.push_str(&found[..word]);
        out.push_str(BLANK);
        rest = &found[end..];
    }
    out + rest
}

/// Blanks `user:password` in `scheme://user:password@host`.
fn logins(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("://") {
        let (before, found) = rest.split_at(at + 3);
        out.push_str(before);
        let end = found.find(|c: char| c.is_whitespace() || c == '/' || c == '"').unwrap_or(found.len());
        rest = found;
        if let Some(login) = found[..end].rfind('@') {
            out.push_str(BLANK);
            rest = &found[login..];
        }
    }
    out + rest
}

/// A line of the configuration, its value blanked where the key's name says that it is a secret.
pub(super) fn setting(line: &str) -> String {
    match line.split_once('=') {
        Some((key, _)) if SECRET_NAMES.iter().any(|name| key.to_lowercase().contains(name)) => {
            format!("{key}= \"{BLANK}\"")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blanked_wherever_they_stand() {
        let blank = Blank { known: vec!["00ff".repeat(16)] };
        for (text, left) in [
            ("key pgk_abc_DEF-g_h9 was shown", "key pgk_[blanked] was shown"),
            ("{\"authorization\":\"Bearer xyz\",\"a\":1}", "{\"authorization\":\"Bearer [blanked]\",\"a\":1}"),
            ("Cookie: pitchguard_session=a.1.b; theme=sun", "Cookie: pitchguard_session=[blanked]; theme=sun"),
            ("mqtt://park:p@ss@127.0.0.1:1883/x nats://u:p@h", "mqtt://[blanked]@127.0.0.1:1883/x nats://[blanked]@h"),
            ("http://127.0.0.1:8080 and a@b", "http://127.0.0.1:8080 and a@b"),
            ("outing over pitcher=425794 pitches=9", "outing over pitcher=[blanked] pitches=9"),
            ("{\"pitcher\": 425794}", "{\"pitcher\": [blanked]}"),
            ("", ""),
        ] {
            assert_eq!(blank.text(text), left);
        }
        assert_eq!(blank.text(&format!("1, {}\n", "00ff".repeat(16))), "1, [blanked]\n");
    }

    #[test]
    fn a_setting_is_blanked_by_its_name() {
        assert_eq!(setting("api_token = \"abc\" # from line 3"), "api_token = \"[blanked]\"");
        assert_eq!(setting("keys_file = \"/etc/pitchguard/keys\""), "keys_file = \"/etc/pitchguard/keys\"");
        assert_eq!(setting("[http]"), "[http]");
    }
}
