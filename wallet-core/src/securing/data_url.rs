//! The `data:` URLs that tokens travel in (RFC 2397, VC DM 2.0 §4.13.1).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::{Result, WalletError};

/// Base64 whose padding may be left out, as browsers read it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The media type, in small letters and without parameters, and the content.
pub(super) fn read(url: &str) -> Result<(String, Vec<u8>)> {
    let bad = |reason: &str| WalletError::malformed("data: URL", reason);
    let scheme = url.get(.."data:".len()).filter(|scheme| scheme.eq_ignore_ascii_case("data:"));
    let rest = scheme.map(|scheme| &url[scheme.len()..]).ok_or_else(|| bad("it does not begin with data:"))?;
    let (media, data) = rest.split_once(',').ok_or_else(|| bad("it has no comma"))?;
    let mut parameters = media.split(';');
    let essence = parameters.next().unwrap_or_default().trim().to_ascii_lowercase();
    let content = match parameters.next_back().map(str::trim) {
        Some(last) if last.eq_ignore_ascii_case("base64") => BASE64.decode(data).map_err(|_| bad("it is not base64"))?,
        _ if data.contains('%') => return Err(bad("it is percent-encoded; use base64")),
        _ => data.as_bytes().to_vec(),
    };
    Ok((essence, content))
}

/// A URL of text, which is written as it is.
pub(super) fn of_text(media: &str, text: &str) -> String {
    format!("data:{media},{text}")
}

/// A URL of bytes, which are written in base64.
pub(super) fn of_bytes(media: &str, bytes: &[u8]) -> String {
    format!("data:{media};base64,{}", BASE64.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn media_type_is_read_whatever_its_case_and_parameters() {
        let vc = |content: &[u8]| Ok(("application/vc+jwt".to_owned(), content.to_vec()));
        assert_eq!(read("data:application/vc+jwt,a.b.c"), vc(b"a.b.c"));
        assert_eq!(read("DATA:Application/VC+JWT;charset=utf-8,a.b.c"), vc(b"a.b.c"));
        assert_eq!(read("data:application/vc+jwt;base64,YS5iLmM="), vc(b"a.b.c"));
        assert_eq!(read("data:application/vc+jwt;x=1;BASE64,YS5iLmM"), vc(b"a.b.c"));
        for bad in ["", "dat", "data:", "data:x", "data:x;base64,!", "data:x,%41", "https://example.org/,"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn bytes_are_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(read(&of_bytes("a/b", &bytes)), Ok(("a/b".to_owned(), bytes)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(data:)?\\PC{0,60}") {
            let _ = read(&text);
        }
    }
}
