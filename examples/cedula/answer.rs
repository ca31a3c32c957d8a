//! Answering a verifier who asks by OpenID4VP: what is shown to the holder first, and what then leaves.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _, stderr, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use wallet_core::did::Standing;
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::language::Language;
use wallet_core::platform::{HttpNetwork, system_now, system_rng};
use wallet_core::ports::Network;
use wallet_core::presentation::dcql::{Mismatch, Missing, Selection};
use wallet_core::presentation::presenting::TransactionType;
use wallet_core::presentation::request::{RequestedBy, VerifierEvidence};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::verification::Accrediting;
use wallet_core::wallet::Wallet;
use wallet_core::wallet::answering::{Answered, Answering, Offer, Profile, Review};

use crate::args;
use crate::check;
use crate::failure::{Failure, Result};
use crate::hold;
use crate::home::Home;
use crate::input;
use crate::issuers;
use crate::loopback::Loopback;
use crate::print::{Screen, Tone};
use crate::publishing::HomeNetwork;
use crate::words::words;

/// `cedula present REQUEST`
pub async fn present(home: &Home, screen: &Screen, asked: &args::Present) -> Result<u8> {
    let (mut wallet, contexts) = (hold::open(home).await?, Contexts::bundled());
    let network = HomeNetwork::new(home, Some(HttpNetwork::new()?));
    let network: Arc<dyn Network> = if asked.test { Arc::new(Loopback::new(network)) } else { Arc::new(network) };
    let resolver = check::resolver_at_home(home, network.clone()).await?;
    let (anchors, attesters) = (input::anchors(&asked.trust_pem)?, attesters(&asked.trust_attester)?);
    let evidence = VerifierEvidence { anchors, attesters, ..VerifierEvidence::default() };
    let accrediting = accrediting(home, &asked.roots)?;
    let shown = |name: &String| TransactionType { name: name.clone(), fields: None };
    let transactions: Vec<TransactionType> = asked.transaction_type.iter().map(shown).collect();
    let how = Answering {
        network: &*network,
        resolver: &resolver,
        evidence: &evidence,
        accrediting: Some(&accrediting).filter(|accrediting| !accrediting.roots.is_empty()),
        profile: if asked.haip { Profile::Haip } else { Profile::Standard },
        transactions: &transactions,
        types: &[],
        language: screen.language,
        contexts: &contexts,
    };
    let review = review(&wallet, screen, asked, &how).await?;
    show_request(screen, &review);
    let selection = match (selection(asked)?, review.preselected()) {
        (Some(selection), _) | (None, Ok(selection)) => selection,
        (None, Err(missing)) => return nothing_answers(&wallet, screen, (&review, &missing), (asked, &how)).await,
    };
    show_offers(screen, &review, &selection);
    if !agreed(screen, asked)? {
        let answered = wallet.decline(&review, &how).await?;
        screen.object(&told("declined", &review, &answered));
        screen.line(words!(screen.language, "Nothing was shared.", "No se compartió nada.", "Nada foi compartilhado."));
        return Ok(1);
    }
    let answered = wallet.accept(&review, &selection, &how, &mut system_rng(), &system_now()).await?;
    let mut object = told("shared", &review, &answered);
    object["shared"] = review.shared(&selection).into_iter().map(shared).collect();
    screen.object(&object);
    show_answered(screen, &answered);
    Ok(0)
}

