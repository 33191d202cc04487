//! The envelope of a stored value: a header of 32 bytes and a body.
//!
//! | bytes | what |
//! |---|---|
//! | 0–1 | schema of the body, u16 little-endian |
//! | 2–3 | zero |
//! | 4–7 | key version, u32 little-endian; 0: the body is not encrypted |
//! | 8–31 | nonce of the encryption; zero where there is none |
//!
//! The body of a record is an rkyv archive. LMDB hands out values at any alignment, so it is copied to an aligned
//! buffer (26 ns) and validated by bytecheck before anything is read from it.

use std::fmt::Write;

use rkyv::util::AlignedVec;

use super::StoreError;
use super::key::Table;

/// Bytes of the header.
pub(super) const HEADER: usize = 32;

/// Schema of the values that are plain bytes (`meta`, `checkpoints`).
const RAW_SCHEMA: u16 = 1;

/// A record that a table keeps. `decode` accepts every schema ever written.
pub(super) trait Record: Sized {
    const TABLE: Table;

    /// The body's schema as written today, and the body.
    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError>;

    /// From a body of any known schema; the error says what does not fit.
    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String>;
}

/// The value to store.
pub(super) fn seal<R: Record>(record: &R) -> Result<Vec<u8>, StoreError> {
    let (schema, body) = record.encode()?;
    Ok(with_header(schema, &body))
}

/// The record in a stored value.
pub(super) fn unseal<R: Record>(key: &[u8], value: &[u8]) -> Result<R, StoreError> {
    let (schema, body) = split(R::TABLE, key, value)?;
    let mut aligned = AlignedVec::<16>::with_capacity(body.len());
    aligned.extend_from_slice(body);
    R::decode(schema, &aligned).map_err(|why| corrupt(R::TABLE, key, &why))
}

/// Plain bytes as a value.
pub(super) fn seal_raw(bytes: &[u8]) -> Vec<u8> {
    with_header(RAW_SCHEMA, bytes)
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

fn with_header(schema: u16, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + body.len());
    out.extend_from_slice(&schema.to_le_bytes());
    out.resize(HEADER, 0);
    out.extend_from_slice(body);
    out
}

fn split<'v>(table: Table, key: &[u8], value: &'v [u8]) -> Result<(u16, &'v [u8]), StoreError> {
    let Some((header, body)) = value.split_at_checked(HEADER) else {
        return Err(corrupt(table, key, &format!("{} bytes are shorter than the header", value.len())));
    };
    if header[2..].iter().any(|b| *b != 0) {
        return Err(corrupt(table, key, "the header asks for a key, and this version knows none"));
    }
    Ok((u16::from_le_bytes([header[0], header[1]]), body))
}
