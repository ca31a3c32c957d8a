//! URLs: the number of a term, or the scheme's number and the rest in its shortest form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use multibase::Base;
use url::Url;

use super::terms::Terms;
use super::values::MAX_BASE58;
use crate::qr::BarcodeFault;
use crate::qr::cbor::Cbor;

const HTTP: (&str, i64) = ("http://", 1);
const HTTPS: (&str, i64) = ("https://", 2);
const UUID: (&str, i64) = ("urn:uuid:", 3);
const DATA: (&str, i64) = ("data:", 4);
const DID_V1: (&str, i64) = ("did:v1:nym:", 1024);
const DID_KEY: (&str, i64) = ("did:key:", 1025);

/// Writes a URL compactly, or `None` where it stays text: another scheme, or a colon after the scheme's own.
pub(super) fn encode(text: &str, terms: &Terms<'_>) -> Option<Cbor> {
    if let Some(id) = terms.id(text) {
        return Some(Cbor::Int(id));
    }
    Url::parse(text).ok()?;
    let (scheme, _) = text.rsplit_once(':')?;
    let after = |(prefix, _): (&str, i64)| text.strip_prefix(prefix);
    let (number, parts) = match scheme {
        "https" => (HTTPS.1, vec![Cbor::Text(after(HTTPS)?.into())]),
        "http" => (HTTP.1, vec![Cbor::Text(after(HTTP)?.into())]),
        "urn:uuid" => (UUID.1, vec![encode_uuid(after(UUID)?)]),
        "data" => (DATA.1, encode_data(after(DATA)?)),
        "did:v1:nym" => (DID_V1.1, encode_base58_did(after(DID_V1)?)?),
        "did:key" => (DID_KEY.1, encode_base58_did(after(DID_KEY)?)?),
        _ => return None,
    };
    Some(Cbor::Array([vec![Cbor::Int(number)], parts].concat()))
}

/// Reads a URL from its scheme's number and parts.
pub(super) fn decode(parts: &[Cbor]) -> Result<String, BarcodeFault> {
    let multibase = |part: &Cbor| match part {
        Cbor::Text(text) => Some(text.clone()),
        Cbor::Bytes(bytes) if bytes.len() <= MAX_BASE58 => Some(multibase::encode(Base::Base58Btc, bytes)),
        _ => None,
    };
    let url = match parts {
        [Cbor::Int(1), Cbor::Text(rest)] => Some(format!("{}{rest}", HTTP.0)),
        [Cbor::Int(2), Cbor::Text(rest)] => Some(format!("{}{rest}", HTTPS.0)),
        [Cbor::Int(3), Cbor::Text(rest)] => Some(format!("{}{rest}", UUID.0)),
        [Cbor::Int(3), Cbor::Bytes(bytes)] => uuid_text(bytes).map(|rest| format!("{}{rest}", UUID.0)),
        [Cbor::Int(4), Cbor::Text(rest)] => Some(format!("{}{rest}", DATA.0)),
        [Cbor::Int(4), Cbor::Text(media), Cbor::Bytes(bytes)] => {
            Some(format!("{}{media};base64,{}", DATA.0, STANDARD.encode(bytes)))
        }
        [Cbor::Int(number @ (1024 | 1025)), id, fragment @ ..] if fragment.len() <= 1 => {
            let prefix = if *number == DID_V1.1 { DID_V1.0 } else { DID_KEY.0 };
            let fragment = fragment.first().map(|part| multibase(part).map(|text| format!("#{text}")));
            multibase(id).zip(fragment.unwrap_or(Some(String::new()))).map(|(id, fragment)| format!("{prefix}{id}{fragment}"))
        }
        _ => None,
    };
    url.ok_or_else(|| BarcodeFault::malformed("a compact URL of a form CBOR-LD does not know"))
}

fn encode_base58_did(rest: &str) -> Option<Vec<Cbor>> {
    let parts: Vec<&str> = rest.split('#').collect();
    (parts.len() <= 2).then(|| parts.into_iter().map(encode_base58).collect())
}

fn encode_base58(text: &str) -> Cbor {
    let bytes = (text.starts_with('z') && text.len() <= MAX_BASE58).then(|| multibase::decode(text).ok()).flatten();
    bytes.map_or_else(|| Cbor::Text(text.into()), |(_, bytes)| Cbor::Bytes(bytes))
}

