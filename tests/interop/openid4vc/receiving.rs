//! The issuers of others, and our wallet.

use serde_json::{Value, json};
use wallet_core::oauth::Profile;
use wallet_core::wallet::receiving::{Acceptance, Client, Dpop, Encryption};

use crate::holder::Holder;
use crate::names::{CREDO, NPM, OURS, PYPI};
use crate::programs::{self, Offer, Program};
use crate::provider::Provider;
use crate::table::row;

/// Whether every credential of an offer that our wallet took is kept and accepted, and what the issuer says of it.
async fn receive(issuer: &Program, wishes: &[(&str, &str)], count: usize, tell: impl FnOnce(&mut Client<'_>)) -> Value {
    let offer = Offer::of(issuer, wishes);
    let acceptance = Acceptance { count, ..Acceptance::default() };
    let received = Holder::new().await.receive(&offer, Some(issuer), (acceptance, tell)).await;
    let received = received.unwrap_or_else(|error| panic!("{wishes:?}: {error:?}"));
    assert!(received.refusals.is_empty(), "{wishes:?}: {:?}", received.refusals);
    assert_eq!(received.credentials.len(), count, "{wishes:?}");
    for (_, verdict) in &received.credentials {
        assert_eq!(verdict.word(), "accepted", "{wishes:?}: {verdict:?}");
    }
    offer.result(issuer)
}

const CONFIGURATIONS: [(&str, &str); 7] = [
    ("degree-sd-jwt", "dc+sd-jwt, issuer by DID"),
    ("degree-sd-jwt-x5c", "dc+sd-jwt, issuer by certificate"),
    ("degree-sd-jwt-web", "dc+sd-jwt, issuer by its metadata"),
    ("degree-jwt", "jwt_vc_json"),
    ("degree-ldp", "ldp_vc, eddsa-rdfc-2022"),
    ("degree-ldp-p256", "ldp_vc, ecdsa-rdfc-2019"),
    ("degree-ldp-sd", "ldp_vc, ecdsa-sd-2023"),
];

#[tokio::test]
async fn every_format_of_npm_is_received_by_every_grant() {
    let issuer = programs::issuer();
    for (flow, grant) in [("pre", "pre-authorized code"), ("auth", "authorization code")] {
        for (config, format) in CONFIGURATIONS {
            let result = receive(issuer, &[("config", config), ("flow", flow)], 1, |_| ()).await;
            assert_eq!(result["notified"], "credential_accepted", "{config} {flow}");
            row(NPM, OURS, &format!("OpenID4VCI: {grant}, {format}"), 1, 1);
        }
    }
}

#[tokio::test]
async fn what_the_standard_leaves_to_choose_is_understood() {
    let issuer = programs::issuer();
    let plain = ("config", "degree-sd-jwt");
    let says = |name: &str, result: Value, member: &str, value: Value| {
        assert_eq!(result[member], value, "{name}: {result}");
        row(NPM, OURS, &format!("OpenID4VCI: {name}"), 1, 1);
    };
    let result = receive(issuer, &[plain, ("tx", "1"), ("ref", "1")], 1, |_| ()).await;
    says("transaction code, offer by reference", result, "issued", json!(1));
    says("credential identifiers", receive(issuer, &[plain, ("ids", "1")], 1, |_| ()).await, "issued", json!(1));
    let result = receive(issuer, &[plain, ("ids", "1"), ("flow", "auth")], 1, |_| ()).await;
    says("credential identifiers, authorization code", result, "issued", json!(1));
    says("batch of 3", receive(issuer, &[plain], 3, |_| ()).await, "issued", json!(3));
    says("DPoP", receive(issuer, &[plain], 1, |client| client.dpop = Dpop::Always).await, "dpop", json!(true));
    says("bearer tokens", receive(issuer, &[plain], 1, |client| client.dpop = Dpop::Never).await, "dpop", json!(false));
    let encrypted = |client: &mut Client<'_>| client.encryption = Encryption::WhereOffered;
    says("encrypted", receive(issuer, &[plain], 1, encrypted).await, "encrypted", json!(true));
    let deferred = [plain, ("deferred", "1")];
    says("deferred", receive(issuer, &deferred, 1, |_| ()).await, "notified", json!("credential_accepted"));
    says("deferred, encrypted", receive(issuer, &deferred, 2, encrypted).await, "issued", json!(2));
}

#[tokio::test]
async fn keys_and_wallet_are_attested_where_asked_for() {
    let (issuer, provider) = (programs::issuer(), Provider::known());
    let attester = |client: &mut Client<'_>| client.attester = Some(provider);
    let result = receive(issuer, &[("config", "degree-sd-jwt-attested")], 1, attester).await;
    assert_eq!(result["issued"], 1);
    row(NPM, OURS, "OpenID4VCI: attested keys", 1, 1);

    // Everything at once: attested wallet, pushed request, DPoP with nonces, signed metadata, encryption both ways.
    for (flow, grant) in [("pre", "pre-authorized code"), ("auth", "authorization code")] {
        let offer = Offer::of(issuer, &[("config", "degree-sd-jwt-x5c"), ("tenant", "strict"), ("flow", flow)]);
        let mut holder = Holder::new().await;
        let wallet = holder.vouched_for(provider).await;
        let strict = |client: &mut Client<'_>| {
            client.attestation = Some(wallet);
            client.profile = if flow == "auth" { Profile::Haip } else { Profile::Standard };
        };
        let received = holder.receive(&offer, Some(issuer), (Acceptance::default(), strict)).await.expect("it goes well");
        assert_eq!(received.credentials.len(), 1, "{flow}: {:?}", received.refusals);
        let result = offer.result(issuer);
        let said = [&result["attested"], &result["dpop"], &result["encrypted"]];
        assert_eq!(said, [true; 3], "{flow}: {result}");
        row(NPM, OURS, &format!("OpenID4VCI: attested wallet, DPoP, encrypted, {grant}"), 1, 1);
    }
}

