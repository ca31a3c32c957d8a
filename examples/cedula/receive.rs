//! Receiving credentials from an issuer who offers them by OpenID4VCI: what is offered is shown first.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wallet_core::language::Language;
use wallet_core::oauth::Profile;
use wallet_core::platform::{HttpNetwork, MemoryStorage, system_now, system_rng};
use wallet_core::ports::Network;
use wallet_core::verification::{Say as _, Verdict};
use wallet_core::verifier::Verifier;
use wallet_core::wallet::Wallet;
use wallet_core::wallet::receiving::{Acceptance, Accepted, Client, Dpop, Encryption, Offer, Received, Unproven};

use crate::args;
use crate::browser::Browser;
use crate::check;
use crate::failure::{Failure, Result};
use crate::hold;
use crate::home::Home;
use crate::input;
use crate::loopback::Loopback;
use crate::print::{Screen, Tone};
use crate::publishing::HomeNetwork;
use crate::words::words;

/// `cedula receive`
pub async fn receive(home: &Home, screen: &Screen, asked: &args::Receive) -> Result<u8> {
    let mut wallet = hold::open(home).await?;
    let verifier = verifier(home, asked).await?;
    let browser = Browser::new(asked.test)?;
    let client = client(&verifier, screen, (asked, &browser));
    let (offer, received) = match (&asked.offer, &asked.renew) {
        (Some(offer), _) => {
            let offer = Offer::review(&link(offer)?, &client, &system_now()).await?;
            show_offer(screen, &offer);
            if !agreed(screen, asked)? {
                screen.object(&json!({ "outcome": "declined", "offer": told(&offer, screen.language) }));
                return Ok(1);
            }
            let received = accept(&mut wallet, screen, (asked, &offer), (&client, &browser)).await?;
            (Some(offer), vec![received])
        }
        (None, Some(credential)) => {
            let (id, _) = hold::find(&wallet, credential, screen.language).await?;
            (None, vec![wallet.renew(&id, &client, &mut system_rng(), &system_now()).await?])
        }
        (None, None) => (None, resume(&mut wallet, &client).await?),
    };
    let received = wait(&mut wallet, received, (asked, &client)).await?;
    show(&wallet, screen, offer.as_ref(), &received).await
}

async fn verifier(home: &Home, asked: &args::Receive) -> Result<Verifier> {
    let network = HomeNetwork::new(home, Some(HttpNetwork::new()?));
    let network: Arc<dyn Network> = if asked.test { Arc::new(Loopback::new(network)) } else { Arc::new(network) };
    let mut verifier = Verifier::bare(Arc::new(MemoryStorage::new()));
    verifier.resolver = check::resolver_at_home(home, network.clone()).await?;
    verifier.network = Some(network);
    verifier.carried.authorities = input::anchors(&asked.trust_pem)?;
    Ok(verifier)
}

fn client<'a>(verifier: &'a Verifier, screen: &Screen, (asked, browser): (&args::Receive, &Browser)) -> Client<'a> {
    Client {
        client_id: asked.client_id.clone(),
        redirect_uri: browser.redirect_uri(),
        profile: if asked.haip { Profile::Haip } else { Profile::Standard },
        dpop: if asked.dpop { Dpop::Always } else { Dpop::WhereOffered },
        encryption: if asked.encrypt { Encryption::WhereOffered } else { Encryption::WhereRequired },
        unproven: if asked.checked { Unproven::Refuse } else { Unproven::Keep },
        ..Client::new(verifier, screen.language)
    }
}

/// The offer's link, spelled out, in a file or in a picture.
fn link(given: &str) -> Result<String> {
    let is_link = given.contains(':') && !Path::new(given).exists();
    if is_link { Ok(given.to_owned()) } else { input::scanned(Path::new(given)) }
}

