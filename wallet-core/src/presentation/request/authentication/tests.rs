use super::*;
use crate::did;
use crate::error::WalletError;
use crate::key::SecretKey;
use crate::presentation::request::example::{REDIRECT, key, now, object, request, signed, with};
use crate::presentation::request::{AuthenticatedRequest, Carriage, ClientId, ClientMetadata, ReceivedRequest, haip};
use crate::x509::tests::Authority;
use serde_json::{Map, Value, json};

const HOST: &str = "x509_san_dns:client.example.org";

/// What becomes of a request object by `client_id`.
fn take(client_id: &str, object: &str, evidence: &VerifierEvidence) -> Result<AuthenticatedRequest> {
    let place = "https://client.example.org/request".parse().expect("an endpoint");
    ReceivedRequest::of_object(object, &ClientId::read(client_id)?, Some(&place))?.authenticate(evidence, &now())
}

fn refused(taken: Result<AuthenticatedRequest>) -> String {
    taken.expect_err("it is refused").error.to_string()
}

mod by_did {
    use super::*;

    fn verifier() -> (SecretKey, Did, VerifierEvidence) {
        let key = key(7);
        let did = did::key::from_public_key(&key.public_key());
        let resolution = did::resolve_self_contained(&did).expect("a document");
        (key, did.clone(), VerifierEvidence { resolutions: BTreeMap::from([(did, resolution)]), ..VerifierEvidence::default() })
    }

    fn asked(did: &Did, kid: Value, key: &SecretKey, evidence: &VerifierEvidence) -> Result<AuthenticatedRequest> {
        let client_id = format!("decentralized_identifier:{did}");
        take(&client_id, &signed(request(&client_id, REDIRECT), json!({ "kid": kid }), key), evidence)
    }

    #[test]
    fn key_in_the_document_proves_the_did() {
        let (key, did, evidence) = verifier();
        for kid in [format!("{did}#{}", did.identifier()), format!("#{}", did.identifier())] {
            let taken = asked(&did, json!(kid), &key, &evidence).expect("it is proven");
            assert_eq!(taken.by, RequestedBy::Did { did: did.clone(), standing: Standing::SelfContained });
        }
    }

    #[test]
    fn another_key_another_did_and_no_kid_are_refused() {
        let (own, did, evidence) = verifier();
        let kid = format!("{did}#{}", did.identifier());
        assert!(refused(asked(&did, json!(kid), &key(8), &evidence)).contains("signature"));
        let other = did::key::from_public_key(&key(8).public_key());
        let kid_of_other = format!("{other}#{}", other.identifier());
        assert!(refused(asked(&did, json!(kid_of_other), &key(8), &evidence)).contains("another DID"));
        assert!(refused(asked(&did, json!("#other"), &own, &evidence)).contains("no such key"));
        assert!(refused(asked(&did, Value::Null, &own, &evidence)).contains("kid"));
        assert!(refused(asked(&did, json!(kid), &own, &VerifierEvidence::default())).contains("nothing is known"));
    }

    #[test]
    fn did_that_was_given_up_is_refused() {
        let (key, did, mut evidence) = verifier();
        evidence.resolutions.get_mut(&did).expect("it is known").metadata.deactivated = Some(true);
        assert!(refused(asked(&did, json!(format!("#{}", did.identifier())), &key, &evidence)).contains("given up"));
    }
}

mod by_certificate {
    use super::*;

    struct Certified {
        key: SecretKey,
        chain: CertificateChain,
        evidence: VerifierEvidence,
    }

    fn certified(names: &[&str]) -> Certified {
        let (authority, key) = (Authority::new("Raíz"), key(3));
        let chain = CertificateChain::new(authority.certify(&key, names), Vec::new()).expect("a chain");
        Certified { key, chain, evidence: VerifierEvidence { anchors: authority.anchors(), ..VerifierEvidence::default() } }
    }