async fn review(wallet: &Wallet, screen: &Screen, asked: &args::Present, how: &Answering<'_>) -> Result<Review> {
    let given = &asked.what[0];
    let is_link = given.contains(':') && !Path::new(given).exists();
    let text = if is_link || given.starts_with('{') { given.clone() } else { input::scanned(Path::new(given))? };
    let (mut rng, now) = (system_rng(), system_now());
    let reviewed = match (serde_json::from_str::<Value>(&text), &asked.origin) {
        (Ok(request), Some(origin)) => {
            // What a page gives to the browser, or one of its requests alone.
            let request = request.pointer("/digital/requests/0").unwrap_or(&request);
            let protocol = request["protocol"].as_str().unwrap_or_default();
            wallet.review_dc_api((protocol, &request["data"], origin), how, &mut rng, &now).await
        }
        (Ok(_), None) => {
            return Err(Failure::usage(words!(
                screen.language,
                "a request of the Digital Credentials API comes from an origin: name it with --origin",
                "un pedido de la Digital Credentials API viene de un origen: indíquelo con --origin",
                "um pedido da Digital Credentials API vem de uma origem: indique-a com --origin",
            )));
        }
        (Err(_), _) => wallet.review(text.trim(), how, &mut rng, &now).await,
    };
    match reviewed {
        Ok(review) => Ok(review),
        Err(turned_away) => {
            // Whoever may hear it is told once the holder has agreed to that; why it was turned away stays the same when that fails.
            if asked.yes
                && let Ok(Some(Answered::DcApi(data))) = wallet.turn_away(&turned_away, how).await
            {
                screen.raw(&data.to_string());
            }
            Err(Failure::Wallet(turned_away.into()))
        }
    }
}

/// The attesters of the JSON files, each with its name and keys.
fn attesters(files: &[PathBuf]) -> Result<BTreeMap<String, JwkSet>> {
    let mut attesters = BTreeMap::new();
    for file in files {
        let attester: Value = serde_json::from_str(&input::text(file)?).map_err(|error| Failure::input(file, error))?;
        let name = attester["iss"].as_str().ok_or_else(|| Failure::input(file, "it has no iss"))?;
        attesters.insert(name.to_owned(), JwkSet::read(&attester["jwks"]).map_err(|error| Failure::input(file, error))?);
    }
    Ok(attesters)
}

/// Whose accreditations of verifiers count, by the names that the folder has for them.
fn accrediting(home: &Home, given: &[String]) -> Result<Accrediting> {
    let mut roots = BTreeMap::new();
    for root in given {
        let did = issuers::did(home, root)?;
        let name = issuers::record(home, root).map_or_else(|_| did.to_string(), |record| record.display_name);
        roots.insert(did, name);
    }
    Ok(Accrediting { roots, ..Accrediting::default() })
}

/// What `--select` names, by credential query.
fn selection(asked: &args::Present) -> Result<Option<Selection>> {
    let mut chosen: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for (query, credential) in &asked.select {
        chosen.entry(query.parse()?).or_default().push(credential.clone());
    }
    Ok((!chosen.is_empty()).then(|| chosen.into_iter().collect()))
}

