//! Model bundles: an injury model on its way down the line, signed, registered and never promoted by itself.
//!
//! A bundle is JSON: `{"schema": 1, "key": …, "model": "…", "signature": …}`. `model` is the model's own JSON as one text, so that
//! its bytes are those that were signed; the signature is Ed25519 (RFC 8032) over the line `pitchguard model 1`, a
//! newline, and that text; `key` says by which of the configured keys. Nothing of a bundle is believed before its
//! signature is good. A model that was registered never changes: the same one again is nothing new, another one under its
//! version is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::config::SigningKey;
use crate::risk::model::Model;
use crate::risk::registry::{Registry, RegistryError};

/// Version of the layout.
pub const BUNDLE_SCHEMA: u32 = 1;
/// What is signed before the model, so that no other signature of the key can be taken for one of a model.
const CONTEXT: &[u8] = b"pitchguard model 1\n";
/// Longest name of a model.
const VERSION_LEN_MAX: usize = 100;

/// A bundle as it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`BUNDLE_SCHEMA`].
    pub schema: u32,
    /// The public key that it is signed with, 64 hexadecimal digits.
    pub key: String,
    /// The model's JSON text.
    pub model: String,
    /// Base64.
    pub signature: String,
}

/// Why a bundle is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is none.
    #[error("what came is no model bundle: {0}")]
    Garbage(String),
    /// Its layout is another one.
    #[error("the bundle has layout {0}, this version knows {BUNDLE_SCHEMA}")]
    Schema(u32),
    /// Signed by nobody who is trusted.
    #[error("the bundle is signed with key {0:.16}…, which [upstream] model_keys does not name")]
    UnknownKey(String),
    /// Not signed by whom it says.
    #[error("the bundle's signature is not good: it was changed on its way, or never signed")]
    Signature,
    /// Another model of this name is there.
    #[error("another model {0} is registered already; a version never changes, the new one needs a name of its own")]
    Taken(String),
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// What became of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// It is there now; somebody has to promote it.
    New(String),
    /// It was there.
    Known(String),
}

/// What a signature of this model is made over.
pub fn signed_bytes(model: &str) -> Vec<u8> {
    [CONTEXT, model.as_bytes()].concat()
}

/// The model in a bundle, once its signature is good.
///
/// # Errors
/// It is no bundle, by no trusted key, not signed by it, or no model.
pub fn open(bytes: &[u8], keys: &[SigningKey]) -> Result<Model, BundleError> {
    let garbage = |error: serde_json::Error| BundleError::Garbage(error.to_string());
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(garbage)?;
    if bundle.schema != BUNDLE_SCHEMA {
        return Err(BundleError::Schema(bundle.schema));
    }
    let named = bundle.key.parse::<SigningKey>().ok();
    let key = named.filter(|key| keys.contains(key)).ok_or(BundleError::UnknownKey(bundle.key))?;
    let signature = STANDARD.decode(&bundle.signature).map_err(|_| BundleError::Signature)?;
    UnparsedPublicKey::new(&ED25519, key.0)
        .verify(&signed_bytes(&bundle.model), &signature)
        .map_err(|_| BundleError::Signature)?;
    let model: Model = serde_json::from_str(&bundle.model).map_err(garbage)?;
    let columns = model.preparation.columns.len();
    if model.weights.len() != columns || model.means.len() != columns {
        let why = format!("the model has {columns} inputs and {} weights", model.weights.len());
        return Err(BundleError::Garbage(why));
    }
    if !(1..=VERSION_LEN_MAX).contains(&model.version.len()) || !model.version.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(BundleError::Garbage(format!("a version has 1 to {VERSION_LEN_MAX} letters, digits and signs")));
    }
    Ok(model)
}

/// Registers the model in a bundle. It does not serve before somebody promotes it.
///
/// # Errors
/// As [`open`]; another model of this name is there; the store fails.
pub fn register(bytes: &[u8], keys: &[SigningKey], registry: &Registry) -> Result<Registered, BundleError> {
    let model = open(bytes, keys)?;
    match registry.get(&model.version) {
        Ok(known) if known == model => return Ok(Registered::Known(model.version)),
        Err(RegistryError::Unknown(_)) => {}
        Ok(_) | Err(RegistryError::Unreadable { .. }) => return Err(BundleError::Taken(model.version)),
        Err(error) => return Err(error.into()),
    }
    registry.register(&model)?;
    Ok(Registered::New(model.version))
}
