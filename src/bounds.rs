//! What the numbers of the configuration may be. A room states it for each of its keys; one function tells what is outside.

/// A number of a section, and the least and the most that can be meant by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// Its key in the section, with dots through inner tables: `alerts.readiness.warning.raise`.
    pub key: String,
    /// What it is set to, in its own unit.
    pub value: f64,
    /// The least that can be meant.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Bound {
    /// A number, and what it may be.
    pub fn new(key: impl Into<String>, value: f64, low: f64, high: f64) -> Self {
        Self { key: key.into(), value, low, high }
    }

    /// What may be written, of a number that holds what is usual.
    pub fn range(&self) -> String {
        let Self { value, low, high, .. } = self;
        format!("{low} to {high} ({value} is usual)")
    }
}

/// What is wrong with a section, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key, with dots through inner tables.
    pub key: String,
    /// The key that it does not go together with: where only that one was written, the fault is of its line.
    pub other: Option<String>,
    /// Why, and what to write.
    pub why: String,
}

impl Fault {
    /// A fault of one key.
    pub fn new(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self { key: key.into(), other: None, why: why.into() }
    }

    /// A fault of two keys that do not go together.
    pub fn of_two(key: impl Into<String>, other: impl Into<String>, why: impl Into<String>) -> Self {
        Self { other: Some(other.into()), ..Self::new(key, why) }
    }
}

/// Every number outside of its bounds; `usual` are the same with the section's defaults.
pub fn outside(bounds: Vec<Bound>, usual: &[Bound]) -> Vec<Fault> {
    let outside = bounds.into_iter().filter(|b| !(b.low..=b.high).contains(&b.value));
    let told = outside.map(|Bound { key, value, low, high }| {
        let usual = usual.iter().find(|usual| usual.key == key);
        let usual = usual.map_or_else(String::new, |usual| format!(" ({} is usual)", usual.value));
        Fault::new(key, format!("is {value}; write {low} to {high}{usual}"))
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_is_told_with_what_may_be_and_what_is_usual() {
        let of = |value| vec![Bound::new("walk_px", value, 0.001, 1.0)];
        assert_eq!(outside(of(0.001), &of(0.01)), []);
        assert_eq!(outside(of(1.0), &of(0.01)), []);
        for value in [0.0, 2.0, f64::NAN, f64::INFINITY] {
            let why = format!("is {value}; write 0.001 to 1 (0.01 is usual)");
            assert_eq!(outside(of(value), &of(0.01)), [Fault::new("walk_px", why)]);
        }
    }
}