    fn asked(client_id: &str, response_uri: &str, by: &Certified) -> Result<AuthenticatedRequest> {
        let object = signed(request(client_id, response_uri), json!({ "x5c": by.chain.to_x5c() }), &by.key);
        take(client_id, &object, &by.evidence)
    }

    #[test]
    fn certificate_for_the_dns_name_proves_it() {
        let by = certified(&["client.example.org", "other.example.org"]);
        let taken = asked(HOST, REDIRECT, &by).expect("it is proven");
        assert!(matches!(&taken.by, RequestedBy::DnsName { name, .. } if name == "client.example.org"));
        assert!(taken.by.is_proven());
    }

    #[test]
    fn answer_that_would_go_to_another_host_is_refused() {
        let by = certified(&["client.example.org"]);
        for place in
            ["https://evil.example/cb", "https://client.example.org.evil.example/cb", "https://sub.client.example.org/cb"]
        {
            assert!(refused(asked(HOST, place, &by)).contains("another host"), "{place}");
        }
    }

    #[test]
    fn certificate_for_another_name_is_refused() {
        for names in [&["other.example.org"][..], &["*.example.org"], &["sub.client.example.org"], &[]] {
            assert!(refused(asked(HOST, REDIRECT, &certified(names))).contains("is not for"), "{names:?}");
        }
    }

    #[test]
    fn certificate_that_nobody_trusted_vouches_for_is_refused() {
        let mut by = certified(&["client.example.org"]);
        by.evidence.anchors = Authority::new("Otra").anchors();
        assert!(matches!(asked(HOST, REDIRECT, &by).expect_err("refused").error, WalletError::Refused { .. }));
    }

    #[test]
    fn request_signed_by_another_key_than_the_certificates_is_refused() {
        let mut by = certified(&["client.example.org"]);
        by.key = key(4);
        assert!(refused(asked(HOST, REDIRECT, &by)).contains("signature"));
    }

    #[test]
    fn certificate_is_named_by_its_hash() {
        let by = certified(&[]);
        let hash = by.chain.leaf().hash();
        let taken = asked(&format!("x509_hash:{hash}"), REDIRECT, &by).expect("it is proven");
        assert!(matches!(taken.by, RequestedBy::Certificate { .. }));
        let other = certified(&[]).chain.leaf().hash();
        assert!(refused(asked(&format!("x509_hash:{other}"), REDIRECT, &by)).contains("another than"));
    }

    #[test]
    fn haip_asks_for_a_hash_an_encrypted_answer_and_no_anchor_sent_along() {
        let mut by = certified(&["client.example.org"]);
        let metadata = json!({ "jwks": { "keys": [crate::jose::jwe::DecryptionKey::from_secret_bytes(&[5; 32]).expect("a key").public_jwk()] } });
        let encrypted = json!({ "response_mode": "direct_post.jwt", "client_metadata": metadata });
        let asked = |client_id: &str, changes: Value, by: &Certified| {
            let object = signed(with(request(client_id, REDIRECT), changes), json!({ "x5c": by.chain.to_x5c() }), &by.key);
            take(client_id, &object, &by.evidence).expect("it is proven")
        };
        let id = |by: &Certified| format!("x509_hash:{}", by.chain.leaf().hash());
        let good = asked(&id(&by), encrypted.clone(), &by);
        assert_eq!(haip::check(&good), Ok(()));
        assert!(haip::check(&AuthenticatedRequest { carriage: Carriage::Link, ..good }).is_err());
        let asking_for = |format: &str| {
            let mut query = request(HOST, REDIRECT)["dcql_query"].clone();
            let other = json!({ "id": "other", "format": format, "meta": {} });
            query["credentials"].as_array_mut().expect("a list").push(other);
            query["credential_sets"] = json!([{ "options": [["id_card"], ["other"]] }]);
            asked(&id(&by), Value::Object(with(object(encrypted.clone()), json!({ "dcql_query": query }))), &by)
        };
        assert_eq!(haip::check(&asking_for("mso_mdoc")), Ok(()), "the profile has two formats (§5.3)");
        assert!(haip::check(&asking_for("ldp_vc")).is_err());
        assert!(haip::check(&asked(&id(&by), json!({}), &by)).is_err());
        assert!(haip::check(&asked(HOST, encrypted.clone(), &by)).is_err());
        let anchor = by.evidence.anchors.certificates()[0].clone();
        by.chain = CertificateChain::new(by.chain.leaf().clone(), vec![anchor]).expect("a chain");
        assert!(haip::check(&asked(&id(&by), encrypted, &by)).is_err());
    }
}