/// Says what is missing; the verifier is told no more than that the holder gives nothing, once the holder has agreed to that.
async fn nothing_answers(
    wallet: &Wallet,
    screen: &Screen,
    (review, missing): (&Review, &[Missing]),
    (asked, how): (&args::Present, &Answering<'_>),
) -> Result<u8> {
    let l = screen.language;
    screen.line(words!(l, "Nothing in the wallet answers:", "Nada en la billetera responde:", "Nada na carteira responde:"));
    for one in missing {
        screen.field(one.query.as_str(), why(&one.why, l));
    }
    let answered = if asked.yes { Some(wallet.decline(review, how).await?) } else { None };
    let missing: Vec<Value> = missing.iter().map(|one| json!({ "query": one.query, "why": why(&one.why, l) })).collect();
    let mut object = json!({ "outcome": "missing", "verifier": review.asked.by.to_string(), "missing": missing });
    if let Some(answered) = answered {
        object["answer"] = where_to(&answered);
    }
    screen.object(&object);
    Ok(1)
}

fn show_request(screen: &Screen, review: &Review) {
    let l = screen.language;
    let asked = &review.asked;
    screen.heading(&words!(l, "Who asks", "Quién pide", "Quem pede"));
    let (tone, how) = proof(&asked.by, l);
    screen.line(format!("  {}", screen.paint(tone, &asked.by.to_string())));
    screen.line(format!("  {how}"));
    if let Some(accredited) = &review.accredited {
        let name = &accredited.root_name;
        screen.field(&words!(l, "accredited by", "acreditado por", "credenciado por"), name);
    }
    if let Some(destination) = asked.request.response_mode.destination() {
        screen.field(&words!(l, "the answer goes to", "la respuesta va a", "a resposta vai para"), destination);
    }
}

/// What proves who asks.
fn proof(by: &RequestedBy, l: Language) -> (Tone, String) {
    match by {
        RequestedBy::Did { standing: Standing::Proven { .. }, .. } => (
            Tone::Good,
            words!(l, "proven on the registry chain", "comprobado en la cadena del registro", "comprovado na cadeia do registro"),
        ),
        RequestedBy::Did { .. } => (
            Tone::Open,
            words!(
                l,
                "signed by this identifier's key",
                "firmado con la clave de este identificador",
                "assinado com a chave deste identificador"
            ),
        ),
        RequestedBy::DnsName { .. } | RequestedBy::Certificate { .. } => (
            Tone::Good,
            words!(
                l,
                "certified by an authority you trust",
                "certificado por una autoridad de su confianza",
                "certificado por uma autoridade de sua confiança"
            ),
        ),
        RequestedBy::Attested { by, .. } => {
            (Tone::Good, words!(l, "attested by {by}", "acreditado por {by}", "credenciado por {by}"))
        }
        RequestedBy::Registered { .. } => {
            (Tone::Good, words!(l, "registered with this wallet", "registrado en esta billetera", "registrado nesta carteira"))
        }
        RequestedBy::Origin { .. } => {
            (Tone::Open, words!(l, "the page in your browser", "la página en su navegador", "a página no seu navegador"))
        }
        RequestedBy::Unknown { .. } => (
            Tone::Bad,
            words!(
                l,
                "nobody vouches for who this is; all that is certain is where the answer goes",
                "nadie responde por quién es; solo es seguro adónde va la respuesta",
                "ninguém responde por quem é; só é certo para onde vai a resposta",
            ),
        ),
    }
}

fn show_offers(screen: &Screen, review: &Review, selection: &Selection) {
    let l = screen.language;
    screen.heading(&words!(l, "What would leave", "Qué saldría", "O que sairia"));
    for offer in review.shared(selection) {
        let (title, issuer, query) = (&offer.display.title, &offer.display.issuer, &offer.query);
        screen.line(format!("  {}", screen.paint(Tone::Strong, &format!("{title} · {issuer} ({query})"))));
        for claim in &offer.claims {
            let path = claim.path.tokens().join(".");
            screen.field(claim.label.as_deref().unwrap_or(&path), plain(&claim.value));
        }
    }
    for transaction in &review.asked.request.transaction_data {
        screen.heading(&words!(l, "What you authorise", "Qué autoriza usted", "O que você autoriza"));
        for (name, value) in transaction.parameters() {
            screen.field(name, plain(value));
        }
    }
    let alternatives = review.offers.iter().filter(|offer| !review.shared(selection).contains(offer));
    for offer in alternatives {
        let (query, credential, title) = (&offer.query, offer.credential, &offer.display.title);
        screen.line(words!(
            l,
            "  instead or besides: {title} (--select {query}={credential})",
            "  en su lugar o además: {title} (--select {query}={credential})",
            "  em vez disso ou além: {title} (--select {query}={credential})",
        ));
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether the holder agrees: by `--yes`, or asked on a terminal.
fn agreed(screen: &Screen, asked: &args::Present) -> Result<bool> {
    if asked.yes {
        return Ok(true);
    }
    let l = screen.language;
    if !stdin().is_terminal() {
        return Err(Failure::usage(words!(
            l,
            "nothing was shared: agree with --yes",
            "no se compartió nada: acepte con --yes",
            "nada foi compartilhado: aceite com --yes",
        )));
    }
    let _ = write!(stderr(), "{}", words!(l, "Share this? [y/N] ", "¿Compartir esto? [s/N] ", "Compartilhar isto? [s/N] "));
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(|error| Failure::input("-", error))?;
    Ok(["y", "yes", "s", "si", "sí", "sim"].contains(&line.trim().to_lowercase().as_str()))
}

fn show_answered(screen: &Screen, answered: &Answered) {
    let l = screen.language;
    match answered {
        Answered::Sent { redirect_uri } => {
            screen.line(words!(
                l,
                "The verifier has the answer.",
                "El verificador tiene la respuesta.",
                "O verificador tem a resposta."
            ));
            if let Some(place) = redirect_uri {
                screen.line(words!(l, "Go on at {place}", "Continúe en {place}", "Continue em {place}"));
            }
        }
        Answered::Redirect(url) => screen.raw(url),
        Answered::DcApi(data) => screen.raw(&data.to_string()),
    }
}

/// The result for a program.
fn told(outcome: &str, review: &Review, answered: &Answered) -> Value {
    let asked = &review.asked;
    json!({
        "outcome": outcome, "verifier": asked.by.to_string(), "proven": asked.by.is_proven(),
        "accreditedBy": review.accredited.as_ref().map(|accredited| &accredited.root_name),
        "clientId": asked.request.client_id.as_ref().map(|id| id.as_str()), "answer": where_to(answered),
    })
}

fn where_to(answered: &Answered) -> Value {
    match answered {
        Answered::Sent { redirect_uri } => json!({ "sent": true, "redirectUri": redirect_uri }),
        Answered::Redirect(url) => json!({ "redirect": url }),
        Answered::DcApi(data) => json!({ "data": data }),
    }
}

fn shared(offer: &Offer) -> Value {
    let claims: Vec<Value> =
        (offer.claims.iter()).map(|claim| json!({ "path": claim.path, "label": claim.label, "value": claim.value })).collect();
    json!({ "query": offer.query, "credential": offer.credential, "title": offer.display.title, "claims": claims })
}

/// Why nothing answers, in a sentence.
fn why(mismatch: &Mismatch, l: Language) -> String {
    match mismatch {
        Mismatch::Format => {
            words!(l, "no credential of this format", "ninguna credencial de este formato", "nenhuma credencial deste formato")
        }
        Mismatch::Type => {
            words!(l, "no credential of this type", "ninguna credencial de este tipo", "nenhuma credencial deste tipo")
        }
        Mismatch::ContextMissing { url } => words!(
            l,
            "what its types mean is not known here without {url}",
            "sin {url} no se sabe aquí qué significan sus tipos",
            "sem {url} não se sabe aqui o que significam seus tipos",
        ),
        Mismatch::Algorithm => words!(
            l,
            "not signed in a way that the verifier takes",
            "no está firmada de un modo que el verificador acepte",
            "não está assinada de um modo que o verificador aceite",
        ),
        Mismatch::Authority => words!(
            l,
            "not issued under an authority that is asked for",
            "no la emitió una autoridad de las que se piden",
            "não foi emitida por uma autoridade das que se pedem",
        ),
        Mismatch::NotBound => words!(
            l,
            "not bound to a key of this wallet",
            "no está ligada a una clave de esta billetera",
            "não está ligada a uma chave desta carteira",
        ),
        Mismatch::ClaimMissing { path } => words!(l, "it has no {path}", "no tiene {path}", "não tem {path}"),
        Mismatch::ValueDiffers { path } => words!(
            l,
            "its {path} is another than is asked for",
            "su {path} es otro que el que se pide",
            "seu {path} é outro que o que se pede",
        ),
        Mismatch::NotDivisible => words!(
            l,
            "what is asked for cannot be shared without the rest of it",
            "lo que se pide no se puede compartir sin lo demás",
            "o que se pede não pode ser compartilhado sem o resto",
        ),
    }
}
