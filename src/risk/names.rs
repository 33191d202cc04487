//! Names of people as different sources write them, brought to one form so that they can be matched.

/// `Last, First` or `First Last`, with or without accents, periods and suffixes, as `first last` in plain letters.
pub fn plain(name: &str) -> String {
    let turned = match name.split_once(',') {
        Some((last, first)) => format!("{} {}", first.trim(), last.trim()),
        None => name.to_owned(),
    };
    let letters: String = turned.to_lowercase().chars().filter_map(letter).collect();
    let words = letters.split_whitespace().filter(|w| !matches!(*w, "jr" | "sr" | "ii" | "iii" | "iv"));
    words.collect::<Vec<_>>().join(" ")
}

/// The plain letter, a blank for what separates words, nothing for what belongs to neither.
fn letter(c: char) -> Option<char> {
    Some(match c {
        'a'..='z' | ' ' => c,
        '-' => ' ',
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        'ý' => 'y',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn one_person_has_one_plain_name() {
        for (a, b) in [
            ("Rodón, Carlos", "Carlos Rodon"),
            ("McCullers Jr., Lance", "Lance McCullers Jr."),
            ("Brubaker, J.T.", "JT Brubaker"),
            ("Ryu, Hyun-Jin", "Hyun Jin Ryu"),
            ("O'Day, Darren", "Darren O’Day"),
            ("Domínguez, Seranthony", "Seranthony Dominguez"),
        ] {
            assert_eq!(plain(a), plain(b));
        }
        assert_ne!(plain("García, Luis"), plain("García, Luis H."));
    }
}
