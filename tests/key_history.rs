//! Credentials outlive their signers: each is judged by the keys that were valid when it was anchored, or says it was signed.

#[path = "support/country.rs"]
mod country;

use country::{Country, Institution, at};
use wallet_core::did::Standing;
use wallet_core::registry::DidWrite;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::time::Timestamp;
use wallet_core::verification::{Anchoring, Expectations, Gap, Issuers, Reason, SigningTime, Verdict, Warning};

/// A university whose dean signed a diploma in spring, and lost the key to something in autumn.
struct Story {
    country: Country,
    university: Institution,
    spring: Timestamp,
    autumn: Timestamp,
    winter: Timestamp,
}

impl Story {
    async fn new() -> Self {
        let (founded, spring) = (at("2025-03-01T00:00:00Z"), at("2025-10-01T12:00:00Z"));
        let (autumn, winter) = (at("2026-04-01T12:00:00Z"), at("2026-07-01T12:00:00Z"));
        let country = Country::new(&founded).await;
        let university = country.institution("uni").await;
        country.it_is(&spring);
        Self { country, university, spring, autumn, winter }
    }

    async fn diploma(&mut self, mechanism: Mechanism) -> Secured {
        let spring = self.spring.clone();
        self.university.diploma(mechanism, &spring).await
    }

    async fn anchored(&mut self, mechanism: Mechanism) -> Secured {
        let diploma = self.diploma(mechanism).await;
        self.country.anchor(&self.university, &diploma).await
    }

    async fn dean_retires(&self) {
        self.country.it_is(&self.autumn);
        self.country.revoke_key(&self.university).await;
        self.country.it_is(&self.winter);
    }

    async fn key_is_reported_stolen(&self) {
        self.country.it_is(&self.autumn);
        self.country.change(&self.university, DidWrite::report_stolen(&self.university.public).expect("a report")).await;
        self.country.revoke_key(&self.university).await;
        self.country.it_is(&self.winter);
    }

    async fn verdict(&self, credential: &Secured, expected: &Expectations) -> Verdict {
        let verifier = self.country.verifier();
        let evidence = verifier.gather(credential, expected, &self.winter).await;
        wallet_core::verification::verify(credential, &evidence, expected, &self.winter)
    }
}

fn believing() -> Expectations {
    Expectations { signing_time: SigningTime::Claimed, ..Expectations::default() }
}

fn reasons(verdict: &Verdict) -> Vec<Reason> {
    verdict.reasons().iter().map(|found| found.what.clone()).collect()
}

fn gaps(verdict: &Verdict) -> Vec<Gap> {
    verdict.gaps().iter().map(|found| found.what.clone()).collect()
}

#[tokio::test]
async fn anchored_diploma_outlives_the_key_that_signed_it() {
    let mut story = Story::new().await;
    for mechanism in [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022, Mechanism::Jwt, Mechanism::Cose] {
        let diploma = story.anchored(mechanism).await;
        story.dean_retires().await;
        let verdict = story.verdict(&diploma, &Expectations::default()).await;
        assert_eq!(verdict.word(), "accepted", "{mechanism:?}: {verdict:?}");
        let anchor = &verdict.basis().anchors[0];
        assert_eq!((&anchor.anchored_at, &anchor.issuer), (&story.spring, &story.university.did));
        assert!(matches!(anchor.standing, Standing::Proven { .. }));
        story = Story::new().await;
    }
}

#[tokio::test]
async fn diploma_without_an_anchor_is_open_once_its_key_is_retired_unless_its_date_is_believed() {
    let mut story = Story::new().await;
    let diploma = story.diploma(Mechanism::EddsaRdfc2022).await;
    story.dean_retires().await;
    let ended = story.autumn.clone();
    let verdict = story.verdict(&diploma, &Expectations::default()).await;
    let method = story.university.issuer.method.to_string();
    assert_eq!(gaps(&verdict), [Gap::SigningTimeUnproven { method: method.clone(), ended: ended.clone() }]);
    let verdict = story.verdict(&diploma, &believing()).await;
    let warnings: Vec<_> = verdict.verified().expect("accepted").warnings().iter().map(|found| &found.what).collect();
    assert!(warnings.contains(&&Warning::SigningTimeClaimed { method, ended }));
}

#[tokio::test]
async fn retired_key_signs_nothing_new() {
    let mut story = Story::new().await;
    story.dean_retires().await;
    let late = story.university.diploma(Mechanism::EddsaRdfc2022, &story.winter).await;
    let at = story.autumn.clone();
    let method = story.university.issuer.method.to_string();
    let expected = [Reason::KeyRevoked { method, at }];
    assert_eq!(reasons(&story.verdict(&late, &Expectations::default()).await), expected);
    // Nor does an anchor after the end of the key make it any better.
    let late = story.country.anchor(&story.university, &late).await;
    assert_eq!(reasons(&story.verdict(&late, &Expectations::default()).await), expected);
}

