//! What the two web services share: keys that are kept, a certificate, HTTP, and how a page looks.

pub mod certified;
pub mod keeping;
pub mod page;
pub mod serving;
