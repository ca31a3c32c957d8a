//! The scenes, in the order they are played: each a short function over the library's doors.

use wallet_core::credential::Credential;
use wallet_core::credential::profiles::summary;
use wallet_core::platform::{MemoryStorage, system_rng};
use wallet_core::ports::Keystore as _;
use wallet_core::qr::{Budget, Symbol};
use wallet_core::registry::DidWrite;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::status::StatusPurpose;
use wallet_core::verification::{Expectations, SigningTime};
use wallet_core::verifier::Verifier;

use super::page::{self, Card};
use super::sizes::{self, Size};
use super::stage::{Guard, Stage, credential, rows};
use super::story;
use super::trust;
use crate::args::{Profile, StatusChange};
use crate::failure::Result;
use crate::issuers::{self, NewIssuer};
use crate::words::words;
use crate::{hold, issue};

const CITIZEN: &str = "María Fernanda Quispe Rojas";
/// The number by which each institution finds her in its own file.
const DOCUMENT: &str = "70481236-5";
pub const REGISTRY: &str = "registro-civil";
pub const UNIVERSITY: &str = "universidad";
const HEALTH: &str = "centro-de-salud";
const LIBRARY: &str = "biblioteca.villaesperanza.example";

pub const CARD: &str = "identity-card";
const DIPLOMA: &str = "diploma";
pub const REDUCED: &str = "diploma-reduced";
const VACCINATION: &str = "vaccination";

/// One institution's file: what is issued from it, by whom, and under which name it goes on.
struct Source {
    issuer: &'static str,
    profile: Profile,
    file: &'static str,
    text: &'static str,
    name: &'static str,
}

const SOURCES: [Source; 3] = [
    Source {
        issuer: REGISTRY,
        profile: Profile::IdentityCard,
        file: "examples/cedula/data/identity-cards.json",
        text: include_str!("../data/identity-cards.json"),
        name: CARD,
    },
    Source {
        issuer: UNIVERSITY,
        profile: Profile::Diploma,
        file: "examples/cedula/data/diplomas.csv",
        text: include_str!("../data/diplomas.csv"),
        name: DIPLOMA,
    },
    Source {
        issuer: HEALTH,
        profile: Profile::Vaccination,
        file: "examples/cedula/data/vaccinations.csv",
        text: include_str!("../data/vaccinations.csv"),
        name: VACCINATION,
    },
];

/// One of her credentials.
pub struct Issued {
    pub name: &'static str,
    pub secured: Secured,
    credential: Credential,
}

/// 1. Three institutions publish their keys.
pub async fn registry(stage: &Stage<'_>) -> Result<()> {
    let l = stage.screen.language;
    stage.scene(&story::registry(l));
    let institutions = [
        (REGISTRY, "Registro Civil de Villa Esperanza", "https://registrocivil.example/status"),
        (UNIVERSITY, "Universidad de Villa Esperanza", "https://universidad.example/status"),
        (HEALTH, "Centro de Salud Villa Esperanza", "https://salud.example/status"),
    ];
    stage.screen.line("");
    for (name, display_name, status_base) in institutions {
        let record = issuers::create(
            &stage.home,
            &stage.registry,
            &NewIssuer { name, display_name, status_base, owner: None },
            &stage.now(),
        )
        .await?;
        stage.screen.line(format!("  {display_name}"));
        let did = &record.did;
        stage.screen.line(words!(
            l,
            "    its identifier (DID): {did}",
            "    su identificador (DID): {did}",
            "    seu identificador (DID): {did}"
        ));
    }
    let (block, at) = (stage.registry.chain.head().await?.header.number, stage.now());
    stage.screen.line(words!(
        l,
        "  The chain stands at block {block} ({at}).",
        "  La cadena va por el bloque {block} ({at}).",
        "  A cadeia está no bloco {block} ({at}).",
    ));
    Ok(())
}