#[tokio::test]
async fn stolen_key_rejects_what_was_not_anchored_before_the_report() {
    let mut story = Story::new().await;
    let (kept, bare) = (story.anchored(Mechanism::EddsaRdfc2022).await, story.diploma(Mechanism::EddsaRdfc2022).await);
    story.key_is_reported_stolen().await;
    let stolen = Reason::KeyStolen { method: story.university.issuer.method.to_string(), at: story.autumn.clone() };
    assert_eq!(story.verdict(&kept, &Expectations::default()).await.word(), "accepted");
    // The thief dates what he signs as he likes: nobody's word counts.
    for expected in [Expectations::default(), believing()] {
        let verdict = story.verdict(&bare, &expected).await;
        assert!(reasons(&verdict).contains(&stolen), "{verdict:?}");
    }
    // Whoever holds the DID's own key may still anchor: too late is too late.
    let late = story.country.anchor(&story.university, &bare).await;
    assert!(reasons(&story.verdict(&late, &believing()).await).contains(&stolen));
}

#[tokio::test]
async fn theft_counts_although_the_key_was_never_withdrawn() {
    let mut story = Story::new().await;
    let bare = story.diploma(Mechanism::EddsaRdfc2022).await;
    story.country.it_is(&story.autumn);
    story.country.change(&story.university, DidWrite::report_stolen(&story.university.public).expect("a report")).await;
    let stolen = Reason::KeyStolen { method: story.university.issuer.method.to_string(), at: story.autumn.clone() };
    assert_eq!(reasons(&story.verdict(&bare, &believing()).await), [stolen]);
}

#[tokio::test]
async fn inclusion_proof_of_another_credential_dates_nothing() {
    let mut story = Story::new().await;
    let (kept, bare) = (story.anchored(Mechanism::EddsaRdfc2022).await, story.diploma(Mechanism::EddsaRdfc2022).await);
    let borrowed = bare.with_inclusion(kept.inclusion().expect("an inclusion proof")).expect("an embedded proof");
    story.dean_retires().await;
    let verdict = story.verdict(&borrowed, &Expectations::default()).await;
    assert!(matches!(*gaps(&verdict), [Gap::SigningTimeUnproven { .. }]), "{verdict:?}");
    assert!(verdict.basis().anchors.is_empty());
}

#[tokio::test]
async fn missing_anchor_is_a_gap_only_where_one_is_asked_for() {
    let mut story = Story::new().await;
    let (kept, bare) = (story.anchored(Mechanism::EddsaRdfc2022).await, story.diploma(Mechanism::EddsaRdfc2022).await);
    let strict = Expectations { anchoring: Anchoring::Required, ..Expectations::default() };
    assert_eq!(story.verdict(&bare, &Expectations::default()).await.word(), "accepted");
    assert_eq!(story.verdict(&kept, &strict).await.word(), "accepted");
    let issuer = story.university.did.to_string();
    assert_eq!(gaps(&story.verdict(&bare, &strict).await), [Gap::NotAnchored { issuer: issuer.clone() }]);
    // With nobody to ask, whether it is anchored stays open.
    let offline = Story::new().await;
    let known = story.country.verifier().gather(&kept, &strict, &story.winter).await;
    let mut evidence = wallet_core::verification::Evidence::new(Contexts::bundled());
    evidence.resolutions = known.resolutions;
    let verdict = wallet_core::verification::verify(&kept, &evidence, &strict, &offline.winter);
    assert_eq!(gaps(&verdict), [Gap::AnchorMissing { issuer, why: "nobody was asked".to_owned() }]);
}

#[tokio::test]
async fn anchor_that_the_registry_does_not_know_is_told_of() {
    let mut story = Story::new().await;
    let kept = story.anchored(Mechanism::EddsaRdfc2022).await;
    let bare = story.diploma(Mechanism::EddsaRdfc2022).await;
    let borrowed = bare.with_inclusion(kept.inclusion().expect("an inclusion proof")).expect("an embedded proof");
    let expected = Expectations { issuers: Issuers::Any, ..Expectations::default() };
    let verdict = story.verdict(&borrowed, &expected).await;
    let warnings: Vec<_> = verdict.verified().expect("accepted").warnings().iter().map(|found| &found.what).collect();
    assert!(warnings.contains(&&Warning::AnchorNotFound { issuer: story.university.did.to_string() }));
}
