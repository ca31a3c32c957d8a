//! The text of a QR code: cut, padded, respelt, under another table, and CBOR that means harm.

use wallet_core::error::WalletError;
use wallet_core::qr::{BarcodeFault, TypeTable, TypeTables, barcode};
use wallet_core::verification::Reason;
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene};
use crate::world::LIST;

pub fn attacks() -> Vec<Attack> {
    [texts(), tables(), payloads()].into_iter().flatten().collect()
}

fn good(scene: &mut Scene) -> String {
    scene.barcode()
}

fn malformed() -> Expected {
    unreadable!(Unread::Barcode(BarcodeFault::Malformed { .. }))
}

/// Not recognised as a code of ours at all, and no credential in another form either.
fn stranger() -> Expected {
    unreadable!(Unread::Other(WalletError::Malformed { .. } | WalletError::Unsupported { .. }))
}

fn text(name: &'static str, change: fn(&str) -> String, expected: Expected) -> Attack {
    Attack::new(name, good, move |_, text| change(&text), expected)
}

fn texts() -> Vec<Attack> {
    let too_long = || unreadable!(Unread::Barcode(BarcodeFault::TooLong { .. }));
    vec![
        text("text is cut by a character", |t| t[..t.len() - 1].to_owned(), malformed()),
        text("text is cut by three", |t| t[..t.len() - 3].to_owned(), malformed()),
        text("text is cut in half", |t| t[..t.len() / 2].to_owned(), malformed()),
        text("text is nothing but its prefix", |_| barcode::PREFIX.to_owned(), malformed()),
        text("text is padded with zeros", |t| format!("{t}000"), malformed()),
        text("text is padded with spaces", |t| format!("{t}   "), malformed()),
        text("space stands before the text", |t| format!(" {t}"), stranger()),
        text("text is in small letters", |t| format!("VC1-R{}", t[5..].to_lowercase()), malformed()),
        text("prefix is in small letters", |t| t.replacen("VC1-R", "vc1-r", 1), stranger()),
        text("prefix is of another version", |t| t.replacen("VC1-", "VC2-", 1), stranger()),
        text("prefix is of a presentation", |t| t.replacen("VC1-", "VP1-", 1), stranger()),
        text("prefix is of another base", |t| t.replacen("VC1-R", "VC1-B", 1), stranger()),
        text("prefix stands twice", |t| format!("VC1-R{t}"), malformed()),
        text("text stands twice", |t| format!("{t}{}", &t[5..]), malformed()),
        text("character that base45 does not have", |t| format!("{}!{}", &t[..50], &t[51..]), malformed()),
        text("three characters beyond what two bytes hold", |t| format!("{}:::{}", &t[..50], &t[53..]), malformed()),
        text("letter outside ASCII", |t| format!("{}É{}", &t[..50], &t[51..]), malformed()),
        text("line break within the text", |t| format!("{}\n{}", &t[..50], &t[50..]), malformed()),
        text("characters in the other order", |t| format!("VC1-R{}", t[5..].chars().rev().collect::<String>()), malformed()),
        text("text longer than any symbol", |t| t.repeat(20), too_long()),
    ]
}

/// The programme's table, with the university's list and that of somebody else in each other's place, or more.
fn table(contexts: &[&str], urls: &[&str]) -> TypeTable {
    TypeTable::programme(1000, contexts, urls, &[]).expect("a table")
}

fn with_table(name: &'static str, build: fn(&Scene) -> TypeTables, expected: Expected) -> Attack {
    let hostile = move |scene: &mut Scene, text: String| {
        scene.tables = build(scene);
        text
    };
    Attack::new(name, good, hostile, expected)
}

fn tables() -> Vec<Attack> {
    const V2: &str = "https://www.w3.org/ns/credentials/v2";
    const OPEN_BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
    vec![
        with_table(
            "table is one that nobody has",
            |_| TypeTables::new(),
            unreadable!(Unread::Barcode(BarcodeFault::MissingTable { entry_id: 1000 })),
        ),
        with_table(
            "table has other addresses under the same numbers",
            |scene| {
                let (did, method) = (scene.world.university.did.to_string(), scene.world.university.method().to_string());
                TypeTables::new().with(table(&[V2, OPEN_BADGES], &[&did, &method, "https://evil.example/status/1"]))
            },
            rejected!(Reason::BadSignature, open wallet_core::verification::Gap::StatusMissing { .. }),
        ),
        with_table(
            "table has the attacker where the issuer was",
            |scene| {
                let method = scene.world.university.method().to_string();
                TypeTables::new()
                    .with(table(&[V2, OPEN_BADGES], &["did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", &method, LIST]))
            },
            rejected!(Reason::SignerMismatch { .. }, besides Reason::BadSignature, open wallet_core::verification::Gap::UnknownIssuer { .. } | wallet_core::verification::Gap::StatusNotGood { .. }),
        ),
        with_table(
            "table has fewer addresses",
            |scene| {
                let did = scene.world.university.did.to_string();
                TypeTables::new().with(table(&[V2, OPEN_BADGES], &[&did]))
            },
            malformed(),
        ),
        with_table(
            "table has the contexts in another order",
            |scene| {
                let (did, method) = (scene.world.university.did.to_string(), scene.world.university.method().to_string());
                TypeTables::new().with(table(&[OPEN_BADGES, V2], &[&did, &method, LIST]))
            },
            malformed(),
        ),
    ]
}

