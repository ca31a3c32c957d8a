//! BBS signatures over BLS12-381 with SHA-256 (draft-irtf-cfrg-bbs-signatures §4, ciphersuite §7.2.2): the one file that knows the
//! crate which computes them.
//!
//! Whatever comes from outside is checked here first: the crate takes points at infinity, with which anyone proves anything.

use minicbor::{Decoder, Encoder};
use zeroize::Zeroize as _;
use zkryptium::bbsplus::keys::{BBSplusPublicKey, BBSplusSecretKey};
use zkryptium::schemes::algorithms::BbsBls12381Sha256;
use zkryptium::schemes::generics::{PoKSignature, Signature};

/// The length of a public key, a compressed point of G2, in bytes.
pub(crate) const PUBLIC_KEY: usize = 96;
/// The length of a signature, a point and a scalar, in bytes.
pub(crate) const SIGNATURE: usize = 80;
/// The length of a compressed point of G1, in bytes.
const POINT: usize = 48;
/// The length of a scalar, in bytes.
const SCALAR: usize = 32;
/// The length of a proof that hides nothing, in bytes: three points and four scalars.
const SHORTEST_PROOF: usize = 3 * POINT + 4 * SCALAR;
/// The most messages one signature may cover; each costs a point on the curve to check.
pub(crate) const MAX_MESSAGES: usize = 1024;

/// What a signature covers: a header that is always shown, and messages that are shown or hidden one by one.
pub(crate) struct Signed<'m> {
    pub header: &'m [u8],
    pub messages: &'m [Vec<u8>],
}

/// The one byte string that stands for a header and messages where a keystore signs: the CBOR array `[header, [message, …]]` of
/// byte strings in deterministic form (RFC 8949 §4.2.1).
pub(crate) fn encode(signed: &Signed<'_>) -> Vec<u8> {
    let memory = "writing to memory succeeds";
    let mut encoder = Encoder::new(Vec::new());
    encoder.array(2).expect(memory).bytes(signed.header).expect(memory);
    encoder.array(signed.messages.len() as u64).expect(memory);
    for message in signed.messages {
        encoder.bytes(message).expect(memory);
    }
    encoder.into_writer()
}

/// The header and messages that `bytes` stand for; bytes that [`encode`] does not make are one message without header.
fn decode(bytes: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let parse = || {
        let mut decoder = Decoder::new(bytes);
        decoder.array().ok().flatten().filter(|length| *length == 2)?;
        let header = decoder.bytes().ok()?.to_vec();
        let length = decoder.array().ok().flatten()?;
        let messages = (0..length).map(|_| Some(decoder.bytes().ok()?.to_vec())).collect::<Option<Vec<_>>>()?;
        // One message without header is what bytes of any other form mean: said in this form, it would have two.
        let plain = header.is_empty() && messages.len() == 1;
        let same = encode(&Signed { header: &header, messages: &messages }) == bytes;
        (same && !plain && messages.len() <= MAX_MESSAGES).then_some((header, messages))
    };
    parse().unwrap_or_else(|| (Vec::new(), vec![bytes.to_vec()]))
}

/// Whether `bytes` are a public key: a compressed point of the right subgroup of G2, and not infinity.
pub(super) fn is_public_key(bytes: &[u8]) -> bool {
    public_key(bytes).is_some()
}

/// Whether `bytes` are a private key: a scalar in range, and not zero.
pub(super) fn is_secret_key(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| *byte != 0) && BBSplusSecretKey::from_bytes(bytes).is_ok()
}

/// The public half of a checked private key.
pub(super) fn public_half(secret: &[u8]) -> Vec<u8> {
    secret_key(secret).0.public_key().to_bytes().to_vec()
}

/// The coordinates x and y of a checked public key.
pub(super) fn coordinates(public: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (x, y) = public_key(public).expect("the key was checked when it was read").to_coordinates();
    (x.to_vec(), y.to_vec())
}

