//! "The signature is good" is one thing, "this issuer may say this" another: who accredited whom, for what, and when.

#[path = "support/country.rs"]
mod country;
#[path = "support/packs.rs"]
mod packs;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use country::{Country, Institution, at, seconds, verifier_with};
use packs::Signer;
use serde_json::{Value, json};
use wallet_core::did::{Did, Grounds, Standing, ethr};
use wallet_core::error::Result;
use wallet_core::language::Language;
use wallet_core::platform::MemoryStorage;
use wallet_core::registry::accreditation::Scope;
use wallet_core::registry::credential_registry::{Terms, Under};
use wallet_core::registry::{Address, CredentialWrite, DidWrite, EmbeddedChain, Ledger, RpcRefusal, RpcRequest, Told};
use wallet_core::resolver::{ACCREDITOR, Resolver};
use wallet_core::securing::linked_data::{Contexts, type_iris};
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::time::Timestamp;
use wallet_core::trust_pack::Entries;
use wallet_core::verification::{Accrediting, Expectations, Gap, Issuers, Known, Say as _, SigningTime, Verdict};
use wallet_core::verifier::Verifier;

/// A ministry, which accredited an agency for two years, which accredited a university.
struct Story {
    country: Country,
    ministry: Institution,
    agency: Institution,
    university: Institution,
    scope: Scope,
    founded: Timestamp,
    spring: Timestamp,
    autumn: Timestamp,
}

impl Story {
    async fn new() -> Self {
        let (founded, spring) = (at("2025-03-01T00:00:00Z"), at("2025-10-01T12:00:00Z"));
        let country = Country::new(&founded).await;
        let ministry = country.institution("ministerio").await;
        let agency = country.institution("agencia").await;
        let mut university = country.institution("uni").await;
        let diploma = university.diploma(Mechanism::EddsaRdfc2022, &founded).await;
        let scope = Scope::of(degree_type(&diploma));
        Self { country, ministry, agency, university, scope, founded, spring, autumn: at("2026-04-01T12:00:00Z") }
    }

    async fn with_everybody_accredited() -> Self {
        let story = Self::new().await;
        story.accredit(&story.ministry, &story.agency, None, 1).await;
        story.accredit(&story.agency, &story.university, Some(&story.ministry), 0).await;
        story.country.it_is(&story.spring);
        story
    }

    async fn accredit(&self, by: &Institution, whom: &Institution, under: Option<&Institution>, levels: u8) {
        self.accredit_for(&self.scope, (by, whom), under, levels).await;
    }

    async fn accredit_for(
        &self,
        scope: &Scope,
        (by, whom): (&Institution, &Institution),
        under: Option<&Institution>,
        levels: u8,
    ) {
        let under = under.map(|above| Under { accreditor: address(&above.did), number: 0 });
        let (from, until) = (seconds(&self.founded), seconds(&at("2027-03-01T00:00:00Z")));
        let terms = Terms { under, from, until, levels };
        let write = CredentialWrite::Accredit { subject: address(&whom.did), kind: scope.kind(), terms };
        self.country.write(by, write).await;
    }

    async fn revoke(&self, by: &Institution, whom: &Institution) {
        let (subject, kind) = (address(&whom.did), self.scope.kind());
        self.country.write(by, CredentialWrite::RevokeAccreditation { subject, kind, number: 0 }).await;
    }

    async fn diploma(&mut self) -> Secured {
        let spring = self.spring.clone();
        self.university.diploma(Mechanism::EddsaRdfc2022, &spring).await
    }

    /// Believes those whom the ministry accredited.
    fn expected(&self) -> Expectations {
        let roots = BTreeMap::from([(self.ministry.did.clone(), "Ministerio de Educación".to_owned())]);
        Expectations { issuers: Issuers::Accredited(Accrediting { roots, regions: Vec::new() }), ..Expectations::default() }
    }

    async fn verdict(&self, credential: &Secured, expected: &Expectations, now: &Timestamp) -> Verdict {
        self.country.verdict(credential.text(), expected, now).await
    }
}

fn address(did: &Did) -> Address {
    ethr::Identity::read(did).expect("a did:ethr").address.into()
}

