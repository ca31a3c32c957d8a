//! A verifier on the registry chain: proven, and accredited or not.

use std::collections::BTreeMap;

use wallet_core::did::{Grounds, Standing, ethr};
use wallet_core::presentation::dcql::DcqlQuery;
use wallet_core::presentation::request::RequestedBy;
use wallet_core::registry::accreditation::Scope;
use wallet_core::registry::credential_registry::Terms;
use wallet_core::registry::{Address, CredentialWrite};
use wallet_core::verification::Accrediting;
use wallet_core::verifier::online::{Asking, Client, Status};
use wallet_core::wallet::answering::ASKING;

use crate::country::{Country, Institution, seconds};
use crate::stage::{Stage, pid};

/// A stage whose verifier asks as an institution of a country, and the wallet reads the country's chain.
async fn stage(country: &Country, library: &Institution) -> Stage {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    stage.resolver = country.resolver();
    stage.wire.verifier.keystore = library.issuer.keystore.clone();
    stage
}

fn address(institution: &Institution) -> Address {
    ethr::Identity::read(&institution.did).expect("a did:ethr").address.into()
}

#[tokio::test]
async fn verifier_on_the_registry_is_proven_and_shown_as_accredited_when_it_is() {
    let now = crate::world::at("2026-03-01T11:00:00Z");
    let country = Country::new(&now).await;
    let (ministry, library) = (country.institution("ministerio").await, country.institution("biblioteca").await);
    let mut stage = stage(&country, &library).await;
    let roots = BTreeMap::from([(ministry.did.clone(), "Ministerio de Justicia".to_owned())]);
    stage.accrediting = Some(Accrediting { roots, ..Accrediting::default() });
    let asking = || Asking {
        clients: vec![Client::did(library.issuer.key.clone(), library.issuer.method.clone())],
        ..Asking::for_query(DcqlQuery::from_value(&pid(&["given_name"])).expect("a query"))
    };
    let begun = stage.begin(asking()).await;
    let review = stage.review(&begun).await.expect("its key is on the chain");
    let RequestedBy::Did { did, standing } = &review.asked.by else { panic!("{:?}", review.asked.by) };
    assert_eq!(*did, library.did);
    assert!(matches!(standing, Standing::Proven { grounds: Grounds::Validators, .. }));
    assert_eq!(review.accredited, None, "nobody has accredited it yet");

    let terms = Terms { under: None, from: seconds(&now), until: seconds(&now.plus_seconds(30 * 24 * 3600)), levels: 0 };
    let write = CredentialWrite::Accredit { subject: address(&library), kind: Scope::of(ASKING).kind(), terms };
    country.write(&ministry, write).await;
    country.it_is(&stage.now);
    let begun = stage.begin(asking()).await;
    let review = stage.review(&begun).await.expect("its key is on the chain");
    assert_eq!(review.accredited.as_ref().map(|accredited| accredited.root_name.as_str()), Some("Ministerio de Justicia"));
    let answered = stage.accept(&review).await.expect("it can be shared");
    assert_eq!(stage.outcome(&begun, &answered).await.status, Status::Accepted);
}

#[tokio::test]
async fn verifier_whose_key_was_withdrawn_is_refused() {
    let now = crate::world::at("2026-03-01T11:00:00Z");
    let country = Country::new(&now).await;
    let library = country.institution("biblioteca").await;
    let stage = stage(&country, &library).await;
    let client = Client::did(library.issuer.key.clone(), library.issuer.method.clone());
    let query = DcqlQuery::from_value(&pid(&["given_name"])).expect("a query");
    let begun = stage.begin(Asking { clients: vec![client], ..Asking::for_query(query) }).await;
    assert!(stage.review(&begun).await.is_ok());
    country.it_is(&stage.now);
    country.revoke_key(&library).await;
    assert!(stage.review(&begun).await.is_err());
}
