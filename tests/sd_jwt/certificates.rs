//! Issuers that go by a certificate: one good credential, then one thing broken in it at a time.

use super::*;
use crate::authority::Authority;
use wallet_core::error::WalletError;
use wallet_core::securing::{Kind, prepare};
use wallet_core::status::{TokenListTerms, TokenStatusList};
use wallet_core::verification::{Issuers, SigningTime};

/// A world that trusts an authority, and what an issuer that it certifies has given to the graduate.
struct Certified {
    world: World,
    authority: Authority,
    issuer: Party,
}

impl Certified {
    fn new() -> Self {
        let (mut world, authority) = (World::new(), Authority::new("Raíz"));
        world.evidence.authorities = authority.anchors();
        Self { world, authority, issuer: Party::holder(KeyAlgorithm::P256, 7) }
    }

    fn options(&self, names: &[&str], mechanism: Mechanism) -> ProofOptions {
        ProofOptions {
            disclosure: only(&CONCEALED, &self.world.graduate.key),
            certificates: Some(self.authority.certify(&self.issuer.key, names)),
            ..self.issuer.options(Kind::Credential, mechanism)
        }
    }

    fn issue(&self, claims: Map<String, Value>, options: &ProofOptions) -> Result<Secured> {
        let key = self.issuer.key.public_key();
        let unsigned = prepare_disclosable(claims, options, &key, &Contexts::bundled(), &mut system_rng())?;
        let signature = self.issuer.key.sign(unsigned.message());
        unsigned.finish(&signature)
    }

    /// A credential of the web address `iss`, or of no address, with a certificate for `names`, presented by the graduate.
    fn presented(&self, iss: Option<&str>, names: &[&str]) -> Secured {
        let mut claims = pid();
        claims.extend(iss.map(|iss| ("iss".to_owned(), iss.into())));
        let secured = self.issue(claims, &self.options(names, Mechanism::SdJwtVc)).expect("a credential");
        self.bound(&secured)
    }

    fn bound(&self, secured: &Secured) -> Secured {
        bind(&self.world, &show(secured, &["/given_name"]), NONCE, AUDIENCE)
    }

    /// The same world at another time, and what it makes of a credential presented then.
    fn verdict_at(&mut self, now: &str, secured: &Secured) -> Verdict {
        self.world.now = at(now);
        self.world.verify(&self.bound(secured))
    }
}

#[test]
fn certified_issuer_is_known_by_its_address_or_by_its_certificate_alone() {
    let certified = Certified::new();
    for (iss, names) in [(Some(WEB), &["pid.example"][..]), (Some(WEB), &[WEB][..]), (None, &[][..])] {
        let presented = certified.presented(iss, names);
        assert_eq!(
            presented.certificates().expect("x5c").expect("a chain").leaf().authority_key_id().map(|id| id.len()),
            Some(20)
        );
        let verdict = certified.world.verify(&presented);
        let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
        let warnings: Vec<_> = verified.warnings().iter().map(|warning| &warning.what).collect();
        assert!(matches!(warnings[..], [Warning::CertificateBelieved { subject }] if subject == "CN=Universidad de Ejemplo"));
        assert_eq!(verdict.to_json()["evidence"]["certificates"][0]["until"], "2026-12-31T00:00:00Z");
    }
}

#[test]
fn authority_that_nobody_trusts_leaves_the_verdict_open() {
    let mut certified = Certified::new();
    certified.world.expected.issuers = Issuers::Any;
    let presented = certified.presented(Some(WEB), &["pid.example"]);
    certified.world.evidence.authorities = Authority::new("Raíz").anchors();
    leaves_open(&certified.world.verify(&presented), |gap| matches!(gap, Gap::UnknownAuthority { .. }));
}

#[test]
fn keys_that_the_issuer_publishes_serve_where_its_authority_is_unknown() {
    let mut certified = Certified::new();
    certified.world.expected.issuers = Issuers::Any;
    let presented = certified.presented(Some(WEB), &["pid.example"]);
    certified.world.evidence.authorities = Authority::new("Otra").anchors();
    let document = IssuerMetadata::document(WEB, &[certified.issuer.key.public_key()]).to_string();
    let what = IssuerMetadata::read(&document, WEB).expect("its own document");
    let now = certified.world.now.clone();
    certified.world.evidence.issuers.insert(WEB.to_owned(), Known::Found { what, as_of: now });
    let verdict = certified.world.verify(&presented);
    assert!(verdict.verified().is_some(), "{verdict:#?}");
}

