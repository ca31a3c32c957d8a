//! The pages: what can be had, the QR code of an offer, and the question whether a wallet may have it, in three languages.

use std::collections::BTreeMap;

use wallet_core::issuer::credential_issuer::{MadeOffer, PausedAuthorization};
use wallet_core::language::Language;
use wallet_core::oauth::Secret;
use wallet_core::qr::Symbol;

use crate::catalogue::Entry;
use crate::words::words;

/// Who speaks, and in which language.
pub struct Face<'a> {
    pub name: &'a str,
    pub language: Language,
}

impl Face<'_> {
    /// What can be had.
    pub fn front(&self, entries: &BTreeMap<String, Entry>) -> String {
        let l = self.language;
        let about = words!(
            l,
            "Credentials of a made-up person, to try a wallet with.",
            "Credenciales de una persona inventada, para probar una billetera.",
            "Credenciais de uma pessoa inventada, para experimentar uma carteira.",
        );
        let with_code = words!(l, "by code", "con código", "com código");
        let signing_in = words!(l, "signing in", "iniciando sesión", "entrando na conta");
        let row = |(name, entry): (&String, &Entry)| {
            let (title, name) = (escaped(entry.title(l.tag())), escaped(name));
            format!(
                "<li>{title} <small>({name})</small>: <a href=\"show?flow=pre&amp;config={name}\">{with_code}</a> · \
                 <a href=\"show?flow=auth&amp;config={name}\">{signing_in}</a></li>"
            )
        };
        let rows: String = entries.iter().map(row).collect();
        self.page(&format!("<p>{about}</p><ul>{rows}</ul>"))
    }

    /// An offer as a QR code and a link.
    pub fn offer(&self, made: &MadeOffer) -> String {
        let l = self.language;
        let link = made.link.to_uri();
        let picture = Symbol::new(&link).map(|symbol| symbol.svg()).unwrap_or_default();
        // The XML declaration has no place inside a page.
        let svg = picture.find("<svg").map_or("", |start| &picture[start..]);
        let scan = words!(l, "Scan this with your wallet", "Escanee esto con su billetera", "Escaneie isto com sua carteira");
        let open = words!(
            l,
            "Open the wallet on this device",
            "Abrir la billetera en este dispositivo",
            "Abrir a carteira neste dispositivo",
        );
        let code = made.transaction_code.as_ref().map(Secret::expose).map(|code| format!("<p><strong>{code}</strong></p>"));
        self.page(&format!("<p>{scan}</p>{svg}{}<p><a href=\"{}\">{open}</a></p>", code.unwrap_or_default(), escaped(&link)))
    }

    /// Whether a wallet may have what it asks for.
    pub fn consent(&self, session: &str, asked: &PausedAuthorization, entries: &BTreeMap<String, Entry>) -> String {
        let l = self.language;
        let client = escaped(&asked.client);
        let wants = match asked.is_attested() {
            true => words!(l, "The wallet {client} asks for:", "La billetera {client} pide:", "A carteira {client} pede:"),
            false => words!(
                l,
                "A wallet that calls itself {client}, and that nobody vouches for, asks for:",
                "Una billetera que se hace llamar {client}, y por la que nadie responde, pide:",
                "Uma carteira que se diz {client}, e pela qual ninguém responde, pede:",
            ),
        };
        let title = |name: &String| entries.get(name).map_or(name.clone(), |entry| entry.title(l.tag()).to_owned());
        let rows: String = asked.configurations.iter().map(|name| format!("<li>{}</li>", escaped(&title(name)))).collect();
        let question = words!(
            l,
            "You are signed in as Lucía Fernández. Go on only if you have just begun this in your own wallet.",
            "Ha iniciado sesión como Lucía Fernández. Continúe solo si acaba de empezar esto en su propia billetera.",
            "Você entrou como Lucía Fernández. Continue só se acabou de começar isto na sua própria carteira.",
        );
        let (yes, no) = (words!(l, "Agree", "Aceptar", "Aceitar"), words!(l, "Decline", "Rechazar", "Recusar"));
        let button = |answer: &str, text: &str| format!("<button name=\"answer\" value=\"{answer}\">{text}</button> ");
        let buttons = button("yes", &yes) + &button("no", &no);
        let hidden = format!("<input type=\"hidden\" name=\"session\" value=\"{}\">", escaped(session));
        self.page(&format!("<p>{wants}</p><ul>{rows}</ul><p>{question}</p><form method=\"post\">{hidden}{buttons}</form>"))
    }

    fn page(&self, body: &str) -> String {
        let (language, name) = (self.language.tag(), escaped(self.name));
        let style = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}\
                     svg{width:20rem;max-width:100%}button{font:inherit;padding:.5rem 1.5rem}";
        format!(
            "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{name}</title><style>{style}</style>\
             <h1>{name}</h1>{body}</html>"
        )
    }
}

/// Text as it may stand in HTML, inside quotes, too.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
