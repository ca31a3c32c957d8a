//! What a scanned text is, told from its first characters; what we do not read is named, not called invalid.

use std::fmt;

use super::barcode;

/// What a scanned text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanned<'a> {
    /// A whole credential, for [`barcode::decode`].
    Barcode(&'a str),
    /// A JSON object, perhaps a credential with its proof.
    Json(&'a str),
    /// A compact JWT, perhaps a credential.
    Jwt(&'a str),
    /// A compact SD-JWT: a JWT followed by disclosures.
    SdJwt(&'a str),
    /// A credential offer (OpenID4VCI 1.0, section 4.1).
    CredentialOffer(&'a str),
    /// A request to present credentials (OpenID4VP 1.0, section 5).
    AuthorizationRequest(&'a str),
    /// A web address.
    Link(&'a str),
    /// Another scheme, which this wallet does not read.
    Other(OtherScheme),
    /// None of these.
    Unknown,
}

/// A scheme that is recognised and not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherScheme {
    /// The EU Digital COVID Certificate, `HC1:`.
    EuDigitalCovidCertificate,
    /// A SMART Health Card, `shc:/`.
    SmartHealthCard,
    /// A SMART Health Link, `shlink:/`.
    SmartHealthLink,
    /// A barcode of the `VC1-` family in another base than base45.
    OtherBarcodeBase,
    /// A presentation as a barcode, `VP1-`.
    BarcodePresentation,
    /// An ISO/IEC 18013-5 device engagement, `mdoc:`.
    MobileDocument,
    /// An AAMVA driving licence, from a PDF417 barcode.
    AamvaLicence,
    /// The machine-readable zone of a travel document (ICAO 9303).
    MachineReadableZone,
}

impl fmt::Display for OtherScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EuDigitalCovidCertificate => "an EU Digital COVID Certificate (HC1:)",
            Self::SmartHealthCard => "a SMART Health Card (shc:/)",
            Self::SmartHealthLink => "a SMART Health Link (shlink:/)",
            Self::OtherBarcodeBase => "a verifiable credential barcode in a base other than base45 (VC1-)",
            Self::BarcodePresentation => "a verifiable presentation barcode (VP1-)",
            Self::MobileDocument => "an ISO mobile document engagement (mdoc:)",
            Self::AamvaLicence => "a driving licence barcode (AAMVA)",
            Self::MachineReadableZone => "a travel document's machine-readable zone",
        })
    }
}

/// Says what a scanned text is, without reading it any further.
pub fn recognise(text: &str) -> Scanned<'_> {
    let barcode = text.trim_matches(['\r', '\n']);
    if barcode.starts_with(barcode::PREFIX) {
        return Scanned::Barcode(barcode);
    }
    let text = text.trim();
    let begins = |prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    match text {
        _ if begins("VC1-") => Scanned::Other(OtherScheme::OtherBarcodeBase),
        _ if begins("VP1-") => Scanned::Other(OtherScheme::BarcodePresentation),
        _ if begins("HC1:") => Scanned::Other(OtherScheme::EuDigitalCovidCertificate),
        _ if begins("shc:/") => Scanned::Other(OtherScheme::SmartHealthCard),
        _ if begins("shlink:/") || text.contains("#shlink:/") => Scanned::Other(OtherScheme::SmartHealthLink),
        _ if begins("mdoc:") || begins("mdoc-openid4vp:") => Scanned::Other(OtherScheme::MobileDocument),
        _ if text.starts_with('@') && text.contains("ANSI ") => Scanned::Other(OtherScheme::AamvaLicence),
        _ if begins("openid-credential-offer:") || has_parameter(text, "credential_offer") => Scanned::CredentialOffer(text),
        _ if begins("openid4vp:") || begins("haip-vp:") || has_parameter(text, "request_uri") => {
            Scanned::AuthorizationRequest(text)
        }
        _ if begins("https://") || begins("http://") => Scanned::Link(text),
        _ if text.starts_with('{') => Scanned::Json(text),
        _ if is_machine_readable_zone(text) => Scanned::Other(OtherScheme::MachineReadableZone),
        _ => compact_token(text),
    }
}

