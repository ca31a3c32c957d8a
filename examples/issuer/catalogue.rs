//! The catalogue: each document in each format, and how it is signed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wallet_core::credential::ClaimPath;
use wallet_core::did::Did;
use wallet_core::error::Result;
use wallet_core::issuance::{
    ClaimDescription, CredentialConfiguration, CredentialDefinition, CredentialFormat, CredentialMetadata, Display,
    KeyAttestationsRequired, ProofTypeTerms,
};
use wallet_core::issuer::SigningTerms;
use wallet_core::issuer::credential_issuer::{OfferedCredential, SharedIssuer};
use wallet_core::json::JsonPointer;
use wallet_core::oauth::Endpoint;
use wallet_core::securing::{Disclosure, Mechanism};
use wallet_core::status::StatusPurpose;
use wallet_core::time::Timestamp;
use wallet_core::x509::CertificateChain;

use crate::identities::Identities;
use crate::people::Document;

/// What a holder of a credential with selective disclosure always shows.
const ALWAYS_SHOWN: [&str; 4] = ["/issuer", "/validFrom", "/validUntil", "/credentialStatus"];
const SIGNING: [&str; 2] = ["ES256", "EdDSA"];
const SUITES: [&str; 4] = ["eddsa-rdfc-2022", "ecdsa-rdfc-2019", "eddsa-jcs-2022", "ecdsa-jcs-2019"];

/// One entry of the catalogue.
pub struct Entry {
    document: Document,
    form: Form,
}

/// How a credential is signed, and by what name its issuer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Data Integrity by a DID.
    Eddsa,
    /// Data Integrity of which the holder may leave out parts, by a DID.
    EcdsaSd,
    /// A JWT by a DID.
    Jwt,
    /// An SD-JWT VC by a DID.
    SdJwt,
    /// An SD-JWT VC by a web address, whose keys are beside it.
    SdJwtWeb,
    /// An SD-JWT VC by a certificate.
    SdJwtX5c,
}

impl Form {
    fn ending(self) -> &'static str {
        match self {
            Self::Eddsa => "ldp_vc",
            Self::EcdsaSd => "ldp_vc_sd",
            Self::Jwt => "jwt_vc_json",
            Self::SdJwt => "sd_jwt",
            Self::SdJwtWeb => "sd_jwt_web",
            Self::SdJwtX5c => "sd_jwt_x5c",
        }
    }

    fn mechanism(self) -> Mechanism {
        match self {
            Self::Eddsa => Mechanism::EddsaRdfc2022,
            Self::EcdsaSd => Mechanism::EcdsaSd2023,
            Self::Jwt => Mechanism::Jwt,
            Self::SdJwt | Self::SdJwtWeb | Self::SdJwtX5c => Mechanism::SdJwtVc,
        }
    }
}

/// Who signs, and what is asked of wallets.
pub struct Shop<'a> {
    pub name: &'a str,
    pub identities: &'a Identities,
    pub ed25519: SharedIssuer,
    pub p256: SharedIssuer,
    /// Whether a key needs an attestation.
    pub attested: bool,
    /// Whether somebody is trusted to attest keys.
    pub takes_attestations: bool,
}

/// All entries, by the names of their configurations; only those that HAIP 1.0 allows where it is kept to.
pub fn entries(identities: &Identities, haip: bool) -> BTreeMap<String, Entry> {
    let mut forms = match haip {
        true => Vec::new(),
        false => vec![Form::Eddsa, Form::EcdsaSd, Form::Jwt, Form::SdJwt, Form::SdJwtWeb],
    };
    forms.extend(identities.certificates.as_ref().map(|_| Form::SdJwtX5c));
    let all = Document::ALL.into_iter().flat_map(|document| forms.iter().map(move |&form| Entry { document, form }));
    all.map(|entry| (format!("{}_{}", entry.document.name(), entry.form.ending()), entry)).collect()
}