/// 2. Each issues from its own file; her wallet keeps what is hers.
pub async fn issuing(stage: &mut Stage<'_>) -> Result<Vec<Issued>> {
    let l = stage.screen.language;
    stage.scene(&story::issuing(l, CITIZEN));
    stage.screen.line("");
    let (mut hers, mut all) = (Vec::new(), Vec::new());
    for source in &SOURCES {
        let mut issued_by_it = Vec::new();
        let rows = rows(source.file, source.text)?;
        let (file, people) = (source.file, rows.len());
        stage.screen.line(words!(l, "  {file}: {people} issued", "  {file}: {people} emitidas", "  {file}: {people} emitidas"));
        for row in rows {
            let is_hers = row.mentions(DOCUMENT);
            if is_hers && source.profile == Profile::Diploma {
                let reduced = issue_one(stage, source, row.clone(), Some(REDUCED)).await?;
                issued_by_it.push(reduced.secured.clone());
                hers.push(reduced);
            }
            let issued = issue_one(stage, source, row, None).await?;
            issued_by_it.push(issued.secured.clone());
            if is_hers {
                hers.push(issued);
            }
        }
        all.push((source.issuer, issued_by_it));
    }
    hers.sort_by_key(|issued| [CARD, DIPLOMA, REDUCED, VACCINATION].iter().position(|name| *name == issued.name));
    stage.screen.line("");
    for issued in &hers {
        let verdict = stage.review(&issued.secured).await?;
        if verdict.verified().is_none() {
            stage.verdict(issued.name, &verdict, "accepted");
            continue;
        }
        let (now, from) = (stage.now(), issued.credential.issuer().to_owned());
        stage.wallet.keep(&issued.secured, &from, l, &mut system_rng(), &now).await?;
        let file = stage.write(&format!("credentials/{}.json", issued.name), issued.secured.text().as_bytes())?;
        stage.screen.line(format!("    {}", hold::title(&issued.credential, l)));
        stage.screen.line(format!("      {}", file.display()));
    }
    stage.screen.line("");
    stage.screen.line(words!(l, "  Anchored on the chain:", "  Ancladas en la cadena:", "  Ancoradas na cadeia:"));
    for (issuer, issued_by_it) in &all {
        trust::anchor(stage, issuer, issued_by_it, &hers).await?;
    }
    Ok(hers)
}

/// Her reduced diploma as the issuer of that name signs it, whoever it is.
pub async fn issue_reduced(stage: &Stage<'_>, issuer: &'static str) -> Result<Secured> {
    let source = &SOURCES[1];
    let row = rows(source.file, source.text)?.into_iter().find(|row| row.mentions(DOCUMENT));
    let row = row.ok_or_else(|| crate::failure::Failure::usage("she is not in the university's file"))?;
    Ok(issue_one(stage, &Source { issuer, ..*source }, row, Some(REDUCED)).await?.secured)
}

async fn issue_one(stage: &Stage<'_>, source: &Source, row: crate::rows::Row, reduced: Option<&'static str>) -> Result<Issued> {
    let record = issuers::record(&stage.home, source.issuer)?;
    let mut terms = issuers::terms(&record, &stage.now());
    // Her credentials name her wallet's key; the others' wallets are not of this story.
    terms.subject = row.mentions(DOCUMENT).then(|| stage.citizen.clone());
    let claims = row.credential(source.profile, reduced.is_some(), terms).map_err(crate::failure::Failure::usage)?;
    let mut issuer = stage.issuer(source.issuer).await?;
    let secured =
        issuer.issue(claims, Mechanism::EddsaRdfc2022, &[StatusPurpose::Revocation], &mut system_rng(), &stage.now()).await?;
    let credential = credential(secured.text())?;
    Ok(Issued { name: reduced.unwrap_or(source.name), secured, credential })
}

/// 3. Each as one picture, and how large it is beside the plain forms.
pub async fn pictures(stage: &mut Stage<'_>, issued: &[Issued]) -> Result<Vec<String>> {
    let l = stage.screen.language;
    stage.scene(&story::pictures(l));
    stage.screen.line("");
    stage.screen.line(sizes::heading(l));
    let table = stage.home.newest_table()?;
    let (mut cards, mut files) = (Vec::new(), Vec::new());
    let held = stage.wallet.credentials().await?;
    for one in issued {
        let Some((record, _)) = held.iter().find(|(_, held)| held.text == one.secured.text()) else { continue };
        let text = sizes::barcode(&one.secured, &table)?;
        let jwt = as_jwt(stage, one).await?;
        let row = sizes::row(&hold::title(&one.credential, l), [&text, one.secured.text(), jwt.text()].map(Size::of));
        stage.screen.line(row);
        let budget = if one.name == DIPLOMA { Budget::Screen } else { Budget::Print };
        let now = stage.now();
        let symbol = match stage.wallet.show(record, &table, &Contexts::bundled(), budget, &mut system_rng(), &now).await? {
            Ok(symbol) => symbol,
            Err(over) => {
                let (excess, most, drop) =
                    (over.excess, budget.characters(), over.claims_to_drop().unwrap_or_default().join(", "));
                stage.screen.line(words!(
                    l,
                    "    {excess} over the {most} that a phone's screen shows well; it would fit without {drop}",
                    "    {excess} más que los {most} que la pantalla de un teléfono muestra bien; cabría sin {drop}",
                    "    {excess} além dos {most} que a tela de um telefone mostra bem; caberia sem {drop}",
                ));
                Symbol::new(&text).map_err(wallet_core::error::WalletError::from)?
            }
        };
        let (svg, png) = (stage.file(&format!("{}.svg", one.name))?, stage.file(&format!("{}.png", one.name))?);
        hold::write_pictures(&symbol, Some(&svg), Some(&png))?;
        files.extend([format!("{}.svg", one.name), format!("{}.png", one.name)]);
        cards.push(Card {
            title: hold::title(&one.credential, l),
            issuer: one.credential.issuer_name(l).unwrap_or_default().to_owned(),
            lines: summary(&one.credential, l),
            svg: symbol.svg(),
            characters: text.len(),
            version: symbol.version(),
        });
    }
    let page = stage.write("index.html", page::html(l, CITIZEN, &cards).as_bytes())?;
    stage.screen.line("");
    stage.screen.line(format!("  {} · {}", page.display(), files.join(" · ")));
    Ok(files)
}

