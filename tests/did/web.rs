//! did:web from a real server.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;
use wallet_core::did::{DidUrl, Resolution, ResolutionError, Standing, VerificationRelationship};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::platform::HttpNetwork;
use wallet_core::resolver::Resolver;
use wallet_core::time::Timestamp;

async fn resolve(resolver: &Resolver, did: &str) -> Result<Resolution, ResolutionError> {
    let url: DidUrl = did.parse().expect("a DID");
    resolver.resolve(&url, &Timestamp::from_unix(0).expect("a time")).await.map_err(|e| e.error)
}

#[tokio::test]
async fn did_web_is_fetched_from_its_server_and_from_nowhere_else() {
    let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[3; 32]).expect("a scalar").public_key();
    let method = json!({ "id": "#1", "type": "JsonWebKey", "controller": "did:web:uni.test:dean", "publicKeyJwk": key.to_jwk() });
    let document =
        json!({ "id": "did:web:uni.test:dean", "verificationMethod": [method], "assertionMethod": ["#1"] }).to_string();
    let huge = format!("{}{}", document, " ".repeat(2 << 20));
    let router = Router::new()
        .route("/dean/did.json", get(move || async move { document }))
        .route("/huge/did.json", get(move || async move { huge }))
        .route("/moved/did.json", get(|| async { Redirect::permanent("/dean/did.json") }))
        .route("/gone/did.json", get(|| async { StatusCode::GONE }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("the server stays") });

    let network = Arc::new(HttpNetwork::new().expect("a network"));
    let resolver = Resolver::new().with_web(network.clone()).with_web_host("uni.test", &url);
    let resolution = resolve(&resolver, "did:web:uni.test:dean").await.expect("a document");
    assert_eq!(resolution.standing, Standing::Believed { block: None });
    let found = resolution.document.methods_for(VerificationRelationship::AssertionMethod).next().expect("a key");
    assert_eq!(found.key, Some(key));
    for (did, error) in [
        ("did:web:uni.test:huge", ResolutionError::InternalError),
        ("did:web:uni.test:moved", ResolutionError::InternalError),
        ("did:web:uni.test:gone", ResolutionError::NotFound),
        ("did:web:uni.test", ResolutionError::NotFound),
        ("did:web:nobody.invalid", ResolutionError::InternalError),
    ] {
        assert_eq!(resolve(&resolver, did).await.err(), Some(error), "{did}");
    }
    server.abort();
}
