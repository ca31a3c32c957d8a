//! Integrity metadata: what a document that is referred to must hash to (draft-ietf-oauth-sd-jwt-vc §6, Subresource Integrity §3).

use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine as _};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// Base64 whose padding may be left out, as many publishers do.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether `bytes` hash to one of the digests of the strongest algorithm in `metadata` that is known; never when none is.
pub(super) fn matches(metadata: &str, bytes: &[u8]) -> bool {
    let of = |name: &str| -> Vec<&str> {
        let expressions = metadata.split_ascii_whitespace().filter_map(|expression| expression.split_once('-'));
        expressions.filter(|(algorithm, _)| *algorithm == name).map(|(_, rest)| rest).collect()
    };
    let strongest = ["sha512", "sha384", "sha256"].into_iter().map(|name| (name, of(name))).find(|(_, found)| !found.is_empty());
    let Some((name, expected)) = strongest else { return false };
    let actual = match name {
        "sha512" => Sha512::digest(bytes).to_vec(),
        "sha384" => Sha384::digest(bytes).to_vec(),
        _ => Sha256::digest(bytes).to_vec(),
    };
    expected.iter().any(|text| BASE64.decode(text.split('?').next().unwrap_or_default()).is_ok_and(|bytes| bytes == actual))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HELLO: &str = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO";

    #[test]
    fn subresource_integrity_section_3_example() {
        let script = b"alert('Hello, world.');";
        assert!(matches(HELLO, script));
        assert!(!matches(HELLO, b"alert('Hello, world!');"));
    }

    #[test]
    fn strongest_algorithm_decides_and_any_of_its_digests_will_do() {
        let digest = |bytes: &[u8]| format!("sha256-{}", BASE64.encode(Sha256::digest(bytes)));
        let script = b"alert('Hello, world.');";
        assert!(matches(&format!("{} {HELLO}", digest(b"another")), script));
        assert!(!matches(&format!("{} sha512-AAAA", digest(script)), script));
        assert!(matches(&format!("{} {}", digest(b"another"), digest(script)), script));
        assert!(matches(digest(script).trim_end_matches('='), script));
    }

    #[test]
    fn nothing_that_is_known_matches_nothing() {
        for metadata in ["", "md5-AAAA", "sha256", "sha256-", "sha256-*"] {
            assert!(!matches(metadata, b""), "{metadata}");
        }
    }

    proptest! {
        #[test]
        fn any_text_matches_or_not(metadata in "(sha(256|384|512)-)?[A-Za-z0-9+/=? -]{0,80}") {
            let _ = matches(&metadata, b"bytes");
        }
    }
}
