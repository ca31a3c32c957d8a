//! Reading what was named on the command line: a file, a picture of a QR code, standard input, or the text itself.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use wallet_core::qr::{self, Scanned, picture};
use wallet_core::trust_pack;
use wallet_core::x509::TrustAnchors;

use crate::failure::{Failure, Result};

/// The text that `file` holds or shows: a picture gives the text of the QR code in it.
///
/// A text that is no file but reads like a credential is taken as it is.
pub fn scanned(file: &Path) -> Result<String> {
    if !file.exists() {
        let spelled_out = file.to_str().filter(|text| qr::recognise(text) != Scanned::Unknown);
        if let Some(text) = spelled_out {
            return Ok(text.to_owned());
        }
    }
    let bytes = bytes(file)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(no_text) => picture::read(no_text.as_bytes()).map_err(|error| Failure::input(file, error)),
    }
}

/// The text of `file`; `-` is standard input.
pub fn text(file: &Path) -> Result<String> {
    String::from_utf8(bytes(file)?).map_err(|_| Failure::input(file, "it is not text"))
}

/// The authorities of the PEM files.
pub fn anchors(files: &[PathBuf]) -> Result<TrustAnchors> {
    let mut certificates = Vec::new();
    for file in files {
        let anchors = TrustAnchors::from_pem(&text(file)?).map_err(|error| Failure::input(file, error))?;
        certificates.extend(anchors.certificates().iter().cloned());
    }
    Ok(TrustAnchors::try_from(certificates)?)
}

/// The bytes of a trust pack.
pub fn pack(file: &Path) -> Result<Vec<u8>> {
    at_most(file, trust_pack::MAX_BYTES)
}

fn bytes(file: &Path) -> Result<Vec<u8>> {
    at_most(file, picture::MAX_FILE_BYTES)
}

/// The bytes of `file`, which are no more than `limit`.
fn at_most(file: &Path, limit: usize) -> Result<Vec<u8>> {
    let source: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(stdin()),
        _ => Box::new(File::open(file).map_err(|error| Failure::input(file, error))?),
    };
    let mut bytes = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|error| Failure::input(file, error))?;
    match bytes.len() > limit {
        true => Err(Failure::input(file, format!("it is longer than {limit} bytes"))),
        false => Ok(bytes),
    }
}
