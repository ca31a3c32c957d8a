//! How a page looks.

use wallet_core::language::Language;
use wallet_core::qr::Symbol;

/// A whole page: `title` as its heading, then `body`.
pub fn framed(title: &str, language: Language, body: &str) -> String {
    let (title, tag) = (escaped(title), language.tag());
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <main>\n<h1>{title}</h1>\n{body}\n</main>\n</html>\n"
    )
}

/// The picture of a link, and nothing for one that no camera would read.
pub fn picture(link: &str) -> String {
    let picture = Symbol::new(link).map(|symbol| symbol.svg()).unwrap_or_default();
    // The XML declaration has no place inside a page.
    picture.find("<svg").map_or_else(String::new, |start| picture[start..].to_owned())
}

/// Text as it may stand in HTML, inside quotes, too.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

const STYLE: &str = include_str!("page.css");
