//! `pitchguard socket-units`: lets systemd's sockets listen where the configuration says, so that addresses are written in
//! one file only. A systemd generator runs it at boot and at each `systemctl daemon-reload`.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config::Config;

/// The drop-in's name; an operator's own of a higher number wins.
const DROP_IN: &str = "50-configuration.conf";

/// Arguments of `socket-units`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The generator's directory, for instance /run/systemd/generator.
    #[arg(value_name = "DIR")]
    into: PathBuf,
}

/// A drop-in could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct SocketUnitsError {
    path: PathBuf,
    source: io::Error,
}

/// Writes a drop-in for `pitchguard.socket` and one for `pitchguard-http.socket`.
///
/// # Errors
/// A file cannot be written.
pub fn run(config: &Config, args: &Args) -> Result<ExitCode, SocketUnitsError> {
    let buffer = format!("ReceiveBuffer={}\n", config.ingest.receive_buffer_bytes);
    drop_in(&args.into, "pitchguard.socket", "ListenDatagram", config.ingest.udp_listen, &buffer)?;
    drop_in(&args.into, "pitchguard-http.socket", "ListenStream", config.http.listen, "")?;
    Ok(ExitCode::SUCCESS)
}

fn drop_in(into: &Path, unit: &str, listen: &str, address: SocketAddr, more: &str) -> Result<(), SocketUnitsError> {
    if address.port() == 0 {
        // Any port: nobody could know it before the daemon does.
        return Ok(());
    }
    let path = into.join(format!("{unit}.d")).join(DROP_IN);
    // The empty value takes back what the unit itself says.
    let text = format!("# From pitchguard's configuration.\n[Socket]\n{listen}=\n{listen}={address}\n{more}");
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
    written.map_err(|source| SocketUnitsError { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sockets_listen_where_the_configuration_says() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut config = Config::default();
        config.ingest.udp_listen = "[::1]:7200".parse().expect("an address");
        config.ingest.receive_buffer_bytes = 4096;
        run(&config, &Args { into: dir.path().to_path_buf() }).expect("written");
        let read = |unit: &str| fs::read_to_string(dir.path().join(unit).join(DROP_IN)).expect(unit);
        let udp = read("pitchguard.socket.d");
        assert!(udp.ends_with("ListenDatagram=\nListenDatagram=[::1]:7200\nReceiveBuffer=4096\n"), "{udp}");
        assert!(read("pitchguard-http.socket.d").ends_with("ListenStream=\nListenStream=127.0.0.1:8080\n"));
    }
}
