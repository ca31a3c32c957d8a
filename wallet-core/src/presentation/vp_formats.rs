//! Which signatures the other side takes (`vp_formats_supported`, OpenID4VP 1.0 §11.1, App. B).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::dcql::CredentialFormat;
use crate::error::{Result, WalletError};
use crate::key::KeyAlgorithm;
use crate::securing::{Mechanism, Secured};

/// The most formats, and the most values of one of their parameters.
const MAX_VALUES: usize = 64;

/// Which signatures are taken, by format and parameter; what is not named is not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VpFormats(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl VpFormats {
    /// What this library signs and verifies.
    pub fn ours() -> Self {
        let tokens = json!(["ES256", "ES384", "EdDSA", "Ed25519"]);
        let value = json!({
            "dc+sd-jwt": { "sd-jwt_alg_values": tokens, "kb-jwt_alg_values": tokens },
            "jwt_vc_json": { "alg_values": tokens },
            "ldp_vc": {
                "proof_type_values": ["DataIntegrityProof", "Ed25519Signature2020", "JsonWebSignature2020"],
                "cryptosuite_values": [
                    "eddsa-rdfc-2022", "ecdsa-rdfc-2019", "ecdsa-sd-2023", "eddsa-jcs-2022", "ecdsa-jcs-2019", "bbs-2023"
                ],
            },
        });
        Self::from_value(&value).expect("it is written as the standard says")
    }

    /// Reads the value of `vp_formats_supported`; parameters of formats that are not known are kept where they are lists of text.
    pub fn from_value(value: &Value) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("vp_formats_supported", reason);
        let formats = value.as_object().ok_or_else(|| bad("it is not an object"))?;
        if formats.len() > MAX_VALUES {
            return Err(bad("it names too many formats"));
        }
        let mut read = BTreeMap::new();
        for (format, parameters) in formats {
            let parameters = parameters.as_object().ok_or_else(|| bad("what it says of a format is not an object"))?;
            let mut lists = BTreeMap::new();
            for (name, values) in parameters.iter().take(MAX_VALUES) {
                let Some(texts) = texts(values) else { continue };
                if texts.is_empty() || texts.len() > MAX_VALUES {
                    return Err(bad("a list in it is empty, or too long"));
                }
                lists.insert(name.clone(), texts);
            }
            read.insert(format.clone(), lists);
        }
        Ok(Self(read))
    }

    /// The value of `vp_formats_supported`.
    pub fn to_json(&self) -> Value {
        self.0.iter().map(|(format, lists)| (format.clone(), json!(lists))).collect::<Map<_, _>>().into()
    }

    /// Whether a credential is signed in a way that is taken, and can be presented by a `key` of that kind where one is given.
    pub(super) fn take(&self, credential: &Secured, key: Option<KeyAlgorithm>) -> bool {
        let Some(format) = CredentialFormat::of(credential) else { return false };
        let signed = match (&format, credential.proofs().first().map(|proof| proof.mechanism)) {
            (CredentialFormat::LdpVc, Some(mechanism)) => self.allow_suite(mechanism),
            (CredentialFormat::JwtVcJson, _) => self.allow_algorithm("jwt_vc_json", "alg_values", credential.algorithm()),
            (CredentialFormat::SdJwtVc, _) => self.allow_algorithm("dc+sd-jwt", "sd-jwt_alg_values", credential.algorithm()),
            _ => true,
        };
        signed && key.is_none_or(|key| self.presenting(&format, key).is_some())
    }

    /// How a holder's key signs a presentation in a format so that it is taken; none when it cannot.
    pub fn presenting(&self, format: &CredentialFormat, key: KeyAlgorithm) -> Option<Mechanism> {
        let allowed = |parameter: &str| self.allow_algorithm(format.as_str(), parameter, key.jose());
        match (format, key) {
            (CredentialFormat::LdpVc, KeyAlgorithm::Ed25519) => {
                [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022].into_iter().find(|suite| self.allow_suite(*suite))
            }
            (CredentialFormat::LdpVc, KeyAlgorithm::P256 | KeyAlgorithm::P384) => {
                [Mechanism::EcdsaRdfc2019, Mechanism::EcdsaJcs2019].into_iter().find(|suite| self.allow_suite(*suite))
            }
            (CredentialFormat::JwtVcJson, _) => Some(Mechanism::Jwt).filter(|_| key.jose().is_some() && allowed("alg_values")),
            (CredentialFormat::SdJwtVc, _) => {
                Some(Mechanism::SdJwtVc).filter(|_| key.jose().is_some() && allowed("kb-jwt_alg_values"))
            }
            (CredentialFormat::W3cSdJwt, _) => Some(Mechanism::SdJwt).filter(|_| key.jose().is_some()),
            _ => None,
        }
    }

    /// Whether a format that can be presented is among those that are named; none is limited where none is named.
    pub(super) fn take_any(&self) -> bool {
        self.0.is_empty() || self.0.keys().any(|name| !matches!(CredentialFormat::from_name(name), CredentialFormat::Other(_)))
    }

    fn allow_algorithm(&self, format: &str, parameter: &str, algorithm: Option<&str>) -> bool {
        match algorithm {
            // RFC 9864 gives Ed25519 a name of its own beside RFC 8037's.
            Some("EdDSA" | "Ed25519") => self.allow(format, parameter, "EdDSA") || self.allow(format, parameter, "Ed25519"),
            Some(algorithm) => self.allow(format, parameter, algorithm),
            None => false,
        }
    }

    fn allow_suite(&self, mechanism: Mechanism) -> bool {
        match mechanism {
            Mechanism::Ed25519Signature2020 | Mechanism::JsonWebSignature2020 => {
                self.allow("ldp_vc", "proof_type_values", mechanism.as_str())
            }
            suite => {
                self.allow("ldp_vc", "proof_type_values", "DataIntegrityProof")
                    && self.allow("ldp_vc", "cryptosuite_values", suite.as_str())
            }
        }
    }

    fn allow(&self, format: &str, parameter: &str, value: &str) -> bool {
        let list = self.0.get(format).and_then(|lists| lists.get(parameter));
        list.is_none_or(|values| values.iter().any(|one| one == value))
    }
}

