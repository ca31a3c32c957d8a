//! Whose key it is, what it is for, when it is valid, and of which kind.

use serde_json::{Value, json};
use wallet_core::did::{Did, DidUrl, VerificationRelationship};
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::{Kind, Mechanism};
use wallet_core::verification::{Gap, Known, Reason, SigningTime};

use crate::corpus::{Attack, Scene, around, base64url, jcs, jwt, rdfc, without_status};
use crate::world::{Party, at};

const RDFC: Mechanism = Mechanism::EddsaRdfc2022;

pub fn attacks() -> Vec<Attack> {
    [whose(), purposes(), times(), kinds()].into_iter().flatten().collect()
}

/// The diploma signed with `key` under the university's method name.
fn by_another_key(scene: &mut Scene, mechanism: Mechanism, algorithm: KeyAlgorithm) -> String {
    let mut forger = Party::new(scene.world.university.did.as_str(), algorithm, 66);
    forger.fragment = scene.world.university.fragment.clone();
    forger.sign(scene.world.diploma.clone(), &forger.options(Kind::Credential, mechanism)).text().to_owned()
}

fn under_method(mechanism: Mechanism, method: impl Fn(&Did) -> String + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |scene, _| {
        let method: DidUrl = method(&scene.world.university.did).parse().expect("a DID URL");
        scene.world.issue_with(|options| (options.mechanism, options.method) = (mechanism, method)).text().to_owned()
    }
}

fn whose() -> Vec<Attack> {
    let by_mallory = |mechanism| {
        move |scene: &mut Scene, _| {
            let mallory = scene.mallory();
            mallory.sign(scene.world.diploma.clone(), &mallory.options(Kind::Credential, mechanism)).text().to_owned()
        }
    };
    vec![
        Attack::new(
            "issuer is not the controller of the key (rdfc)",
            rdfc,
            by_mallory(RDFC),
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "issuer is not the controller of the key (jcs)",
            jcs,
            by_mallory(Mechanism::EddsaJcs2022),
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "issuer is not the controller of the key (jwt)",
            jwt,
            by_mallory(Mechanism::Jwt),
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "another key signs under the name of the issuer's (rdfc)",
            rdfc,
            |scene, _| by_another_key(scene, RDFC, KeyAlgorithm::Ed25519),
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "another key signs under the name of the issuer's (jwt)",
            jwt,
            |scene, _| by_another_key(scene, Mechanism::Jwt, KeyAlgorithm::Ed25519),
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "key was never in the issuer's document",
            rdfc,
            under_method(RDFC, |did| format!("{did}#delegate-9")),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "method names the document and no key in it",
            rdfc,
            under_method(RDFC, Did::to_string),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "method is asked for at a version of the attacker's choice",
            rdfc,
            under_method(RDFC, |did| format!("{did}?versionId=1#delegate-1")),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "method has a path",
            rdfc,
            under_method(RDFC, |did| format!("{did}/keys#delegate-1")),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "method differs in the case of a letter",
            rdfc,
            under_method(RDFC, |did| format!("{did}#Delegate-1")),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "issuer's DID differs in the case of a letter",
            rdfc,
            |scene, _| {
                let other = scene.world.university.did.as_str().replace('b', "B");
                scene.issue_changed(RDFC, |diploma| diploma["issuer"]["id"] = json!(other))
            },
            rejected!(Reason::SignerMismatch { .. }, open Gap::UnknownIssuer { .. } | Gap::StatusNotGood { .. }),
        ),
        Attack::new(
            "issuer's DID is a DID URL",
            rdfc,
            |scene, _| {
                let other = scene.world.university.method().to_string();
                scene.issue_changed(RDFC, |diploma| diploma["issuer"]["id"] = json!(other))
            },
            rejected!(Reason::SignerMismatch { .. }, open Gap::UnknownIssuer { .. } | Gap::StatusNotGood { .. }),
        ),
        Attack::new(
            "issuer's DID cannot exist",
            rdfc,
            around(|scene| {
                let did = scene.world.university.did.clone();
                scene.world.evidence.resolutions.insert(did, Known::Impossible);
            }),
            rejected!(Reason::InvalidDid { .. }, open Gap::StatusNotGood { .. }),
        ),
        Attack::new(
            "nobody knows the issuer's DID",
            without_status(RDFC),
            around(|scene| {
                let did = scene.world.university.did.clone();
                scene.world.evidence.resolutions.remove(&did);
            }),
            undetermined!(Gap::Unresolved { .. }),
        ),
    ]
}

fn purposes() -> Vec<Attack> {
    let only = |relationships: &'static [VerificationRelationship]| {
        around(move |scene: &mut Scene| {
            let did = scene.world.university.did.clone();
            scene.world.registry_says(&did, |resolution| {
                resolution.document.verification_methods[0].relationships = relationships.to_vec();
            });
        })
    };
    use VerificationRelationship::{Authentication, CapabilityDelegation, CapabilityInvocation, KeyAgreement};
    vec![
        Attack::new("login key issues", without_status(RDFC), only(&[Authentication]), rejected!(Reason::WrongPurpose { .. })),
        Attack::new(
            "login key issues a token",
            without_status(Mechanism::Jwt),
            only(&[Authentication]),
            rejected!(Reason::WrongPurpose { .. }),
        ),
        Attack::new("encryption key issues", without_status(RDFC), only(&[KeyAgreement]), rejected!(Reason::WrongPurpose { .. })),
        Attack::new(
            "key for capabilities issues",
            without_status(RDFC),
            only(&[CapabilityInvocation, CapabilityDelegation]),
            rejected!(Reason::WrongPurpose { .. }),
        ),
        Attack::new("key for nothing issues", without_status(RDFC), only(&[]), rejected!(Reason::WrongPurpose { .. })),
    ]
}