/// The credential's CBOR-LD bytes, changed.
fn bytes(name: &'static str, change: fn(Vec<u8>) -> Vec<u8>, expected: Expected) -> Attack {
    let hostile = move |_: &mut Scene, text: String| {
        let payload = base45::decode(&text[barcode::PREFIX.len()..]).expect("base45");
        format!("{}{}", barcode::PREFIX, base45::encode(change(payload)))
    };
    Attack::new(name, good, hostile, expected)
}

/// `[1000, …]` under the tag of CBOR-LD 1.0.
fn under_tag(payload: &[u8]) -> Vec<u8> {
    [&[0xd9, 0xcb, 0x1d, 0x82, 0x19, 0x03, 0xe8], payload].concat()
}

fn payloads() -> Vec<Attack> {
    vec![
        bytes("payload is empty", |_| Vec::new(), malformed()),
        bytes("payload goes on after its end", |b| [&b[..], &[0]].concat(), malformed()),
        bytes("payload is cut", |b| b[..b.len() - 1].to_vec(), malformed()),
        bytes("payload has no tag", |b| b[3..].to_vec(), malformed()),
        bytes("payload has the tag of something else", |b| [&[0xd9, 0xd9, 0xf7], &b[3..]].concat(), malformed()),
        bytes("payload has its tag twice", |b| [&b[..3], &b].concat(), malformed()),
        bytes(
            "payload is under the tag of an older form",
            |b| [&[0xd9, 0x05, 0x01], &b[3..]].concat(),
            unreadable!(Unread::Barcode(BarcodeFault::Unsupported { .. })),
        ),
        bytes("tags within tags, a hundred thousand", |_| vec![0xc1; 2500], malformed()),
        bytes(
            "lists within lists, deeper than JSON goes",
            |_| under_tag(&[&[0xa1, 0x61, b'a'], &[0x81; 100][..], &[0]].concat()),
            malformed(),
        ),
        bytes(
            "list that claims all of memory",
            |_| under_tag(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            malformed(),
        ),
        bytes(
            "map that claims all of memory",
            |_| under_tag(&[0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            malformed(),
        ),
        bytes(
            "text that claims all of memory",
            |_| under_tag(&[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            malformed(),
        ),
        bytes("list of no stated length", |_| under_tag(&[0x9f, 0xff]), malformed()),
        bytes("map of no stated length", |b| under_tag(&[&[0xbf], &b[8..], &[0xff]].concat()), malformed()),
        bytes("member named twice", |_| under_tag(&[0xa2, 0x61, b'a', 0, 0x61, b'a', 1]), malformed()),
        bytes("member named by a list", |_| under_tag(&[0xa1, 0x80, 0]), malformed()),
        bytes("member named by a number nobody has", |_| under_tag(&[0xa1, 0x1a, 0x7f, 0xff, 0xff, 0xff, 0]), malformed()),
        bytes("context by a number nobody has", |_| under_tag(&[0xa1, 0x00, 0x19, 0xff, 0xff]), malformed()),
        bytes(
            "context named in letters, so that it would not be applied",
            |_| under_tag(&[&[0xa1, 0x68], &b"@context"[..], &[0x80]].concat()),
            malformed(),
        ),
        bytes(
            "contexts loaded over and over",
            |_| under_tag(&[&[0xa1, 0x01, 0x99, 0x0a, 0x00], &[0x01; 2560][..]].concat()),
            unreadable!(Unread::Barcode(BarcodeFault::TooMuchWork)),
        ),
        bytes("text that is not UTF-8", |_| under_tag(&[0xa1, 0x61, 0xff, 0]), malformed()),
        bytes("number that is none", |_| under_tag(&[0xa1, 0x61, b'a', 0xf9, 0x7e, 0x00]), malformed()),
        bytes("number without end", |_| under_tag(&[0xa1, 0x61, b'a', 0xf9, 0x7c, 0x00]), malformed()),
        bytes(
            "integer that JSON does not hold",
            |_| under_tag(&[0xa1, 0x61, b'a', 0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            malformed(),
        ),
        bytes("undefined value", |_| under_tag(&[0xa1, 0x61, b'a', 0xf7]), malformed()),
        bytes("payload is a list", |_| under_tag(&[0x80]), malformed()),
        bytes(
            "payload is an object that says nothing",
            |_| under_tag(&[0xa0]),
            unreadable!(Unread::Other(WalletError::Malformed { .. })),
        ),
        bytes("table's number is negative", |b| [&[0xd9, 0xcb, 0x1d, 0x82, 0x20], &b[7..]].concat(), malformed()),
        bytes(
            "table's number is another's",
            |b| [&[0xd9, 0xcb, 0x1d, 0x82, 0x19, 0x03, 0xe9], &b[7..]].concat(),
            unreadable!(Unread::Barcode(BarcodeFault::MissingTable { entry_id: 1001 })),
        ),
        bytes("header has three items", |b| [&[0xd9, 0xcb, 0x1d, 0x83, 0x19, 0x03, 0xe8], &b[7..], &[0]].concat(), malformed()),
    ]
}
