//! One kind of credential that an issuer issues, as its metadata describes it (OpenID4VCI 1.0 §12.2.4, appendix A).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CredentialMetadata, Display};
use crate::error::{Result, WalletError};

/// An entry of `credential_configurations_supported`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct CredentialConfiguration {
    /// The format, with what says which credential of that format it is.
    pub format: CredentialFormat,
    /// The scope that asks for it in an authorization request (§5.1.2).
    pub scope: Option<String>,
    /// What the issuer signs with: names of JWS algorithms or cryptosuites; numbers of COSE algorithms for a format of CBOR.
    pub signing_algorithms: Vec<Value>,
    /// What the credential is bound to: `jwk`, or `did:` and a method; empty when it is bound to no key.
    pub binding_methods: Vec<String>,
    /// The key proofs that go with a request, by their type; empty when none is asked for.
    pub proof_types: BTreeMap<String, ProofTypeTerms>,
    /// How people see the credential and its claims.
    pub metadata: CredentialMetadata,
}

/// A credential format, with its own parameters (appendix A).
#[derive(Debug, Clone, PartialEq)]
pub enum CredentialFormat {
    /// A W3C credential with a Data Integrity proof (appendix A.1.2).
    LdpVc(CredentialDefinition),
    /// A W3C credential as a JWT (appendix A.1.1).
    JwtVcJson(CredentialDefinition),
    /// An SD-JWT VC (appendix A.3), by its `vct`.
    SdJwtVc(String),
    /// A format that is not known here, such as `mso_mdoc`, with whatever was said beside the members above.
    Other {
        /// The format's identifier.
        format: String,
        /// Its members.
        members: Map<String, Value>,
    },
}

/// Which W3C credential it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CredentialDefinition {
    /// Its contexts; a JWT names none.
    #[serde(rename = "@context", default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<Value>,
    /// Its types.
    #[serde(rename = "type")]
    pub types: Vec<String>,
}

/// What a key proof of one type must be like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofTypeTerms {
    /// The algorithms, or cryptosuites for `di_vp`, of which the wallet uses one.
    pub proof_signing_alg_values_supported: Vec<String>,
    /// That somebody must attest where the key is kept, and how well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_attestations_required: Option<KeyAttestationsRequired>,
}

/// Which key attestations will do (appendix D.2); any when nothing is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyAttestationsRequired {
    /// How well the key is kept: one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_storage: Vec<String>,
    /// How well its user is recognised: one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_authentication: Vec<String>,
}

impl CredentialFormat {
    /// The format's identifier.
    pub fn as_str(&self) -> &str {
        match self {
            Self::LdpVc(_) => "ldp_vc",
            Self::JwtVcJson(_) => "jwt_vc_json",
            Self::SdJwtVc(_) => "dc+sd-jwt",
            Self::Other { format, .. } => format,
        }
    }

    /// Whether credentials of it can be issued and kept here.
    pub fn is_supported(&self) -> bool {
        !matches!(self, Self::Other { .. })
    }
}

impl CredentialConfiguration {
    /// A configuration of `format` that says nothing further, for credentials bound to no key.
    pub fn new(format: CredentialFormat) -> Self {
        let (scope, signing_algorithms, binding_methods) = (None, Vec::new(), Vec::new());
        let (proof_types, metadata) = (BTreeMap::new(), CredentialMetadata::default());
        Self { format, scope, signing_algorithms, binding_methods, proof_types, metadata }
    }

    /// Whether its credentials are bound to a key of the holder, so that a request needs a proof (§8.2).
    pub fn needs_proof(&self) -> bool {
        !self.proof_types.is_empty()
    }

    /// The credential's name in the language of `tag`, else in the first one.
    pub fn name(&self, tag: &str) -> Option<&str> {
        Display::best_name(&self.metadata.display, tag)
    }
}