impl Entry {
    /// The name in the language of `tag`.
    pub fn title(&self, tag: &str) -> &'static str {
        let titles = self.document.titles();
        titles.iter().find(|(_, language)| *language == tag).unwrap_or(&titles[0]).0
    }

    /// The credential of the one person this service knows.
    pub fn credential(
        &self,
        identities: &Identities,
        (base, name): (&Endpoint, &str),
        now: &Timestamp,
    ) -> Result<Map<String, Value>> {
        match self.form {
            Form::Eddsa | Form::EcdsaSd | Form::Jwt => self.document.credential(self.did(identities), name, now),
            Form::SdJwt => Ok(self.document.claims(self.did(identities).as_str(), now)),
            Form::SdJwtWeb | Form::SdJwtX5c => Ok(self.document.claims(base.as_str(), now)),
        }
    }

    /// The entry as the credential issuer offers it under `name`.
    pub fn offered(&self, name: &str, shop: &Shop<'_>, now: &Timestamp) -> Result<OfferedCredential> {
        let issuer = if self.form == Form::Eddsa { &shop.ed25519 } else { &shop.p256 };
        let terms = SigningTerms {
            purposes: vec![StatusPurpose::Revocation],
            disclosure: self.disclosure()?,
            certificates: self.certificates(shop.identities),
            ..SigningTerms::of(self.form.mechanism())
        };
        Ok(OfferedCredential { configuration: self.configuration(name, shop, now)?, issuer: issuer.clone(), terms })
    }

    fn did<'a>(&self, identities: &'a Identities) -> &'a Did {
        if self.form == Form::Eddsa { &identities.ed25519.did } else { &identities.p256.did }
    }

    fn certificates(&self, identities: &Identities) -> Option<CertificateChain> {
        identities.certificates.clone().filter(|_| self.form == Form::SdJwtX5c)
    }

    fn disclosure(&self) -> Result<Disclosure> {
        match self.form {
            Form::Eddsa | Form::Jwt => Ok(Disclosure::Whole),
            Form::EcdsaSd => Ok(Disclosure::AllBut(ALWAYS_SHOWN.iter().map(|text| text.parse()).collect::<Result<_>>()?)),
            Form::SdJwt | Form::SdJwtWeb | Form::SdJwtX5c => {
                let pointers = self.document.claim_names().iter().map(|(name, _)| JsonPointer::new([*name])).collect();
                Ok(Disclosure::Only { pointers, decoys: 1, holder: None })
            }
        }
    }

    fn configuration(&self, name: &str, shop: &Shop<'_>, now: &Timestamp) -> Result<CredentialConfiguration> {
        let (format, signed_by, suites) = match self.form {
            Form::Eddsa | Form::EcdsaSd => {
                let document = self.document.credential(self.did(shop.identities), shop.name, now)?;
                (CredentialFormat::LdpVc(definition(&document)), self.form.mechanism().as_str(), true)
            }
            Form::Jwt => {
                let document = self.document.credential(self.did(shop.identities), shop.name, now)?;
                let definition = CredentialDefinition { context: Vec::new(), ..definition(&document) };
                (CredentialFormat::JwtVcJson(definition), "ES256", false)
            }
            Form::SdJwt | Form::SdJwtWeb | Form::SdJwtX5c => {
                (CredentialFormat::SdJwtVc(self.document.vct().to_owned()), "ES256", false)
            }
        };
        let is_claims = matches!(format, CredentialFormat::SdJwtVc(_));
        Ok(CredentialConfiguration {
            scope: Some(name.to_owned()),
            signing_algorithms: vec![json!(signed_by)],
            binding_methods: ["jwk", "did:key", "did:jwk"].map(str::to_owned).to_vec(),
            proof_types: proof_types(shop, suites),
            metadata: self.metadata(is_claims)?,
            ..CredentialConfiguration::new(format)
        })
    }

    fn metadata(&self, with_claims: bool) -> Result<CredentialMetadata> {
        let display = self.document.titles().map(|(title, language)| Display {
            background_color: Some("#123a5e".to_owned()),
            text_color: Some("#ffffff".to_owned()),
            ..Display::named(title, language)
        });
        let described = if with_claims { self.document.claim_names() } else { &[] };
        let claim = |(name, titles): &(&str, [&str; 3])| {
            let display =
                titles.iter().zip(["es", "en", "pt"]).map(|(title, language)| Display::named(*title, language)).collect();
            Ok(ClaimDescription { path: ClaimPath::members([*name])?, mandatory: true, display })
        };
        Ok(CredentialMetadata { display: display.to_vec(), claims: described.iter().map(claim).collect::<Result<_>>()? })
    }
}

/// The contexts and types that a credential has.
fn definition(credential: &Map<String, Value>) -> CredentialDefinition {
    let list = |name: &str| credential.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let types = list("type").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    CredentialDefinition { context: list("@context"), types }
}

fn proof_types(shop: &Shop<'_>, suites: bool) -> BTreeMap<String, ProofTypeTerms> {
    let terms = |names: &[&str]| ProofTypeTerms {
        proof_signing_alg_values_supported: names.iter().map(|&name| name.to_owned()).collect(),
        key_attestations_required: shop.attested.then(KeyAttestationsRequired::default),
    };
    let mut all = BTreeMap::from([("jwt".to_owned(), terms(&SIGNING))]);
    if suites && !shop.attested {
        all.insert("di_vp".to_owned(), terms(&SUITES));
    }
    if shop.takes_attestations {
        all.insert("attestation".to_owned(), terms(&SIGNING));
    }
    all
}