/// A base64 media type and its bytes where they come back the same, else the text behind the scheme.
fn encode_data(rest: &str) -> Vec<Cbor> {
    let base64 = rest.rsplit_once(";base64,").filter(|(media, _)| !media.contains(['\n', '\r', '\u{2028}', '\u{2029}']));
    let bytes = base64.and_then(|(media, data)| Some((media, STANDARD.decode(data).ok()?)));
    match bytes {
        Some((media, bytes)) => vec![Cbor::Text(media.into()), Cbor::Bytes(bytes)],
        None => vec![Cbor::Text(rest.into())],
    }
}

/// Sixteen bytes for a lower-case UUID of a version RFC 9562 defines, else the text.
fn encode_uuid(text: &str) -> Cbor {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    let shaped = text.len() == 36 && [8, 13, 18, 23].iter().all(|&i| text.as_bytes()[i] == b'-') && digits.len() == 32;
    let lower_hex = digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !shaped || !lower_hex {
        return Cbor::Text(text.into());
    }
    let versioned = matches!(digits[12], b'1'..=b'8') && matches!(digits[16], b'8' | b'9' | b'a' | b'b');
    if !versioned && !digits.iter().all(|&digit| digit == b'0') && !digits.iter().all(|&digit| digit == b'f') {
        return Cbor::Text(text.into());
    }
    let nibble = |digit: u8| if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 };
    Cbor::Bytes(digits.chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect())
}

fn uuid_text(bytes: &[u8]) -> Option<String> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    (bytes.len() == 16).then(|| [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::securing::linked_data::Contexts;

    fn round(text: &str) -> Option<Vec<Cbor>> {
        let contexts = Contexts::bundled();
        match encode(text, &Terms::new(&contexts)) {
            Some(Cbor::Array(parts)) => {
                assert_eq!(decode(&parts).expect("written here"), text);
                Some(parts)
            }
            Some(other) => panic!("{other:?}"),
            None => None,
        }
    }

    #[test]
    fn each_scheme_has_its_number_and_comes_back() {
        let text = |text: &str| Cbor::Text(text.into());
        assert_eq!(round("https://example.org/a"), Some(vec![Cbor::Int(2), text("example.org/a")]));
        assert_eq!(round("http://example.org/a"), Some(vec![Cbor::Int(1), text("example.org/a")]));
        assert_eq!(
            round("urn:uuid:188e8450-269e-11eb-b545-d3692cf35398").map(|parts| parts[1].clone()),
            Some(Cbor::Bytes(vec![
                0x18, 0x8e, 0x84, 0x50, 0x26, 0x9e, 0x11, 0xeb, 0xb5, 0x45, 0xd3, 0x69, 0x2c, 0xf3, 0x53, 0x98
            ]))
        );
        assert_eq!(round("data:image/png;base64,AQI=").map(|parts| parts.len()), Some(3));
        assert_eq!(round("data:text/plain,a").map(|parts| parts.len()), Some(2));
        let did = "did:key:z6Mku2yHBpMvm13KqtupN7MNEj7Y7AREUWsFfGBRhyP9YZf7";
        assert!(matches!(round(did).as_deref(), Some([Cbor::Int(1025), Cbor::Bytes(_)])));
        assert!(matches!(
            round(&format!("{did}#z6Mku2yHBpMvm13KqtupN7MNEj7Y7AREUWsFfGBRhyP9YZf7")).as_deref(),
            Some([Cbor::Int(1025), Cbor::Bytes(_), Cbor::Bytes(_)])
        ));
        assert!(matches!(
            round("did:v1:nym:z6Mku2yHBpM#key-1").as_deref(),
            Some([Cbor::Int(1024), Cbor::Bytes(_), Cbor::Text(_)])
        ));
    }

    #[test]
    fn what_would_not_come_back_stays_text() {
        for other in [
            "https://example.org:8443/a",
            "https://example.org/a:b",
            "did:ethr:0x1",
            "HTTPS://example.org",
            "https://",
            "did:key:a#b#c",
            "not a url",
            "",
        ] {
            assert_eq!(round(other), None, "{other}");
        }
        for kept in
            ["urn:uuid:188E8450-269e-11eb-b545-d3692cf35398", "urn:uuid:188e8450-269e-f1eb-b545-d3692cf35398", "urn:uuid:x"]
        {
            assert!(matches!(round(kept).as_deref(), Some([Cbor::Int(3), Cbor::Text(_)])), "{kept}");
        }
        assert_eq!(round("data:image/png;base64,AQJ=").map(|parts| parts.len()), Some(2));
    }

    #[test]
    fn unknown_forms_are_refused() {
        for parts in
            [vec![], vec![Cbor::Int(9), Cbor::Text("a".into())], vec![Cbor::Int(2)], vec![Cbor::Int(3), Cbor::Bytes(vec![1])]]
        {
            assert!(decode(&parts).is_err(), "{parts:?}");
        }
    }
}
