//! Keys of the API: shown once when they are made, kept as a hash.
//!
//! A key is `pgk_`, a public id, `_` and 256 random bits. The store keeps a BLAKE3 hash of the whole text. A slow hash
//! such as argon2 defends passwords, which can be guessed; 256 random bits cannot, and a fast hash lets every request be
//! checked without a cache of who was right before.

use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use rand::TryRngCore;
use rand::rngs::OsRng;
use subtle::ConstantTimeEq;

use super::error::StoreError;
use super::handle::Store;
use super::table_key::Table;
use super::transaction::{Put, Transaction};

/// What every key begins with, so that one that leaked into a file or a log is found.
const PREFIX: &str = "pgk";
/// Longest name, bytes.
const NAME_MAX: usize = 64;
/// Random bytes of an id.
const ID_BYTES: usize = 5;
/// Keys kept, revoked ones among them: each is looked at by every refused request.
const KEYS_MAX: usize = 256;

/// A key as the store has it: never the key itself.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// The public part of the key.
    pub id: String,
    /// What its holder is called; one name has one key in force.
    pub name: String,
    /// BLAKE3 of the whole key.
    pub hash: [u8; 32],
    /// When it was made, ns since 1970.
    pub created_ns: u64,
    /// From when on it admits nobody, ns since 1970; absent: never.
    pub expires_ns: Option<u64>,
    /// When it was revoked, ns since 1970; absent while it is in force.
    pub revoked_ns: Option<u64>,
    /// When it last admitted somebody, ns since 1970, within a minute.
    pub last_used_ns: Option<u64>,
}

/// Without the hash: what is logged needs none.
impl fmt::Debug for ApiKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyRecord").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl ApiKeyRecord {
    /// Whether it admits anybody at `now`.
    pub fn in_force(&self, now_ns: u64) -> bool {
        self.revoked_ns.is_none() && self.expires_ns.is_none_or(|expires| now_ns < expires)
    }

    /// Whether this text is the key. Takes as long for a wrong one as for the right one.
    pub fn is(&self, key: &str) -> bool {
        hash(key).ct_eq(&self.hash).into()
    }
}

/// The id in a key's text, where it looks like one.
pub fn id_in(key: &str) -> Option<&str> {
    let mut parts = key.splitn(3, '_');
    let (prefix, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
    (prefix == PREFIX && !id.is_empty() && !secret.is_empty()).then_some(id)
}

/// Whether a text is made as ids are.
pub fn is_id(text: &str) -> bool {
    text.len() == BASE32_NOPAD.encode_len(ID_BYTES)
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'2'..=b'7'))
}

fn hash(key: &str) -> [u8; 32] {
    *blake3::hash(key.as_bytes()).as_bytes()
}

/// Random bytes of the operating system.
///
/// # Errors
/// The system has none.
pub fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| StoreError::File { path: "/dev/urandom".into(), source: std::io::Error::other(error) })?;
    Ok(bytes)
}

/// A key that was just made: the only time that its text is known.
pub struct Issued {
    /// The text, for its holder.
    pub key: String,
    /// What is kept.
    pub record: ApiKeyRecord,
}

impl Store {
    /// Makes a key for `name`.
    ///
    /// # Errors
    /// The name is none or has a key in force already, too many keys are kept, or LMDB fails.
    pub fn issue_key(&self, name: &str, expires_ns: Option<u64>, now_ns: u64) -> Result<Issued, StoreError> {
        let refused = |why: String| StoreError::Refused { table: Table::ApiKeys.name(), why };
        if name.trim().is_empty() || name.len() > NAME_MAX || name.chars().any(char::is_control) {
            return Err(refused(format!("a name has 1 to {NAME_MAX} bytes and no control characters")));
        }
        if expires_ns.is_some_and(|expires| expires <= now_ns) {
            return Err(refused("its day of expiry has passed already".to_owned()));
        }
        let keys = self.keys()?;
        if keys.iter().any(|key| key.name == name && key.in_force(now_ns)) {
            return Err(refused(format!("`{name}` has a key in force: revoke that first, or choose another name")));
        }
        let id = BASE32_NOPAD.encode(&random::<ID_BYTES>()?).to_lowercase();
        let key = format!("{PREFIX}_{id}_{}", BASE64URL_NOPAD.encode(&random::<32>()?));
        let record = ApiKeyRecord {
            id,
            name: name.to_owned(),
            hash: hash(&key),
            created_ns: now_ns,
            expires_ns,
            revoked_ns: None,
            last_used_ns: None,
        };
        self.transact(|txn| {
            if keys.len() >= KEYS_MAX {
                // What no longer admits anybody makes room, the oldest first.
                let spent = keys.iter().find(|key| !key.in_force(now_ns));
                let spent = spent.ok_or_else(|| refused(format!("{KEYS_MAX} keys are in force: revoke one")))?;
                txn.remove_key(&spent.id)?;
            }
            txn.put_key(&record)
        })?;
        Ok(Issued { key, record })
    }