/// The public key with these coordinates, compressed.
pub(super) fn from_coordinates(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    let key = BBSplusPublicKey::from_coordinates(x.try_into().ok()?, y.try_into().ok()?).ok()?;
    Some(key.to_bytes().to_vec())
}

/// Signs what `message` stands for.
pub(super) fn sign(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let (header, messages) = decode(message);
    sign_all(secret, &Signed { header: &header, messages: &messages })
}

/// Whether `signature` is the key's over what `message` stands for.
pub(super) fn verify(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (header, messages) = decode(message);
    verify_all(public, &Signed { header: &header, messages: &messages }, signature)
}

fn sign_all(secret: &[u8], signed: &Signed<'_>) -> Vec<u8> {
    let secret = secret_key(secret);
    let public = secret.0.public_key();
    let signature = Signature::<BbsBls12381Sha256>::sign(Some(signed.messages), &secret.0, &public, Some(signed.header));
    signature.expect("the signature would be the point at infinity only if SHA-256 were broken").to_bytes().to_vec()
}

fn verify_all(public: &[u8], signed: &Signed<'_>, signature: &[u8]) -> bool {
    let (Some(public), Some(signature)) = (public_key(public), self::signature(signature)) else { return false };
    Signature::<BbsBls12381Sha256>::from_bytes(&signature)
        .is_ok_and(|signature| signature.verify(&public, Some(signed.messages), Some(signed.header)).is_ok())
}

/// A proof of knowing the key's `signature` over all messages, which shows the `shown` ones, in rising order; none when the
/// signature has not the form of one.
///
/// Its blinding is drawn from the operating system: the crate takes no other randomness.
pub(crate) fn prove(
    public: &[u8],
    signature: &[u8],
    signed: &Signed<'_>,
    shown: &[usize],
    presentation_header: &[u8],
) -> Option<Vec<u8>> {
    let (public, signature) = (public_key(public)?, self::signature(signature)?);
    if !rising_below(shown, signed.messages.len()) || signed.messages.len() > MAX_MESSAGES {
        return None;
    }
    let proof = PoKSignature::<BbsBls12381Sha256>::proof_gen(
        &public,
        &signature,
        Some(signed.header),
        Some(presentation_header),
        Some(signed.messages),
        Some(shown),
    );
    Some(proof.ok()?.to_bytes())
}

/// Whether `proof` shows that its maker knew the key's signature over messages, of which these are at the places `shown`.
pub(crate) fn verify_proof(
    public: &[u8],
    proof: &[u8],
    signed: &Signed<'_>,
    shown: &[usize],
    presentation_header: &[u8],
) -> bool {
    let Some(hidden) = proof.len().checked_sub(SHORTEST_PROOF).filter(|rest| rest % SCALAR == 0) else { return false };
    let all = hidden / SCALAR + shown.len();
    let (points, scalars) = proof.split_at(3 * POINT);
    let well_formed = points.chunks(POINT).all(is_finite)
        && scalars.chunks(SCALAR).all(|scalar| scalar.iter().any(|byte| *byte != 0))
        && shown.len() == signed.messages.len()
        && all <= MAX_MESSAGES
        && rising_below(shown, all);
    let Some(public) = public_key(public).filter(|_| well_formed) else { return false };
    PoKSignature::<BbsBls12381Sha256>::from_bytes(proof).is_ok_and(|proof| {
        let (header, presentation) = (Some(signed.header), Some(presentation_header));
        proof.proof_verify(&public, Some(signed.messages), Some(shown), header, presentation).is_ok()
    })
}

fn public_key(bytes: &[u8]) -> Option<BBSplusPublicKey> {
    let sized = bytes.len() == PUBLIC_KEY && is_finite(bytes);
    BBSplusPublicKey::from_bytes(bytes.get(..PUBLIC_KEY).filter(|_| sized)?).ok()
}

/// A private key that is wiped when dropped, as the crate's own is not.
struct Wiped(BBSplusSecretKey);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.0.zeroize();
    }
}

fn secret_key(bytes: &[u8]) -> Wiped {
    Wiped(BBSplusSecretKey::from_bytes(bytes).expect("the scalar was checked when it was read"))
}

