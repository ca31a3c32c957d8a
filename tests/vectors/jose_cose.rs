//! Securing Verifiable Credentials using JOSE and COSE (W3C Recommendation of 15 May 2025): its examples, as published.

use serde_json::json;
use wallet_core::key::PublicKey;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured, SignatureFault};

use super::hex;

/// The key `ExHkBMW9fmbkvV266mRpuP2sUY_N_EWIN1lapUzO8ro` of the examples that say ES384.
fn key() -> PublicKey {
    let jwk = json!({
        "kty": "EC", "crv": "P-384", "alg": "ES384", "kid": "ExHkBMW9fmbkvV266mRpuP2sUY_N_EWIN1lapUzO8ro",
        "x": "8XkmqX3pxcYduNID8cK4mYA531PV7szaGh-yk-XIM9OQKZSO94y3xe67nyFvt0QP",
        "y": "kWjcg1gBVM752eQzXlMfHwEOzuUB4zCgi2z6X1p03ljAcp6b_FEINR-eONp00gX0",
    });
    PublicKey::from_jwk(&jwk).expect("a JWK")
}

#[test]
fn example_19_as_a_jwt() {
    let token = concat!(
        "eyJraWQiOiJFeEhrQk1XOWZtYmt2VjI2Nm1ScHVQMnNVWV9OX0VXSU4xbGFwVXpPOHJvIiwiYWxnIjoiRVMyNTYifQ.eyJAY29udGV4dCI6WyJodHRwcz",
        "ovL3d3dy53My5vcmcvbnMvY3JlZGVudGlhbHMvdjIiLCJodHRwczovL3d3dy53My5vcmcvbnMvY3JlZGVudGlhbHMvZXhhbXBsZXMvdjIiXSwiaWQiOi",
        "JodHRwczovL2NvbnRvc28uZXhhbXBsZS9jcmVkZW50aWFscy8yMzg5NDY3MjM5NCIsInR5cGUiOlsiVmVyaWZpYWJsZUNyZWRlbnRpYWwiLCJLOVVuaX",
        "RDcmVkZW50aWFsIl0sImlzc3VlciI6eyJpZCI6Imh0dHBzOi8vY29udG9zby5leGFtcGxlIn0sInZhbGlkRnJvbSI6IjIwMTUtMDQtMTZUMDU6MTE6Mz",
        "IuNDMyWiIsImNyZWRlbnRpYWxTdGF0dXMiOnsiaWQiOiJodHRwczovL2NvbnRvc28uZXhhbXBsZS9jcmVkZW50aWFscy9zdGF0dXMvNCMyNzM3NjIiLC",
        "J0eXBlIjoiU3RhdHVzTGlzdDIwMjFFbnRyeSIsInN0YXR1c1B1cnBvc2UiOiJyZXZvY2F0aW9uIiwic3RhdHVzTGlzdEluZGV4IjoiMjczNzYyIiwic3",
        "RhdHVzTGlzdENyZWRlbnRpYWwiOiJodHRwczovL2NvbnRvc28uZXhhbXBsZS9jcmVkZW50aWFscy9zdGF0dXMvNCJ9LCJjcmVkZW50aWFsU3ViamVjdC",
        "I6W3siaWQiOiJkaWQ6ZXhhbXBsZToxMzEyMzg3NjQxIiwidHlwZSI6IlBlcnNvbiJ9LHsiaWQiOiJkaWQ6ZXhhbXBsZTo2Mzg4ODIzMSIsInR5cGUiOi",
        "JEb2cifV19.2nCCKfLd1xSpBDpuEdo3_jSBqwUIZfG57xDMmwNmGAx58rQyW7kwq0ySx1boOxhgMyfRZTzFiHwtkHA0lADlcA",
    );
    let secured = Secured::read(token).expect("a vc+jwt");
    let proof = &secured.proofs()[0];
    assert_eq!(proof.method, "https://contoso.example#ExHkBMW9fmbkvV266mRpuP2sUY_N_EWIN1lapUzO8ro");
    let credential = secured.credential().expect("a credential");
    assert_eq!(credential.subject_ids(), ["did:example:1312387641", "did:example:63888231"]);
    // The recommendation gives no P-256 key of that name; its P-384 key must not be taken for it.
    assert_eq!(secured.check_signature(0, &key(), &Contexts::bundled()), Err(SignatureFault::WrongAlgorithm));
}

/// Its header says ES384 and its signature has the 64 bytes of ES256: it is read, and under no key is it good.
#[test]
fn example_19_as_cose_is_signed_by_another_algorithm_than_it_says() {
    let message = hex(concat!(
        "d28444a1013822a059027c7b2240636f6e74657874223a5b2268747470733a2f2f7777772e77332e6f72672f6e732f63726564656e7469616c732f",
        "7632222c2268747470733a2f2f7777772e77332e6f72672f6e732f63726564656e7469616c732f6578616d706c65732f7632225d2c226964223a22",
        "68747470733a2f2f636f6e746f736f2e6578616d706c652f63726564656e7469616c732f3233383934363732333934222c2274797065223a5b2256",
        "657269666961626c6543726564656e7469616c222c224b39556e697443726564656e7469616c225d2c22697373756572223a7b226964223a226874",
        "7470733a2f2f636f6e746f736f2e6578616d706c65227d2c2276616c696446726f6d223a22323031352d30342d31365430353a31313a33322e3433",
        "325a222c2263726564656e7469616c537461747573223a7b226964223a2268747470733a2f2f636f6e746f736f2e6578616d706c652f6372656465",
        "6e7469616c732f7374617475732f3423323733373632222c2274797065223a225374617475734c69737432303231456e747279222c227374617475",
        "73507572706f7365223a227265766f636174696f6e222c227374617475734c697374496e646578223a22323733373632222c227374617475734c69",
        "737443726564656e7469616c223a2268747470733a2f2f636f6e746f736f2e6578616d706c652f63726564656e7469616c732f7374617475732f34",
        "227d2c2263726564656e7469616c5375626a656374223a5b7b226964223a226469643a6578616d706c653a31333132333837363431222c22747970",
        "65223a22506572736f6e227d2c7b226964223a226469643a6578616d706c653a3633383838323331222c2274797065223a22446f67227d5d7d5840",
        "631cba48a4f4f3942b8574ac576ca3becd1cb14ffc5bdeec456915129bfc491abd3931391a5c8ef1e1108591274cc6676941d99bf6efd6d3f650b5",
        "4e930a01ee",
    ));
    let secured = Secured::read_bytes(&message).expect("a COSE_Sign1");
    assert_eq!(
        (secured.proofs()[0].mechanism, secured.proofs()[0].method.as_str()),
        (Mechanism::Cose, "https://contoso.example")
    );
    assert_eq!(secured.body()["credentialSubject"][1]["type"], "Dog");
    assert_eq!(secured.check_signature(0, &key(), &Contexts::bundled()), Err(SignatureFault::Bad));
    assert_eq!(secured.to_bytes(), message);
}