    /// All keys, in force or not, in the order in which they were made.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        let mut keys: Vec<ApiKeyRecord> = self.all()?;
        keys.sort_by(|a, b| (a.created_ns, &a.id).cmp(&(b.created_ns, &b.id)));
        Ok(keys)
    }

    /// Revokes the key in force with this name or id; none where there is none.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn revoke_key(&self, name_or_id: &str, now_ns: u64) -> Result<Option<ApiKeyRecord>, StoreError> {
        let keys = self.keys()?;
        let wanted = |key: &ApiKeyRecord| key.name == name_or_id || key.id == name_or_id;
        let Some(mut key) = keys.into_iter().find(|key| wanted(key) && key.in_force(now_ns)) else { return Ok(None) };
        key.revoked_ns = Some(now_ns);
        self.transact(|txn| txn.put_key(&key))?;
        Ok(Some(key))
    }

    /// Notes when keys were last used; of one that is not there any more nothing is kept.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn note_keys_used(&self, used: &[(String, u64)]) -> Result<(), StoreError> {
        let keys = self.keys()?;
        self.transact(|txn| {
            for (id, at) in used {
                if let Some(key) = keys.iter().find(|key| key.id == *id) {
                    txn.put_key(&ApiKeyRecord { last_used_ns: Some(*at).max(key.last_used_ns), ..key.clone() })?;
                }
            }
            Ok(())
        })
    }
}

impl Transaction<'_> {
    fn put_key(&mut self, record: &ApiKeyRecord) -> Result<Put, StoreError> {
        self.put_record(record.id.as_bytes(), record)
    }

    fn remove_key(&mut self, id: &str) -> Result<bool, StoreError> {
        self.delete(Table::ApiKeys, id.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::super::codec;
    use super::super::options::StoreOptions;
    use super::*;

    const DAY_NS: u64 = 86_400_000_000_000;

    fn open() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(dir.path(), StoreOptions::default()).expect("a new store opens");
        (dir, store)
    }

    #[test]
    fn a_key_is_known_by_its_whole_text_only_and_never_stored() {
        let (_dir, store) = open();
        let Issued { key, record } = store.issue_key("tablet", None, 5).expect("made");
        assert_eq!(store.keys().expect("read"), std::slice::from_ref(&record));
        assert_eq!(id_in(&key), Some(record.id.as_str()));
        assert!(is_id(&record.id) && !is_id(&key) && !is_id(""));
        assert!(record.is(&key) && record.in_force(5));
        let mut other = key.clone();
        other.pop();
        assert!(!record.is(&other) && !record.is("") && !record.is(&record.id));
        let secret = key.rsplit_once('_').map_or(key.as_str(), |_| &key[PREFIX.len() + record.id.len() + 2..]);
        let kept = codec::seal(b"kept", &record).expect("it encodes");
        assert!(!kept.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()));
        for none in ["", "pgk", "pgk_", "pgk_a", "pgk__b", "other_a_b"] {
            assert_eq!(id_in(none), None, "{none}");
        }
    }

    #[test]
    fn a_key_ends_by_its_day_or_by_being_revoked_and_its_name_is_free_again() {
        let (_dir, store) = open();
        let made = store.issue_key("tablet", Some(DAY_NS), 5).expect("made").record;
        assert!(made.in_force(DAY_NS - 1) && !made.in_force(DAY_NS));
        assert!(matches!(store.issue_key("tablet", None, 6), Err(StoreError::Refused { .. })), "one key a name");
        assert_eq!(store.revoke_key("nobody", 7).expect("read"), None);
        let revoked = store.revoke_key("tablet", 7).expect("stored").expect("there");
        assert!(!revoked.in_force(8));
        assert_eq!(store.revoke_key(&made.id, 8).expect("read"), None, "once");
        store.issue_key("tablet", None, 9).expect("the name is free");
        assert_eq!(store.keys().expect("read").len(), 2);
        for bad in ["", "  ", "a\nb", &"x".repeat(65)] {
            assert!(matches!(store.issue_key(bad, None, 9), Err(StoreError::Refused { .. })), "{bad:?}");
        }
        assert!(store.issue_key("late", Some(9), 9).is_err(), "born expired");
    }

    #[test]
    fn the_last_use_is_kept_and_never_goes_back() {
        let (_dir, store) = open();
        let id = store.issue_key("tablet", None, 5).expect("made").record.id;
        for at in [20, 10] {
            store.note_keys_used(&[(id.clone(), at), ("gone".to_owned(), at)]).expect("stored");
        }
        assert_eq!(store.keys().expect("read").iter().map(|k| k.last_used_ns).collect::<Vec<_>>(), [Some(20)]);
    }

    #[test]
    fn keys_kept_are_bounded_and_spent_ones_make_room() {
        let (_dir, store) = open();
        for n in 0..KEYS_MAX as u64 {
            store.issue_key(&format!("key {n}"), None, n).expect("made");
        }
        assert!(matches!(store.issue_key("more", None, 999), Err(StoreError::Refused { .. })));
        store.revoke_key("key 7", 1000).expect("stored");
        store.issue_key("more", None, 1001).expect("a spent one made room");
        let keys = store.keys().expect("read");
        assert!(keys.len() == KEYS_MAX && keys.iter().all(|key| key.name != "key 7"));
    }

    #[test]
    fn the_bytes_of_api_key_schema_1_hold_still() {
        let record = ApiKeyRecord {
            id: "k7d3qz2a".to_owned(),
            name: "bullpen tablet".to_owned(),
            hash: [7; 32],
            created_ns: 1_686_506_400_000_000_000,
            expires_ns: Some(1_786_506_400_000_000_000),
            revoked_ns: None,
            last_used_ns: Some(1_686_506_500_000_000_000),
        };
        super::super::schema_tests::golden(&record, include_str!("golden/api_key_v1.hex"));
    }
}