/// What the contexts of a diploma make of its type.
fn degree_type(diploma: &Secured) -> String {
    let types = type_iris(diploma.body(), &["credentialSubject"], &Contexts::bundled()).expect("types that are defined");
    types.into_iter().find(|kind| !kind.ends_with("#VerifiableCredential")).expect("a type besides")
}

fn gaps(verdict: &Verdict) -> Vec<Gap> {
    verdict.gaps().iter().map(|found| found.what.clone()).collect()
}

#[tokio::test]
async fn accredited_issuer_is_believed_and_the_path_is_shown() {
    let mut story = Story::with_everybody_accredited().await;
    let diploma = story.diploma().await;
    let verdict = story.verdict(&diploma, &story.expected(), &story.spring).await;
    assert_eq!(verdict.word(), "accepted", "{verdict:?}");
    let used = &verdict.basis().accreditations[0];
    assert_eq!(used.path, [story.ministry.did.clone(), story.agency.did.clone()]);
    assert_eq!((&used.issuer, &*used.root_name), (&story.university.did, "Ministerio de Educación"));
    assert_eq!((&used.scope, &used.until), (&story.scope, &at("2027-03-01T00:00:00Z")));
    assert!(matches!(used.standing, Standing::Proven { grounds: Grounds::Validators, .. }));
}

#[tokio::test]
async fn accreditation_and_anchor_are_found_in_a_trust_pack_where_no_registry_is() {
    let mut story = Story::with_everybody_accredited().await;
    let diploma = story.diploma().await;
    let diploma = story.country.anchor(&story.university, &diploma).await;
    let (online, now, did) = (story.country.verifier(), &story.spring, &story.university.did);
    let evidence = online.gather(&diploma, &story.expected(), now).await;
    let mut entries = Entries::new();
    entries.add_root(&story.ministry.did, "Ministerio de Educación");
    entries.add_history(did, &online.resolver.history(did, now).await.expect("a history"), now).expect("a whole history");
    for ((issuer, scope), known) in &evidence.accreditations {
        let Known::Found { what, as_of } = known else { panic!("{known:?}") };
        entries.add_accreditations(issuer, scope, what, as_of).expect("its history is there");
    }
    for ((issuer, root), known) in &evidence.anchors {
        let Known::Found { what: Told { what: Some(what), standing }, as_of } = known else { panic!("{known:?}") };
        let told = Told { what: *what, standing: standing.clone() };
        entries.add_anchor(issuer, *root, &told, as_of).expect("its history is there");
    }
    let pack = Signer::publisher(1).pack(entries, 1, now);
    let roots = pack.entries().roots().expect("names");
    let expected =
        Expectations { issuers: Issuers::Accredited(Accrediting { roots, ..Accrediting::default() }), ..story.expected() };
    let offline = Verifier::offline(Arc::new(pack), Arc::new(MemoryStorage::new())).expect("whole entries");
    let verdict = offline.check(diploma.text(), &expected, &now.plus_seconds(24 * 3600)).await.expect("a diploma");
    assert_eq!(verdict.word(), "accepted", "{verdict:?}");
    let used = &verdict.basis().accreditations[0];
    assert_eq!(used.path, [story.ministry.did.clone(), story.agency.did.clone()]);
    assert!(matches!(used.standing, Standing::Proven { grounds: Grounds::Validators, .. }) && used.as_of == *now);
    assert_eq!(verdict.basis().anchors[0].as_of, *now);
}

#[tokio::test]
async fn root_issues_on_its_own_word() {
    let mut story = Story::new().await;
    let spring = story.spring.clone();
    story.country.it_is(&spring);
    let diploma = story.ministry.diploma(Mechanism::EddsaRdfc2022, &spring).await;
    assert_eq!(story.verdict(&diploma, &story.expected(), &spring).await.word(), "accepted");
}

#[tokio::test]
async fn unknown_issuer_is_something_to_read_and_no_rejection() {
    let mut story = Story::new().await;
    story.country.it_is(&story.spring);
    let diploma = story.diploma().await;
    let verdict = story.verdict(&diploma, &story.expected(), &story.spring).await;
    let issuer = story.university.did.to_string();
    assert_eq!(gaps(&verdict), [Gap::UnknownIssuer { issuer: issuer.clone() }]);
    assert_eq!(verdict.word(), "undetermined");
    let said = verdict.gaps()[0].say(Language::Es);
    assert_eq!(said, format!("La firma es buena, pero nadie responde por el emisor {issuer}."));
    // Who asks for no accreditation is only warned.
    assert_eq!(story.verdict(&diploma, &Expectations::default(), &story.spring).await.word(), "accepted");
}