fn texts(values: &Value) -> Option<Vec<String>> {
    values.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn formats(value: Value) -> VpFormats {
        VpFormats::from_value(&value).expect("formats")
    }

    #[test]
    fn what_is_not_named_is_not_limited() {
        let (key, any) = (KeyAlgorithm::P256, formats(json!({ "mso_mdoc": { "deviceauth_alg_values": [-9] } })));
        assert_eq!(any.presenting(&CredentialFormat::SdJwtVc, key), Some(Mechanism::SdJwtVc));
        assert_eq!(any.presenting(&CredentialFormat::LdpVc, key), Some(Mechanism::EcdsaRdfc2019));
        assert_eq!(any.presenting(&CredentialFormat::Other("mso_mdoc".to_owned()), key), None);
    }

    #[test]
    fn key_presents_in_the_way_that_is_taken() {
        let taken = formats(json!({
            "dc+sd-jwt": { "kb-jwt_alg_values": ["Ed25519"] }, "jwt_vc_json": { "alg_values": ["ES384"] },
            "ldp_vc": { "proof_type_values": ["DataIntegrityProof"], "cryptosuite_values": ["eddsa-jcs-2022", "ecdsa-jcs-2019"] },
        }));
        for (format, key, mechanism) in [
            (CredentialFormat::SdJwtVc, KeyAlgorithm::Ed25519, Some(Mechanism::SdJwtVc)),
            (CredentialFormat::SdJwtVc, KeyAlgorithm::P256, None),
            (CredentialFormat::JwtVcJson, KeyAlgorithm::P384, Some(Mechanism::Jwt)),
            (CredentialFormat::JwtVcJson, KeyAlgorithm::P256, None),
            (CredentialFormat::LdpVc, KeyAlgorithm::Ed25519, Some(Mechanism::EddsaJcs2022)),
            (CredentialFormat::LdpVc, KeyAlgorithm::P256, Some(Mechanism::EcdsaJcs2019)),
            (CredentialFormat::LdpVc, KeyAlgorithm::Secp256k1, None),
        ] {
            assert_eq!(taken.presenting(&format, key), mechanism, "{format} {key:?}");
        }
        let linked_data = formats(json!({ "ldp_vc": { "proof_type_values": ["Ed25519Signature2020"] } }));
        assert_eq!(linked_data.presenting(&CredentialFormat::LdpVc, KeyAlgorithm::Ed25519), None);
    }

    #[test]
    fn formats_that_are_none_are_refused() {
        for bad in [json!([]), json!({ "ldp_vc": [] }), json!({ "ldp_vc": { "cryptosuite_values": [] } })] {
            assert!(VpFormats::from_value(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused_and_what_was_read_reads_back(text in "[\\[\\]{}\":,a-e]{0,40}") {
            if let Ok(Ok(formats)) = serde_json::from_str::<Value>(&text).map(|value| VpFormats::from_value(&value)) {
                prop_assert_eq!(VpFormats::from_value(&formats.to_json()), Ok(formats));
            }
        }
    }
}