mod by_attestation {
    use super::*;
    use crate::jose::jwt;

    const CLIENT: &str = "verifier_attestation:verifier.example";

    fn attested(changes: Value) -> String {
        let claims = json!({
            "iss": "https://attester.example", "sub": "verifier.example", "exp": now().unix() + 3600,
            "cnf": { "jwk": key(5).public_key().to_jwk() }
        });
        sign(with(object(claims), changes), "verifier-attestation+jwt", &key(6))
    }

    fn sign(claims: Map<String, Value>, typ: &str, key: &SecretKey) -> String {
        let unsigned = jwt::prepare(object(json!({ "typ": typ })), claims, &key.public_key()).expect("it can be signed");
        let signature = key.sign(unsigned.message());
        unsigned.finish(&signature)
    }

    fn asked(attestation: &str, by: &SecretKey) -> Result<AuthenticatedRequest> {
        let keys = JwkSet::of_signature_keys([&key(6).public_key()]);
        let attesters = BTreeMap::from([("https://attester.example".to_owned(), keys)]);
        let evidence = VerifierEvidence { attesters, ..VerifierEvidence::default() };
        take(CLIENT, &signed(request(CLIENT, REDIRECT), json!({ "jwt": attestation }), by), &evidence)
    }

    #[test]
    fn attested_key_proves_the_name_that_is_attested() {
        for places in [Value::Null, json!([REDIRECT])] {
            let taken = asked(&attested(json!({ "redirect_uris": places })), &key(5)).expect("it is proven");
            assert_eq!(taken.by.to_string(), "verifier.example");
        }
    }

    #[test]
    fn section_12_attestation_that_does_not_hold_is_refused() {
        for changes in [
            json!({ "iss": "https://another.example" }),
            json!({ "sub": "another.example" }),
            json!({ "sub": null }),
            json!({ "exp": now().unix() - 3600 }),
            json!({ "exp": null }),
            json!({ "nbf": now().unix() + 3600 }),
            json!({ "cnf": { "jwk": key(9).public_key().to_jwk() } }),
            json!({ "cnf": {} }),
            json!({ "redirect_uris": ["https://client.example.org/"] }),
        ] {
            assert!(asked(&attested(changes.clone()), &key(5)).is_err(), "{changes}");
        }
        let claims = json!({ "iss": "https://attester.example", "sub": "verifier.example", "exp": now().unix() + 60,
            "cnf": { "jwk": key(5).public_key().to_jwk() } });
        assert!(asked(&sign(object(claims.clone()), "verifier-attestation+jwt", &key(5)), &key(5)).is_err(), "it attests itself");
        assert!(asked(&sign(object(claims), "JWT", &key(6)), &key(5)).is_err(), "it is of another type");
        assert!(asked("", &key(5)).is_err());
    }
}

mod by_registration {
    use super::*;

    fn registered(keys: JwkSet) -> VerifierEvidence {
        let destinations = vec![REDIRECT.parse().expect("an endpoint")];
        let verifier =
            RegisteredVerifier { name: "Biblioteca".to_owned(), destinations, keys, metadata: ClientMetadata::default() };
        VerifierEvidence { registered: BTreeMap::from([("biblioteca".to_owned(), verifier)]), ..VerifierEvidence::default() }
    }

    fn asked(response_uri: &str, changes: Value, evidence: &VerifierEvidence) -> Result<AuthenticatedRequest> {
        take("biblioteca", &signed(with(request("biblioteca", response_uri), changes), json!({}), &key(2)), evidence)
    }

