//! Games with tokens: algorithms, types, headers, keys on board, and the form itself.

use k256::sha2::{Digest as _, Sha256};
use serde_json::{Map, Value, json};
use wallet_core::error::WalletError;
use wallet_core::key::KeyAlgorithm;
use wallet_core::verification::{Gap, Reason};
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, base64url, claims, edit, from_base64url, jwt, object, parts, token};
use crate::signatures::with_token_signature;
use crate::world::Party;

pub fn attacks() -> Vec<Attack> {
    [algorithms(), types(), critical(), keys_on_board(), kids(), forms(), repeated(), registered()]
        .into_iter()
        .flatten()
        .collect()
}

fn unsupported() -> Expected {
    unreadable!(Unread::Other(WalletError::Unsupported { .. }))
}

fn malformed() -> Expected {
    unreadable!(Unread::Other(WalletError::Malformed { .. }))
}

/// The token with another header, signed by the issuer itself: only the header is wrong.
fn with_header(change: impl Fn(&mut Map<String, Value>) + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |scene, text| {
        let (header, payload) = claims(&text);
        let mut header = object(&header.to_string());
        change(&mut header);
        token(&Value::Object(header).to_string(), &payload.to_string(), &scene.world.university.key)
    }
}

/// The token with another payload, signed by the issuer itself.
fn with_payload(change: impl Fn(&mut Value) + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |scene, text| {
        let (header, payload) = claims(&text);
        token(&header.to_string(), &edit(&payload.to_string(), &change), &scene.world.university.key)
    }
}

fn header_is(name: &'static str, value: Value) -> impl Fn(&mut Scene, String) -> String {
    with_header(move |header| drop(header.insert(name.to_owned(), value.clone())))
}

fn payload_is(name: &'static str, value: Value) -> impl Fn(&mut Scene, String) -> String {
    with_payload(move |payload| payload[name] = value.clone())
}

/// The token as the forger would send it: another header, and this in the place of the signature.
fn unsigned(algorithm: &'static str, signature: &'static str) -> impl Fn(&mut Scene, String) -> String {
    move |_, text| {
        let (mut header, _) = claims(&text);
        header["alg"] = json!(algorithm);
        format!("{}.{}.{signature}", base64url(header.to_string()), parts(&text)[1])
    }
}

