//! The pages: what can be had, the QR code of an offer, and the question whether a wallet may have it, in three languages.

use std::collections::BTreeMap;

use wallet_core::issuer::credential_issuer::{MadeOffer, PausedAuthorization};
use wallet_core::language::Language;
use wallet_core::oauth::Secret;

use crate::catalogue::Entry;
use crate::web::page::{escaped, framed, picture};
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
        let row = |(name, _): &(&String, &Entry)| {
            let name = escaped(name);
            format!(
                "<tr><td><code>{name}</code></td><td><a href=\"show?flow=pre&amp;config={name}\">{with_code}</a> · \
                 <a href=\"show?flow=auth&amp;config={name}\">{signing_in}</a></td></tr>"
            )
        };
        let mut kinds = BTreeMap::<&str, Vec<(&String, &Entry)>>::new();
        entries.iter().for_each(|entry| kinds.entry(entry.1.title(l.tag())).or_default().push(entry));
        let kind = |(title, entries): (&str, Vec<_>)| {
            let rows: String = entries.iter().map(row).collect();
            format!("<article><h2>{}</h2><table>{rows}</table></article>", escaped(title))
        };
        let kinds: String = kinds.into_iter().map(kind).collect();
        self.page(&format!("<p>{about}</p>{kinds}"))
    }

    /// An offer as a QR code and a link.
    pub fn offer(&self, made: &MadeOffer) -> String {
        let l = self.language;
        let link = made.link.to_uri();
        let scan = words!(l, "Scan this with your wallet", "Escanee esto con su billetera", "Escaneie isto com sua carteira");
        let open = words!(
            l,
            "Open the wallet on this device",
            "Abrir la billetera en este dispositivo",
            "Abrir a carteira neste dispositivo",
        );
        let code = made.transaction_code.as_ref().map(Secret::expose).map(|code| format!("<p class=\"code\">{code}</p>"));
        let picture = picture(&link).map(|svg| format!("<p>{scan}</p>{svg}"));
        let (picture, code, link) = (picture.unwrap_or_default(), code.unwrap_or_default(), escaped(&link));
        self.page(&format!("<article>{picture}{code}<p><a class=\"button\" href=\"{link}\">{open}</a></p></article>"))
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
        let buttons = format!(
            "<button name=\"answer\" value=\"yes\">{yes}</button> <button class=\"quiet\" name=\"answer\" value=\"no\">{no}</button>"
        );
        let hidden = format!("<input type=\"hidden\" name=\"session\" value=\"{}\">", escaped(session));
        let form = format!("<form method=\"post\">{hidden}{buttons}</form>");
        self.page(&format!("<article><p>{wants}</p><ul>{rows}</ul><p>{question}</p>{form}</article>"))
    }

    fn page(&self, body: &str) -> String {
        framed(self.name, self.language, body)
    }
}
