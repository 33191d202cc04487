//! TLS 1.3 with ring, and this box's certificate where it has one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::config::Config;

/// Why the line cannot be secured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("cannot read {} as PEM: {why}; check [upstream] {key}", path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// The configuration's key that names it.
        key: &'static str,
        /// Why.
        why: String,
    },
    /// The certificate is not of this key.
    #[error("[upstream] client_cert and client_key do not belong together: {0}")]
    Pair(rustls::Error),
}

impl TlsError {
    /// The configuration's key that is at fault.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Pem { key, .. } => key,
            Self::Pair(_) => "client_cert",
        }
    }
}

/// Whether the files that the configuration names can be used.
///
/// # Errors
/// The first that cannot.
pub fn check_files(config: &Config) -> Result<(), TlsError> {
    Identity::load(config).map(drop)
}

/// What both sides prove.
pub(super) struct Identity {
    /// Certificates that the other side's must come from; the web's where none are named.
    pub(super) roots: Vec<CertificateDer<'static>>,
    /// This box's own.
    pub(super) own: Option<OwnIdentity>,
}

/// This box's certificate and key, which are a pair.
pub(super) struct OwnIdentity {
    /// The certificate, and those that it comes from.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub(super) key: PrivateKeyDer<'static>,
    /// The key's file.
    pub(super) key_pem: Vec<u8>,
}

/// ring's algorithms with the suites of TLS 1.3 only: what is left can agree on no older version.
pub(super) fn provider() -> Arc<CryptoProvider> {
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites.retain(|suite| suite.version().version == rustls::ProtocolVersion::TLSv1_3);
    Arc::new(provider)
}

impl Identity {
    /// Reads the files that the configuration names, and sees that key and certificate are a pair.
    pub(super) fn load(config: &Config) -> Result<Self, TlsError> {
        let roots = match &config.ca_file {
            Some(path) => certificates(path, "ca_file")?,
            None => Vec::new(),
        };
        let own = match (&config.client_cert, &config.client_key) {
            (Some(cert), Some(key)) => {
                let chain = certificates(cert, "client_cert")?;
                let key_pem =
                    crate::disk::read_settings(key).map_err(|error| pem(key, "client_key", error.to_string()))?;
                let private = PrivateKeyDer::from_pem_slice(&key_pem);
                let private = private.map_err(|error| pem(key, "client_key", error.to_string()))?;
                CertifiedKey::from_der(chain.clone(), private.clone_key(), &provider()).map_err(TlsError::Pair)?;
                Some(OwnIdentity { chain, key: private, key_pem })
            }
            _ => None,
        };
        Ok(Self { roots, own })
    }
}

fn certificates(path: &Path, key: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |error: rustls::pki_types::pem::Error| pem(path, key, error.to_string());
    let pems = crate::disk::read_settings(path).map_err(|error| pem(path, key, error.to_string()))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pems).collect::<Result<_, _>>().map_err(failed)?;
    if found.is_empty() {
        return Err(pem(path, key, "it holds no certificate".to_owned()));
    }
    Ok(found)
}

fn pem(path: &Path, key: &'static str, why: String) -> TlsError {
    TlsError::Pem { path: path.to_path_buf(), key, why }
}
