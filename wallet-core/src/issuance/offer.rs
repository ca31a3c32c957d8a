//! The credential offer: who offers which credentials, and how a wallet may get at them (OpenID4VCI 1.0 §4.1.1).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::identifier;
use crate::error::{Result, WalletError};
use crate::json;
use crate::oauth::{Endpoint, Secret};

/// The longest offer that is read, in bytes.
pub(super) const MAX_OFFER: usize = 64 << 10;
/// The most configurations one offer names.
const MAX_CONFIGURATIONS: usize = 64;
/// The longest `description` of a transaction code, in characters.
const MAX_DESCRIPTION: usize = 300;

/// An offer as it was received: anybody can make one, so nothing in it is believed before the issuer's metadata says the same (§13.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialOffer {
    /// Who is said to offer.
    #[serde(deserialize_with = "identifier")]
    pub credential_issuer: Endpoint,
    /// What is offered, by the names of the issuer's metadata.
    pub credential_configuration_ids: Vec<String>,
    /// How to get it; empty when that is to be found out from the authorization server's metadata.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
}

/// The grants that a wallet may use, at its own choice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// The person signs in with the issuer, in a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_code: Option<AuthorizationCodeGrant>,
    /// The issuer has dealt with the person before: the code stands for that.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:pre-authorized_code", skip_serializing_if = "Option::is_none")]
    pub pre_authorized_code: Option<PreAuthorizedCodeGrant>,
}

/// What goes with the authorization code flow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationCodeGrant {
    /// What the wallet hands back in its authorization request, so that the issuer knows the offer again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_state: Option<Secret>,
    /// Which of the issuer's authorization servers; only where its metadata names several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_server: Option<String>,
}

/// What goes with the pre-authorized code flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreAuthorizedCodeGrant {
    /// The code: whoever redeems it first gets the credential.
    #[serde(rename = "pre-authorized_code")]
    pub code: Secret,
    /// Says that the person must type a code that came another way.
    #[serde(rename = "tx_code", skip_serializing_if = "Option::is_none")]
    pub transaction_code: Option<TransactionCode>,
    /// Which of the issuer's authorization servers; only where its metadata names several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_server: Option<String>,
}

/// What a person is told about the transaction code to type; never the code itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionCode {
    /// Which keyboard to show.
    #[serde(default, skip_serializing_if = "InputMode::is_default")]
    pub input_mode: InputMode,
    /// How many characters it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Where to find it, in the issuer's words: at most 300 characters, from an unproven source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The characters of a transaction code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputMode {
    /// Digits.
    #[default]
    Numeric,
    /// Any characters.
    Text,
}

impl InputMode {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Grants {
    /// Whether the offer says nothing of grants that are known here.
    pub fn is_empty(&self) -> bool {
        self.authorization_code.is_none() && self.pre_authorized_code.is_none()
    }
}

impl CredentialOffer {
    /// Reads the JSON of an offer, of at most 64 KiB.
    pub fn read(text: &str) -> Result<Self> {
        if text.len() > MAX_OFFER {
            return Err(malformed("it is longer than 64 KiB"));
        }
        let offer: Self = serde_json::from_value(json::read("credential offer", text)?).map_err(malformed)?;
        offer.check()?;
        Ok(offer)
    }

    /// The offer as JSON.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("an offer is plain data")
    }

    fn check(&self) -> Result<()> {
        let ids = &self.credential_configuration_ids;
        if ids.is_empty() || ids.len() > MAX_CONFIGURATIONS {
            return Err(malformed(format!("it offers nothing, or more than {MAX_CONFIGURATIONS} credentials")));
        }
        if (1..ids.len()).any(|at| ids[..at].contains(&ids[at])) {
            return Err(malformed("it names a credential twice"));
        }
        let Some(grant) = &self.grants.pre_authorized_code else { return Ok(()) };
        if grant.code.expose().is_empty() {
            return Err(malformed("its pre-authorized code is empty"));
        }
        let description = grant.transaction_code.as_ref().and_then(|code| code.description.as_ref());
        if description.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
            return Err(malformed(format!("it describes the transaction code in more than {MAX_DESCRIPTION} characters")));
        }
        Ok(())
    }
}

fn malformed(reason: impl ToString) -> WalletError {
    WalletError::malformed("credential offer", reason)
}