#[test]
fn certificate_for_another_address_is_not_the_issuers() {
    let certified = Certified::new();
    let options = certified.options(&["other.example"], Mechanism::SdJwtVc);
    let mut claims = pid();
    claims.insert("iss".to_owned(), WEB.into());
    assert!(matches!(certified.issue(claims.clone(), &options), Err(WalletError::Misused { .. })), "ours does not sign that");
    let x5c = options.certificates.expect("a chain").to_x5c();
    let forged = signed(json!({ "typ": "dc+sd-jwt", "x5c": x5c }), claims, &certified.world.graduate.key, &certified.issuer.key);
    let verdict = certified.world.verify(&certified.bound(&forged));
    rejects_only(&verdict, |reason| matches!(reason, Reason::SignerMismatch { .. }));
}

#[test]
fn signature_by_another_key_than_the_certified_one_is_bad() {
    let certified = Certified::new();
    let x5c = certified.authority.certify(&certified.issuer.key, &["pid.example"]).to_x5c();
    let mallory = SecretKey::from_bytes(KeyAlgorithm::P256, &[66; 32]).expect("a scalar in range");
    let forged = signed(json!({ "typ": "dc+sd-jwt", "x5c": x5c }), pid(), &certified.world.graduate.key, &mallory);
    rejects_only(&certified.world.verify(&certified.bound(&forged)), |reason| *reason == Reason::BadSignature);
}

#[test]
fn certificate_that_has_ended_is_like_a_key_that_has() {
    let mut certified = Certified::new();
    let (names, mut claims) = (["pid.example"], pid());
    claims.insert("iss".to_owned(), WEB.into());
    let before = certified.issue(claims.clone(), &certified.options(&names, Mechanism::SdJwtVc)).expect("a credential");
    let late = ProofOptions { created: at("2027-01-01T00:00:00Z"), ..certified.options(&names, Mechanism::SdJwtVc) };
    let after = certified.issue(claims.clone(), &late).expect("a credential");
    let early = ProofOptions { created: at("2025-12-01T00:00:00Z"), ..certified.options(&names, Mechanism::SdJwtVc) };
    let too_early = certified.issue(claims, &early).expect("a credential");

    leaves_open(&certified.verdict_at("2027-02-01T00:00:00Z", &before), |gap| matches!(gap, Gap::SigningTimeUnproven { .. }));
    rejects_only(&certified.verdict_at("2027-02-01T00:00:00Z", &after), |reason| matches!(reason, Reason::KeyExpired { .. }));
    certified.world.expected.signing_time = SigningTime::Claimed;
    assert!(certified.verdict_at("2027-02-01T00:00:00Z", &before).verified().is_some());
    rejects_only(&certified.verdict_at("2026-02-01T00:00:00Z", &too_early), |reason| {
        matches!(reason, Reason::KeyFromLater { .. })
    });
}

#[test]
fn certificate_of_another_key_is_not_signed_with() {
    let certified = Certified::new();
    let other = SecretKey::from_bytes(KeyAlgorithm::P256, &[8; 32]).expect("a scalar in range");
    let certificates = Some(certified.authority.certify(&other, &["pid.example"]));
    let options = ProofOptions { certificates, ..certified.options(&[], Mechanism::SdJwtVc) };
    assert!(matches!(certified.issue(pid(), &options), Err(WalletError::Misused { .. })));
}

#[test]
fn credential_of_a_did_has_its_key_in_the_document_whatever_certificate_it_brings() {
    let certified = Certified::new();
    let mut claims = pid();
    claims.insert("iss".to_owned(), certified.world.university.did.as_str().into());
    let x5c = certified.authority.certify(&certified.issuer.key, &["pid.example"]).to_x5c();
    let header = json!({ "typ": "dc+sd-jwt", "kid": certified.world.university.method().as_str(), "x5c": x5c });
    let forged = signed(header, claims, &certified.world.graduate.key, &certified.issuer.key);
    let verdict = certified.world.verify(&certified.bound(&forged));
    rejects_only(&verdict, |reason| matches!(reason, Reason::WrongAlgorithm { .. } | Reason::BadSignature));
}

