//! The ready-made HTTP port against servers that mislead, flood or starve it.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use wallet_core::error::WalletError;
use wallet_core::platform::HttpNetwork;
use wallet_core::ports::{HttpRequest, Network, Reach};

/// A server on loopback, as a scanned URL might try to reach.
async fn server() -> u16 {
    let router = Router::new()
        .route("/", get(|| async { "secret" }))
        .route("/away", get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/")]) }))
        .route("/slow", get(|| tokio::time::sleep(Duration::from_secs(30))))
        .route("/long", get(|| async { "x".repeat(4096) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

/// A server that says `head`, then a few bytes at a time for ever.
fn endless_server(head: &'static str, pause: Duration) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            let _ = connection.read(&mut [0; 4096]);
            let mut bytes = head.as_bytes().to_vec();
            while connection.write_all(&bytes).is_ok() {
                bytes = vec![b'x'; 64];
                std::thread::sleep(pause);
            }
        }
    });
    port
}

fn network() -> HttpNetwork {
    HttpNetwork::new().expect("a network")
}

fn ask(port: u16, path: &str) -> HttpRequest {
    HttpRequest { reach: Reach::Configured, ..HttpRequest::get(format!("http://127.0.0.1:{port}{path}")) }
}

#[tokio::test]
async fn configured_url_is_answered_and_a_redirect_is_an_answer() {
    let port = server().await;
    let answer = network().send(ask(port, "/")).await.expect("an answer");
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"secret"[..]));
    let answer = network().send(ask(port, "/away")).await.expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (302, 0));
    assert!(answer.headers.contains(&("location".to_owned(), "/".to_owned())));
    assert_eq!(network().send(ask(port, "/none")).await.expect("an answer").status, 404);
}

#[tokio::test]
async fn public_url_does_not_lead_to_loopback_however_it_is_written() {
    let port = server().await;
    let hosts = ["127.0.0.1", "localhost", "LOCALHOST", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"];
    for host in hosts {
        let error = network().send(HttpRequest::get(format!("https://{host}:{port}/"))).await.expect_err("refused");
        assert!(matches!(&error, WalletError::Malformed { reason, .. } if reason.contains("private address")), "{host}: {error}");
    }
    let error = network().send(HttpRequest::get(format!("http://localhost:{port}/"))).await.expect_err("refused");
    assert!(matches!(&error, WalletError::Malformed { reason, .. } if reason.contains("https")), "{error}");
}

#[tokio::test]
async fn answer_too_long_is_refused_whether_it_says_so_or_not() {
    let told = ask(server().await, "/long");
    let untold = ask(endless_server("HTTP/1.1 200 OK\r\n\r\n", Duration::ZERO), "/");
    for request in [told.clone(), untold] {
        let error = network().send(HttpRequest { max_bytes: 4095, ..request }).await.expect_err("refused");
        assert!(matches!(error, WalletError::Malformed { .. }), "{error}");
    }
    assert_eq!(network().send(HttpRequest { max_bytes: 4096, ..told }).await.expect("just fits").body.len(), 4096);
}

#[tokio::test]
async fn answer_not_whole_in_time_is_unreachable() {
    let silent = ask(server().await, "/slow");
    let trickling = ask(endless_server("HTTP/1.1 200 OK\r\n\r\n", Duration::from_millis(20)), "/");
    let headless = ask(endless_server("HTTP/1.1 200 OK\r\nx: ", Duration::from_millis(20)), "/");
    for request in [silent, trickling, headless] {
        let begun = Instant::now();
        let error = network().send(HttpRequest { timeout: Duration::from_millis(300), ..request }).await.expect_err("too late");
        assert!(matches!(&error, WalletError::Unreachable { reason, .. } if reason.contains("in time")), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable_and_the_error_does_not_repeat_the_query() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let error = network().send(ask(free, "/offer?code=4711")).await.expect_err("nobody");
    assert!(matches!(error, WalletError::Unreachable { .. }));
    assert!(!error.to_string().contains("4711"));
    // TLS with a server that speaks none.
    let request = HttpRequest { url: format!("https://127.0.0.1:{}/", server().await), ..ask(free, "/") };
    assert!(matches!(network().send(request).await, Err(WalletError::Unreachable { .. })));
}
