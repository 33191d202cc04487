//! Little-endian fields of byte arrays. An offset outside the array does not compile, so none of this can panic.

/// The `N` bytes at `AT`, as they are.
pub(crate) fn array_at<const AT: usize, const N: usize, const LEN: usize>(bytes: &[u8; LEN]) -> [u8; N] {
    const { assert!(AT + N <= LEN, "the field lies outside of its array") };
    let mut field = [0; N];
    for (to, from) in field.iter_mut().zip(bytes.iter().skip(AT)) {
        *to = *from;
    }
    field
}

/// Writes the `N` bytes of a field at `AT`.
pub(crate) fn put<const AT: usize, const N: usize, const LEN: usize>(bytes: &mut [u8; LEN], field: [u8; N]) {
    const { assert!(AT + N <= LEN, "the field lies outside of its array") };
    for (to, from) in bytes.iter_mut().skip(AT).zip(field) {
        *to = from;
    }
}

/// The byte at `AT`.
pub(crate) fn u8_at<const AT: usize, const LEN: usize>(bytes: &[u8; LEN]) -> u8 {
    u8::from_le_bytes(array_at::<AT, 1, LEN>(bytes))
}

/// The u16 at `AT`.
pub(crate) fn u16_at<const AT: usize, const LEN: usize>(bytes: &[u8; LEN]) -> u16 {
    u16::from_le_bytes(array_at::<AT, 2, LEN>(bytes))
}

/// The i16 at `AT`.
pub(crate) fn i16_at<const AT: usize, const LEN: usize>(bytes: &[u8; LEN]) -> i16 {
    i16::from_le_bytes(array_at::<AT, 2, LEN>(bytes))
}

/// The u32 at `AT`.
pub(crate) fn u32_at<const AT: usize, const LEN: usize>(bytes: &[u8; LEN]) -> u32 {
    u32::from_le_bytes(array_at::<AT, 4, LEN>(bytes))
}

/// The i32 at `AT`.
pub(crate) fn i32_at<const AT: usize, const LEN: usize>(bytes: &[u8; LEN]) -> i32 {
    i32::from_le_bytes(array_at::<AT, 4, LEN>(bytes))
}

/// The u64 at `AT`.
pub(crate) fn u64_at<const AT: usize, const LEN: usize>(bytes: &[u8; LEN]) -> u64 {
    u64::from_le_bytes(array_at::<AT, 8, LEN>(bytes))
}

/// The f32 at `AT`, NaN and infinity included.
pub(crate) fn f32_at<const AT: usize, const LEN: usize>(bytes: &[u8; LEN]) -> f32 {
    f32::from_le_bytes(array_at::<AT, 4, LEN>(bytes))
}