/// The same as the standard writes it.
#[derive(Serialize, Deserialize)]
struct Written {
    format: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    credential_signing_alg_values_supported: Vec<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cryptographic_binding_methods_supported: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    proof_types_supported: BTreeMap<String, ProofTypeTerms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_metadata: Option<CredentialMetadata>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl TryFrom<Written> for CredentialConfiguration {
    type Error = WalletError;

    fn try_from(written: Written) -> Result<Self> {
        let metadata = written.credential_metadata.unwrap_or_default();
        let format = format(written.format, written.members)?;
        if format.is_supported() {
            metadata.check()?;
        }
        Ok(Self {
            format,
            scope: written.scope,
            signing_algorithms: written.credential_signing_alg_values_supported,
            binding_methods: written.cryptographic_binding_methods_supported,
            proof_types: written.proof_types_supported,
            metadata,
        })
    }
}

impl From<CredentialConfiguration> for Written {
    fn from(ours: CredentialConfiguration) -> Self {
        let name = ours.format.as_str().to_owned();
        let definition = |definition| serde_json::to_value(definition).expect("a definition is plain data");
        let members = match ours.format {
            CredentialFormat::LdpVc(which) | CredentialFormat::JwtVcJson(which) => {
                Map::from_iter([("credential_definition".to_owned(), definition(which))])
            }
            CredentialFormat::SdJwtVc(vct) => Map::from_iter([("vct".to_owned(), vct.into())]),
            CredentialFormat::Other { members, .. } => members,
        };
        let is_silent = ours.metadata == CredentialMetadata::default();
        Self {
            format: name,
            scope: ours.scope,
            credential_signing_alg_values_supported: ours.signing_algorithms,
            cryptographic_binding_methods_supported: ours.binding_methods,
            proof_types_supported: ours.proof_types,
            credential_metadata: Some(ours.metadata).filter(|_| !is_silent),
            members,
        }
    }
}

fn format(name: String, mut members: Map<String, Value>) -> Result<CredentialFormat> {
    let bad = |reason: &str| WalletError::malformed("credential configuration", reason);
    let mut definition = || -> Result<CredentialDefinition> {
        let written = members.remove("credential_definition").ok_or_else(|| bad("it has no credential_definition"))?;
        let read: CredentialDefinition = serde_json::from_value(written).map_err(|e| bad(&e.to_string()))?;
        if read.types.is_empty() { Err(bad("its credential_definition has no type")) } else { Ok(read) }
    };
    match &*name {
        "ldp_vc" => match definition()? {
            which if which.context.is_empty() => Err(bad("its credential_definition has no @context")),
            which => Ok(CredentialFormat::LdpVc(which)),
        },
        "jwt_vc_json" => Ok(CredentialFormat::JwtVcJson(definition()?)),
        "dc+sd-jwt" => match members.get("vct") {
            Some(Value::String(vct)) if !vct.is_empty() => Ok(CredentialFormat::SdJwtVc(vct.clone())),
            _ => Err(bad("it has no vct")),
        },
        _ => Ok(CredentialFormat::Other { format: name, members }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::vectors;
    use super::*;
    use serde_json::json;

    fn read(json: Value) -> std::result::Result<CredentialConfiguration, serde_json::Error> {
        serde_json::from_value(json)
    }

    #[test]
    fn configurations_of_the_standard_read_back_to_the_same_value() {
        for (name, id, format) in [
            ("credential_metadata_ldp_vc.json", "UniversityDegree_LDP_VC", "ldp_vc"),
            ("credential_metadata_jwt_vc_json.json", "UniversityDegreeCredential", "jwt_vc_json"),
            ("credential_metadata_sd_jwt_vc.json", "SD_JWT_VC_example_in_OpenID4VCI", "dc+sd-jwt"),
            ("credential_metadata_mso_mdoc.json", "org.iso.18013.5.1.mDL", "mso_mdoc"),
        ] {
            let Some(text) = vectors::body(name) else { return };
            let all: Value = serde_json::from_str(&text).expect("JSON");
            let written = &all["credential_configurations_supported"][id];
            let configuration = read(written.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(configuration.format.as_str(), format);
            assert_eq!(configuration.format.is_supported(), format != "mso_mdoc");
            assert_eq!(&serde_json::to_value(configuration).expect("JSON"), written, "{name}");
        }
    }

    #[test]
    fn what_is_asked_of_keys_is_read() {
        let configuration = read(json!({
            "format": "dc+sd-jwt", "vct": "urn:example:id", "cryptographic_binding_methods_supported": ["jwk"],
            "proof_types_supported": { "jwt": {
                "proof_signing_alg_values_supported": ["ES256"],
                "key_attestations_required": { "key_storage": ["iso_18045_high"] },
            } },
        }))
        .expect("a configuration");
        assert!(configuration.needs_proof());
        let required = configuration.proof_types["jwt"].key_attestations_required.as_ref().expect("attestations");
        assert_eq!(required.key_storage, ["iso_18045_high"]);
    }

    #[test]
    fn known_format_without_its_parameters_is_refused_and_an_unknown_one_is_kept() {
        for bad in [
            json!({ "format": "dc+sd-jwt" }),
            json!({ "format": "dc+sd-jwt", "vct": "" }),
            json!({ "format": "ldp_vc", "credential_definition": { "type": ["A"] } }),
            json!({ "format": "jwt_vc_json", "credential_definition": { "type": [] } }),
            json!({ "format": "jwt_vc_json" }),
            json!({}),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
        let other = read(json!({ "format": "vc+sd-jwt", "vct": 7 })).expect("an unknown format");
        assert!(!other.format.is_supported());
    }
}
