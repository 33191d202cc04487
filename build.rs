//! Rebuilds the binary when the tablet's pages that it carries were built anew.

fn main() {
    println!("cargo:rerun-if-changed=src/tablet/dist");
}
