//! DIDs cross as text and are parsed on the way in, so that a malformed one is refused before anything is done.

use wallet_core::did::{Did, DidUrl};

uniffi::custom_type!(Did, String, {
    remote,
    lower: |did| did.to_string(),
    try_lift: |text| Ok(text.parse()?),
});

uniffi::custom_type!(DidUrl, String, {
    remote,
    lower: |url| url.to_string(),
    try_lift: |text| Ok(text.parse()?),
});
