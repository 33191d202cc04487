//! What a file is that is no table, and which one is meant.

/// What a file is by its first bytes, and what to do about it; none where it may be a table.
pub(super) fn foreign(head: &[u8]) -> Option<String> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"PAR1", "a Parquet file: write it as CSV first (pandas: read_parquet(…).to_csv(…, index=False))"),
        (b"ARROW1", "an Arrow file: write it as CSV first"),
        (b"FEA1", "a Feather file: write it as CSV first"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV UTF-8"),
        (b"RDX", "a file of R's save(): write the table with write.csv(…, row.names = FALSE)"),
        (b"X\n\0\0", "a file of R's saveRDS(): write the table with write.csv(…, row.names = FALSE)"),
        (b"\x80\x03", "a pickle of Python: write the table with to_csv(…, index=False)"),
        (b"\x80\x04", "a pickle of Python: write the table with to_csv(…, index=False)"),
        (b"\x80\x05", "a pickle of Python: write the table with to_csv(…, index=False)"),
        (b"SQLite format 3", "an SQLite database: export the table as CSV"),
        (b"%PDF", "a PDF: take the download as CSV"),
        (b"BZh", "compressed with bzip2: unpack it first"),
        (b"\xfd7zXZ", "compressed with xz: unpack it first"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd: unpack it first"),
        (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
        (b"Rar!", "a RAR archive: unpack it first"),
    ];
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(format!("it is {what}"));
    }
    if head.starts_with(b"PK\x03\x04") {
        let is_workbook =
            head.windows(3).any(|part| part == b"xl/") || head.windows(19).any(|part| part == b"[Content_Types].xml");
        let what =
            if is_workbook { "an Excel workbook: save it as CSV UTF-8" } else { "a ZIP archive: unpack it first" };
        return Some(format!("it is {what}"));
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("it is a tar archive: unpack it first".to_owned());
    }
    if head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff") {
        return Some("it is text in UTF-32: save it as CSV UTF-8".to_owned());
    }
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let start = text.get(..text.len().min(9)).unwrap_or_default().to_ascii_lowercase();
    if start.starts_with("<!doctype")
        || start.starts_with("<html")
        || start.starts_with("<?xml")
        || start.starts_with("<head")
    {
        let title = title(text).map_or_else(String::new, |title| format!(" (“{title}”)"));
        return Some(format!(
            "it is a web page{title}, as a site sends where it has no data or wants a login: download the data again"
        ));
    }
    if start.starts_with('{') || start.starts_with('[') {
        let said = said_in_json(text.as_bytes()).map_or_else(String::new, |said| format!(", which says “{said}”"));
        return Some(format!("it is JSON{said}: take the download as CSV"));
    }
    let is_utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if head.contains(&0) && !is_utf16 {
        return Some(
            "it has zero bytes in it: it is no text, or UTF-16 without a mark; save it as CSV UTF-8".to_owned(),
        );
    }
    None
}

/// What a page calls itself.
fn title(page: &str) -> Option<&str> {
    let from = page.find("<title>")? + "<title>".len();
    let title = page[from..].split('<').next()?.trim();
    (!title.is_empty() && title.chars().count() <= 80).then_some(title)
}

/// Letters of a source's own word that are shown.
const WORD_MAX: usize = 200;

/// A source's own words, as far as they are shown.
fn word(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WORD_MAX).collect()
}

/// What a source says of an error in JSON; none where it says nothing of one.
pub(in crate::history) fn said_in_json(bytes: &[u8]) -> Option<String> {
    let said: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let field = |of: &serde_json::Value| {
        let names = ["error", "message", "detail", "title"];
        names.iter().find_map(|name| of.get(name)?.as_str().map(word)).filter(|word| !word.is_empty())
    };
    field(&said).or_else(|| field(said.get("error")?))
}

/// What a source answers in a table with one column `error`.
pub(super) fn refused(error: &str) -> String {
    let said = word(error);
    let said = if said.is_empty() { "nothing more".to_owned() } else { said };
    format!(
        "it is the source's word that something went wrong: “{said}”; ask again, for fewer days where it is too much"
    )
}

/// Which other table than the one that was asked for has such a header, where it is one of those that are known here, and what
/// to do with it.
pub(super) fn known(asked: &str, has: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    let is = |columns: &[&str]| columns.iter().all(|column| has(column));
    if is(&["game_pk", "at_bat_number", "pitch_number"]) {
        (asked != "Savant CSV").then_some("it holds pitches: `pitchguard import savant FILE`")
    } else if is(&["Injury / Surgery", "IL Retro Date"]) {
        (asked != "injured-list report").then_some("it is an injured-list report: `pitchguard import injuries FILE`")
    } else if is(&["player_name", "game_date", "num_pitches"]) {
        Some("it holds game means: `pitchguard import appearances FILE`")
    } else if is(&["mlbam_id", "name"]) {
        Some("it is a roster: `pitchguard import roster FILE`")
    } else if is(&["player_id"]) && (is(&["pitches"]) || is(&["total_pitches"]) || is(&["pa"])) {
        Some(
            "it is Savant's summary, one row a player: take the download with one row a pitch, whose columns are `game_pk`, \
             `at_bat_number` and `pitch_number` too",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_table_is_called_by_its_name() {
        let mut tar = vec![b'x'; 300];
        tar[257..262].copy_from_slice(b"ustar");
        for (head, word) in [
            (&b"PAR1\x15\x04"[..], "Parquet"),
            (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", "Excel"),
            (b"PK\x03\x04\x14\0\x06\0savant.csv", "ZIP"),
            (&tar, "tar"),
            (b"\xef\xbb\xbf <!DOCTYPE html>\n<html><head><title>Log in</title>", "“Log in”"),
            (b"<html>", "web page"),
            (b"[{\"game_pk\": 1}]", "JSON: take"),
            (b"{\"error\": {\"message\": \"slow down\"}}", "JSON, which says “slow down”"),
            (b"\xff\xfe\0\0p\0\0\0", "UTF-32"),
            (b"p\0i\0t\0c\0h\0", "UTF-16"),
            (b"X\n\0\0\0\x03", "saveRDS"),
        ] {
            let what = foreign(head).unwrap_or_default();
            assert!(what.contains(word), "{word}: {what}");
        }
        for head in [&b"pitch_type,game_date"[..], b"\"a\";\"b\"", b"", b"\xff\xfep\0i\0", b"Xavier,1"] {
            assert_eq!(foreign(head), None, "{}", String::from_utf8_lossy(head));
        }
    }
}
