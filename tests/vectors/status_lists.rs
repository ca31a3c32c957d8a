//! Token Status List (draft-ietf-oauth-status-list-16): the lists of appendix C and the tokens of §5.2 and §8.2, which are signed
//! with the example key of its authors.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::json;
use wallet_core::key::PublicKey;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Kind, Secured};
use wallet_core::status::{PublishedList, StatusEntry, TokenEntry, TokenStatusList};

const URI: &str = "https://example.com/statuslists/1";

const C_1: &str = concat!(
    "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDM",
    "AQAAAACAZC8L2AEb",
);

const C_2: &str = concat!(
    "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEB5WwIAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12",
    "SgAAAAAAAAAAAAAAAAAAAAAAAAAAAOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAAAA",
    "AAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoAAAAAAAAAAAAAAEBqH81gAQw",
);

const C_3: &str = concat!(
    "eNrt0EENgDAQADAIHwImkIIEJEwCUpCEBBQRHOy35Li1EjoOQGabAgAAAAAAAAAAAAAAAAAAACC1SQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABADr",
    "sCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADoxaEAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIIoCgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAACArpwKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGhqVkAzlwIAAAAAiGVRAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAABx3AoAgLpVAQAAAAAAAAAAAAAAwM89rwMAAAAAAAAAAAjsA9xMBMA",
);

const C_4: &str = concat!(
    "eNrt0WOQM2kYhtGsbdu2bdu2bdu2bdu2bdu2jVnU1my-SWYm6U5enFPVf7ue97orFYAo7CQBAACQuuckAABStqUEAAAAAAAAtN6wEgAE71QJAAAAAIrwhw",
    "QAAAAAAdtAAgAAAAAAACLwkAQAAAAAAAAAAACUaFcJAACAeJwkAQAAAAAAAABQvL4kAAAAWmJwCQAAAAAAAAjAwBIAAAB06ywJoDKQBARpfgkAAAAAAAAA",
    "AAAAAAAAAACo50sJAAAAAAAAAOiRcSQAAAAAgAJNKgEAAG23mgQAAAAAAECw3pUAQvegBAAAAAAAAADduE4CAAAAyjSvBAAQiw8koHjvSABAb-wlARCONy",
    "VoxtMSZOd0CQAAAOjWDRKQmLckAAAAAACysLYEQGcnSAAAAAAQooUlAABI15kSAIH5RAIgLB9LABC4_SUgGZNIAABAmM6RoLbTJIASzCIBAEAhfpcAAAAA",
    "AABquk8CAAAAAAAAaJl9SvvzBOICAFWmkIBgfSgBAAAANOgrCQAAAAAAAADStK8EAAC03gASAAAAAAAAAADFWFUCAAAAMjOaBEADHpYAQjCIBADduFwCAA",
    "AAAGitMSSI3BUSAECOHpAA6IHrJQAAAAAAsjeVBAAAKRpVAorWvwQAAAAAAAAAkKRtJAAAAAAAgCbcLAF0bXUJAAAAoF02kYDg7CYBAAAAAEB6NpQAAAAA",
    "AAAAAAAAAEr1uQQAAF06VgIAAAAAAAAAqDaeBAAQqgMkAAAAAABogQMlAAAAAAAa87MEAAAQiwslAAAAAAAAAAAAAAAAMrOyBAAAiekv-hcsY0Sgne6QAA",
    "AAAAAgaUtJAAAAAAAAAAAAAAAAAAAAAAAAAADwt-07vjVkAAAAgDy8KgFAUEaSAAAAAJL3vgQAWdhcAgAAoBHDSUDo1pQAAACI2o4SAABZm14CALoyuwQA",
    "APznGQkgZwdLAAAQukclAAAAAAAAAAAAgKbMKgEAAAAAAAAAAAAAAAAAAECftpYAAAAAAAAAAAAACnaXBAAAAADk7iMJAAAAAAAAAABqe00CAnGbBBG4TA",
    "IAgFDdKgFAXCaWAAAAAAAAAAAAAAAAAKAJQwR72XbGAQAAAKAhh0sAAAAAAABQgO8kAAAAAAAAAAAAACAaM0kAAAC5W0QCAIJ3mAQAxGwxCQAA6nhSAsjZ",
    "BRIAANEbWQIAAAAAaJE3JACAwA0qAUBIVpKAlphbAiAPp0iQnKEkAAAAAAAgBP1KAAAAdOl4CQAAAAAAAPjLZBIAAG10RtrPm8_CAEBMTpYAAAAAAIjQYB",
    "L8z5QSAAAAAEDYPpUAACAsj0gAAADQkHMlAAjHDxIA0Lg9JQAAgHDsLQEAAABAQS6WAAAAgLjNFs2l_RgLAIAEfCEBlGZZCQAAaIHjJACgtlskAAAozb0S",
    "AAAAVFtfAgAAAAAAAAAAAAAAAAAAAAAAAKDDtxIAAAAAVZaTAKB5W0kAANCAsSUgJ0tL0GqHSNBbL0gAZflRAgCARG0kQXNmlgCABiwkAQAAAEB25pIAAA",
    "AAAAAAAAAAoFh9SwAAAAAAADWNmOSrpjFsEoaRgDKcF9Q1dxsEAAAAAAAAAAAAAAAAgPZ6SQIAAAAAAAAAgChMLgEAAAAAAAAAqZlQAsK2qQQAAAAAAAD0",
    "6XUJAAAAqG9bCQAAgLD9IgEAAAAAAAAAAAAAAAAAAEBNe0gAAAAAAAAAAEBPHSEBAAAAlOZtCYA4fS8B0GFRCQAo0gISAOTgNwmC840EAAAAAAAAAAAAAA",
    "AAAAAAUJydJfjXPBIAAAAAAAAAAAAAAABk6WwJAAAAAAAAAAAAAAAAqG8UCQAAgPpOlAAAIA83SQAANWwc9HUjGAgAAAAAAACAusaSAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAqHKVBACQjxklAAAAAAAAAKBHxpQAAAAAACBME0lAdlaUAACyt7sEAAAA0Nl0EgAAAAAAAAAAAABA-8wgAQAAAAAAAKU4SgKgUtlBAgAAAA",
    "AAAAAAgMCMLwEE51kJICdzSgCJGl2CsE0tAQAA0L11JQAAAAAAAAjUOhIAAAAAAAAAAAAAAGTqeQkAAAAAAAAAAAAAKM8SEjTrJwkAAAAAAACocqQEULgV",
    "JAAAACjDUxJUKgtKAAAAqbpRAgCA0n0mAQAAAABAGzwmAUCTLpUAAAAAAAAAAEjZNRIAAAAAAAAAAAAAAAAAAAAA8I-vJaAlhpQAAAAAAHrvzjJ-OqCuuV",
    "lLAojP8BJAr70sQZVDJYAgXS0BAAAAAAAAAAAAtMnyEgAAAAAAFONKCQAAAAAAAADorc0kAAAAAAAAgDqOlgAAAAAAAAAAAADIwv0SAAAAAAAAAAAAAADB",
    "uV0CIFVDSwAAAABAAI6RAAAAAGIwrQSEZAsJAABouRclAAAAAKDDrxIAAAA0bkkJgFiMKwEAAAAAAHQyhwRk7h4JAAAAAAAAAAAgatdKAACUYj0JAAAAAA",
    "AAAAAAQnORBLTFJRIAAAAAkIaDJAAAAJryngQAAAAAAAAAAAA98oQEAAAAAAAAAEC2zpcgWY9LQKL2kwAgGK9IAAAAAPHaRQIAAAAAAAAAAADIxyoSAAAA",
    "AAAAAAAAAADQFotLAECz_gQ1PX-B",
);

