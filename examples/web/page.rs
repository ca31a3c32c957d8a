//! How a page looks.

use wallet_core::language::Language;
use wallet_core::qr::Symbol;

/// The longest link that is shown as a QR code, in bytes: what a camera reads from a screen at arm's length.
const MAX_SCANNED: usize = 600;
const STYLE: &str = include_str!("page.css");

/// A whole page: `title` as its heading, then `body`.
pub fn framed(title: &str, language: Language, body: &str) -> String {
    let (title, tag) = (escaped(title), language.tag());
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <main>\n<h1>{title}</h1>\n{body}\n</main>\n</html>\n"
    )
}

/// The QR code of a link, when a camera can read it: one that leads to a message, not one that holds it.
pub fn picture(link: &str) -> Option<String> {
    let svg = Symbol::new(link).ok().filter(|_| link.len() <= MAX_SCANNED)?.svg();
    // The XML declaration has no place inside a page.
    svg.find("<svg").map(|start| svg[start..].to_owned())
}

/// Text as it may stand in HTML, inside quotes, too.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
