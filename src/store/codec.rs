//! The envelope of a stored value: a header of 32 bytes and a body.
//!
//! | bytes | what |
//! |---|---|
//! | 0–1 | schema of the body, u16 little-endian |
//! | 2–3 | 1: a checksum follows; 0: none, as layout 1 had it; u16 little-endian |
//! | 4–7 | key version, u32 little-endian; 0: the body is not encrypted |
//! | 8–15 | checksum; zero where there is none |
//! | 16–31 | zero |
//!
//! The checksum is the first 8 bytes of BLAKE3 over table, key, bytes 0–7 and body: a bit that flipped on the disk, or a record
//! that stands in another's place, is refused and never served. Encryption will bring its own, with a nonce in bytes 8–31.
//!
//! The body of a record is an rkyv archive. LMDB hands out values at any alignment, so it is copied to an aligned
//! buffer (26 ns) and validated by bytecheck before anything is read from it.

use std::fmt::Write;

use rkyv::util::AlignedVec;

use super::error::StoreError;
use super::table_key::Table;

/// Bytes of the header.
pub(super) const HEADER: usize = 32;

/// Schema of the values that are plain bytes (`meta`, `checkpoints`).
const RAW_SCHEMA: u16 = 1;

/// In bytes 2–3: a checksum follows.
const CHECKED: u16 = 1;
/// Where the checksum is.
const CHECKSUM: std::ops::Range<usize> = 8..16;

/// A record that a table keeps. `decode` accepts every schema ever written.
pub(super) trait Record: Sized {
    const TABLE: Table;

    /// The body's schema as written today, and the body.
    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError>;

    /// From a body of any known schema; the error says what does not fit.
    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String>;
}

/// The value to store under a key.
pub(super) fn seal<R: Record>(key: &[u8], record: &R) -> Result<Vec<u8>, StoreError> {
    let (schema, body) = record.encode()?;
    Ok(with_header(R::TABLE, key, schema, &body))
}

/// The record in a stored value.
pub(super) fn unseal<R: Record>(key: &[u8], value: &[u8]) -> Result<R, StoreError> {
    let (schema, body) = split(R::TABLE, key, value)?;
    let mut aligned = AlignedVec::<16>::with_capacity(body.len());
    aligned.extend_from_slice(body);
    R::decode(schema, &aligned).map_err(|why| corrupt(R::TABLE, key, &why))
}

/// Plain bytes as a value to store under a key.
pub(super) fn seal_raw(table: Table, key: &[u8], bytes: &[u8]) -> Vec<u8> {
    with_header(table, key, RAW_SCHEMA, bytes)
}

/// A value of layout 1, which had no checksums, with one; none where it has one, or is no value.
pub(super) fn resealed(table: Table, key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let (header, body) = value.split_at_checked(HEADER)?;
    header[2..].iter().all(|b| *b == 0).then(|| with_header(table, key, u16_of(header, 0), body))
}

/// The plain bytes in a value.
pub(super) fn raw<'v>(table: Table, key: &[u8], value: &'v [u8]) -> Result<&'v [u8], StoreError> {
    let (schema, body) = split(table, key, value)?;
    if schema == RAW_SCHEMA { Ok(body) } else { Err(corrupt(table, key, &unknown_schema(schema))) }
}

pub(super) fn unknown_schema(schema: u16) -> String {
    format!("schema {schema} is unknown to this version")
}

pub(super) fn corrupt(table: Table, key: &[u8], why: &str) -> StoreError {
    StoreError::Corrupt { table: table.name(), key: hex(key), why: why.to_owned() }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(hex, "{byte:02x}").expect("a String takes everything");
    }
    hex
}

fn with_header(table: Table, key: &[u8], schema: u16, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + body.len());
    out.extend_from_slice(&schema.to_le_bytes());
    out.extend_from_slice(&CHECKED.to_le_bytes());
    out.resize(HEADER, 0);
    out.extend_from_slice(body);
    let checksum = checksum(table, key, &out);
    out[CHECKSUM].copy_from_slice(&checksum);
    out
}

/// That of a value that has a header.
fn checksum(table: Table, key: &[u8], value: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    // A table's name has no zero, and the key its length before it: no two records hash the same bytes.
    hasher.update(table.name().as_bytes()).update(&[0]).update(&(key.len() as u64).to_le_bytes()).update(key);
    hasher.update(&value[..CHECKSUM.start]).update(&value[HEADER..]);
    *hasher.finalize().as_bytes().first_chunk().expect("a hash has 32 bytes")
}

fn u16_of(header: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([header[at], header[at + 1]])
}

fn split<'v>(table: Table, key: &[u8], value: &'v [u8]) -> Result<(u16, &'v [u8]), StoreError> {
    let Some((header, body)) = value.split_at_checked(HEADER) else {
        return Err(corrupt(table, key, &format!("{} bytes are shorter than the header", value.len())));
    };
    if header[4..8] != [0; 4] {
        return Err(corrupt(table, key, "the header asks for a key, and this version knows none"));
    }
    match u16_of(header, 2) {
        0 if header[CHECKSUM] == [0; 8] => {}
        CHECKED if header[CHECKSUM] == checksum(table, key, value) => {}
        0 | CHECKED => return Err(corrupt(table, key, "its checksum is another")),
        _ => return Err(corrupt(table, key, "the header has a form that this version does not know")),
    }
    if header[CHECKSUM.end..] != [0; HEADER - 16] {
        return Err(corrupt(table, key, "the header is not zero where it should be"));
    }
    Ok((u16_of(header, 0), body))
}
