//! Words that agree with numbers.

use std::fmt::Display;

/// A count and what is counted: `1 throw`, `20 throws`. `count` is shown as it is written: 1 is one, whatever its type.
pub fn counted(count: impl Display, one: &str, many: &str) -> String {
    let count = count.to_string();
    let what = if count == "1" { one } else { many };
    format!("{count} {what}")
}

/// `one` of a single thing, `many` of none and of several: `is` and `are`.
pub fn agreeing<'w>(count: impl Copy + PartialEq + From<u8>, one: &'w str, many: &'w str) -> &'w str {
    if count == 1.into() { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_no_several() {
        let told = [0, 1, 2].map(|count| counted(count, "day", "days"));
        assert_eq!(told, ["0 days", "1 day", "2 days"]);
        assert_eq!([0_u64, 1, 2].map(|count| agreeing(count, "is", "are")), ["are", "is", "are"]);
    }
}
