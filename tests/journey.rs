//! The journey: three credentials issued, held, shown as one QR each, read back from the picture, verified with no network.

#[path = "support/town.rs"]
mod town;

use std::sync::Arc;

use town::{Town, at};
use wallet_core::credential::profiles::{DegreeKind, IdentityCard, Recipient, ReducedDiploma, Vaccination, Vaccine};
use wallet_core::platform::{MemoryStorage, system_rng};
use wallet_core::qr::{Budget, picture};
use wallet_core::securing::Mechanism;
use wallet_core::status::StatusPurpose;
use wallet_core::trust_pack::TrustPack;
use wallet_core::verification::{Expectations, Issuers, Reason, Verdict};
use wallet_core::verifier::Verifier;

#[tokio::test]
async fn three_credentials_travel_from_their_issuers_to_a_verifier_without_a_network() {
    // A civil registry, a university and a health unit stand on the registry chain; Ana has a wallet.
    let now = at("2026-03-01T12:00:00Z");
    let mut town = Town::new(&now).await;
    let ana = town.new_holder(&now).await;

    // Each issues what it knows of her.
    let birth_date = "1998-08-17".parse().expect("a day");
    let card = IdentityCard::new("Ana", "Quispe", birth_date, "PER", "70481236");
    let diploma = ReducedDiploma::of("Ana Quispe", "Enfermería", DegreeKind::Bachelor, "2025-12-12".parse().expect("a day"));
    let vaccine = Vaccine::new("J07BL01", "Fiebre amarilla", "Stamaril");
    let dose =
        Vaccination::new(Recipient::new("Ana", "Quispe", birth_date), vaccine, "2025-11-03".parse().expect("a day"), "PER");
    let claims = [
        card.to_credential(town.terms("registry", &ana, &now)),
        diploma.to_credential(town.terms("university", &ana, &now)),
        dose.to_credential(town.terms("health", &ana, &now)),
    ];
    let mut issued = Vec::new();
    for (name, claims) in ["registry", "university", "health"].into_iter().zip(claims) {
        let issuer = town.issuers.get_mut(name).expect("an issuer");
        let secured = issuer.issue(claims, Mechanism::EddsaRdfc2022, &[StatusPurpose::Revocation], &mut system_rng(), &now).await;
        issued.push(secured.expect("a signed credential"));
    }

    // She keeps them, and shows each as one QR code that fits on paper.
    let mut pictures = Vec::new();
    for secured in &issued {
        let id = town.wallet.keep(secured, "by hand", town.language, &mut system_rng(), &now).await.expect("kept");
        let shown =
            town.wallet.show(&id, &town.table, &town.contexts, Budget::Print, &mut system_rng(), &now).await.expect("shown");
        pictures.push(shown.expect("it fits").png(6));
    }

    // A verifier loads what it has to know, and goes where there is no network.
    let verifier = carrying(&town, 1, &now).await;
    for png in &pictures {
        let verdict = verifier.check(&picture::read(png).expect("a QR code"), &trusted(&town), &now).await.expect("a credential");
        assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    }

    // The health unit revokes; the next load tells.
    let later = at("2026-03-02T12:00:00Z");
    let id = issued[2].body()["id"].as_str().expect("an id").to_owned();
    let health = town.issuers.get_mut("health").expect("an issuer");
    health.set_status(&id, &StatusPurpose::Revocation, 1, &later).await.expect("a new list");
    let verifier = carrying(&town, 2, &later).await;
    let verdict =
        verifier.check(&picture::read(&pictures[2]).expect("a QR code"), &trusted(&town), &later).await.expect("a credential");
    assert!(matches!(verdict.reasons(), [finding] if matches!(finding.what, Reason::Revoked { .. })), "{verdict:?}");
}

async fn carrying(town: &Town, version: u64, now: &wallet_core::time::Timestamp) -> Verifier {
    let file = town.trust_pack(version, now).await.to_bytes();
    let pack = TrustPack::open(&file, town.publisher(), None, now).expect("a signed pack");
    Verifier::offline(Arc::new(pack), Arc::new(MemoryStorage::new())).expect("whole evidence")
}

fn trusted(town: &Town) -> Expectations {
    Expectations { issuers: Issuers::Known(town.names()), ..Expectations::default() }
}