async fn accept(
    wallet: &mut Wallet,
    screen: &Screen,
    (asked, offer): (&args::Receive, &Offer),
    (client, browser): (&Client<'_>, &Browser),
) -> Result<Received> {
    let tx_code = transaction_code(screen, asked, offer)?.map(Into::into);
    let acceptance = Acceptance { configurations: asked.configurations.clone(), tx_code, count: asked.count };
    let (mut rng, now) = (system_rng(), system_now());
    match wallet.accept_offer(offer, &acceptance, client, &mut rng, &now).await? {
        Accepted::Received(received) => Ok(received),
        Accepted::Browse { url, .. } => {
            // It is for a person also where a program reads what comes of it.
            let sign_in = words!(
                screen.language,
                "Sign in with the issuer in a browser: {url}",
                "Inicie sesión con el emisor en un navegador: {url}",
                "Entre com o emissor em um navegador: {url}",
            );
            let _ = writeln!(stderr(), "{sign_in}");
            let answer = browser.visit(&url, client.verifier.network.as_deref()).await?;
            Ok(wallet.signed_in(&answer, client, &mut rng, &system_now()).await?)
        }
    }
}

/// The transaction code, asked for where the issuer wants one and none was given.
fn transaction_code(screen: &Screen, asked: &args::Receive, offer: &Offer) -> Result<Option<String>> {
    let l = screen.language;
    let (Some(wanted), None) = (offer.transaction_code(), &asked.tx_code) else { return Ok(asked.tx_code.clone()) };
    if !stdin().is_terminal() {
        return Err(Failure::usage(words!(
            l,
            "the issuer has sent a transaction code another way: give it with --tx-code",
            "el emisor envió un código por otra vía: indíquelo con --tx-code",
            "o emissor enviou um código por outra via: informe-o com --tx-code",
        )));
    }
    let (host, description) = (offer.host(), wanted.description.as_deref().unwrap_or_default());
    ask(&words!(
        l,
        "Transaction code, which goes to {host}. {description} ",
        "Código, que irá a {host}. {description} ",
        "Código, que irá a {host}. {description} ",
    ))
    .map(Some)
}

/// Whether a person who can be asked agrees; a program has agreed by calling.
fn agreed(screen: &Screen, asked: &args::Receive) -> Result<bool> {
    if asked.yes || !stdin().is_terminal() {
        return Ok(true);
    }
    let answer = ask(&words!(screen.language, "Accept? [y/N] ", "¿Acepta? [s/N] ", "Aceita? [s/N] "))?;
    Ok(answer.to_lowercase().starts_with(['y', 's']))
}

fn ask(question: &str) -> Result<String> {
    let _ = write!(stderr(), "{question}");
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(|error| Failure::input("-", error))?;
    Ok(line.trim().to_owned())
}

/// Goes on with every issuance that waits for nothing but to be gone on with.
async fn resume(wallet: &mut Wallet, client: &Client<'_>) -> Result<Vec<Received>> {
    let mut received = Vec::new();
    for ongoing in wallet.issuances().await? {
        if ongoing.ask_again.is_some() && !ongoing.awaits_browser {
            received.push(wallet.resume(&ongoing.id, client, &mut system_rng(), &system_now()).await?);
        }
    }
    Ok(received)
}

/// Asks again for what was not ready, for as long as the person would wait.
async fn wait(
    wallet: &mut Wallet,
    mut received: Vec<Received>,
    (asked, client): (&args::Receive, &Client<'_>),
) -> Result<Vec<Received>> {
    let patience = Instant::now() + Duration::from_secs(asked.wait);
    for one in &mut received {
        while let Some(at) = one.ask_again.clone() {
            let seconds = u64::try_from(at.unix() - system_now().unix() + 1).unwrap_or_default();
            if Instant::now() + Duration::from_secs(seconds) > patience {
                break;
            }
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            let more = wallet.resume(&one.issuance, client, &mut system_rng(), &system_now()).await?;
            one.credentials.extend(more.credentials);
            one.refusals.extend(more.refusals);
            one.ask_again = more.ask_again;
        }
    }
    Ok(received)
}

fn show_offer(screen: &Screen, offer: &Offer) {
    let l = screen.language;
    screen.heading(&words!(l, "Who offers", "Quién ofrece", "Quem oferece"));
    screen.line(format!("  {} ({})", screen.paint(Tone::Strong, &offer.issuer_name(l)), offer.host()));
    if let Some(subject) = &offer.certified {
        screen.line(words!(l, "  certified: {subject}", "  certificado: {subject}", "  certificado: {subject}"));
    }
    screen.heading(&words!(l, "What", "Qué", "O quê"));
    for offered in offer.offered(l) {
        screen.field(&offered.name, format!("{} {}", offered.format, offered.claims.join(", ")));
    }
}

fn told(offer: &Offer, l: Language) -> Value {
    let offered: Vec<Value> = offer
        .offered(l)
        .into_iter()
        .map(|one| json!({ "configuration": one.configuration, "name": one.name, "format": one.format, "claims": one.claims }))
        .collect();
    json!({
        "issuer": offer.offer.credential_issuer, "name": offer.issuer_name(l), "certified": offer.certified, "offered": offered,
        "transactionCode": offer.transaction_code(), "browser": offer.needs_browser(),
    })
}

/// Says what was kept and what was not; the status is that of the worst verdict.
async fn show(wallet: &Wallet, screen: &Screen, offer: Option<&Offer>, received: &[Received]) -> Result<u8> {
    let l = screen.language;
    let mut object =
        json!({ "credentials": [], "refusals": [], "askAgain": received.iter().filter_map(|one| one.ask_again.clone()).min() });
    if let Some(offer) = offer {
        object["offer"] = told(offer, l);
    }
    let list = |value: &mut Value, item: Value| value.as_array_mut().expect("a list").push(item);
    for (id, verdict) in received.iter().flat_map(|one| &one.credentials) {
        let held = wallet.credential(id).await?;
        let title = hold::held_title(&held, l);
        list(
            &mut object["credentials"],
            json!({ "record": id, "title": title, "format": held.format, "verdict": verdict.to_json() }),
        );
        screen.line("");
        screen.line(words!(l, "Kept: {title}", "Guardada: {title}", "Guardada: {title}"));
        let word = verdict.say(l);
        screen.line(format!("  {}", screen.paint(if verdict.verified().is_some() { Tone::Good } else { Tone::Open }, &word)));
        verdict.gaps().iter().for_each(|gap| screen.line(format!("    {}", gap.say(l))));
    }
    let mut status = 0;
    for refusal in received.iter().flat_map(|one| &one.refusals) {
        status = 1;
        let verdict = refusal.verdict.as_ref().map(Verdict::to_json);
        let what = json!({ "configuration": refusal.configuration, "faults": refusal.faults, "verdict": verdict });
        list(&mut object["refusals"], what);
        let (configuration, faults) = (&refusal.configuration, refusal.faults.join(" "));
        screen.line(words!(
            l,
            "Not kept: {configuration}. {faults}",
            "No se guardó: {configuration}. {faults}",
            "Não foi guardada: {configuration}. {faults}"
        ));
    }
    if let Some(at) = received.iter().filter_map(|one| one.ask_again.as_ref()).min() {
        screen.line(words!(
            l,
            "The issuer is not ready with all of it: cedula receive --resume, from {at} on.",
            "El emisor no tiene todo listo: cedula receive --resume, desde {at}.",
            "O emissor não tem tudo pronto: cedula receive --resume, a partir de {at}.",
        ));
    }
    object["outcome"] = if status == 0 { "received" } else { "refused" }.into();
    screen.object(&object);
    Ok(status)
}
