//! A batch from its first row to the chain, and what is killed on the way.

use std::sync::Arc;

use async_trait::async_trait;
use wallet_core::error::{Result, WalletError};
use wallet_core::key::{KeyAlgorithm, KeyId, PublicKey};
use wallet_core::platform::system_rng;
use wallet_core::ports::{Keystore, Storage};
use wallet_core::securing::Mechanism;
use wallet_core::status::ListFormat;

use crate::office::{Fate, Office, assert_each_once, now, plan};

#[tokio::test]
async fn every_row_is_signed_once_and_leads_to_the_one_root_on_the_chain() {
    let mut office = Office::new().await;
    let people = office.people(1_100);
    let (batch, credentials) = office.run(&plan("graduates"), &people).await.expect("issued");
    assert_each_once(&credentials, 1_100);
    let key = office.issuer.keystore.public_key(&office.issuer.key).await.expect("its key");
    for secured in credentials.iter().step_by(97) {
        assert_eq!(secured.check_claims(0, &key, &office.issuer.contexts), Ok(()));
        assert_eq!(secured.proofs()[0].created.as_ref(), Some(&now()));
        assert!(secured.unsupported().is_empty());
    }
    let root = office.root(&credentials);
    assert_eq!(office.issuer.batch_root(&batch).await, Ok(root));
    assert_eq!(office.issuer.batch_size(&batch).await, Ok(1_100));
    assert_eq!(office.issuer.list_count().await, Ok(2), "700 share a list");

    let anchored = office.registrar.anchor(&office.issuer.did, &office.owner, root).await.expect("anchored");
    assert_eq!(anchored.moment.block, anchored.written.block);
    let again = office.registrar.anchor(&office.issuer.did, &office.owner, root).await.expect("it stands there");
    assert_eq!(again, anchored, "no second transaction");
}

/// Each write is lost once, then made and not heard of, then both for the next one; every time the batch is asked for anew.
#[tokio::test]
async fn batch_killed_at_every_write_goes_on_and_issues_nothing_twice() {
    let mut office = Office::new().await;
    let people = office.people(1_100);
    let mut kills = 0;
    let (mut batch, credentials) = loop {
        office.storage.foretell([if kills % 2 == 0 { Fate::KilledBefore } else { Fate::KilledAfter }]);
        match office.run(&plan("graduates"), &people).await {
            Ok(done) => break done,
            Err(WalletError::StorageFailed { .. }) => kills += 1,
            Err(error) => panic!("{error}"),
        }
    };
    // Twice at the head, at three chunks, and at the mark that all are signed.
    assert_eq!(kills, 10);
    assert_each_once(&credentials, 1_100);
    let root = office.root(&credentials);

    let (_, again) = office.run(&plan("graduates"), &people).await.expect("it is signed");
    assert_eq!(again, credentials, "the same to the letter");
    office.storage.foretell([Fate::KilledBefore]);
    assert!(office.issuer.close_batch(&mut batch).await.is_err());
    let (_, again) = office.run(&plan("graduates"), &people).await.expect("it is signed");
    assert_eq!(office.root(&again), root);
    office.issuer.close_batch(&mut batch).await.expect("closed");
    let (closed, none) = office.run(&plan("graduates"), &people).await.expect("it is closed");
    assert!(closed.is_closed() && none.is_empty());
    assert_eq!(office.issuer.batch_root(&closed).await, Ok(root));
    assert!(office.storage.list("batch/graduates/signed/").await.expect("names").is_empty(), "no credential is kept");
}

#[tokio::test]
async fn progress_is_told_after_each_chunk() {
    let mut office = Office::new().await;
    let people = office.people(1_100);
    let mut told = Vec::new();
    for killed in [true, false] {
        let mut batch = office.issuer.batch(&plan("told"), &mut system_rng(), &now()).await.expect("a batch");
        let fates = [Fate::Written, if killed { Fate::KilledBefore } else { Fate::Written }];
        office.storage.foretell(fates);
        let mut rows = people.iter().cloned().map(Ok);
        let mut listen = |done| told.push(done);
        let signed = office.issuer.sign_batch(&mut batch, &mut rows, &mut system_rng(), &mut listen).await;
        assert_eq!(signed.is_err(), killed);
    }
    assert_eq!(told, [512, 512, 1_024, 1_100]);
}

#[tokio::test]
async fn token_of_a_batch_has_its_inclusion_beside() {
    for (mechanism, format) in
        [(Mechanism::Jwt, ListFormat::Bitstring), (Mechanism::Jwt, ListFormat::Token), (Mechanism::Cose, ListFormat::Bitstring)]
    {
        let mut office = Office::new().await;
        office.issuer.status.format = format;
        let plan = wallet_core::issuer::BatchPlan { mechanism, ..plan("tokens") };
        let people = office.people(5);
        let (batch, credentials) = office.run(&plan, &people).await.expect("issued");
        assert_eq!(office.issuer.batch_root(&batch).await, Ok(office.root(&credentials)));
        assert!(credentials.iter().all(|secured| !secured.text().contains("merkle-anchor")));
    }
}

/// A keystore as hardware has it: every signature is asked for.
struct Hardware(Arc<dyn Keystore>);

#[async_trait]
impl Keystore for Hardware {
    async fn create(&self, algorithm: KeyAlgorithm) -> Result<(KeyId, PublicKey)> {
        self.0.create(algorithm).await
    }

    async fn public_key(&self, id: &KeyId) -> Result<PublicKey> {
        self.0.public_key(id).await
    }

    async fn sign(&self, id: &KeyId, message: &[u8]) -> Result<Vec<u8>> {
        self.0.sign(id, message).await
    }

    async fn delete(&self, id: &KeyId) -> Result<()> {
        self.0.delete(id).await
    }
}

#[tokio::test]
async fn key_that_is_never_at_hand_signs_a_batch_all_the_same() {
    let mut office = Office::new().await;
    office.issuer.keystore = Arc::new(Hardware(office.issuer.keystore.clone()));
    let people = office.people(5);
    let (_, credentials) = office.run(&plan("hardware"), &people).await.expect("issued");
    assert_each_once(&credentials, 5);
    office.root(&credentials);
}
