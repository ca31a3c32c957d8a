//! A whole credential in one QR code, and back.