#[tokio::test]
async fn root_that_the_verifier_did_not_choose_has_no_say() {
    let mut story = Story::new().await;
    // The agency acts as a root of its own.
    story.accredit(&story.agency, &story.university, None, 0).await;
    story.country.it_is(&story.spring);
    let diploma = story.diploma().await;
    let verdict = story.verdict(&diploma, &story.expected(), &story.spring).await;
    assert_eq!(gaps(&verdict), [Gap::UnknownIssuer { issuer: story.university.did.to_string() }]);
}

#[tokio::test]
async fn accreditation_for_other_credentials_is_none_for_these() {
    let mut story = Story::new().await;
    let other = Scope::of("https://example.org/LibraryCard");
    story.accredit_for(&other, (&story.ministry, &story.university), None, 0).await;
    story.country.it_is(&story.spring);
    let diploma = story.diploma().await;
    let verdict = story.verdict(&diploma, &story.expected(), &story.spring).await;
    assert_eq!(gaps(&verdict), [Gap::UnknownIssuer { issuer: story.university.did.to_string() }]);
}

#[tokio::test]
async fn region_counts_where_the_verifier_takes_it() {
    let mut story = Story::new().await;
    let here = Scope::in_region(&story.scope.type_url, "AR-B").expect("a region");
    story.accredit_for(&here, (&story.ministry, &story.university), None, 0).await;
    story.country.it_is(&story.spring);
    let diploma = story.diploma().await;
    for (regions, word) in [(vec!["AR-B"], "accepted"), (vec!["AR-C", "AR-B"], "accepted"), (vec!["AR-C"], "undetermined")] {
        let mut expected = story.expected();
        let Issuers::Accredited(accrediting) = &mut expected.issuers else { panic!("accredited issuers") };
        accrediting.regions = regions.iter().map(|&region| region.to_owned()).collect();
        let verdict = story.verdict(&diploma, &expected, &story.spring).await;
        assert_eq!(verdict.word(), word, "{regions:?}: {verdict:?}");
        if let Some(used) = verdict.basis().accreditations.first() {
            assert_eq!(used.scope, here);
        }
    }
}

#[tokio::test]
async fn revoked_accreditation_takes_nothing_from_what_was_anchored_before() {
    let mut story = Story::with_everybody_accredited().await;
    let diploma = story.diploma().await;
    let anchored = story.country.anchor(&story.university, &diploma).await;
    story.country.it_is(&story.autumn);
    story.revoke(&story.agency, &story.university).await;
    let (issuer, ended) = (story.university.did.to_string(), story.autumn.clone());
    let winter = at("2026-07-01T12:00:00Z");
    assert_eq!(story.verdict(&anchored, &story.expected(), &winter).await.word(), "accepted");
    let verdict = story.verdict(&diploma, &story.expected(), &winter).await;
    assert_eq!(gaps(&verdict), [Gap::AccreditationUnproven { issuer: issuer.clone(), ended }]);
    let believing = Expectations { signing_time: SigningTime::Claimed, ..story.expected() };
    assert_eq!(story.verdict(&diploma, &believing, &winter).await.word(), "accepted");
    // What is signed afterwards is signed by somebody who may not.
    let late = story.university.diploma(Mechanism::EddsaRdfc2022, &winter).await;
    let verdict = story.verdict(&late, &believing, &winter).await;
    assert_eq!(gaps(&verdict), [Gap::NotAccredited { issuer, at: winter }]);
}

#[tokio::test]
async fn what_falls_above_falls_below() {
    for what in ["revoked", "retired body", "retired root"] {
        let mut story = Story::with_everybody_accredited().await;
        story.country.it_is(&story.autumn);
        match what {
            "revoked" => story.revoke(&story.ministry, &story.agency).await,
            "retired body" => story.country.write(&story.agency, CredentialWrite::Retire).await,
            _ => story.country.write(&story.ministry, CredentialWrite::Retire).await,
        }
        let winter = at("2026-07-01T12:00:00Z");
        let late = story.university.diploma(Mechanism::EddsaRdfc2022, &winter).await;
        let verdict = story.verdict(&late, &story.expected(), &winter).await;
        let issuer = story.university.did.to_string();
        assert_eq!(gaps(&verdict), [Gap::NotAccredited { issuer, at: winter }], "{what}");
    }
}