fn signature(bytes: &[u8]) -> Option<[u8; SIGNATURE]> {
    bytes.try_into().ok().filter(|bytes: &[u8; SIGNATURE]| is_finite(bytes))
}

/// Whether a compressed point is not infinity, which the second bit says (draft-irtf-cfrg-pairing-friendly-curves §C).
fn is_finite(point: &[u8]) -> bool {
    point[0] & 0x40 == 0
}

fn rising_below(places: &[usize], end: usize) -> bool {
    places.windows(2).all(|pair| pair[0] < pair[1]) && places.last().is_none_or(|last| *last < end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn unhex(text: &Value) -> Vec<u8> {
        let text = text.as_str().expect("hex");
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
    }

    fn all(values: &Value) -> Vec<Vec<u8>> {
        values.as_array().expect("a list").iter().map(unhex).collect()
    }

    /// The files of one kind of the fixtures of github.com/decentralized-identity/bbs-signature; none when they are not there.
    fn fixtures(kind: &str) -> Option<Vec<Value>> {
        let root = std::env::var("CEDULA_VECTORS")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors").into());
        let folder = std::path::Path::new(&root).join("bbs-core/tooling/fixtures/fixture_data/bls12-381-sha-256").join(kind);
        if !folder.exists() {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "skipped: there are no published vectors in {}", folder.display());
            return None;
        }
        let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
        Some(files.map(|file| serde_json::from_str(&std::fs::read_to_string(file).expect("text")).expect("JSON")).collect())
    }

    #[test]
    fn published_signatures_are_made_and_judged_alike() {
        let Some(fixtures) = fixtures("signature") else { return };
        assert_eq!(fixtures.len(), 10);
        for fixture in fixtures {
            let (secret, public) = (unhex(&fixture["signerKeyPair"]["secretKey"]), unhex(&fixture["signerKeyPair"]["publicKey"]));
            let (header, messages) = (unhex(&fixture["header"]), all(&fixture["messages"]));
            let (signed, signature) = (Signed { header: &header, messages: &messages }, unhex(&fixture["signature"]));
            let valid = fixture["result"]["valid"].as_bool().expect("a result");
            assert_eq!(verify_all(&public, &signed, &signature), valid, "{}", fixture["caseName"]);
            if valid {
                assert_eq!(sign_all(&secret, &signed), signature, "{}", fixture["caseName"]);
            }
        }
    }

    #[test]
    fn published_proofs_are_judged_alike_and_ours_verify() {
        let Some(fixtures) = fixtures("proof") else { return };
        assert_eq!(fixtures.len(), 15);
        for fixture in fixtures {
            let (public, signature) = (unhex(&fixture["signerPublicKey"]), unhex(&fixture["signature"]));
            let (header, presentation) = (unhex(&fixture["header"]), unhex(&fixture["presentationHeader"]));
            let messages = all(&fixture["messages"]);
            let shown: Vec<usize> = serde_json::from_value(fixture["disclosedIndexes"].clone()).expect("indexes");
            let disclosed: Vec<Vec<u8>> = shown.iter().map(|at| messages[*at].clone()).collect();
            let seen = Signed { header: &header, messages: &disclosed };
            let valid = fixture["result"]["valid"].as_bool().expect("a result");
            let theirs = verify_proof(&public, &unhex(&fixture["proof"]), &seen, &shown, &presentation);
            assert_eq!(theirs, valid, "{}", fixture["caseName"]);
            let signed = Signed { header: &header, messages: &messages };
            if verify_all(&public, &signed, &signature) {
                let ours = prove(&public, &signature, &signed, &shown, &presentation).expect("a proof");
                assert!(verify_proof(&public, &ours, &seen, &shown, &presentation), "{}", fixture["caseName"]);
                assert!(!verify_proof(&public, &ours, &seen, &shown, b"another"), "{}", fixture["caseName"]);
            }
        }
    }

    const SECRET: [u8; 32] = [7; 32];

    fn messages(count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|number| format!("message {number}").into_bytes()).collect()
    }

    #[test]
    fn header_and_messages_go_through_one_byte_string_and_nothing_else_means_them() {
        let (header, messages) = (b"header".to_vec(), messages(3));
        let bytes = encode(&Signed { header: &header, messages: &messages });
        assert_eq!(decode(&bytes), (header.clone(), messages.clone()));
        assert_eq!(decode(&encode(&Signed { header: b"", messages: &[] })), (vec![], vec![]));
        // Bytes of another form, and what would mean the same as such bytes, are one message.
        let longer = [&bytes[..], &[0]].concat();
        let padded = [&[0x98, 2], &bytes[1..]].concat();
        let plain = encode(&Signed { header: b"", messages: &messages[..1] });
        for one in [&b"plain"[..], b"", &longer, &padded, &plain] {
            assert_eq!(decode(one), (vec![], vec![one.to_vec()]));
        }
    }

    #[test]
    fn points_at_infinity_and_scalars_of_zero_prove_nothing() {
        let (public, messages) = (public_half(&SECRET), messages(4));
        let signed = Signed { header: b"h", messages: &messages };
        let signature = sign_all(&SECRET, &signed);
        let proof = prove(&public, &signature, &signed, &[0, 2], b"").expect("a proof");
        let disclosed = [messages[0].clone(), messages[2].clone()];
        let holds = |public: &[u8], proof: &[u8]| {
            verify_proof(public, proof, &Signed { header: b"h", messages: &disclosed }, &[0, 2], b"")
        };
        assert!(holds(&public, &proof));
        let infinity = |length: usize| [&[0xc0][..], &vec![0; length - 1]].concat();
        for point in 0..3 {
            let mut forged = proof.clone();
            forged[point * POINT..(point + 1) * POINT].copy_from_slice(&infinity(POINT));
            assert!(!holds(&public, &forged));
        }
        let mut forged = proof.clone();
        forged[..POINT].copy_from_slice(&infinity(POINT));
        forged[POINT..2 * POINT].copy_from_slice(&infinity(POINT));
        assert!(!holds(&public, &forged));
        let mut forged = proof.clone();
        forged[3 * POINT..3 * POINT + SCALAR].fill(0);
        assert!(!holds(&public, &forged));
        assert!(!is_public_key(&infinity(PUBLIC_KEY)));
        assert!(!holds(&infinity(PUBLIC_KEY), &proof));
        assert!(!is_secret_key(&[0; 32]) && !is_secret_key(&[0xff; 32]) && !is_secret_key(&[1; 31]));
    }

    #[test]
    fn shown_messages_must_be_at_their_places() {
        let (public, messages) = (public_half(&SECRET), messages(4));
        let signed = Signed { header: b"h", messages: &messages };
        let proof = prove(&public, &sign_all(&SECRET, &signed), &signed, &[1, 3], b"").expect("a proof");
        let holds = |shown: &[usize], disclosed: &[Vec<u8>]| {
            verify_proof(&public, &proof, &Signed { header: b"h", messages: disclosed }, shown, b"")
        };
        let two = [messages[1].clone(), messages[3].clone()];
        assert!(holds(&[1, 3], &two));
        for shown in [&[0, 3][..], &[3, 1], &[1, 1], &[1, 4], &[1], &[1, 2, 3], &[1, usize::MAX]] {
            assert!(!holds(shown, &two), "{shown:?}");
        }
        assert!(!holds(&[1, 3], &two[..1]));
        assert!(prove(&public, &[0; SIGNATURE], &signed, &[4], b"").is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_bytes_are_a_proof_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600), shown in 0usize..4) {
            let public = public_half(&SECRET);
            let (messages, places) = (messages(shown), (0..shown).collect::<Vec<_>>());
            let seen = Signed { header: b"", messages: &messages };
            let holds = verify_proof(&public, &bytes, &seen, &places, b"");
            prop_assert!(!holds);
            prop_assert!(!verify(&public, b"x", &bytes));
            let _ = is_public_key(&bytes);
            let _ = decode(&bytes);
        }
    }
}
