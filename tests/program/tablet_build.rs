//! The tablet's types are made from the daemon's own document, so what is committed of it must be what is served.

use std::path::Path;

/// Where `openapi-typescript` reads it.
const COMMITTED: &str = "src/tablet/openapi.json";

#[test]
fn the_document_that_the_tablets_types_are_made_from_is_the_one_that_is_served() {
    let mut served = pitchguard::api::openapi().to_pretty_json().expect("the document is plain data");
    served.push('\n');
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    if std::env::var_os("PITCHGUARD_WRITE_OPENAPI").is_some() {
        std::fs::write(&file, &served).expect("the document can be written");
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == served, "{COMMITTED} is not what the daemon serves: `make tablet-types` writes it anew");
}