fn algorithms() -> Vec<Attack> {
    let mut all = Vec::new();
    for name in
        ["none", "None", "NONE", "nOnE", "HS256", "HS512", "RS256", "PS256", "ES512", "ES256K", "eddsa", "ED25519", "EdDSA "]
    {
        all.push(Attack::new(format!("alg is {name:?} and there is no signature"), jwt, unsigned(name, ""), unsupported()));
    }
    all.extend([
        Attack::new(
            "HMAC with the public key as the secret",
            jwt,
            |scene, text| {
                let (mut header, _) = claims(&text);
                header["alg"] = json!("HS256");
                let input = format!("{}.{}", base64url(header.to_string()), parts(&text)[1]);
                let tag = hmac(scene.world.university.key.public_key().as_bytes(), input.as_bytes());
                format!("{input}.{}", base64url(tag))
            },
            unsupported(),
        ),
        Attack::new(
            "token of an Ed25519 key calls itself ES256",
            jwt,
            header_is("alg", json!("ES256")),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "token of an Ed25519 key calls itself ES384",
            jwt,
            header_is("alg", json!("ES384")),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new("alg is missing", jwt, with_header(|header| drop(header.remove("alg"))), malformed()),
        Attack::new("alg is a list", jwt, header_is("alg", json!(["none", "EdDSA"])), malformed()),
        Attack::new("alg is null", jwt, header_is("alg", Value::Null), malformed()),
        Attack::new("signature of a token is empty", jwt, unsigned("EdDSA", ""), rejected!(Reason::BadSignature)),
        Attack::new(
            "signature of a token is cut short",
            jwt,
            with_token_signature(|s| s[..63].to_vec()),
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "signature of a token has a byte appended",
            jwt,
            with_token_signature(|s| [&s[..], &[0]].concat()),
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "alg goes by its other good name in a header that was not signed so",
            jwt,
            |_, text| {
                let [header, payload, signature] = parts(&text);
                let header = String::from_utf8(from_base64url(&header)).expect("text").replace("\"EdDSA\"", "\"Ed25519\"");
                format!("{}.{payload}.{signature}", base64url(header))
            },
            rejected!(Reason::BadSignature),
        ),
    ]);
    all
}

/// HMAC-SHA-256 with a key of at most 64 bytes (RFC 2104 §2).
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| (0..64).map(|at| key.get(at).unwrap_or(&0) ^ byte).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

fn types() -> Vec<Attack> {
    let mut all = Vec::new();
    for name in ["JWT", "vp+jwt", "application/vp+jwt", "dpop+jwt", "at+jwt", "kb+jwt", "openid4vci-proof+jwt", "text/vc+jwt", ""]
    {
        all.push(Attack::new(format!("typ is {name:?}"), jwt, header_is("typ", json!(name)), unsupported()));
    }
    for name in ["vp", "JWT", "json", ""] {
        all.push(Attack::new(format!("cty is {name:?}"), jwt, header_is("cty", json!(name)), unsupported()));
    }
    all.push(Attack::new("typ is that of a status list", jwt, header_is("typ", json!("statuslist+jwt")), malformed()));
    all.push(Attack::new("typ is a list", jwt, header_is("typ", json!(["vc+jwt"])), unsupported()));
    all
}

fn critical() -> Vec<Attack> {
    let mut all = Vec::new();
    for (name, value) in
        [("exp", json!(["exp"])), ("b64", json!(["b64"])), ("nothing", json!([])), ("an unknown extension", json!(["x"]))]
    {
        all.push(Attack::new(format!("crit names {name}"), jwt, header_is("crit", value), unsupported()));
    }
    for value in [json!(false), json!(true), json!("false")] {
        all.push(Attack::new(format!("b64 is {value}"), jwt, header_is("b64", value), unsupported()));
    }
    all
}

/// The forger signs with its own key, under the issuer's method, and puts something into the header to vouch for it.
fn vouched(name: &'static str, value: fn(&Party) -> Value) -> Attack {
    let hostile = move |scene: &mut Scene, text: String| {
        let mallory = scene.mallory();
        let (mut header, payload) = claims(&text);
        header[name] = value(&mallory);
        token(&header.to_string(), &payload.to_string(), &mallory.key)
    };
    Attack::new(format!("token brings its own key in {name}"), jwt, hostile, rejected!(Reason::BadSignature))
}

fn keys_on_board() -> Vec<Attack> {
    vec![
        vouched("jwk", |mallory| mallory.key.public_key().to_jwk()),
        vouched("jku", |_| json!("https://evil.example/jwks.json")),
        vouched("x5u", |_| json!("https://evil.example/cert.pem")),
        vouched("x5c", |mallory| json!([base64url(mallory.key.public_key().as_bytes())])),
        vouched("x5t#S256", |mallory| json!(mallory.key.public_key().thumbprint())),
        vouched("did", |mallory| json!(mallory.did)),
    ]
}

fn kids() -> Vec<Attack> {
    let kid = |value: Value| header_is("kid", value);
    let signed_by_mallory = |kid: fn(&Party) -> String| {
        move |scene: &mut Scene, text: String| {
            let mallory = scene.mallory();
            let (mut header, payload) = claims(&text);
            header["kid"] = json!(kid(&mallory));
            token(&header.to_string(), &payload.to_string(), &mallory.key)
        }
    };
    vec![
        Attack::new(
            "kid is missing and the key is another",
            jwt,
            |scene, text| {
                let (header, payload) = claims(&text);
                let mut header = object(&header.to_string());
                header.remove("kid");
                token(&Value::Object(header).to_string(), &payload.to_string(), &scene.mallory().key)
            },
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "kid is missing where the issuer has two keys",
            jwt,
            |scene, text| {
                let did = scene.world.university.did.clone();
                let mut second = Party::new(did.as_str(), KeyAlgorithm::Ed25519, 21);
                second.fragment = "delegate-2".to_owned();
                let method = second.resolution().document.verification_methods.remove(0);
                scene.world.registry_says(&did, |resolution| resolution.document.verification_methods.push(method));
                with_header(|header| drop(header.remove("kid")))(scene, text)
            },
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new("kid is a number", jwt, kid(json!(1)), malformed()),
        Attack::new("kid is null", jwt, kid(Value::Null), malformed()),
        Attack::new("kid is empty", jwt, kid(json!("")), rejected!(Reason::KeyNotInDocument { .. })),
        Attack::new(
            "kid is a way through the file system",
            jwt,
            kid(json!("../../../../dev/null")),
            rejected!(Reason::KeyNotInDocument { .. } | Reason::InvalidDid { .. }),
        ),
        Attack::new(
            "kid is a piece of SQL",
            jwt,
            kid(json!("x' UNION SELECT 'key'; --")),
            rejected!(Reason::KeyNotInDocument { .. } | Reason::InvalidDid { .. }, besides Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "kid is a file's URL",
            jwt,
            kid(json!("file:///etc/passwd")),
            rejected!(Reason::InvalidDid { .. }, besides Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "kid is the attacker's own site",
            jwt,
            kid(json!("https://evil.example/key")),
            rejected!(Reason::SignerMismatch { .. }, open Gap::Unsupported { .. }),
        ),
        Attack::new(
            "kid is the attacker's own key",
            jwt,
            signed_by_mallory(|mallory| mallory.method().to_string()),
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "kid is the attacker's fragment in the issuer's document",
            jwt,
            signed_by_mallory(|mallory| format!("#{}", mallory.fragment)),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "kid is a fragment of a fragment",
            jwt,
            kid(json!("##delegate-1")),
            rejected!(Reason::InvalidDid { .. } | Reason::KeyNotInDocument { .. }, besides Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "kid is endless",
            jwt,
            kid(json!("#".to_owned() + &"a".repeat(5000))),
            rejected!(Reason::InvalidDid { .. }, besides Reason::SignerMismatch { .. }),
        ),
    ]
}

fn form(name: &'static str, change: fn([String; 3]) -> String, expected: Expected) -> Attack {
    Attack::new(name, jwt, move |_, text| change(parts(&text)), expected)
}

fn forms() -> Vec<Attack> {
    vec![
        form("token has four parts", |[h, p, s]| format!("{h}.{p}.{s}.{s}"), malformed()),
        form("token has five parts, as an encrypted one", |[h, p, s]| format!("{h}.{p}.{s}.{p}.{s}"), malformed()),
        form("token has two parts", |[h, p, _]| format!("{h}.{p}"), malformed()),
        form("token ends in a dot more", |[h, p, s]| format!("{h}.{p}.{s}."), malformed()),
        form("token begins with a dot", |[h, p, s]| format!(".{h}.{p}.{s}"), malformed()),
        form("header is empty", |[_, p, s]| format!(".{p}.{s}"), malformed()),
        form("payload is empty, as if detached", |[h, _, s]| format!("{h}..{s}"), malformed()),
        form("signature is padded", |[h, p, s]| format!("{h}.{p}.{s}=="), malformed()),
        form("payload is padded", |[h, p, s]| format!("{h}.{p}==.{s}"), malformed()),
        form("line break within the token", |[h, p, s]| format!("{h}.{p}.\n{s}"), malformed()),
        form("space within the token", |[h, p, s]| format!("{h}. {p}.{s}"), malformed()),
        form("zero byte after the token", |[h, p, s]| format!("{h}.{p}.{s}\0"), malformed()),
        form("token in the alphabet of plain base64", |[h, p, s]| format!("{h}.{p}.+/{}", &s[2..]), malformed()),
        form("letter outside ASCII within the token", |[h, p, s]| format!("{h}.{p}.é{s}"), malformed()),
        form(
            "unused bits of the last letter are set",
            |[h, p, s]| {
                // 64 bytes leave four unused bits, which are zero in the one good spelling.
                let (start, last) = s.split_at(85);
                let other = match last {
                    "A" => "B",
                    "Q" => "R",
                    "g" => "h",
                    _ => "x",
                };
                format!("{h}.{p}.{start}{other}")
            },
            malformed(),
        ),
        form(
            "token in the JSON serialization",
            |[h, p, s]| json!({ "payload": p, "signatures": [{ "protected": h, "signature": s }] }).to_string(),
            unsupported(),
        ),
        form(
            "token in the flattened JSON serialization",
            |[h, p, s]| json!({ "payload": p, "protected": h, "signature": s }).to_string(),
            unsupported(),
        ),
        form("header and payload of each other", |[h, p, s]| format!("{p}.{h}.{s}"), malformed()),
        form("header is a list", |[_, p, s]| format!("{}.{p}.{s}", base64url("[]")), malformed()),
        form("payload is text", |[h, _, s]| format!("{h}.{}.{s}", base64url("\"VerifiableCredential\"")), malformed()),
        form("payload is not UTF-8", |[h, _, s]| format!("{h}.{}.{s}", base64url([0xff, 0xfe])), malformed()),
        form(
            "payload begins with a byte order mark",
            |[h, p, s]| format!("{h}.{}.{s}", base64url([&[0xef, 0xbb, 0xbf], &from_base64url(&p)[..]].concat())),
            malformed(),
        ),
        form(
            "something follows the JSON of the payload",
            |[h, p, s]| format!("{h}.{}.{s}", base64url([&from_base64url(&p)[..], b"{}"].concat())),
            malformed(),
        ),
        form(
            "white space follows the JSON of the payload",
            |[h, p, s]| format!("{h}.{}.{s}", base64url([&from_base64url(&p)[..], b" "].concat())),
            rejected!(Reason::BadSignature),
        ),
        form(
            "claim is changed under the old signature",
            |[h, p, s]| {
                let payload = String::from_utf8(from_base64url(&p)).expect("text").replace("BachelorDegree", "DoctoralDegree");
                format!("{h}.{}.{s}", base64url(payload))
            },
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "signature of another of the issuer's tokens",
            jwt,
            |scene, text| {
                let other =
                    scene.issue_changed(wallet_core::securing::Mechanism::Jwt, |diploma| diploma["name"] = json!("Medicina"));
                let ([header, payload, _], [.., signature]) = (parts(&text), parts(&other));
                format!("{header}.{payload}.{signature}")
            },
            rejected!(Reason::BadSignature),
        ),
    ]
}

/// The token whose JSON is written by hand, signed by the issuer itself.
fn spelled(header: bool, from: &'static str, to: &'static str) -> impl Fn(&mut Scene, String) -> String {
    move |scene, text| {
        let (mut head, mut payload) = claims_text(&text);
        let part = if header { &mut head } else { &mut payload };
        assert!(part.contains(from), "{from} is there: {part}");
        *part = part.replacen(from, to, 1);
        token(&head, &payload, &scene.world.university.key)
    }
}

fn claims_text(text: &str) -> (String, String) {
    let [header, payload, _] = parts(text);
    let read = |part: &str| String::from_utf8(from_base64url(part)).expect("text");
    (read(&header), read(&payload))
}

fn repeated() -> Vec<Attack> {
    vec![
        Attack::new("header names alg twice", jwt, spelled(true, "\"alg\":", "\"alg\":\"none\",\"alg\":"), malformed()),
        Attack::new("header names kid twice", jwt, spelled(true, "\"kid\":", "\"kid\":\"x\",\"kid\":"), malformed()),
        Attack::new(
            "header names alg twice, once with an escape",
            jwt,
            spelled(true, "\"alg\":", "\"\\u0061lg\":\"none\",\"alg\":"),
            malformed(),
        ),
        Attack::new(
            "payload names the subject twice",
            jwt,
            spelled(false, "\"credentialSubject\":", "\"credentialSubject\":{},\"credentialSubject\":"),
            malformed(),
        ),
        Attack::new(
            "payload names a nested claim twice",
            jwt,
            spelled(false, "\"achievementType\":", "\"achievementType\":\"DoctoralDegree\",\"achievementType\":"),
            malformed(),
        ),
    ]
}

fn registered() -> Vec<Attack> {
    let mut all = vec![
        Attack::new("exp is past", jwt, payload_is("exp", json!(1_700_000_000)), rejected!(Reason::ProofExpired { .. })),
        Attack::new("nbf is to come", jwt, payload_is("nbf", json!(1_900_000_000)), rejected!(Reason::NotYetValid { .. })),
        Attack::new(
            "iat is to come",
            jwt,
            payload_is("iat", json!(1_900_000_000)),
            rejected!(Reason::ProofFromFuture { .. }, besides Reason::KeyFromLater { .. }),
        ),
        Attack::new(
            "iat is before the key was",
            jwt,
            payload_is("iat", json!(1_000_000_000)),
            rejected!(Reason::KeyFromLater { .. }),
        ),
        Attack::new(
            "payload is a credential and a presentation",
            jwt,
            with_payload(|payload| payload["type"] = json!(["VerifiableCredential", "VerifiablePresentation"])),
            malformed(),
        ),
        Attack::new(
            "payload is neither credential nor presentation",
            jwt,
            with_payload(|payload| payload["type"] = json!(["OpenBadgeCredential"])),
            malformed(),
        ),
    ];
    for claim in ["iss", "sub", "jti"] {
        let name = format!("{claim} contradicts the document");
        all.push(Attack::new(name, jwt, payload_is(claim, json!("did:web:evil.example")), malformed()));
        all.push(Attack::new(format!("{claim} is not text"), jwt, payload_is(claim, json!([1])), malformed()));
    }
    for (claim, value) in [
        ("exp", json!("2036-01-01T00:00:00Z")),
        ("exp", Value::Null),
        ("exp", json!(1e300)),
        ("exp", json!(-1e300)),
        ("nbf", json!([])),
        ("iat", json!({})),
        ("iat", json!(true)),
        ("aud", json!(7)),
        ("aud", json!([7])),
        ("nonce", json!(7)),
    ] {
        all.push(Attack::new(format!("{claim} is {value}"), jwt, payload_is(claim, value), malformed()));
    }
    all
}