#[tokio::test]
async fn the_others_issue_to_our_wallet() {
    let (credo, python) = (programs::credo(), programs::python());
    let code = "OpenID4VCI: pre-authorized code with transaction code, batch";
    for (name, issuer, config) in
        [(CREDO, &credo, "degree-sd-jwt"), (CREDO, &credo, "degree-jwt"), (PYPI, python, "degree-sd-jwt")]
    {
        receive(issuer, &[("config", config), ("tx", "1")], 2, |_| ()).await;
        row(name, OURS, &format!("{code}, {config}"), 1, 1);
    }
    let deferred = [("config", "degree-sd-jwt"), ("deferred", "1")];
    receive(python, &deferred, 2, |client| client.encryption = Encryption::WhereOffered).await;
    row(PYPI, OURS, "OpenID4VCI: deferred, encrypted, degree-sd-jwt", 1, 1);
}

#[tokio::test]
async fn offer_is_taken_once_and_only_with_its_code() {
    let issuer = programs::issuer();
    let mut holder = Holder::new().await;
    let mut wrong = Offer::of(issuer, &[("config", "degree-sd-jwt"), ("tx", "1")]);
    wrong.tx_code = Some("0".to_owned());
    holder.receive(&wrong, None, (Acceptance::default(), |_: &mut Client<'_>| ())).await.expect_err("another code");
    assert_eq!(wrong.result(issuer)["issued"], 0);
    let offer = Offer::of(issuer, &[("config", "degree-sd-jwt")]);
    let nothing = || (Acceptance::default(), |_: &mut Client<'_>| ());
    holder.receive(&offer, None, nothing()).await.expect("the first time");
    holder.receive(&offer, None, nothing()).await.expect_err("the second time");
}

#[tokio::test]
async fn credential_of_a_stranger_by_certificate_is_not_accepted() {
    let (issuer, stranger) = (programs::issuer(), programs::polaris());
    let offer = Offer::of(issuer, &[("config", "degree-sd-jwt-x5c")]);
    let strict = |client: &mut Client<'_>| client.unproven = wallet_core::wallet::receiving::Unproven::Refuse;
    let received = Holder::new().await.receive(&offer, Some(stranger), (Acceptance::default(), strict)).await;
    let received = received.expect("the issuer did its part");
    assert!(received.credentials.is_empty(), "{received:?}");
    assert_ne!(offer.result(issuer)["notified"], "credential_accepted");
}