/// The same claims secured as a JWT, to compare.
async fn as_jwt(stage: &Stage<'_>, one: &Issued) -> Result<Secured> {
    let name = SOURCES.iter().find(|source| one.name.starts_with(source.name)).map_or(UNIVERSITY, |source| source.issuer);
    Ok(stage.issuer(name).await?.sign(one.secured.body().clone(), Mechanism::Jwt, &stage.now()).await?)
}

/// 4. A guard without a network reads every picture.
pub async fn checkpoint(stage: &mut Stage<'_>) -> Result<Guard> {
    stage.scene(&story::checkpoint(stage.screen.language));
    let guard = stage.guard("morning.pack").await?;
    stage.hours_pass(2);
    for name in [CARD, REDUCED, VACCINATION] {
        let verdict = stage.scan(&guard, &format!("{name}.png"), "accepted").await?;
        stage.claims(&verdict);
    }
    Ok(guard)
}

/// 5. Another degree on the same diploma.
pub async fn altered(stage: &mut Stage<'_>, guard: &Guard, issued: &[Issued]) -> Result<()> {
    const FROM: &str = "Licenciatura en Enfermería";
    const TO: &str = "Licenciatura en Medicina";
    stage.scene(&story::altered(stage.screen.language, FROM, TO));
    let Some(diploma) = issued.iter().find(|one| one.name == REDUCED) else { return Ok(()) };
    let forged = Secured::read(&diploma.secured.text().replace(FROM, TO))?;
    draw(stage, "altered", &forged)?;
    stage.scan(guard, "altered.png", "rejected").await?;
    Ok(())
}

pub fn draw(stage: &Stage<'_>, name: &str, secured: &Secured) -> Result<()> {
    let text = sizes::barcode(secured, &stage.home.newest_table()?)?;
    let symbol = Symbol::new(&text).map_err(wallet_core::error::WalletError::from)?;
    hold::write_pictures(&symbol, None, Some(&stage.file(&format!("{name}.png"))?))
}

/// 6. A certificate is revoked, and seen so with the next pack.
pub async fn revoked(stage: &mut Stage<'_>, morning: &Guard, issued: &[Issued]) -> Result<()> {
    let l = stage.screen.language;
    stage.scene(&story::revoked(l));
    let id = issued.iter().find(|one| one.name == VACCINATION).and_then(|one| one.credential.id()).unwrap_or_default();
    let mut issuer = stage.issuer(HEALTH).await?;
    issue::change_status(&stage.home, &mut issuer, id, StatusChange::Revoke, &stage.now()).await?;
    drop(issuer);
    stage.screen.line("");
    stage.screen.line(words!(l, "  With this morning's pack:", "  Con el paquete de la mañana:", "  Com o pacote da manhã:"));
    stage.scan(morning, "vaccination.png", "accepted").await?;
    let evening = stage.guard("evening.pack").await?;
    stage.scan(&evening, "vaccination.png", "rejected").await?;
    Ok(())
}

