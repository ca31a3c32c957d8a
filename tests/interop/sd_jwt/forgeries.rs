//! What is wrong in itself, put before us and before the others.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::platform::system_now;
use wallet_core::securing::sd_jwt::HashAlgorithm;

use crate::table::row;
use crate::{AUDIENCE, NONCE, NPM, PYPI, Shape, claims, key, npm, pypi, we_issue, we_present, we_verify};

/// One way to break a presentation of `/given_name` and `/family_name`, and who refuses it beside us.
struct Forgery {
    name: &'static str,
    text: String,
    npm: bool,
    pypi: bool,
}

#[test]
fn forgeries_are_refused_and_where_others_let_one_pass_it_is_known() {
    let (issuer, holder, stranger) = (key(KeyAlgorithm::P256, 7), key(KeyAlgorithm::P256, 8), key(KeyAlgorithm::P256, 9));
    let shape = Shape::new("two", &["/given_name", "/family_name"], &["/given_name", "/family_name"], 0);
    let issued = we_issue(&shape, &claims(), "dc+sd-jwt", &issuer, &holder);
    let good = we_present(&issued, &shape, &holder);
    let parts: Vec<&str> = good.split('~').collect();
    let [token, first, second, binding] = parts[..] else { panic!("four parts") };
    let injected = BASE64_URL_SAFE_NO_PAD.encode(r#"["salt","given_name","Eva"]"#);
    let others = we_present(&we_issue(&shape, &claims(), "dc+sd-jwt", &issuer, &stranger), &shape, &stranger);
    let (_, others) = others.rsplit_once('~').expect("a tilde");
    let by_stranger = we_present(&we_issue(&shape, &claims(), "dc+sd-jwt", &stranger, &holder), &shape, &holder);
    // What is signed here is wrong in itself, so its holder signs it with no help of ours.
    let crafted = |payload: Value, disclosures: &[&str]| {
        let encode = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let sign =
            |key: &SecretKey, input: String| format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes())));
        let mut claims = payload;
        claims["cnf"] = json!({ "jwk": holder.public_key().to_jwk() });
        claims["vct"] = "urn:example:1".into();
        let header = encode(json!({ "alg": "ES256", "typ": "dc+sd-jwt" }));
        let mut presented = sign(&issuer, format!("{header}.{}", encode(claims))) + "~";
        disclosures.iter().for_each(|disclosure| presented += &format!("{disclosure}~"));
        let payload = json!({ "iat": system_now().unix(), "aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest(&presented) });
        let header = encode(json!({ "alg": "ES256", "typ": "kb+jwt" }));
        presented.clone() + &sign(&holder, format!("{header}.{}", encode(payload)))
    };
    let disclosed = digest(&injected);
    let forgeries = vec![
        Forgery { name: "disclosure altered", text: [token, &injected, second, binding].join("~"), npm: true, pypi: true },
        Forgery {
            name: "disclosure injected",
            text: [token, first, second, &injected, binding].join("~"),
            npm: true,
            pypi: true,
        },
        Forgery { name: "disclosure left out", text: [token, first, binding].join("~"), npm: true, pypi: true },
        Forgery { name: "order changed", text: [token, second, first, binding].join("~"), npm: true, pypi: true },
        Forgery { name: "key binding left out", text: [token, first, second, ""].join("~"), npm: true, pypi: true },
        Forgery { name: "another's key binding", text: [token, first, second, others].join("~"), npm: true, pypi: true },
        Forgery { name: "another issuer", text: by_stranger, npm: true, pypi: true },
        Forgery {
            name: "digest in two places (RFC 9901 §7.1 step 4)",
            text: crafted(json!({ "_sd": [disclosed], "a": { "_sd": [disclosed] } }), &[&injected]),
            npm: false,
            pypi: true,
        },
        Forgery {
            name: "claim there already (§7.1 step 3.3.2.3)",
            text: crafted(json!({ "given_name": "Ana", "_sd": [disclosed] }), &[&injected]),
            npm: false,
            pypi: true,
        },
        Forgery {
            name: "disclosure that no digest stands for (§7.1 step 5)",
            text: crafted(json!({ "_sd": [] }), &[&injected]),
            npm: false,
            pypi: false,
        },
        Forgery {
            name: "claim disclosed as a list item (§7.1 step 3.3.3.1)",
            text: crafted(json!({ "a": [{ "...": disclosed }] }), &[&injected]),
            npm: false,
            pypi: true,
        },
        Forgery {
            name: "hash algorithm below the top (§4.1.1)",
            text: crafted(json!({ "a": { "_sd_alg": "sha-256" } }), &[]),
            npm: false,
            pypi: false,
        },
    ];
    let jwk = issuer.public_key().to_jwk();
    let task = |forgery: &Forgery| json!({ "vc": true, "verify": forgery.text, "issuer": jwk, "nonce": NONCE, "aud": AUDIENCE });
    let refused = |answers: Vec<Value>| -> Vec<bool> { answers.iter().map(|answer| answer.get("error").is_some()).collect() };
    assert!(we_verify(&good, &issuer.public_key(), true).is_ok());
    let by_npm = refused(npm(forgeries.iter().map(task).collect()));
    let by_pypi = refused(pypi(forgeries.iter().map(task).collect()));
    for ((forgery, npm), pypi) in forgeries.iter().zip(&by_npm).zip(&by_pypi) {
        assert!(we_verify(&forgery.text, &issuer.public_key(), true).is_err(), "{}", forgery.name);
        assert_eq!((*npm, *pypi), (forgery.npm, forgery.pypi), "{}", forgery.name);
    }
    for (peer, refused) in [(NPM, by_npm), (PYPI, by_pypi)] {
        let agreed = refused.iter().filter(|refused| **refused).count();
        row("forger", peer, "dc+sd-jwt + KB, refused as by cedula", agreed, forgeries.len());
    }
}

fn digest(text: &str) -> String {
    HashAlgorithm::Sha256.digest(text)
}
