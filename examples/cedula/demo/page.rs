//! The page with the cards, for looking at and for printing.

use wallet_core::language::Language;

use crate::words::words;

/// One card on the page.
pub struct Card {
    pub title: String,
    pub issuer: String,
    pub lines: Vec<(String, String)>,
    pub svg: String,
    pub characters: usize,
    pub version: u8,
}

/// The whole page, which needs nothing from anywhere.
pub fn html(l: Language, citizen: &str, cards: &[Card]) -> String {
    let title = words!(l, "Three credentials of {citizen}", "Credenciales de {citizen}", "Credenciais de {citizen}");
    let note = words!(
        l,
        "Each picture holds the whole signed credential. A printed one is a copy that anybody may carry: ask for the document with a photo.",
        "Cada imagen contiene la credencial entera y firmada. Impresa, es una copia que cualquiera puede llevar: pida el documento con foto.",
        "Cada imagem contém a credencial inteira e assinada. Impressa, é uma cópia que qualquer um pode portar: peça o documento com foto.",
    );
    let body: String = cards.iter().map(|card| article(l, card)).collect();
    let (tag, title, note) = (l.tag(), escaped(&title), escaped(&note));
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n<p>{note}</p>\n<main>\n{body}</main>\n</html>\n"
    )
}

const STYLE: &str = "
  body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1a1a1a }
  main { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)) }
  article { border: 1px solid #bbb; border-radius: 10px; padding: 1rem; display: flex; gap: 1rem; break-inside: avoid; background: #fff }
  article svg { width: 50mm; height: 50mm; flex: none }
  h2 { font-size: 1.05rem; margin: 0 0 .1rem } h2 + p { margin: 0 0 .5rem; color: #555 }
  dl { margin: 0; display: grid; grid-template-columns: auto 1fr; gap: .1rem .6rem; font-size: .85rem }
  dt { color: #666 } dd { margin: 0 } small { color: #666 }
  @media print { body { margin: 0; max-width: none } main { grid-template-columns: 1fr } }
";

fn article(l: Language, card: &Card) -> String {
    let lines: String = card.lines.iter().map(|(label, value)| format!("<dt>{}<dd>{}", escaped(label), escaped(value))).collect();
    let Card { characters, version, .. } = card;
    let size = words!(
        l,
        "{characters} characters, QR version {version}",
        "{characters} caracteres, QR versión {version}",
        "{characters} caracteres, QR versão {version}",
    );
    // The XML declaration has no place inside a page.
    let svg = card.svg.find("<svg").map_or("", |start| &card.svg[start..]);
    let (title, issuer) = (escaped(&card.title), escaped(&card.issuer));
    format!("<article>{svg}<div><h2>{title}</h2><p>{issuer}</p><dl>{lines}</dl><small>{size}</small></div></article>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_cannot_write_the_page() {
        let card = Card {
            title: "<script>".to_owned(),
            issuer: "A & B".to_owned(),
            lines: vec![("a".to_owned(), "</dl>".to_owned())],
            svg: "<?xml?><svg/>".to_owned(),
            characters: 5,
            version: 1,
        };
        let page = html(Language::Es, "Ana", &[card]);
        assert!(
            !page.contains("<script>") && !page.contains("<?xml") && page.contains("&lt;/dl&gt;") && page.contains("A &amp; B")
        );
    }
}
