//! The resolver door: from a DID to its document.
