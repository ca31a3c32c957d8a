use super::*;
use getrandom::rand_core::UnwrapErr;
use proptest::prelude::*;
use serde_json::json;

fn key() -> DecryptionKey {
    DecryptionKey::generate(&mut UnwrapErr(getrandom::SysRng))
}

fn malformed<T>(result: Result<T>) -> bool {
    matches!(result, Err(WalletError::Malformed { .. }))
}

/// The message with its header changed.
fn with_header(text: &str, change: impl FnOnce(&mut Value)) -> String {
    let (header, rest) = text.split_once('.').expect("a header");
    let mut header = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON");
    change(&mut header);
    format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[test]
fn what_is_encrypted_to_a_key_is_read_with_it_alone() {
    let (ours, theirs) = (key(), key());
    let public = EncryptionKey::from_jwk(&ours.public_jwk()).expect("its own JWK");
    for encryption in ContentEncryption::ALL {
        let text = public.encrypt("ñandú".as_bytes(), encryption).expect("a message");
        assert_eq!(ours.decrypt(&text, 4096).expect("ours"), "ñandú".as_bytes());
        assert!(malformed(theirs.decrypt(&text, 4096)), "{encryption:?}");
        assert!(malformed(ours.decrypt(&text, text.len() - 1)), "too long");
    }
    let kept = DecryptionKey::from_secret_bytes(&ours.to_secret_bytes()).expect("its own bytes");
    assert_eq!(kept.public_jwk(), ours.public_jwk());
}

#[test]
fn altered_message_is_refused_in_every_mode() {
    let ours = key();
    for encryption in ContentEncryption::ALL {
        let text = ours.public_key().encrypt(&[7; 64], encryption).expect("a message");
        let dots: Vec<usize> = text.match_indices('.').map(|(at, _)| at).collect();
        for at in [5, dots[1] + 1, dots[2] + 1, dots[2] + 40, dots[3] + 1] {
            let mut altered = text.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("ASCII");
            assert!(ours.decrypt(&altered, 4096).is_err(), "{encryption:?}, byte {at}");
        }
        for length in [0, dots[0], dots[2], dots[3], text.len() - 1, text.len() - 6] {
            assert!(ours.decrypt(&text[..length], 4096).is_err(), "{encryption:?}, cut at {length}");
        }
    }
}

#[test]
fn header_that_asks_for_anything_else_is_refused_before_it_is_obeyed() {
    let ours = key();
    let text = ours.public_key().encrypt(b"plain", ContentEncryption::A128Gcm).expect("a message");
    for change in [
        json!({ "zip": "DEF" }),
        json!({ "crit": ["exp"] }),
        json!({ "alg": "dir" }),
        json!({ "alg": "ECDH-ES+A128KW" }),
        json!({ "enc": "A192GCM" }),
        json!({ "epk": { "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" } }),
        json!({ "epk": null }),
    ] {
        let changed = with_header(&text, |header| header.as_object_mut().unwrap().extend(change.as_object().unwrap().clone()));
        assert!(ours.decrypt(&changed, 4096).is_err(), "{change}");
    }
}

#[test]
fn header_parameters_that_are_not_understood_are_ignored() {
    let ours = key();
    let Value::Object(jwk) = ours.public_key().public.to_jwk() else { panic!("a JWK is an object") };
    let encrypter = ECDH_ES.encrypter_from_jwk(&Jwk::from_map(jwk).expect("a JWK")).expect("an encrypter");
    let mut header = JweHeader::new();
    header.set_content_encryption("A128GCM");
    header.set_claim("iss", Some("https://wallet.example".into())).expect("a claim");
    header.set_claim("x5t", Some("AAAA".into())).expect("a claim");
    let text = jwe::serialize_compact(b"plain", &header, &encrypter).expect("a message");
    assert_eq!(ours.decrypt(&text, 4096), Ok(b"plain".to_vec()));
}

#[test]
fn message_names_the_key_as_its_owner_does() {
    let mut jwk = key().public_jwk();
    jwk["kid"] = "the-verifiers-name".into();
    let text = EncryptionKey::from_jwk(&jwk).expect("a JWK").encrypt(b"plain", ContentEncryption::A256Gcm).expect("a message");
    with_header(&text, |header| {
        assert_eq!(
            (&header["kid"], &header["alg"], &header["enc"]),
            (&json!("the-verifiers-name"), &json!("ECDH-ES"), &json!("A256GCM"))
        );
    });
}

#[test]
fn key_of_another_kind_or_use_is_refused() {
    let jwk = key().public_jwk();
    for (name, value) in [("use", "sig"), ("alg", "ECDH-ES+A256KW"), ("crv", "P-384"), ("d", "AAAA"), ("x", "AAAA")] {
        let mut other = jwk.clone();
        other[name] = value.into();
        assert!(EncryptionKey::from_jwk(&other).is_err(), "{name}");
    }
}

/// Bob's key and Alice's ephemeral key of RFC 7518 appendix C, whose agreement `apu`, `apv` and A128GCM turn into the published key.
#[test]
fn rfc_7518_appendix_c() {
    let d = BASE64_URL_SAFE_NO_PAD.decode("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw").expect("base64url");
    let bob = p256::SecretKey::from_slice(&d).expect("a scalar").to_pkcs8_der().expect("PKCS#8");
    let decrypter = ECDH_ES.decrypter_from_der(bob.as_bytes()).expect("Bob's key");
    let header = json!({
        "alg": "ECDH-ES", "enc": "A128GCM", "apu": "QWxpY2U", "apv": "Qm9i",
        "epk": {
            "kty": "EC", "crv": "P-256",
            "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0", "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
        },
    });
    let header = JweHeader::from_map(header.as_object().expect("an object").clone()).expect("a header");
    let key = decrypter.decrypt(None, &A128GCM, &header).expect("a key");
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(key), "VqqN6vgjbSBcIijNcacQGg");
}

#[test]
fn rfc_7518_appendix_b_1() {
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
    };
    let key: Vec<u8> = (0..32).collect();
    let bound = b"The second principle of Auguste Kerckhoffs";
    let nonce = hex("1af38c2dc2b96ffdd86694092341bc04");
    let ciphertext = hex(concat!(
        "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2",
        "fc6f9b3f399a221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b",
        "384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db",
    ));
    assert_eq!(cbc_tag(hmac::HMAC_SHA256, &key, [bound, &nonce, &ciphertext]), hex("652c3fa36b0a7c5b3219fab3a30bc1c4"));
}

#[test]
fn keys_do_not_print() {
    assert_eq!(format!("{:?}", key()), "DecryptionKey(hidden)");
}

proptest! {
    #[test]
    fn any_text_is_a_message_or_refused(text in "[A-Za-z0-9_.-]{0,200}") {
        prop_assert!(DecryptionKey::from_secret_bytes(&[7; 32]).expect("a scalar").decrypt(&text, 4096).is_err());
    }

    #[test]
    fn any_header_is_read_or_refused(epk in "\\PC{0,40}", enc in "(A128GCM|A128CBC-HS256)", rest in "[A-Za-z0-9_-]{16}") {
        let header = json!({ "alg": "ECDH-ES", "enc": enc, "epk": { "kty": "EC", "crv": "P-256", "x": epk, "y": epk } });
        let text = format!("{}..{rest}.{rest}.{rest}AAAAAA", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()));
        prop_assert!(DecryptionKey::from_secret_bytes(&[7; 32]).expect("a scalar").decrypt(&text, 4096).is_err());
    }
}
