use super::*;
use proptest::prelude::*;

fn key(algorithm: KeyAlgorithm, byte: u8) -> SecretKey {
    SecretKey::from_bytes(algorithm, &vec![byte; algorithm.field_length()]).expect("a scalar in range")
}

#[test]
fn every_form_reads_back_to_the_same_key() {
    for algorithm in KeyAlgorithm::ALL {
        let public = key(algorithm, 7).public_key();
        assert_eq!(PublicKey::from_jwk(&public.to_jwk()).expect("its own JWK"), public);
        assert_eq!(PublicKey::from_multikey(&public.to_multikey()).expect("its own Multikey"), public);
        assert_eq!(PublicKey::from_bytes(algorithm, &public.to_uncompressed()).expect("its own point"), public);
    }
}

#[test]
fn signature_verifies_and_one_flipped_bit_does_not() {
    for algorithm in KeyAlgorithm::ALL {
        let key = key(algorithm, 9);
        let mut signature = key.sign(b"message");
        key.public_key().verify(b"message", &signature).expect("its own signature");
        assert_eq!(key.public_key().verify(b"massage", &signature), Err(BadSignature));
        signature[5] ^= 1;
        assert_eq!(key.public_key().verify(b"message", &signature), Err(BadSignature));
        assert_eq!(key.public_key().verify(b"message", &[]), Err(BadSignature));
    }
}

#[test]
fn rfc_8032_section_7_1_test_2() {
    let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &seed).expect("a seed");
    assert_eq!(key.public_key().as_bytes(), hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    assert_eq!(
        key.sign(&[0x72]),
        hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        )
    );
}

#[test]
fn rfc_6979_appendix_a_2_5_and_a_2_6() {
    for (algorithm, scalar, signature) in [
        (
            KeyAlgorithm::P256,
            "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
            concat!(
                "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
                "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
            ),
        ),
        (
            KeyAlgorithm::P384,
            "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
            concat!(
                "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
                "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8",
            ),
        ),
    ] {
        let key = SecretKey::from_bytes(algorithm, &hex(scalar)).expect("a scalar in range");
        assert_eq!(key.sign(b"sample"), hex(signature), "{}", algorithm.curve());
    }
}

#[test]
fn rfc_8037_appendix_a_3_thumbprint() {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    assert_eq!(PublicKey::from_jwk(&jwk).expect("a JWK").thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn small_order_and_off_curve_points_are_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    assert!(PublicKey::from_bytes(KeyAlgorithm::Ed25519, &identity).is_err());
    assert!(PublicKey::from_bytes(KeyAlgorithm::Ed25519, &[0; 32]).is_err());
    assert!(PublicKey::from_bytes(KeyAlgorithm::P256, &[&[4], &[1u8; 64][..]].concat()).is_err());
    assert!(PublicKey::from_bytes(KeyAlgorithm::P256, &[0]).is_err());
}

#[test]
fn second_spelling_of_a_point_is_refused() {
    let mut on_curve = 0;
    for y in 0..19 {
        let mut raw = [0xff; 32];
        (raw[0], raw[31]) = (0xed + y, 0x7f);
        on_curve += u8::from(ed25519_dalek::VerifyingKey::from_bytes(&raw).is_ok_and(|key| !key.is_weak()));
        assert!(PublicKey::from_bytes(KeyAlgorithm::Ed25519, &raw).is_err(), "p + {y}");
    }
    assert!(on_curve > 0, "the library takes some of them for keys");
}

#[test]
fn private_jwk_is_refused_as_a_public_one() {
    let mut jwk = key(KeyAlgorithm::P256, 3).public_key().to_jwk();
    jwk["d"] = json!("AAAA");
    assert!(PublicKey::from_jwk(&jwk).is_err());
}

#[test]
fn secret_key_does_not_print() {
    assert_eq!(format!("{:?}", key(KeyAlgorithm::Ed25519, 1)), "SecretKey(Ed25519, hidden)");
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

proptest! {
    #[test]
    fn any_multikey_text_is_read_or_refused(text in "z?[1-9A-HJ-NP-Za-km-z]{0,80}") {
        let _ = PublicKey::from_multikey(&text);
    }

    #[test]
    fn any_bytes_are_a_key_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        for algorithm in KeyAlgorithm::ALL {
            let _ = PublicKey::from_bytes(algorithm, &bytes);
        }
    }
}
