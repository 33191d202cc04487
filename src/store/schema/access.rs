//! Layouts of what admits people and programs: keys of the API.

use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

use super::super::api_key::ApiKeyRecord;
use super::super::codec::Record;
use super::super::error::StoreError;
use super::super::table_key::Table;
use super::{archive, only_v1, unarchive};

#[derive(Archive, Serialize, Deserialize)]
struct ApiKeyV1 {
    id: String,
    name: String,
    hash: [u8; 32],
    created_ns: u64,
    expires_ns: Option<u64>,
    revoked_ns: Option<u64>,
    last_used_ns: Option<u64>,
}

impl Record for ApiKeyRecord {
    const TABLE: Table = Table::ApiKeys;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let Self { id, name, hash, created_ns, expires_ns, revoked_ns, last_used_ns } = self.clone();
        Ok((1, archive(&ApiKeyV1 { id, name, hash, created_ns, expires_ns, revoked_ns, last_used_ns })))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        let ApiKeyV1 { id, name, hash, created_ns, expires_ns, revoked_ns, last_used_ns } = unarchive(body)?;
        Ok(Self { id, name, hash, created_ns, expires_ns, revoked_ns, last_used_ns })
    }
}
