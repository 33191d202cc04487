//! Who sent a frame.

use core::fmt;
use core::num::NonZeroU8;

/// Number of a source, 1 to 63: cameras 1–39, other devices 40–47, mark feeds 48–63.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Ord, PartialOrd, Debug)]
pub struct SourceId(NonZeroU8);

impl SourceId {
    const LAST_CAMERA: u8 = 39;
    const LAST_DEVICE: u8 = 47;
    const LAST: u8 = 63;

    /// The source of that number; `None` for 0 and above 63.
    pub const fn new(number: u8) -> Option<Self> {
        match NonZeroU8::new(number) {
            Some(number) if number.get() <= Self::LAST => Some(Self(number)),
            _ => None,
        }
    }

    /// The number, 1 to 63.
    pub const fn get(self) -> u8 {
        self.0.get()
    }

    /// Whether it is a camera (1–39), the only sources that gate the watermark.
    pub const fn is_camera(self) -> bool {
        self.get() <= Self::LAST_CAMERA
    }

    /// Whether it is another device (40–47), such as a spin radar or a pose rig.
    pub const fn is_device(self) -> bool {
        self.get() > Self::LAST_CAMERA && self.get() <= Self::LAST_DEVICE
    }

    /// Whether it is a mark feed (48–63).
    pub const fn is_mark_feed(self) -> bool {
        self.get() > Self::LAST_DEVICE
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::SourceId;

    #[test]
    fn exactly_1_to_63_are_sources_and_each_is_of_one_sort() {
        for number in 0..=u8::MAX {
            let sorts =
                SourceId::new(number).map(|source| (source.is_camera(), source.is_device(), source.is_mark_feed()));
            let expected = match number {
                1..=39 => Some((true, false, false)),
                40..=47 => Some((false, true, false)),
                48..=63 => Some((false, false, true)),
                _ => None,
            };
            assert_eq!(sorts, expected, "source {number}");
        }
    }
}
