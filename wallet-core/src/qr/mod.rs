//! The QR: a whole signed credential in one symbol, and what else a camera may bring.
//!
//! Out: [`barcode::encode`] turns a credential into text, [`Symbol`] draws it within a [`Budget`].
//! In: [`picture::read`] finds the text, [`recognise`] says what it is, [`barcode::decode`] gives the credential back.
//! Nothing here is trusted: the credential that comes out is judged by `verification`.

pub mod barcode;
mod budget;
mod cbor;
pub mod cbor_ld;
mod fault;
pub mod picture;
mod scanned;
mod symbol;

pub use budget::{Budget, OverBudget, Saving, fit};
pub use cbor_ld::{TypeTable, TypeTables};
pub use fault::BarcodeFault;
pub use scanned::{OtherScheme, Scanned, recognise};
pub use symbol::Symbol;
