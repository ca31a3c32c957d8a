//! The smallest HTTP client, for programs on loopback: the libraries under test bring their own.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

/// `?name=value&…`, percent-encoded; nothing for nothing.
pub fn query(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

fn encoded(value: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    value.bytes().map(byte).collect()
}

/// The JSON that `GET` answers.
pub fn get(url: &str) -> Value {
    let (_, body) = fetch(url);
    serde_json::from_str(&body).unwrap_or_else(|_| panic!("{url} answered {body}"))
}

/// The status and body that `GET` answers.
pub fn fetch(url: &str) -> (u16, String) {
    send("GET", url, "text/plain", "")
}

/// The status and body that `POST` answers.
pub fn post(url: &str, media_type: &str, body: &str) -> (u16, String) {
    send("POST", url, media_type, body)
}

/// Follows redirects as a browser does, up to one that goes `home`.
pub fn browse(start: &str, home: &str) -> String {
    let mut url = start.to_owned();
    for _ in 0..10 {
        let head = exchange("GET", &url, "text/plain", "").0;
        let location =
            head.lines().find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("location")));
        url = location.unwrap_or_else(|| panic!("{url} leads nowhere: {head}")).1.to_owned();
        if url.starts_with(home) {
            return url;
        }
    }
    panic!("{start} leads in circles")
}

fn send(method: &str, url: &str, media_type: &str, body: &str) -> (u16, String) {
    let (head, body) = exchange(method, url, media_type, body);
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, body)
}

/// The head and body of an answer. Version 1.0, so that it ends with the connection.
fn exchange(method: &str, url: &str, media_type: &str, body: &str) -> (String, String) {
    let (authority, path) = url.strip_prefix("http://").expect("loopback").split_once('/').unwrap_or_default();
    let port = authority.rsplit_once(':').expect("a port").1;
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it listens");
    let length = body.len();
    let head = format!(
        "{method} /{path} HTTP/1.0\r\nHost: {authority}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}