/// The chain, on a node that counts round trips, keeps events back, or lies about storage.
struct Node {
    chain: Arc<EmbeddedChain>,
    gives_events: bool,
    lies: bool,
    rounds: AtomicUsize,
}

#[async_trait]
impl Ledger for Node {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Result<Value, RpcRefusal>>> {
        self.rounds.fetch_add(1, Ordering::SeqCst);
        let asked: Vec<bool> = batch.iter().map(|request| request.method == "eth_getLogs").collect();
        let mut answers = self.chain.ask(batch).await?;
        for (answer, of_events) in answers.iter_mut().zip(asked) {
            if of_events && !self.gives_events {
                *answer = Err(RpcRefusal { code: -32000, reason: "no logs here".to_owned() });
            }
            if let (true, Ok(answer)) = (self.lies, answer) {
                for slot in answer.get_mut("storageProof").and_then(Value::as_array_mut).into_iter().flatten() {
                    slot["value"] = json!("0x1");
                }
            }
        }
        Ok(answers)
    }
}

impl Node {
    fn of(country: &Country) -> Self {
        Self { chain: country.chain.clone(), gives_events: true, lies: false, rounds: AtomicUsize::new(0) }
    }
}

#[tokio::test]
async fn issuer_names_its_accreditor_where_a_node_gives_no_events() {
    let mut story = Story::with_everybody_accredited().await;
    let diploma = story.diploma().await;
    let node = || Arc::new(Node { gives_events: false, ..Node::of(&story.country) });
    let verifier = verifier_with(story.country.resolver_over(node()));
    let verdict = verifier.check(diploma.text(), &story.expected(), &story.spring).await.expect("a credential");
    // Without any event not even the university's keys are known.
    assert_eq!(verdict.word(), "undetermined");
    let service = DidWrite::add_service(ACCREDITOR, story.agency.did.as_str(), country::LONG).expect("a service");
    story.country.change(&story.university, service).await;
    let resolver = story.country.resolver();
    let document = resolver.resolve(&(&story.university.did).into(), &story.spring).await.expect("a document").document;
    let roots = [story.ministry.did.clone()];
    let silent = story.country.resolver_over(node());
    let told = silent.accreditations(&document, &story.scope, &roots, &story.spring).await.expect("an answer");
    assert_eq!(told.what.len(), 1, "{told:?}");
    assert!(told.what[0].stands(seconds(&story.spring)));
}

#[tokio::test]
async fn lie_about_an_accreditation_leaves_the_verdict_open() {
    let mut story = Story::new().await;
    story.country.it_is(&story.spring);
    let diploma = story.diploma().await;
    let node = Arc::new(Node { lies: true, ..Node::of(&story.country) });
    let evidence = {
        let verifier = story.country.verifier();
        verifier.gather(&diploma, &Expectations::default(), &story.spring).await
    };
    let mut verifier = verifier_with(story.country.resolver_over(node));
    verifier.carried = evidence;
    let verdict = verifier.check(diploma.text(), &story.expected(), &story.spring).await.expect("a credential");
    assert!(matches!(&*gaps(&verdict), [Gap::AccreditationMissing { .. }]), "{verdict:?}");
}

#[tokio::test]
async fn accreditation_is_found_in_a_round_trip_for_each_level_and_two_more() {
    let story = Story::with_everybody_accredited().await;
    let node = Arc::new(Node::of(&story.country));
    let resolver = Resolver::new().with_registry("country", story.country.chain.deployment(), node.clone());
    let document = resolver.resolve(&(&story.university.did).into(), &story.spring).await.expect("a document").document;
    node.rounds.store(0, Ordering::SeqCst);
    let roots = [story.ministry.did.clone()];
    let told = resolver.accreditations(&document, &story.scope, &roots, &story.spring).await.expect("an answer");
    assert_eq!((told.what.len(), node.rounds.load(Ordering::SeqCst)), (1, 4));
    assert!(matches!(told.standing, Standing::Believed { block: Some(_) }));
}
