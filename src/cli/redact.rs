//! Blanking what is secret, or about somebody, out of texts that leave the box.
//!
//! Secrets are known by their text (the cameras' keys), by their looks (keys and cookies of the API, logins and queries of
//! addresses), or by the name before them (`token=…`, `"password": …`). People are told by numbers and names: the value of
//! `pitcher`, the ids in the paths of requests, and the names that holders of keys were given.

use std::fs;
use std::path::Path;

/// What stands in the place of a secret.
const BLANK: &str = "[blanked]";
/// Words in the name of something whose value is a secret.
const SECRET_NAMES: [&str; 10] =
    ["password", "passwd", "secret", "token", "credential", "private", "api_key", "apikey", "access_key", "signature"];
/// Names of what tells who somebody is.
const PERSONAL_NAMES: [&str; 5] = ["pitcher", "pitcher_id", "player", "player_name", "holder"];
/// What a key or a cookie of the API begins with, or comes after.
const KEYS: [&str; 4] = ["pgk_", "pgl_", "earer ", "pitchguard_session="];
/// What ends a secret in a line.
const ENDS: [char; 7] = [' ', '"', '\'', ',', ';', ')', '}'];

/// Secrets that are known by their text, besides those known by their looks.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    known: Vec<String>,
}

impl Redactor {
    /// The keys of the cameras among them, where they can be read.
    pub(super) fn with_secrets_of(keys_file: Option<&Path>) -> Self {
        let text = keys_file.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let words = text.split(|c: char| !c.is_ascii_hexdigit());
        Self { known: words.filter(|word| word.len() >= 32).map(str::to_owned).collect() }
    }

    /// The text without any secret, and without whom it is about.
    pub(super) fn text(&self, text: &str) -> String {
        let out = self.known.iter().fold(text.to_owned(), |text, secret| text.replace(secret, BLANK));
        let out = KEYS.iter().fold(out, |text, start| after(&text, start));
        people_in_paths(&addresses(&named(&out)))
    }
}

/// Blanks what follows `start`, up to the end of the word.
fn after(text: &str, start: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(start) {
        let (before, found) = rest.split_at(at + start.len());
        let word = found.len() - found.trim_start_matches(['"', ' ']).len();
        let end = word + word_end(&found[word..]);
        out.push_str(before);
        out.push_str(&found[..word]);
        out.push_str(BLANK);
        rest = &found[end..];
    }
    out + rest
}

fn word_end(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || ENDS.contains(&c)).unwrap_or(text.len())
}

/// Blanks values by the names before them: `name=value`, `"name": "value"`, `name: "value"`.
fn named(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['=', ':']) {
        let (before, found) = rest.split_at(at + 1);
        out.push_str(before);
        rest = found;
        if tells(before) {
            let (value, end) = value_in(found);
            if !value.is_empty() {
                out.push_str(&found[..value.start]);
                out.push_str(BLANK);
                rest = &found[end..];
            }
        }
    }
    out + rest
}

