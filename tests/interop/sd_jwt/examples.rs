//! The worked examples of RFC 9901 and SD-JWT VC, played by the reference implementation from their published specifications.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wallet_core::key::SecretKey;
use wallet_core::platform::{system_now, system_rng};
use wallet_core::securing::Disclosure;
use wallet_core::securing::sd_jwt::{SdJwt, prepare};

use crate::table::row;
use crate::{OURS, PYPI, answered, object, pointers, pypi};

/// The folder of published vectors, from the environment or beside the project.
fn vectors() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors");
    std::env::var_os("CEDULA_VECTORS").map(PathBuf::from).or(Some(beside)).filter(|folder| folder.is_dir())
}

#[test]
fn worked_examples_of_the_specifications_play_alike() {
    let Some(vectors) = vectors() else { return };
    for specification in ["rfc9901-examples", "sd-jwt-vc-examples"] {
        let folder = vectors.join(specification).join("examples");
        let mut names: Vec<PathBuf> = std::fs::read_dir(&folder)
            .expect("the vectors are there")
            .map(|entry| entry.expect("an entry").path().join("specification.yml"))
            .filter(|file| file.is_file())
            .collect();
        names.sort();
        let tasks = names.iter().map(|file| json!({ "example": file, "settings": folder.join("settings.yml") }));
        let examples = pypi(tasks.collect());
        let good = names.iter().zip(&examples).filter(|(name, example)| plays(name, example)).count();
        assert!(good == examples.len() && good > 2, "{specification}: {good} of {}", examples.len());
        row(PYPI, OURS, &format!("{specification}, issued and presented"), good, examples.len());

        // The same claims, concealed by us at the same places.
        let again = pypi(examples.iter().map(reissued).collect());
        let same = examples.iter().zip(&again).filter(|(example, answer)| answered(answer) == answered(example)).count();
        assert_eq!(same, examples.len(), "{again:?}");
        row(OURS, PYPI, &format!("{specification}, issued again"), same, examples.len());
    }
}

/// Whether we see in one example what the library that made it does.
fn plays(name: &Path, example: &Value) -> bool {
    let issuer = SecretKey::from_jwk(&example["issuer"]).unwrap_or_else(|e| panic!("{}: {e} {example}", name.display()));
    let text = |name: &str| example[name].as_str().expect("a text");
    let issued = SdJwt::read(text("issued")).expect("an SD-JWT");
    assert_eq!(issued.check_signature(&issuer.public_key()), Ok(()), "{}", name.display());
    let mut claims = issued.claims().expect("they go together").clone();
    let bound = !example["holder"].is_null();
    if bound {
        claims.shift_remove("cnf").expect("the holder's key");
    }
    assert_eq!(Value::Object(claims), example["claims"], "{}", name.display());
    let mut places: Vec<String> = issued.disclosable().iter().map(ToString::to_string).collect();
    let mut expected: Vec<&str> = example["concealed"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    places.sort();
    expected.sort_unstable();
    assert_eq!(places, expected, "{}", name.display());

    let shown = SdJwt::read(text("presented")).expect("an SD-JWT");
    assert_eq!(shown.check_signature(&issuer.public_key()), Ok(()), "{}", name.display());
    assert_eq!(shown.claims().map(|claims| Value::Object(claims.clone())), Ok(example["verified"].clone()), "{}", name.display());
    if bound {
        let binding = shown.check_binding(&system_now()).expect("the holder's");
        assert_eq!(binding.check_answers(text("nonce"), text("aud")), Ok(()));
    }
    true
}

/// The example issued by us, for the other library to verify.
fn reissued(example: &Value) -> Value {
    let issuer = SecretKey::from_jwk(&example["issuer"]).expect("a private JWK");
    let concealed: Vec<String> =
        example["concealed"].as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let disclosure = Disclosure::Only { pointers: pointers(&concealed), decoys: 2, holder: None };
    let (header, claims) = (object(&example["header"]), object(&example["claims"]));
    let unsigned = prepare(header, claims, &disclosure, &issuer.public_key(), &mut system_rng()).expect("claims");
    let signature = issuer.sign(unsigned.message());
    let text = unsigned.finish(&signature).expect("the signature fits").text().to_owned();
    json!({ "verify": text, "issuer": issuer.public_key().to_jwk() })
}
