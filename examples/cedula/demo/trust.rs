//! The scenes about trust that lasts: anchors, a stolen key, and who may say what.

use std::collections::BTreeMap;

use rand_core::Rng as _;
use wallet_core::credential::profiles::Profile;
use wallet_core::issuer::NewAccreditation;
use wallet_core::platform::system_rng;
use wallet_core::ports::Keystore as _;
use wallet_core::registry::MerkleTree;
use wallet_core::registry::accreditation::Scope;
use wallet_core::registry::anchor::{SALT_LENGTH, leaf};
use wallet_core::securing::Secured;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::verification::{Accrediting, Issuers};

use crate::accreditation;
use crate::failure::{Failure, Result};
use crate::issuers::{self, NewIssuer};
use crate::words::words;

use super::scenes::{CARD, Issued, REDUCED, REGISTRY, UNIVERSITY, draw, issue_reduced};
use super::stage::Stage;
use super::story;

const MINISTRY: &str = "ministerio";
const AGENCY: &str = "agencia";
const ACADEMY: &str = "academia-veloz";
/// How far back the accreditations reach, and how long they are good for, in seconds.
const YEAR: i64 = 365 * 24 * 3600;

/// Anchors all that an institution issued under one root, and draws hers with the way to it.
pub async fn anchor(stage: &Stage<'_>, issuer: &str, all: &[Secured], hers: &[Issued]) -> Result<()> {
    let record = issuers::record(&stage.home, issuer)?;
    let (mut salts, mut leaves) = (Vec::new(), Vec::new());
    for secured in all {
        let mut salt = [0; SALT_LENGTH];
        system_rng().fill_bytes(&mut salt);
        leaves.push(leaf(&salt, &secured.signed_digest(0, &Contexts::bundled()).map_err(Failure::usage)?));
        salts.push(salt);
    }
    let tree = MerkleTree::new(leaves)?;
    let written = stage.registry.registrar().anchor(&record.did, &record.owner, tree.root()).await?.written;
    for one in hers {
        let Some(place) = all.iter().position(|secured| *secured == one.secured) else { continue };
        let inclusion = tree.inclusion(place, salts[place]).expect("a place in the tree");
        draw(stage, &anchored(one.name), &one.secured.with_inclusion(&inclusion)?)?;
    }
    let (name, count, gas, each) = (&record.display_name, all.len(), written.gas, written.gas / all.len() as u64);
    stage.screen.line(words!(
        stage.screen.language,
        "  {name}: {count} under one root, for {gas} gas: {each} each",
        "  {name}: {count} bajo una raíz, por {gas} de gas: {each} cada una",
        "  {name}: {count} sob uma raiz, por {gas} de gás: {each} cada uma",
    ));
    Ok(())
}

/// The name of a picture that carries the way to its root.
pub fn anchored(name: &str) -> String {
    format!("{name}-anchored")
}

/// 9. The civil registry's key is stolen, and it says so.
pub async fn stolen(stage: &mut Stage<'_>) -> Result<()> {
    stage.scene(&story::stolen(stage.screen.language));
    let mut record = issuers::record(&stage.home, REGISTRY)?;
    let lost = stage.registry.keystore.public_key(&record.key).await?;
    let (key, method) = issuers::publish_key(&stage.registry, &record.did, &record.owner, 10 * YEAR as u64, &stage.now()).await?;
    issuers::report_stolen(&stage.registry, &record, &lost).await?;
    (record.key, record.method) = (key, method);
    issuers::keep(&stage.home, REGISTRY, &record)?;
    issuers::publish_lists(&stage.home, &stage.issuer(REGISTRY).await?, &stage.now()).await?;
    stage.hours_pass(1);
    let guard = stage.guard("theft.pack").await?;
    stage.scan(&guard, &format!("{CARD}.png"), "rejected").await?;
    stage.scan(&guard, &format!("{}.png", anchored(CARD)), "accepted").await?;
    Ok(())
}

/// 10. Two academies sign degrees equally well; one of them is accredited.
pub async fn accredited(stage: &mut Stage<'_>) -> Result<()> {
    let l = stage.screen.language;
    stage.scene(&story::accredited(l));
    for (name, display_name) in
        [(MINISTRY, "Ministerio de Educación"), (AGENCY, "Agencia de Acreditación Universitaria"), (ACADEMY, "Academia Veloz")]
    {
        let status_base = format!("https://{name}.example/status");
        let new = NewIssuer { name, display_name, status_base: &status_base, owner: None };
        issuers::create(&stage.home, &stage.registry, &new, &stage.now()).await?;
    }
    let ministry = issuers::record(&stage.home, MINISTRY)?;
    for (by, to, under, levels) in [(MINISTRY, AGENCY, None, 1), (AGENCY, UNIVERSITY, Some(&ministry.did), 0)] {
        let (subject, scope) = (issuers::did(&stage.home, to)?, Scope::of(Profile::ReducedDiploma.type_url()));
        let (from, until) = (stage.now().plus_seconds(-YEAR), stage.now().plus_seconds(YEAR));
        let new = NewAccreditation { subject: &subject, scope: &scope, under, from, until, levels };
        accreditation::give(&stage.home, &stage.registry, by, &new).await?;
    }
    let bought = issue_reduced(stage, ACADEMY).await?;
    draw(stage, "diploma-bought", &bought)?;
    stage.hours_pass(1);
    let mut guard = stage.guard_with_roots("ministry.pack", &[MINISTRY]).await?;
    let roots = BTreeMap::from([(ministry.did, ministry.display_name)]);
    guard.expected.issuers = Issuers::Accredited(Accrediting { roots, regions: Vec::new() });
    stage.scan(&guard, &format!("{}.png", anchored(REDUCED)), "accepted").await?;
    stage.scan(&guard, "diploma-bought.png", "undetermined").await?;
    Ok(())
}
