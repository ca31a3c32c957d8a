//! The pages: the request as a QR code or a link, and what came of it, in three languages.

use serde_json::{Value, json};
use wallet_core::language::Language;
use wallet_core::verifier::online::{Begun, Invitation, Outcome};

use crate::web::page::{escaped, framed, picture};
use crate::words::words;

/// What the page does; it holds nothing of anybody's.
pub const SCRIPT: &str = include_str!("page.js");

/// What the pages say of the service.
pub struct Face<'a> {
    pub name: &'a str,
    pub language: Language,
}

impl Face<'_> {
    /// The request, and under it what will come of it: a picture for a wallet elsewhere, with the way to `here`, the page for one on
    /// this device; on that page, which has none, the link itself.
    pub fn asking(&self, begun: &Begun, here: Option<&str>) -> String {
        let l = self.language;
        let id = &begun.id;
        let mut page = json!({ "result": format!("result/{id}") });
        let invitation = match &begun.invitation {
            Invitation::Link(link) => self.invitation(link, here),
            Invitation::DcApi { .. } => {
                page["request"] = begun.invitation.to_json();
                page["dc"] = format!("dc/{id}").into();
                let ask = words!(l, "Ask my wallet", "Pedir a mi billetera", "Pedir à minha carteira");
                format!("<p><button id=\"ask\">{ask}</button></p>")
            }
        };
        let waiting = words!(l, "Waiting for the wallet …", "Esperando a la billetera …", "Aguardando a carteira …");
        self.page(&format!("<article id=\"invitation\">{invitation}<p>{waiting}</p></article>"), page)
    }

    fn invitation(&self, link: &str, here: Option<&str>) -> String {
        let l = self.language;
        let open = words!(
            l,
            "Open the wallet on this device",
            "Abrir la billetera en este dispositivo",
            "Abrir a carteira neste dispositivo"
        );
        let Some(here) = here else { return format!("<p><a class=\"button\" href=\"{}\">{open}</a></p>", escaped(link)) };
        let scan = words!(l, "Scan this with your wallet", "Escanee esto con su billetera", "Escaneie isto com sua carteira");
        let code = picture(link).map(|svg| format!("<p>{scan}</p>{svg}")).unwrap_or_default();
        format!("{code}<p><a href=\"{}\">{open}</a></p>", escaped(here))
    }

    /// The page a wallet leads the browser to with its answer in the fragment.
    pub fn returning(&self, id: &str) -> String {
        self.page("", json!({ "response": format!("../response/{id}"), "base": "../" }))
    }

    /// What came of a request.
    pub fn done(&self, outcome: &Outcome) -> String {
        self.page("", json!({ "outcome": outcome.to_json() }))
    }

    /// That a wallet led here another browser than the one that asked (OpenID4VP 1.0 §14.2).
    pub fn stranger(&self) -> String {
        let l = self.language;
        let text = words!(
            l,
            "This answer belongs to another browser. Go on where you began, and if you began nowhere, somebody may have tried to pass \
             your credentials off as an answer of their own.",
            "Esta respuesta es de otro navegador. Siga donde empezó; si no empezó en ninguna parte, puede que alguien haya intentado \
             hacer pasar sus credenciales por una respuesta propia.",
            "Esta resposta é de outro navegador. Continue onde começou; se não começou em lugar nenhum, talvez alguém tenha tentado \
             fazer suas credenciais passarem por uma resposta própria.",
        );
        self.page(&format!("<p>{text}</p>"), json!({}))
    }

    /// That something went wrong, in the library's own words.
    pub fn failed(&self, reason: &str) -> String {
        self.page(&format!("<p>{}</p>", escaped(reason)), json!({}))
    }

    fn page(&self, body: &str, mut page: Value) -> String {
        page["words"] = self.outcomes();
        // Inside a script element only this could end it.
        let data = page.to_string().replace('<', "\\u003c");
        let base = page.get("base").and_then(Value::as_str).unwrap_or_default();
        let outcome = format!(
            "<section id=\"outcome\"></section>\n<script type=\"application/json\" id=\"page\">{data}</script>\n\
             <script src=\"{base}page.js\"></script>"
        );
        framed(self.name, self.language, &format!("{body}\n{outcome}"))
    }

    /// What each outcome is called.
    fn outcomes(&self) -> Value {
        let l = self.language;
        json!({
            "pending": words!(l, "Waiting", "En espera", "Em espera"),
            "accepted": words!(l, "Accepted", "Aceptado", "Aceito"),
            "rejected": words!(l, "Rejected", "Rechazado", "Rejeitado"),
            "undetermined": words!(l, "Undetermined", "Indeterminado", "Indeterminado"),
            "error": words!(l, "The wallet did not answer", "La billetera no respondió", "A carteira não respondeu"),
            "over": words!(l, "This request is over", "Este pedido ha terminado", "Este pedido terminou"),
            "sent": words!(l, "Your answer was sent", "Se envió su respuesta", "Sua resposta foi enviada"),
            "unsupported": words!(l, "This browser has no wallet to ask", "Este navegador no tiene billetera a la que pedir",
                "Este navegador não tem carteira à qual pedir"),
        })
    }
}