    #[test]
    fn registered_verifier_is_known_by_its_key_and_its_places() {
        let evidence = registered(JwkSet::of_signature_keys([&key(2).public_key()]));
        assert_eq!(asked(REDIRECT, json!({}), &evidence).expect("it is known").by.to_string(), "Biblioteca");
        assert!(asked("https://client.example.org/cb2", json!({}), &evidence).is_err());
        assert!(asked(REDIRECT, json!({}), &registered(JwkSet::of_signature_keys([&key(3).public_key()]))).is_err());
        assert!(asked(REDIRECT, json!({}), &VerifierEvidence::default()).is_err());
    }

    #[test]
    fn section_8_5_metadata_of_a_registered_verifier_is_an_invalid_client() {
        let evidence = registered(JwkSet::of_signature_keys([&key(2).public_key()]));
        let fault = asked(REDIRECT, json!({ "client_metadata": { "vp_formats_supported": { "ldp_vc": {} } } }), &evidence)
            .expect_err("refused");
        assert_eq!(fault.code.as_str(), "invalid_client");
    }

    #[test]
    fn registered_verifier_with_keys_may_not_ask_without_signing() {
        let unsigned = |evidence: &VerifierEvidence| {
            let parameters = request("biblioteca", REDIRECT);
            let request = AuthorizationRequest::read(&parameters, &crate::presentation::request::parameters::Way::Link)?;
            ReceivedRequest::unsigned(request, Carriage::Link).authenticate(evidence, &now())
        };
        assert!(unsigned(&registered(JwkSet::of_signature_keys([&key(2).public_key()]))).is_err());
        assert!(unsigned(&registered(JwkSet::default())).is_ok());
    }
}

#[test]
fn client_named_by_its_address_is_unknown_and_signs_nothing() {
    let client_id = format!("redirect_uri:{REDIRECT}");
    let object = signed(request(&client_id, REDIRECT), json!({}), &key(1));
    assert!(refused(take(&client_id, &object, &VerifierEvidence::default())).contains("names no key"));
    let link = crate::presentation::request::link::write("openid4vp://", &request(&client_id, REDIRECT));
    let Ok(crate::presentation::request::RequestLink::Whole(received)) = crate::presentation::request::RequestLink::read(&link)
    else {
        panic!("it is whole")
    };
    let taken = received.authenticate(&VerifierEvidence::default(), &now()).expect("a request");
    assert!(!taken.by.is_proven());
    assert_eq!(taken.by.to_string(), "client.example.org");
}

#[test]
fn request_that_has_expired_or_asks_for_unknown_formats_is_refused() {
    let key = key(7);
    let did = did::key::from_public_key(&key.public_key());
    let resolution = did::resolve_self_contained(&did).expect("a document");
    let evidence = VerifierEvidence { resolutions: BTreeMap::from([(did.clone(), resolution)]), ..VerifierEvidence::default() };
    let client_id = format!("decentralized_identifier:{did}");
    let asked = |changes: Value| {
        let header = json!({ "kid": format!("#{}", did.identifier()) });
        take(&client_id, &signed(with(request(&client_id, REDIRECT), changes), header, &key), &evidence)
    };
    assert!(asked(json!({ "exp": now().unix() + 60 })).is_ok());
    assert!(refused(asked(json!({ "exp": now().unix() - 600 }))).contains("expired"));
    assert!(refused(asked(json!({ "nbf": now().unix() + 6000 }))).contains("future"));
    let formats = json!({ "client_metadata": { "vp_formats_supported": { "mso_mdoc": {} } } });
    let fault = |changes: Value| asked(changes).expect("it is known who asks").check_answerable().expect_err("refused");
    assert_eq!(fault(formats).code.as_str(), "vp_formats_not_supported");
    assert!(matches!(fault(json!({ "response_mode": "direct_post.jwt" })).error, WalletError::Unsupported { .. }));
}
