//! One code a club: sources write `CHW` and `CWS`, `TBR` and `TB`. Statcast's letters count, and every club has one row.

/// Codes of other sources, and of clubs that moved or changed their name, with Statcast's letters of today.
pub const ALIASES: [(&str, &str); 25] = [
    ("ARI", "AZ"),
    ("CHN", "CHC"),
    ("CHW", "CWS"),
    ("CHA", "CWS"),
    ("FLA", "MIA"),
    ("FLO", "MIA"),
    ("KCR", "KC"),
    ("KCA", "KC"),
    ("ANA", "LAA"),
    ("CAL", "LAA"),
    ("LAN", "LAD"),
    ("NYN", "NYM"),
    ("NYA", "NYY"),
    ("OAK", "ATH"),
    ("SDP", "SD"),
    ("SDN", "SD"),
    ("SFG", "SF"),
    ("SFN", "SF"),
    ("SLN", "STL"),
    ("TBR", "TB"),
    ("TBA", "TB"),
    ("TBD", "TB"),
    ("WSN", "WSH"),
    ("WAS", "WSH"),
    ("MON", "WSH"),
];

/// Statcast's letters for a club, whatever a source writes; a code that no club of the majors has stays as it is.
pub fn canonical(code: &str) -> String {
    let code = code.trim().to_uppercase();
    ALIASES.iter().find(|(alias, _)| *alias == code).map_or(code, |(_, club)| (*club).to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The thirty clubs in Statcast's letters.
    const CLUBS: [&str; 30] = [
        "ATH", "ATL", "AZ", "BAL", "BOS", "CHC", "CIN", "CLE", "COL", "CWS", "DET", "HOU", "KC", "LAA", "LAD", "MIA",
        "MIL", "MIN", "NYM", "NYY", "PHI", "PIT", "SD", "SEA", "SF", "STL", "TB", "TEX", "TOR", "WSH",
    ];

    #[test]
    fn every_alias_is_of_a_club_and_no_clubs_own_code_is_one() {
        let clubs: BTreeSet<&str> = CLUBS.into();
        for (alias, club) in ALIASES {
            assert!(clubs.contains(club) && !clubs.contains(alias), "{alias} {club}");
            assert_eq!(canonical(alias), club);
            assert_eq!(canonical(&alias.to_lowercase()), club);
            assert_eq!(canonical(club), club, "{club} stays");
        }
        let unique: BTreeSet<_> = ALIASES.iter().map(|(alias, _)| alias).collect();
        assert_eq!(unique.len(), ALIASES.len(), "each alias means one club");
        assert_eq!(canonical("MEM"), "MEM", "a club of the minors");
    }

    #[test]
    fn codes_that_split_a_club_on_the_staff_page_are_one() {
        for (one, other) in [("CHW", "CWS"), ("TB", "TBR"), ("WSH", "WSN"), ("AZ", "ARI"), ("SD", "SDP"), ("SF", "SFG")]
        {
            assert_eq!(canonical(one), canonical(other));
        }
        assert_eq!((canonical("KCR"), canonical("OAK")), ("KC".to_owned(), "ATH".to_owned()));
    }
}