fn times() -> Vec<Attack> {
    let history = |end: &'static str, block| {
        around(move |scene: &mut Scene| {
            let did = scene.world.university.did.clone();
            scene.world.registry_says(&did, |resolution| {
                resolution.document.verification_methods.clear();
                (resolution.history[0].until, resolution.history[0].until_block) = (Some(at(end)), block);
            });
        })
    };
    let in_document = |name: &'static str, time: &'static str| {
        around(move |scene: &mut Scene| {
            scene.university_document(|document| document["verificationMethod"][0][name] = json!(time))
        })
    };
    vec![
        Attack::new(
            "key was revoked before it signed",
            without_status(RDFC),
            history("2026-02-15T00:00:00Z", Some(30)),
            rejected!(Reason::KeyRevoked { .. }),
        ),
        Attack::new(
            "key had run out before it signed",
            without_status(Mechanism::Jwt),
            history("2026-02-15T00:00:00Z", None),
            rejected!(Reason::KeyExpired { .. }),
        ),
        Attack::new(
            "key is revoked at the very second it signs",
            without_status(RDFC),
            history("2026-03-01T12:00:00Z", Some(30)),
            rejected!(Reason::KeyRevoked { .. }),
        ),
        Attack::new(
            "stolen and revoked key writes an earlier date",
            |scene| {
                scene.world.diploma.remove("credentialStatus");
                scene.world.issue_with(|options| options.created = at("2026-02-01T00:00:00Z")).text().to_owned()
            },
            history("2026-02-15T00:00:00Z", Some(30)),
            undetermined!(Gap::SigningTimeUnproven { .. }),
        ),
        Attack::new(
            "claimed date after the revocation does not help where dates are believed",
            |scene| {
                scene.world.expected.signing_time = SigningTime::Claimed;
                without_status(RDFC)(scene)
            },
            history("2026-02-15T00:00:00Z", Some(30)),
            rejected!(Reason::KeyRevoked { .. }),
        ),
        Attack::new(
            "key was added after the date the proof claims",
            without_status(RDFC),
            around(|scene| {
                let did = scene.world.university.did.clone();
                scene.world.registry_says(&did, |resolution| resolution.history[0].from = at("2026-03-01T12:10:00Z"));
            }),
            rejected!(Reason::KeyFromLater { .. }),
        ),
        Attack::new(
            "document itself says that the key was revoked",
            without_status(RDFC),
            in_document("revoked", "2026-02-15T00:00:00Z"),
            rejected!(Reason::KeyRevoked { .. }),
        ),
        Attack::new(
            "document itself says that the key has expired",
            without_status(RDFC),
            in_document("expires", "2026-02-15T00:00:00Z"),
            rejected!(Reason::KeyExpired { .. }),
        ),
        Attack::new(
            "issuer gave up its identity",
            without_status(RDFC),
            around(|scene| {
                let did = scene.world.university.did.clone();
                scene.world.registry_says(&did, |resolution| {
                    resolution.document.verification_methods.clear();
                    resolution.history.clear();
                    resolution.metadata.deactivated = Some(true);
                });
            }),
            rejected!(Reason::Deactivated { .. }),
        ),
    ]
}

/// Changes the key material of the university's method.
pub fn material(member: &'static str, value: impl Fn(&Scene) -> Value + 'static) -> impl Fn(&mut Scene, String) -> String {
    around(move |scene| {
        let value = value(scene);
        scene.university_document(|document| {
            let method = document["verificationMethod"][0].as_object_mut().expect("an object");
            method.retain(|name, _| !name.starts_with("publicKey"));
            method.insert(member.to_owned(), value);
            if member == "publicKeyJwk" {
                method.insert("type".to_owned(), json!("JsonWebKey"));
            }
        });
    })
}

fn kinds() -> Vec<Attack> {
    let other = |algorithm| move |_: &Scene| json!(Party::holder(algorithm, 9).key.public_key().to_multikey());
    vec![
        Attack::new(
            "document has a P-256 key where an Ed25519 one signed",
            without_status(RDFC),
            material("publicKeyMultibase", other(KeyAlgorithm::P256)),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "document has a chain key where an Ed25519 one signed",
            without_status(Mechanism::Jwt),
            material("publicKeyMultibase", other(KeyAlgorithm::Secp256k1)),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "P-256 signature under an Ed25519 key",
            jwt,
            |scene, _| by_another_key(scene, Mechanism::Jwt, KeyAlgorithm::P256),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "method has two keys and nobody can say which is meant",
            without_status(RDFC),
            around(|scene| {
                let jwk = Party::holder(KeyAlgorithm::Ed25519, 9).key.public_key().to_jwk();
                scene.university_document(|document| document["verificationMethod"][0]["publicKeyJwk"] = jwk);
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "method is of a type that its key is not of",
            without_status(RDFC),
            around(|scene| {
                scene.university_document(|document| {
                    document["verificationMethod"][0]["type"] = json!("EcdsaSecp256k1VerificationKey2019");
                });
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "document publishes the private half of its key",
            without_status(RDFC),
            material("publicKeyJwk", |scene| {
                let mut jwk = scene.world.university.key.public_key().to_jwk();
                jwk["d"] = json!(base64url(scene.world.university.key.expose()));
                jwk
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "symmetric key in the document",
            without_status(RDFC),
            material("publicKeyJwk", |_| json!({ "kty": "oct", "k": "c2VjcmV0" })),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "key says one type and another curve",
            without_status(RDFC),
            material("publicKeyJwk", |scene| {
                let mut jwk = scene.world.university.key.public_key().to_jwk();
                jwk["kty"] = json!("EC");
                jwk
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
    ]
}
