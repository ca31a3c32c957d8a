//! How large a credential is as a picture, beside the same credential in its plain forms.

use serde_json::{Map, Value};
use wallet_core::language::Language;
use wallet_core::qr::{Symbol, TypeTable, barcode};
use wallet_core::securing::Secured;
use wallet_core::securing::linked_data::Contexts;

use crate::failure::{Failure, Result};
use crate::words::words;

/// The size of one text as a symbol; no version when none holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub characters: usize,
    pub version: Option<u8>,
}

impl Size {
    /// The size of `text`, drawn at error correction M.
    pub fn of(text: &str) -> Self {
        Self { characters: text.len(), version: Symbol::new(text).ok().map(|symbol| symbol.version()) }
    }

    fn column(self) -> String {
        match self.version {
            Some(version) => format!("{:>5} · {version:>2}-M", self.characters),
            None => format!("{:>5} · --  ", self.characters),
        }
    }
}

/// The whole credential as the text of a QR code.
pub fn barcode(secured: &Secured, table: &TypeTable) -> Result<String> {
    let json: Map<String, Value> = serde_json::from_str(secured.text()).map_err(|error| Failure::input("credential", error))?;
    Ok(barcode::encode(&json, table, &Contexts::bundled()).map_err(wallet_core::error::WalletError::from)?)
}

/// The heading of the table of sizes.
pub fn heading(l: Language) -> String {
    let what = words!(l, "characters · QR version", "caracteres · versión QR", "caracteres · versão QR");
    format!("  {what:<34} {:>14}   {:>14}   {:>14}", "QR", "JSON", "JWT")
}

/// One row: this library's QR code, the plain JSON, the JWT.
pub fn row(title: &str, sizes: [Size; 3]) -> String {
    let [ours, json, jwt] = sizes.map(Size::column);
    format!("  {title:<34} {ours:>14}   {json:>14}   {jwt:>14}")
}
