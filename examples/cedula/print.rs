//! What the screen shows: plain lines for a person, or one JSON object for a program.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use serde_json::{Value, json};
use wallet_core::did::Standing;
use wallet_core::language::Language;
use wallet_core::verification::{Say as _, Verdict};

use crate::failure::Failure;
use crate::words::words;

/// The longest line of a paragraph, in characters.
const WIDTH: usize = 96;

/// Where a command's words go.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// The language of every sentence.
    pub language: Language,
    json: bool,
    colour: bool,
}

/// How a piece of text stands out on a terminal.
#[derive(Debug, Clone, Copy)]
pub enum Tone {
    Good,
    Bad,
    Open,
    Strong,
    Quiet,
}

impl Screen {
    pub fn new(language: Language, json: bool) -> Self {
        let colour = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { language, json, colour }
    }

    /// One line for a person; a program does not see it.
    pub fn line(&self, text: impl Display) {
        if !self.json {
            write_out(&format!("{text}\n"));
        }
    }

    /// A label and its value, aligned.
    pub fn field(&self, label: &str, value: impl Display) {
        let pad = 22usize.saturating_sub(label.chars().count());
        self.line(format!("  {}{} {value}", self.paint(Tone::Quiet, label), " ".repeat(pad)));
    }

    /// A text of several sentences, broken into lines.
    pub fn paragraph(&self, text: &str) {
        text.lines().flat_map(broken).for_each(|line| self.line(line));
    }

    /// A heading with room above it.
    pub fn heading(&self, text: &str) {
        self.line("");
        self.line(self.paint(Tone::Strong, text));
    }

    /// The command's result as one JSON object; a person does not see it.
    pub fn object(&self, value: &Value) {
        if self.json {
            write_out(&format!("{}\n", serde_json::to_string_pretty(value).expect("JSON in memory can be written")));
        }
    }

    /// Text as it is, for a person and for a pipe, such as a credential or a request.
    pub fn raw(&self, text: &str) {
        if !self.json {
            write_out(&format!("{}\n", text.trim_end_matches('\n')));
        }
    }

    /// The verdict in large plain words, then why.
    pub fn verdict(&self, verdict: &Verdict) {
        let (tone, sign) = match verdict {
            Verdict::Accepted(_) => (Tone::Good, '✔'),
            Verdict::Rejected { .. } => (Tone::Bad, '✘'),
            Verdict::Undetermined { .. } => (Tone::Open, '?'),
        };
        let word = verdict.say(self.language).to_uppercase();
        self.line(format!("  {}", self.paint(tone, &format!("{sign} {word}"))));
        for sentence in sentences(verdict, self.language) {
            self.line(format!("    {sentence}"));
        }
        for rest in rests(verdict, self.language) {
            self.line(format!("    {rest}"));
        }
        if let Some(age) = age(verdict, self.language) {
            self.line(format!("    {}", self.paint(Tone::Quiet, &age)));
        }
    }

    /// `text` in colour, when a terminal shows it.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "1;32",
            Tone::Bad => "1;31",
            Tone::Open => "1;33",
            Tone::Strong => "1",
            Tone::Quiet => "2",
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// What went wrong, on standard error: a sentence, or an object for a program.
    pub fn failure(&self, failure: &Failure) {
        let sentence = failure.say(self.language);
        let text = match self.json {
            true => json!({ "error": failure.code(), "sentence": sentence }).to_string(),
            false => format!("cedula: {sentence}"),
        };
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(stderr(), "{text}");
    }
}

/// Why this issuer may say this, and when it is known to have signed.
fn rests(verdict: &Verdict, l: Language) -> Vec<String> {
    let basis = verdict.basis();
    let accredited = basis.accreditations.iter().map(|used| {
        let path: Vec<&str> = used.path.iter().skip(1).chain([&used.issuer]).map(|did| did.as_str()).collect();
        let (root, path) = (&used.root_name, path.join(" → "));
        let region = used.scope.region.as_deref().map(|region| format!(" ({region})")).unwrap_or_default();
        words!(
            l,
            "Accredited for this{region}: {root} → {path}",
            "Acreditado para esto{region}: {root} → {path}",
            "Credenciado para isto{region}: {root} → {path}"
        )
    });
    let anchored = basis.anchors.iter().map(|used| {
        let (at, block) = (&used.anchored_at, used.anchored_in);
        words!(
            l,
            "Signed before {at}: anchored in block {block}.",
            "Firmada antes del {at}: anclada en el bloque {block}.",
            "Assinada antes de {at}: ancorada no bloco {block}."
        )
    });
    accredited.chain(anchored).collect()
}

/// How old the oldest evidence is that the verdict rests on, and whether the registry was proven or believed.
fn age(verdict: &Verdict, l: Language) -> Option<String> {
    let basis = verdict.basis();
    let keys = basis.resolutions.iter().map(|used| &used.as_of);
    let oldest = keys.chain(basis.status_lists.iter().map(|used| &used.as_of)).min()?;
    let is_proven = basis.resolutions.iter().any(|used| matches!(used.standing, Standing::Proven { .. }));
    let is_believed = basis.resolutions.iter().any(|used| matches!(used.standing, Standing::Believed { .. }));
    Some(match is_proven && !is_believed {
        true => words!(
            l,
            "As of {oldest}; the issuer's keys are proven from the registry chain.",
            "Según lo que se sabía el {oldest}; las claves del emisor están comprobadas en la cadena del registro.",
            "Segundo o que se sabia em {oldest}; as chaves do emissor estão comprovadas na cadeia do registro.",
        ),
        false => words!(l, "As of {oldest}.", "Según lo que se sabía el {oldest}.", "Segundo o que se sabia em {oldest}."),
    })
}

/// Every reason, gap and warning of a verdict, each in a sentence.
pub fn sentences(verdict: &Verdict, language: Language) -> Vec<String> {
    let reasons = verdict.reasons().iter().map(|reason| reason.say(language));
    let gaps = verdict.gaps().iter().map(|gap| gap.say(language));
    let warnings = verdict.verified().into_iter().flat_map(|verified| verified.warnings()).map(|warning| warning.say(language));
    reasons.chain(gaps).chain(warnings).collect()
}

/// A line of text in lines of a readable length.
fn broken(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

/// A closed pipe, as in `cedula list | head -1`, is the reader's choice and no failure.
fn write_out(text: &str) {
    let _ = stdout().lock().write_all(text.as_bytes());
}