#[cfg(test)]
mod tests {
    use super::super::vectors;
    use super::*;
    use crate::oauth::token::PRE_AUTHORIZED_CODE;
    use proptest::prelude::*;
    use serde_json::json;

    fn example() -> Value {
        json!({
            "credential_issuer": "https://issuer.example",
            "credential_configuration_ids": ["diploma", "identity"],
            "grants": {
                "authorization_code": { "issuer_state": "secret" },
                PRE_AUTHORIZED_CODE: { "pre-authorized_code": "secret", "tx_code": { "length": 6, "description": "in the letter" } },
            },
        })
    }

    #[test]
    fn offer_reads_back_to_the_same_value() {
        let offer = CredentialOffer::read(&example().to_string()).expect("an offer");
        assert_eq!(offer.to_json(), example());
    }

    #[test]
    fn examples_of_the_standard_are_read() {
        for (name, transaction_code) in [
            ("credential_offer_authz_code.txt", None),
            ("credential_offer_by_reference.json", Some(InputMode::Numeric)),
            ("credential_offer_multiple_credentials.json", Some(InputMode::Numeric)),
            ("credential_offer_pre-authz_code.json", Some(InputMode::Numeric)),
        ] {
            let Some(text) = vectors::body(name) else { return };
            let offer = CredentialOffer::read(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            let code = offer.grants.pre_authorized_code.and_then(|grant| grant.transaction_code);
            assert_eq!(code.map(|code| code.input_mode), transaction_code, "{name}");
        }
    }

    #[test]
    fn empty_transaction_code_still_asks_for_one() {
        let mut offer = example();
        offer["grants"][PRE_AUTHORIZED_CODE]["tx_code"] = json!({});
        let offer = CredentialOffer::read(&offer.to_string()).expect("an offer");
        let grant = offer.grants.pre_authorized_code.expect("a grant");
        assert_eq!(grant.transaction_code, Some(TransactionCode::default()));
    }

    #[test]
    fn unknown_members_and_grants_are_ignored() {
        let mut offer = example();
        offer["extra"] = json!(1);
        offer["grants"] = json!({ "urn:example:other": {} });
        assert!(CredentialOffer::read(&offer.to_string()).expect("an offer").grants.is_empty());
    }

    #[test]
    fn offer_that_breaks_a_rule_is_refused() {
        let breaks = |change: &dyn Fn(&mut Value)| {
            let mut offer = example();
            change(&mut offer);
            CredentialOffer::read(&offer.to_string()).is_err()
        };
        assert!(breaks(&|offer| offer["credential_issuer"] = json!("http://issuer.example")));
        assert!(breaks(&|offer| offer["credential_issuer"] = json!("https://issuer.example?a=1")));
        assert!(breaks(&|offer| offer["credential_configuration_ids"] = json!([])));
        assert!(breaks(&|offer| offer["credential_configuration_ids"] = json!(["a", "a"])));
        assert!(breaks(&|offer| offer["credential_configuration_ids"] = json!("a")));
        assert!(breaks(&|offer| offer["grants"][PRE_AUTHORIZED_CODE] = json!({})));
        assert!(breaks(&|offer| offer["grants"][PRE_AUTHORIZED_CODE]["pre-authorized_code"] = json!("")));
        assert!(breaks(&|offer| offer["grants"][PRE_AUTHORIZED_CODE]["tx_code"] = json!({ "input_mode": "voice" })));
        assert!(breaks(&|offer| offer["grants"][PRE_AUTHORIZED_CODE]["tx_code"]["description"] = json!("ñ".repeat(301))));
        assert!(!breaks(&|offer| offer["grants"][PRE_AUTHORIZED_CODE]["tx_code"]["description"] = json!("ñ".repeat(300))));
        assert!(breaks(&|offer| offer["filler"] = json!("a".repeat(MAX_OFFER))));
    }

    #[test]
    fn codes_are_not_printed() {
        let offer = CredentialOffer::read(&example().to_string()).expect("an offer");
        assert!(!format!("{offer:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = CredentialOffer::read(&text);
        }

        #[test]
        fn any_member_of_any_shape_is_read_or_refused(
            name in "(credential_issuer|credential_configuration_ids|grants)",
            text in "[\\[\\]{}\":,0-9a-e ]{0,40}",
        ) {
            if let Ok(value) = json::read("test", &text) {
                let mut offer = example();
                offer[&name] = value;
                let _ = CredentialOffer::read(&offer.to_string());
            }
        }
    }
}
