//! The QR code: drawing one, and reading a picture of one.

use std::sync::Arc;

use wallet_core::error::{Result, WalletError};
use wallet_core::qr::{Budget, OverBudget, Symbol, picture};

/// How large a symbol may grow, from measurements with simulated hand-held pictures.
#[uniffi::remote(Enum)]
pub enum Budget {
    /// Paper and cards: version 17, printed 32 mm wide or more.
    Print,
    /// A phone's screen, 360 pixels wide or more: version 19.
    Screen,
}

/// A credential as a QR code, or why it does not fit into one.
#[derive(uniffi::Enum)]
pub enum Showing {
    /// It fits.
    Fits(Arc<QrSymbol>),
    /// It is too long for the budget.
    TooLong {
        /// The characters the whole credential takes.
        characters: u32,
        /// The characters beyond the budget.
        excess: u32,
        /// JSON pointers to the fewest claims without which a reduced credential would about fit; empty when none would.
        claims_to_drop: Vec<String>,
    },
}

/// A QR code.
#[derive(uniffi::Object)]
pub struct QrSymbol(pub(crate) Symbol);

#[uniffi::export]
impl QrSymbol {
    /// The version, 1 to 40.
    pub fn version(&self) -> u8 {
        self.0.version()
    }

    /// An SVG picture whose unit is one module, so that it scales without loss.
    pub fn svg(&self) -> String {
        self.0.svg()
    }

    /// A PNG picture with this many pixels along a module's side, 1 to 64; a camera wants to see at least 3.5.
    pub fn png(&self, pixels_per_module: u32) -> Vec<u8> {
        self.0.png(pixels_per_module)
    }
}

/// Finds a QR code in a picture, PNG among other formats, and reads its text; it is judged by `Verifier.check`.
///
/// Fails with `Malformed` when there is no picture or no code in it.
#[uniffi::export]
pub fn read_picture(bytes: Vec<u8>) -> Result<String, WalletError> {
    picture::read(&bytes)
}

impl From<OverBudget> for Showing {
    fn from(over: OverBudget) -> Self {
        let claims = over.claims_to_drop().unwrap_or_default();
        Self::TooLong {
            characters: over.characters as u32,
            excess: over.excess as u32,
            claims_to_drop: claims.into_iter().map(str::to_owned).collect(),
        }
    }
}