/// Whether what ends in `=` or `:` names something secret, or somebody.
fn tells(before: &str) -> bool {
    let (name, sign) = before.split_at(before.len() - 1);
    let bare = name.trim_end_matches([' ', '"', '\\']);
    let name = bare.rsplit(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-')).next().unwrap_or_default();
    let lower = name.to_lowercase().replace('-', "_");
    let quoted = before.ends_with("\":");
    // What this program calls a holder of a key when it lists its own words; cameras have names too, in JSON.
    let holder = lower == "name" && sign == ":" && !quoted;
    holder || PERSONAL_NAMES.contains(&lower.as_str()) || SECRET_NAMES.iter().any(|secret| lower.contains(secret))
}

/// Where a value is at the beginning of a text, and where its blanking ends; an empty one where it is a list or none.
fn value_in(text: &str) -> (std::ops::Range<usize>, usize) {
    let start = text.len() - text.trim_start_matches(' ').len();
    let value = &text[start..];
    for quote in ["\\\"", "\"", "'"] {
        if let Some(inside) = value.strip_prefix(quote) {
            let begin = start + quote.len();
            let end = begin + inside.find(quote).unwrap_or_else(|| word_end(inside));
            return (begin..end, end);
        }
    }
    let end = start + value.find(['&', '[', '{', ']', '\\']).unwrap_or(value.len()).min(word_end(value));
    (start..end, end)
}

/// Blanks `user:password` in `scheme://user:password@host`, and what a query after it asks with.
fn addresses(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("://") {
        let (before, found) = rest.split_at(at + 3);
        out.push_str(before);
        let word = found.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>'));
        let word = word.unwrap_or(found.len());
        let host = found[..word].find('/').unwrap_or(word);
        let mut begin = 0;
        if let Some(login) = found[..host].rfind('@') {
            out.push_str(BLANK);
            begin = login;
        }
        match found[begin..word].find('?') {
            Some(query) => {
                out.push_str(&found[begin..=begin + query]);
                out.push_str(BLANK);
            }
            None => out.push_str(&found[begin..word]),
        }
        rest = &found[word..];
    }
    out + rest
}

/// Blanks the numbers in paths of requests: `/api/readiness/425794`.
fn people_in_paths(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = ["/api/", "/pitchers/"].iter().filter_map(|start| rest.find(start)).min() {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let word = word_end(found);
        for (nth, part) in found[..word].split('/').enumerate() {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let id = digits > 0 && part[digits..].chars().next().is_none_or(|c| !c.is_alphanumeric());
            out.push_str(if nth > 0 { "/" } else { "" });
            out.push_str(if id { BLANK } else { &part[..digits] });
            out.push_str(&part[digits..]);
        }
        rest = &found[word..];
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
        let blank = Redactor { known: vec!["00ff".repeat(16)] };
        for (text, left) in [
            ("key pgk_abc_DEF-g_h9 was shown", "key pgk_[blanked] was shown"),
            ("{\"authorization\":\"Bearer xyz\",\"a\":1}", "{\"authorization\":\"Bearer [blanked]\",\"a\":1}"),
            ("Cookie: pitchguard_session=a.1.b; theme=sun", "Cookie: pitchguard_session=[blanked]; theme=sun"),
            ("mqtt://park:p@ss@127.0.0.1:1883/x nats://u:p@h", "mqtt://[blanked]@127.0.0.1:1883/x nats://[blanked]@h"),
            ("http://127.0.0.1:8080 and a@b", "http://127.0.0.1:8080 and a@b"),
            ("url = \"https://cloud/in?token=abc&x=1\"", "url = \"https://cloud/in?[blanked]\""),
            ("GET https://cloud/in?k=abc refused", "GET https://cloud/in?[blanked] refused"),
            ("POST /in?token=abc&x=1 answered 401", "POST /in?token=[blanked]&x=1 answered 401"),
            ("api-key: abc, password = 'a b' x", "api-key: [blanked], password = '[blanked]' x"),
            ("{\"refresh_token\": \"abc\"}", "{\"refresh_token\": \"[blanked]\"}"),
            ("outing over pitcher=425794 pitches=9", "outing over pitcher=[blanked] pitches=9"),
            ("{\"pitcher\": 425794}", "{\"pitcher\": [blanked]}"),
            ("PITCHER=425794", "PITCHER=[blanked]"),
            ("GET /api/readiness/425794", "GET /api/readiness/[blanked]"),
            (
                "\"path\":\"/api/workload/pitcher/425794?risk=true\"",
                "\"path\":\"/api/workload/pitcher/[blanked]?risk=true\"",
            ),
            ("/api/pitches?pitcher=425794&limit=5", "/api/pitches?pitcher=[blanked]&limit=5"),
            ("/pitchers/425794 404", "/pitchers/[blanked] 404"),
            ("/api/calibration/busch_iii", "/api/calibration/busch_iii"),
            (
                "work=Upkeep(KeyAdd { name: \"Joe's tablet\", expires: None })",
                "work=Upkeep(KeyAdd { name: \"[blanked]\", expires: None })",
            ),
            ("\"work\":\"KeyAdd { name: \\\"Joe Doe\\\", x\"", "\"work\":\"KeyAdd { name: \\\"[blanked]\\\", x\""),
            ("{\"name\": \"home_plate\", \"tokens\": [1]}", "{\"name\": \"home_plate\", \"tokens\": [1]}"),
            ("2026-06-11T19:00:00Z a: b=c", "2026-06-11T19:00:00Z a: b=c"),
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