#[test]
fn jwt_credential_is_certified_too() {
    let mut certified = Certified::new();
    certified.world.expected.presenter = Presenter::Anyone;
    let mut diploma = certified.world.diploma.clone();
    diploma.insert("issuer".to_owned(), "https://uni.example".into());
    diploma.shift_remove("credentialStatus");
    let options = ProofOptions { disclosure: Disclosure::Whole, ..certified.options(&["uni.example"], Mechanism::Jwt) };
    let unsigned = prepare(diploma, &options, &certified.issuer.key.public_key(), &Contexts::bundled()).expect("a credential");
    let signature = certified.issuer.key.sign(unsigned.message());
    let secured = unsigned.finish(&signature).expect("the signature fits");
    let verdict = certified.world.verify(&secured);
    assert!(verdict.verified().is_some(), "{verdict:#?}");
    certified.world.expected.issuers = Issuers::Any;
    certified.world.evidence.authorities = Authority::new("Otra").anchors();
    leaves_open(&certified.world.verify(&secured), |gap| matches!(gap, Gap::UnknownAuthority { .. }));
}

#[tokio::test]
async fn verifier_that_trusts_the_authority_asks_nobody() {
    let certified = Certified::new();
    let presented = certified.presented(Some(WEB), &["pid.example"]);
    let verifier = Verifier { carried: certified.world.evidence.clone(), ..Verifier::bare(Arc::new(MemoryStorage::new())) };
    let needs = verifier.carried.needs(&presented, &certified.world.expected, &certified.world.now);
    assert!(needs.is_empty(), "{needs:?}");
    let verdict = verifier.check(presented.text(), &certified.world.expected, &certified.world.now).await.expect("a verdict");
    assert!(verdict.verified().is_some(), "{verdict:#?}");
}

const TOKENS: &str = "https://pid.example/status/1";

/// A token list of the issuer's, good for any of its names, in which the place 7 is `value`.
fn token_list(certified: &Certified, value: u8) -> Secured {
    let mut list = TokenStatusList::new(1000, 1).expect("a list");
    list.set(7, value).expect("a place");
    let terms = TokenListTerms { uri: TOKENS.to_owned(), ttl: None, aggregation: None };
    let options = ProofOptions { disclosure: Disclosure::Whole, ..certified.options(&["pid.example"], Mechanism::Jwt) };
    let key = certified.issuer.key.public_key();
    let unsigned = prepare(list.to_claims(&terms), &options, &key, &Contexts::bundled()).expect("a list");
    let signature = certified.issuer.key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

#[test]
fn one_status_list_serves_every_name_of_its_issuer() {
    let mut certified = Certified::new();
    certified.world.expected.issuers = Issuers::Any;
    let now = certified.world.now.clone();
    let document = IssuerMetadata::document(WEB, &[certified.issuer.key.public_key()]).to_string();
    let published = IssuerMetadata::read(&document, WEB).expect("its own document");
    for (trusted, web) in [(true, false), (true, true), (false, true)] {
        for (value, word) in [(0, "accepted"), (1, "rejected")] {
            let mut claims = pid();
            claims.insert("iss".to_owned(), WEB.into());
            claims.insert("status".to_owned(), json!({ "status_list": { "idx": 7, "uri": TOKENS } }));
            let secured =
                certified.issue(claims, &certified.options(&["pid.example"], Mechanism::SdJwtVc)).expect("a credential");
            let presented = certified.bound(&secured);
            let evidence = &mut certified.world.evidence;
            evidence.authorities = if trusted { certified.authority.anchors() } else { Authority::new("Otra").anchors() };
            let known = web.then(|| Known::Found { what: published.clone(), as_of: now.clone() });
            evidence.issuers = known.map(|known| (WEB.to_owned(), known)).into_iter().collect();
            let list = token_list(&certified, value);
            certified.world.evidence.status_lists.insert(TOKENS.to_owned(), Known::Found { what: list, as_of: now.clone() });
            let verdict = certified.world.verify(&presented);
            assert_eq!(verdict.word(), word, "{verdict:#?}");
        }
    }
}