/// 7. The university's key goes, another comes.
pub async fn rotated(stage: &mut Stage<'_>) -> Result<()> {
    let l = stage.screen.language;
    stage.scene(&story::rotated(l));
    let mut record = issuers::record(&stage.home, UNIVERSITY)?;
    let old = stage.registry.keystore.public_key(&record.key).await?;
    let (key, method) = issuers::publish_key(&stage.registry, &record.did, &record.owner, 3650 * 24 * 3600, &stage.now()).await?;
    let revoke = DidWrite::revoke_key(&old, wallet_core::did::VerificationRelationship::AssertionMethod)?;
    stage.registry.registrar().change_did(&record.did, &record.owner, &revoke).await?;
    (record.key, record.method) = (key, method);
    issuers::keep(&stage.home, UNIVERSITY, &record)?;
    issuers::publish_lists(&stage.home, &stage.issuer(UNIVERSITY).await?, &stage.now()).await?;
    stage.hours_pass(1);
    draw(stage, "diploma-renewed", &issue_reduced(stage, UNIVERSITY).await?)?;
    let mut guard = stage.guard("night.pack").await?;
    stage.scan(&guard, "diploma-renewed.png", "accepted").await?;
    stage.scan(&guard, "diploma-reduced.png", "undetermined").await?;
    stage.screen.line("");
    stage.screen.line(words!(
        l,
        "  A verifier that takes the university's word for the date:",
        "  Un verificador que le cree la fecha a la universidad:",
        "  Um verificador que acredita na data dada pela universidade:",
    ));
    guard.expected.signing_time = SigningTime::Claimed;
    stage.scan(&guard, "diploma-reduced.png", "accepted").await?;
    guard.expected.signing_time = SigningTime::Proven;
    stage.screen.line("");
    stage.screen.line(words!(
        l,
        "  The same diploma with the way to its anchor, which proves the date:",
        "  El mismo título con el camino a su ancla, que prueba la fecha:",
        "  O mesmo diploma com o caminho até sua âncora, que prova a data:",
    ));
    stage.scan(&guard, &format!("{}.png", trust::anchored(REDUCED)), "accepted").await?;
    Ok(())
}

/// 8. The library asks, she answers, and somebody plays the answer again; returns who signs the packs.
pub async fn presented(stage: &mut Stage<'_>) -> Result<wallet_core::did::Did> {
    let l = stage.screen.language;
    stage.scene(&story::presented(l));
    let Guard { verifier, expected, publisher } = stage.guard("library.pack").await?;
    let verifier = Verifier { storage: std::sync::Arc::new(MemoryStorage::new()), ..verifier };
    let purpose = words!(l, "A reader's card", "Carné de lectora", "Carteira de leitora");
    let now = stage.now();
    let request = verifier.ask(LIBRARY, &purpose, &["IdentityCardCredential"], &mut system_rng(), &now).await?;
    let chosen: Vec<_> = stage.wallet.candidates(&request).await?.into_iter().flatten().map(|(id, _)| id).collect();
    let answer = stage.wallet.present(&request, &chosen, &Contexts::bundled(), &mut system_rng(), &now).await?;
    let file = stage.write("answer.json", answer.text().as_bytes())?;
    let nonce = &request.nonce;
    stage.screen.line(words!(
        l,
        "  The library's number: {nonce}",
        "  El número de la biblioteca: {nonce}",
        "  O número da biblioteca: {nonce}"
    ));
    let expected = || Expectations { ..expected.clone() };
    let verdict = verifier.check_answer(answer.text(), &request, expected(), &now).await?;
    stage.verdict(&file.display().to_string(), &verdict, "accepted");
    let again =
        words!(l, "the same answer, a second time", "la misma respuesta, por segunda vez", "a mesma resposta, pela segunda vez");
    let verdict = verifier.check_answer(answer.text(), &request, expected(), &now).await?;
    stage.verdict(&again, &verdict, "rejected");
    Ok(publisher)
}

/// What can be tried next.
pub fn closing(stage: &Stage<'_>, publisher: &wallet_core::did::Did) {
    let screen = stage.screen;
    let (out, home) = (stage.out.display(), stage.home.path(""));
    screen.line("");
    screen.paragraph(&story::closing(screen.language, &format!("{out}/index.html"), &home.display().to_string()));
    let cedula = format!("CEDULA_PASSPHRASE=demo cargo run --example cedula -- --home {out}/home");
    for next in [
        "list".to_owned(),
        "show 1".to_owned(),
        "history".to_owned(),
        "did show universidad".to_owned(),
        "chain gas".to_owned(),
        format!("verify {out}/vaccination.png --offline --pack {out}/evening.pack --publisher {publisher}"),
    ] {
        screen.line(format!("  {cedula} {next}"));
    }
}
