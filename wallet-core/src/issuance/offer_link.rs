//! The link or QR code that carries an offer to a wallet, by value or by reference (OpenID4VCI 1.0 §4.1.2, §4.1.3).

use std::fmt;

use url::form_urlencoded;

use super::CredentialOffer;
use super::offer::MAX_OFFER;
use crate::error::{Result, WalletError};
use crate::oauth::Endpoint;

/// The schemes of links that open a wallet: the standard's, HAIP 1.0's, and a wallet's own `https` address.
const SCHEMES: [&str; 3] = ["openid-credential-offer", "haip-vci", "https"];
/// The longest link: a whole offer, each of its bytes percent-encoded.
const MAX_LINK: usize = 3 * MAX_OFFER + 2048;

/// An offer on its way to a wallet.
#[derive(Clone, PartialEq, Eq)]
pub enum OfferLink {
    /// The offer itself.
    ByValue(CredentialOffer),
    /// Where to fetch it with one GET, which answers `application/json`; a URL is good for one offer.
    ByReference(Endpoint),
}

impl OfferLink {
    /// Reads a link, by its query alone: it names either an offer or where one is.
    pub fn read(text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("credential offer link", reason);
        if text.len() > MAX_LINK {
            return Err(bad("it is too long"));
        }
        let (scheme, rest) = text.trim().split_once(':').ok_or_else(|| bad("it is not a link"))?;
        if !SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            return Err(bad("it does not begin with openid-credential-offer:"));
        }
        let (_, query) = rest.split_once('?').ok_or_else(|| bad("it offers nothing"))?;
        let query = query.split('#').next().unwrap_or_default();
        let mut found = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let link = match &*name {
                "credential_offer" => Self::ByValue(CredentialOffer::read(&value)?),
                "credential_offer_uri" => Self::ByReference(value.parse()?),
                _ => continue,
            };
            if found.replace(link).is_some() {
                return Err(bad("it carries more than one offer"));
            }
        }
        found.ok_or_else(|| bad("it offers nothing"))
    }

    /// The link that opens a wallet, for an anchor or a QR code.
    pub fn to_uri(&self) -> String {
        let (name, value) = match self {
            Self::ByValue(offer) => ("credential_offer", offer.to_json().to_string()),
            Self::ByReference(url) => ("credential_offer_uri", url.as_str().to_owned()),
        };
        // Readers of links take a plus for itself, readers of forms for a space: neither is written.
        let value = form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20");
        format!("openid-credential-offer://?{name}={value}")
    }
}

impl fmt::Debug for OfferLink {
    /// Leaves out the address, by which anybody could fetch the offer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByValue(offer) => f.debug_tuple("ByValue").field(offer).finish(),
            Self::ByReference(_) => f.write_str("ByReference"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn offer(id: &str) -> CredentialOffer {
        let json = json!({ "credential_issuer": "https://issuer.example", "credential_configuration_ids": [id] });
        CredentialOffer::read(&json.to_string()).expect("an offer")
    }

    #[test]
    fn link_of_the_standard_is_read() {
        let link = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fserver%2Eexample%2Ecom%2Fcredential-offer\
                    %2FGkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM";
        let expected = "https://server.example.com/credential-offer/GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM";
        assert_eq!(OfferLink::read(link).expect("a link"), OfferLink::ByReference(expected.parse().expect("a URL")));
    }

    #[test]
    fn offer_is_found_in_links_of_every_known_scheme() {
        let query = OfferLink::ByValue(offer("a")).to_uri().split_once('?').expect("a query").1.to_owned();
        for start in ["openid-credential-offer://", "OPENID-credential-offer:", "haip-vci://", "https://wallet.example/offer"] {
            assert_eq!(OfferLink::read(&format!("{start}?{query}")).expect("a link"), OfferLink::ByValue(offer("a")));
        }
        assert!(OfferLink::read(&format!("http://wallet.example/offer?{query}")).is_err());
        assert!(OfferLink::read(&format!("javascript:?{query}")).is_err());
    }

    #[test]
    fn link_with_two_offers_or_none_is_refused() {
        let value = OfferLink::ByValue(offer("a")).to_uri();
        let both = format!("{value}&credential_offer_uri=https%3A%2F%2Fa.example");
        let twice = format!("{value}&{}", value.split_once('?').expect("a query").1);
        for bad in [both.as_str(), &twice, "openid-credential-offer://", "openid-credential-offer://?a=1", ""] {
            assert!(OfferLink::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reference_that_is_no_https_url_is_refused() {
        for bad in ["http://a.example/1", "file:///etc/passwd", "a"] {
            assert!(OfferLink::read(&format!("openid-credential-offer://?credential_offer_uri={bad}")).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(openid-credential-offer://\\?credential_offer(_uri)?=)?\\PC{0,100}") {
            let _ = OfferLink::read(&text);
        }

        #[test]
        fn written_link_reads_back(id in "\\PC{1,20}") {
            let link = OfferLink::ByValue(offer(&id));
            prop_assert_eq!(OfferLink::read(&link.to_uri()).expect("its own link"), link);
        }
    }
}
