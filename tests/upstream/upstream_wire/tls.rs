//! TLS 1.3 and nothing older, to nobody else, and with this box's own certificate where one is asked for.

use std::path::PathBuf;
use std::sync::Arc;

use pitchguard::upstream::{Config, Https, TlsError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use crate::upstream_wire::https::config;
use crate::upstream_wire::receiver::Receiver;
use crate::upstream_wire::stage::Stage;

/// An authority with what it signed.
pub(crate) struct Authority {
    folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
        let folder = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).expect("written");
        Self { folder, issuer }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes `{name}.pem` and `{name}.key`, signed, for this machine.
    pub(crate) fn sign(&self, name: &str) {
        let key = KeyPair::generate().expect("a key");
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let signed = CertificateParams::new(names).expect("names").signed_by(&key, &self.issuer).expect("signed");
        std::fs::write(self.file(&format!("{name}.pem")), signed.pem()).expect("written");
        std::fs::write(self.file(&format!("{name}.key")), key.serialize_pem()).expect("written");
    }

    fn server(&self, versions: &[&'static SupportedProtocolVersion], clients: bool) -> ServerConfig {
        self.sign("server");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.file("ca.pem")).expect("a certificate")).expect("an authority");
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).expect("known");
        let builder = if clients {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        } else {
            builder.with_no_client_auth()
        };
        let chain = vec![CertificateDer::from_pem_file(self.file("server.pem")).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_file(self.file("server.key")).expect("a key");
        builder.with_single_cert(chain, key).expect("they belong together")
    }
}

fn stage(config: &Config) -> Stage {
    let url = config.url.clone().expect("set");
    Stage::new("busch_iii", config, |config, _| Box::new(Https::new(config, &url).expect("good settings")))
}

fn to(receiver: &Receiver, authority: &Authority) -> Config {
    let url = format!("https://127.0.0.1:{}/summaries", receiver.address.port());
    Config { ca_file: Some(authority.file("ca.pem")), ..config(url) }
}

#[test]
fn summaries_go_by_tls_1_3_with_this_boxs_certificate_where_it_is_asked_for() {
    let authority = Authority::new();
    let receiver = Receiver::start_tls(authority.server(&[&rustls::version::TLS13], true));
    authority.sign("box");
    let own = Config {
        client_cert: Some(authority.file("box.pem")),
        client_key: Some(authority.file("box.key")),
        ..to(&receiver, &authority)
    };
    let mut known = stage(&own);
    known.queue(10, 0);
    known.drain();
    assert_eq!(receiver.log().documents.len(), 10);

    let mut unknown = stage(&to(&receiver, &authority));
    unknown.queue(10, 0);
    unknown.until("told", |stage| stage.status.up == Some(false));
    assert_eq!((receiver.log().documents.len(), unknown.waiting()), (10, 10), "without a certificate nothing goes");
}

#[test]
fn nothing_goes_by_tls_1_2_nor_to_a_stranger() {
    let authority = Authority::new();
    let old = Receiver::start_tls(authority.server(&[&rustls::version::TLS12], false));
    let good = Receiver::start_tls(authority.server(&[&rustls::version::TLS13], false));
    let elsewhere = Authority::new();
    for (receiver, trusted) in [(&old, &authority), (&good, &elsewhere)] {
        let mut stage = stage(&to(receiver, trusted));
        stage.queue(1, 0);
        stage.until("told", |stage| stage.status.up == Some(false));
        assert_eq!((receiver.log().posts, stage.waiting()), (0, 1), "{}", stage.status.trouble);
    }
}

#[test]
fn a_certificate_and_a_key_that_do_not_belong_together_are_told_at_the_start() {
    let authority = Authority::new();
    authority.sign("box");
    authority.sign("other");
    let with = |cert: &str, key: &str| Config {
        client_cert: Some(authority.file(cert)),
        client_key: Some(authority.file(key)),
        ..config("https://127.0.0.1:1/summaries".to_owned())
    };
    let made = |config: &Config| Https::new(config, "https://127.0.0.1:1/summaries").map(drop);
    assert!(made(&with("box.pem", "box.key")).is_ok());
    assert!(matches!(made(&with("box.pem", "other.key")), Err(TlsError::Pair(_))));
    let said = made(&with("box.key", "box.key")).expect_err("no certificate in it").to_string();
    assert!(said.contains("client_cert"), "{said}");
    let said = made(&with("box.pem", "nowhere.key")).expect_err("no file").to_string();
    assert!(said.contains("client_key"), "{said}");
}