/// Whether a web address carries a query parameter of this name, or of the name followed by `_uri`.
fn has_parameter(text: &str, name: &str) -> bool {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let query = text.split_once('?').map_or("", |(_, query)| query);
    is_web
        && query
            .split(['&', '#'])
            .filter_map(|pair| pair.split_once('='))
            .any(|(key, _)| key.strip_prefix(name).is_some_and(|rest| matches!(rest, "" | "_uri")))
}

fn compact_token(text: &str) -> Scanned<'_> {
    let (token, disclosures) = text.split_once('~').map_or((text, None), |(token, rest)| (token, Some(rest)));
    let is_part = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !token.starts_with("ey") || token.split('.').count() != 3 || !token.split('.').all(is_part) {
        return Scanned::Unknown;
    }
    if disclosures.is_some() { Scanned::SdJwt(text) } else { Scanned::Jwt(text) }
}

fn is_machine_readable_zone(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    let in_alphabet = |line: &&str| line.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<');
    let lengths: Vec<usize> = lines.iter().map(|line| line.len()).collect();
    matches!(lengths[..], [30, 30, 30] | [36, 36] | [44, 44]) && lines.iter().all(in_alphabet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_schemes_are_named() {
        for (text, scheme) in [
            ("HC1:6BFOXN*TS0BI$ZD", OtherScheme::EuDigitalCovidCertificate),
            ("shc:/5676290952432060346029243740", OtherScheme::SmartHealthCard),
            ("https://viewer.example.org/#shlink:/eyJ1cmwi", OtherScheme::SmartHealthLink),
            ("VC1-B3ECQDKABQMIXQHDI", OtherScheme::OtherBarcodeBase),
            ("VP1-B3ECQDIYACEMHIGDO", OtherScheme::BarcodePresentation),
            ("mdoc:owBjMS4wAYIB2BhYS6QBAiAB", OtherScheme::MobileDocument),
            ("@\n\u{1e}\rANSI 000000090002DL00410234ZZ02750202", OtherScheme::AamvaLicence),
            (
                "IAUTO0000007010SRC0000000701<<\n8804192M2601058NOT<<<<<<<<<<<5\nSMITH<<JOHN<<<<<<<<<<<<<<<<<<<",
                OtherScheme::MachineReadableZone,
            ),
        ] {
            assert_eq!(recognise(text), Scanned::Other(scheme), "{text}");
            assert!(!scheme.to_string().contains("invalid"));
        }
    }

    #[test]
    fn what_the_wallet_reads_is_told_apart() {
        assert_eq!(recognise("VC1-RSJR 9 \n"), Scanned::Barcode("VC1-RSJR 9 "));
        assert!(matches!(
            recognise("openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fa"),
            Scanned::CredentialOffer(_)
        ));
        assert!(matches!(recognise("https://wallet.example.org/?credential_offer_uri=https%3A"), Scanned::CredentialOffer(_)));
        assert!(matches!(recognise("openid4vp://?client_id=x&request_uri=https%3A"), Scanned::AuthorizationRequest(_)));
        assert!(matches!(
            recognise("https://v.example.org/authorize?client_id=x&request_uri=y"),
            Scanned::AuthorizationRequest(_)
        ));
        assert!(matches!(recognise("https://example.org/a?b=request_uri"), Scanned::Link(_)));
        assert!(matches!(recognise(" {\"@context\":[]}\n"), Scanned::Json("{\"@context\":[]}")));
        assert!(matches!(recognise("eyJhbGciOiJFZERTQSJ9.e30.c2ln"), Scanned::Jwt(_)));
        assert!(matches!(recognise("eyJhbGciOiJFZERTQSJ9.e30.c2ln~WyJh~"), Scanned::SdJwt(_)));
        assert_eq!(recognise("hello"), Scanned::Unknown);
        assert_eq!(recognise(""), Scanned::Unknown);
    }

    proptest! {
        #[test]
        fn any_text_is_something_or_unknown(text in "\\PC{0,80}") {
            let _ = recognise(&text);
        }
    }
}
