//! Certificates as text: PEM (RFC 7468).

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::Certificate;
use crate::error::{Result, WalletError};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// The longest text that is read, in bytes.
const MAX_BYTES: usize = 4 << 20;

/// Reads all certificates of a text, in their order; what stands between and beside them is passed over (RFC 7468 §2).
pub fn certificates(text: &str) -> Result<Vec<Certificate>> {
    if text.len() > MAX_BYTES {
        return Err(WalletError::malformed("PEM", "it is longer than 4 MiB"));
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (body, after) = after.split_once(END).ok_or_else(|| WalletError::malformed("PEM", "a certificate has no end"))?;
        let body: String = body.split_ascii_whitespace().collect();
        found.push(Certificate::from_base64(&body)?);
        rest = after;
    }
    Ok(found)
}

/// Writes certificates, in lines of 64 characters.
pub fn write<'c>(certificates: impl IntoIterator<Item = &'c Certificate>) -> String {
    let mut text = String::new();
    for certificate in certificates {
        text.push_str(BEGIN);
        for (at, c) in BASE64_STANDARD.encode(certificate.der()).chars().enumerate() {
            if at % 64 == 0 {
                text.push('\n');
            }
            text.push(c);
        }
        text = text + "\n" + END + "\n";
    }
    text
}