/// Reads a list of 2²⁰ entries, writes it again, and returns what is not 0 in it.
fn set(lst: &str, bits: u8) -> Vec<(u64, u8)> {
    let list = TokenStatusList::decode(lst, bits).expect("a list");
    assert_eq!(list.entries(), 1 << 20);
    let set: Vec<(u64, u8)> =
        (0..list.entries()).map(|index| (index, list.value(index).expect("in range"))).filter(|(_, value)| *value != 0).collect();
    let mut ours = TokenStatusList::new(1 << 20, bits).expect("a list");
    for (index, value) in &set {
        ours.set(*index, *value).expect("in range");
    }
    assert_eq!(ours, list);
    assert_eq!(TokenStatusList::decode(&ours.encode(), bits).as_ref(), Ok(&list));
    set
}

#[test]
fn token_status_list_appendix_c_1() {
    let ones = [0, 1993, 25460, 159_495, 495_669, 554_353, 645_645, 723_232, 854_545, 934_534, 1_000_345];
    assert_eq!(set(C_1, 1), ones.map(|index| (index, 1)));
}

#[test]
fn token_status_list_appendix_c_2() {
    let expected = [
        (0, 1),
        (1993, 2),
        (25460, 1),
        (159_495, 3),
        (495_669, 1),
        (554_353, 1),
        (645_645, 2),
        (723_232, 1),
        (854_545, 1),
        (934_534, 2),
        (1_000_345, 3),
    ];
    assert_eq!(set(C_2, 2), expected);
}

#[test]
fn token_status_list_appendix_c_3() {
    let expected = [
        (0, 1),
        (1993, 2),
        (35460, 3),
        (459_495, 4),
        (595_669, 5),
        (754_353, 6),
        (845_645, 7),
        (923_232, 8),
        (924_445, 9),
        (934_534, 10),
        (1_000_345, 12),
        (1_004_534, 11),
        (1_030_203, 13),
        (1_030_204, 14),
        (1_030_205, 15),
    ];
    assert_eq!(set(C_3, 4), expected);
}

