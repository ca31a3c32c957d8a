//! Resources pinned by digest: VC DM 2.0 §5.3.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use wallet_core::error::WalletError;
use wallet_core::securing::Mechanism;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::trust_pack::Entries;
use wallet_core::verification::{Known, Reason, Warning};

use super::stage::{OVER_JSON, Stage, UNDEFINED_TERMS, V2};

const PHOTO: &str = "https://uni.example/photo.png";
/// The SHA-256 of `abc` (FIPS 180-4), as SRI and as multihash.
const ABC_SRI: &str = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
const ABC_MULTIBASE: &str = "uEiC6eBa_jwHP6kFBQN5driIjsANho5YXepy0EP9h8gAVrQ";

/// The digest of the base context, as VC DM 2.0 appendix B.1 gives it in hexadecimal.
fn base_context_sri() -> String {
    let hex = "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734";
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).expect("hexadecimal")).collect();
    format!("sha256-{}", BASE64_STANDARD.encode(bytes))
}

fn pinned(stage: &Stage, resources: Value) -> serde_json::Map<String, Value> {
    stage.with(|json| json["relatedResource"] = resources)
}

#[test]
fn context_is_the_one_the_credential_was_issued_with() {
    let stage = Stage::new();
    let multibase = "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA";
    for digest in [json!({ "digestSRI": base_context_sri() }), json!({ "digestMultibase": multibase })] {
        let mut resource = digest;
        resource["id"] = V2.into();
        resource["mediaType"] = "application/ld+json".into();
        stage.accepts(&pinned(&stage, json!([resource])));
    }
    for digest in [json!({ "digestSRI": ABC_SRI }), json!({ "digestMultibase": ABC_MULTIBASE })] {
        let mut resource = digest;
        resource["id"] = V2.into();
        let document = pinned(&stage, json!([resource]));
        for mechanism in [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022, Mechanism::Jwt] {
            assert!(matches!(stage.prepare(document.clone(), mechanism), Err(WalletError::Misused { .. })), "{mechanism:?}");
            let verdict = stage.judge(&stage.sign(document.clone(), mechanism));
            let url = V2.to_owned();
            assert_eq!(verdict.reasons()[0].what, Reason::ResourceMismatch { url }, "{verdict:#?}");
        }
    }
}

#[test]
fn every_algorithm_of_the_recommendation_is_computed() {
    let mut stage = Stage::new();
    stage.world.evidence.resources.insert(PHOTO.to_owned(), known(&stage, b"abc"));
    for digest in [
        json!({ "digestSRI": ABC_SRI }),
        json!({ "digestSRI": "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn" }),
        json!({ "digestSRI": "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==" }),
        json!({ "digestMultibase": ABC_MULTIBASE }),
        json!({ "digestSRI": ABC_SRI, "digestMultibase": ABC_MULTIBASE }),
    ] {
        let mut resource = digest;
        resource["id"] = PHOTO.into();
        let verdict = stage.judge(&stage.sign(pinned(&stage, resource), Mechanism::Jwt));
        assert_eq!(verdict.word(), "accepted", "{verdict:#?}");
    }
    stage.world.evidence.resources.insert(PHOTO.to_owned(), known(&stage, b"abd"));
    let resource = json!({ "id": PHOTO, "digestMultibase": ABC_MULTIBASE });
    let verdict = stage.judge(&stage.sign(pinned(&stage, resource), Mechanism::Jwt));
    assert_eq!(verdict.reasons()[0].what, Reason::ResourceMismatch { url: PHOTO.to_owned() });
}

fn known(stage: &Stage, bytes: &[u8]) -> Known<Vec<u8>> {
    Known::Found { what: bytes.to_vec(), as_of: stage.world.now.clone() }
}

#[test]
fn resource_that_is_not_at_hand_is_said_so() {
    let mut stage = Stage::new();
    let resource = json!({ "id": PHOTO, "digestSRI": ABC_SRI });
    let missing = Known::Missing { why: "time-out".to_owned() };
    for known in [None, Some(missing)] {
        known.map(|known| stage.world.evidence.resources.insert(PHOTO.to_owned(), known));
        for mechanism in OVER_JSON {
            let verdict = stage.judge(&stage.sign(pinned(&stage, resource.clone()), mechanism));
            let warnings = verdict.verified().expect("nobody has used it").warnings();
            let expected = Warning::ResourceNotChecked { url: PHOTO.to_owned() };
            assert!(warnings.iter().any(|found| found.what == expected), "{verdict:#?}");
        }
    }
}

#[test]
fn context_whose_bytes_are_not_known_is_not_compared() {
    let url = "https://uni.example/contexts/v1";
    let members = json!({ "@context": { "mark": "https://uni.example/vocab#mark" } });
    let text = serde_json::to_string_pretty(&members).expect("JSON");
    let resource = json!({ "id": url, "digestSRI": ABC_SRI });
    let verdict = |contexts: Contexts| {
        let mut stage = Stage::new();
        stage.world.evidence.contexts = contexts;
        stage.judge(&stage.sign(pinned(&stage, resource.clone()), Mechanism::Jwt))
    };
    // Byte for byte, the digest is wrong; by its members alone, nobody can say.
    let mut packed = Entries::new();
    packed.add_context(url, &text);
    assert_eq!(
        verdict(packed.evidence().expect("a context").contexts).reasons()[0].what,
        Reason::ResourceMismatch { url: url.to_owned() }
    );
    let by_members = Contexts::bundled().with_members(url, &members).expect("a context");
    assert_eq!(verdict(by_members).word(), "accepted");
    assert!(Contexts::bundled().text(UNDEFINED_TERMS).is_some());
}