/// Each value stands at one index; the first and the last are written out here.
#[test]
fn token_status_list_appendix_c_4() {
    let found = set(C_4, 8);
    let mut values: Vec<u8> = found.iter().map(|(_, value)| *value).collect();
    values.sort_unstable();
    assert_eq!(values, (1..=255).collect::<Vec<u8>>());
    let first = [
        52451, 576_778, 513_575, 468_106, 292_632, 214_947, 182_323, 884_834, 66653, 62489, 196_493, 458_517, 487_925, 55649,
        416_992, 879_796, 462_297, 942_059, 583_408, 13628, 334_829, 886_286, 713_557, 582_738, 326_064, 451_545, 705_889,
        214_350, 194_502, 796_765, 202_828, 752_834,
    ];
    let last = [
        83344, 171_931, 879_178, 663_475, 546_865, 428_362, 658_891, 500_560, 557_034, 830_023, 274_471, 629_139, 958_869,
        663_071, 152_133, 19535,
    ];
    for (index, value) in first.into_iter().zip(1..).chain(last.into_iter().zip(240..=255)) {
        assert!(found.contains(&(index, value)), "{index} {value}");
    }
}

fn key() -> PublicKey {
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "12",
        "x": "I3HWm_0Ds1dPMI-IWmf4mBmH-YaeAVbPVu7vB27CxXo", "y": "6N_d5Elj9bs1htgV3okJKIdbHEpkgTmAluYKJemzn1M",
    });
    PublicKey::from_jwk(&jwk).expect("a JWK")
}

/// The list of both tokens: 16 entries, 0xB9A3.
fn is_the_example(secured: &Secured) {
    assert_eq!((secured.kind(), &secured.body()["sub"]), (Kind::StatusList, &json!(URI)));
    assert_eq!((&secured.body()["iat"], &secured.body()["ttl"]), (&json!(1_686_920_170), &json!(43_200)));
    assert_eq!(secured.check_signature(0, &key(), &Contexts::bundled()), Ok(()));
    let list = PublishedList::read(secured.body()).expect("a list");
    for (index, value) in (0..).zip([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]) {
        let entry = StatusEntry::Token(TokenEntry { index, list: URI.to_owned() });
        assert_eq!(list.check(&entry).expect("in range").value, value);
    }
}

#[test]
fn token_status_list_section_8_2() {
    let token = concat!(
        "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEyIiwidHlwIjoic3RhdHVzbGlzdCtqd3QifQ.e",
        "yJleHAiOjIyOTE3MjAxNzAsImlhdCI6MTY4NjkyMDE3MCwiaXNzIjoiaHR0cHM6Ly9le",
        "GFtcGxlLmNvbSIsInN0YXR1c19saXN0Ijp7ImJpdHMiOjEsImxzdCI6ImVOcmJ1UmdBQ",
        "WhjQlhRIn0sInN1YiI6Imh0dHBzOi8vZXhhbXBsZS5jb20vc3RhdHVzbGlzdHMvMSIsI",
        "nR0bCI6NDMyMDB9.2lKUUNG503R9htu4aHAYi7vjmr3sgApbfoDvPrl65N3URUO1EYqq",
        "Ql45Jfzd-Av4QzlKa3oVALpLwOEUOq-U_g",
    );
    let secured = Secured::read(token).expect("a list");
    assert_eq!(secured.proofs()[0].method, "https://example.com#12");
    is_the_example(&secured);
}

#[test]
fn token_status_list_section_5_2() {
    let hex = concat!(
        "d2845820a2012610781a6170706c69636174696f6e2f7374617475736c6973742b63",
        "7774a1044231325850a502782168747470733a2f2f6578616d706c652e636f6d2f73",
        "74617475736c697374732f31061a648c5bea041a8898dfea19fffe19a8c019fffda2",
        "646269747301636c73744a78dadbb918000217015d584093fa4d01032b18c35e2fe1",
        "101b77fd6cc9440022caa4694450c4e4e9feab4e99d1fa6d9772ce2bf3a12e0323de",
        "d7c982c5e101a5e67f0cbc1e2b6f57ce99c279",
    );
    let secured = Secured::read_bytes(&super::hex(hex)).expect("a list");
    assert_eq!(secured.proofs()[0].method, "#12");
    assert_eq!(secured.proofs()[0].expires.as_ref().map(|at| at.unix()), Some(2_291_720_170));
    is_the_example(&secured);
}

#[test]
fn token_status_list_section_4_3() {
    let lst = BASE64_URL_SAFE_NO_PAD.encode(super::hex("78dadbb918000217015d"));
    assert_eq!(TokenStatusList::decode(&lst, 1), TokenStatusList::read(&json!({ "bits": 1, "lst": "eNrbuRgAAhcBXQ" })));
}
