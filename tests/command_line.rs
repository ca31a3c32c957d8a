//! The command line as scripts see it: exit statuses, JSON objects, help, and one journey through every command.

#[path = "support/cedula.rs"]
mod cedula;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use cedula::binary;
use serde_json::Value;
use tempfile::TempDir;
use wallet_core::trust_pack::PackFile;

/// A folder of `--home`, and the passphrase that goes with it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("a plain path").to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("--home").arg(self.0.path().join("home")).args(arguments).stdin(Stdio::null());
        command.env("CEDULA_PASSPHRASE", "correcto caballo").env("LC_ALL", "C").env_remove("CEDULA_HOME");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it runs")
    }

    fn status(&self, arguments: &[&str]) -> i32 {
        self.run(arguments).status.code().expect("it ends by itself")
    }

    /// The one object that `--json` prints, when the status is the expected one.
    fn json(&self, status: i32, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }
}

/// The demo, played once for all tests that look at what it leaves behind.
fn demo() -> &'static (Home, Value) {
    static DEMO: OnceLock<(Home, Value)> = OnceLock::new();
    DEMO.get_or_init(|| {
        let home = Home::new();
        let told = home.json(0, &["demo", "--out", &home.file("demo")]);
        (home, told)
    })
}

/// The demo's pictures judged with its evening pack and no network.
fn verify_offline(picture: &str) -> (Home, Vec<String>) {
    let (played, _) = demo();
    let publisher = publisher(&played.file("demo/evening.pack"));
    let file = |name: &str| played.file(&format!("demo/{name}"));
    let arguments = ["verify", &file(picture), "--offline", "--pack", &file("evening.pack"), "--publisher", &publisher];
    (Home::new(), arguments.map(str::to_owned).to_vec())
}

fn publisher(pack: &str) -> String {
    let file = std::fs::read(pack).expect("the pack");
    PackFile::claimed_publisher(&file).expect("a signed pack").to_string()
}

fn strs(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[test]
fn demo_ends_as_it_foretells() {
    let (home, told) = demo();
    let verdicts = told["verdicts"].as_array().expect("verdicts");
    assert_eq!(verdicts.len(), 16);
    for verdict in verdicts {
        assert_eq!(verdict["foretold"], verdict["judged"]["verdict"], "{verdict:#}");
    }
    for picture in told["pictures"].as_array().expect("pictures") {
        assert!(Path::new(&home.file(&format!("demo/{}", picture.as_str().expect("a name")))).is_file());
    }
    assert!(Path::new(&home.file("demo/index.html")).is_file());
}

#[test]
fn demo_rests_on_keys_that_are_proven_from_the_chain() {
    let (_, told) = demo();
    let verdicts = told["verdicts"].as_array().expect("verdicts").iter();
    let resolutions = verdicts.flat_map(|verdict| verdict["judged"]["evidence"]["resolutions"].as_array().expect("resolutions"));
    let on_chain: Vec<&Value> = resolutions.filter(|used| used["did"].to_string().contains("did:ethr")).collect();
    assert!(on_chain.len() >= 8, "{}", on_chain.len());
    for used in on_chain {
        assert_eq!((&used["standing"], &used["grounds"]["kind"]), (&"proven".into(), &"validators".into()), "{used}");
    }
}

#[test]
fn demo_refuses_a_folder_with_something_in_it() {
    let home = Home::new();
    std::fs::write(home.file("mine.txt"), "keep me").expect("a file");
    assert_eq!(home.status(&["demo", "--out", &home.file("")]), 64);
}

#[test]
fn accepted_is_0_with_claims() {
    let (home, arguments) = verify_offline("identity-card.png");
    let verdict = home.json(0, &strs(&arguments));
    assert_eq!(verdict["verdict"], "accepted");
    assert_eq!(verdict["reasons"], serde_json::json!([]));
    assert_eq!(verdict["gaps"], serde_json::json!([]));
    assert_eq!(verdict["claims"][0]["familyName"], "Quispe Rojas");
    assert!(verdict["evidence"]["at"].is_string());
}

#[test]
fn rejected_is_1_without_claims() {
    for (picture, code) in [("altered.png", "badSignature"), ("vaccination.png", "revoked")] {
        let (home, arguments) = verify_offline(picture);
        let verdict = home.json(1, &strs(&arguments));
        assert_eq!((&verdict["verdict"], &verdict["reasons"][0]["code"]), (&"rejected".into(), &code.into()));
        assert!(verdict.get("claims").is_none());
    }
}

#[test]
fn undetermined_is_2_without_claims() {
    let (played, _) = demo();
    let card = played.file("demo/credentials/identity-card.json");
    let verdict = Home::new().json(2, &["verify", &card, "--offline"]);
    assert_eq!(verdict["verdict"], "undetermined");
    assert!(verdict["gaps"].as_array().is_some_and(|gaps| !gaps.is_empty()));
    assert!(verdict.get("claims").is_none());
}

#[test]
fn other_forms_are_undetermined_and_not_invalid() {
    for text in ["eyJhbGciOiJFZERTQSIsInR5cCI6ImV4YW1wbGUrc2Qtand0In0.e30.c2ln~", "HC1:6BFOXN*TS0BI$ZD"] {
        let verdict = Home::new().json(2, &["verify", text, "--offline"]);
        assert_eq!(verdict["gaps"][0]["code"], "unsupported", "{text}");
    }
}

#[test]
fn answer_to_another_request_is_rejected() {
    let (played, _) = demo();
    let (answer, pack) = (played.file("demo/answer.json"), played.file("demo/library.pack"));
    let publisher = publisher(&pack);
    let arguments = ["verify", &answer, "--offline", "--pack", &pack, "--publisher", &publisher];
    let asked = ["--nonce", "q2Vn3h1kV7v0b8yqk6tQ5w", "--audience", "biblioteca.example"];
    let verdict = Home::new().json(1, &[&arguments[..], &asked].concat());
    let codes: Vec<&Value> = verdict["reasons"].as_array().expect("reasons").iter().map(|reason| &reason["code"]).collect();
    assert!(codes.contains(&&"wrongNonce".into()) && codes.contains(&&"wrongAudience".into()), "{codes:?}");
}

#[test]
fn verdict_is_in_the_language_that_is_asked_for() {
    let (home, arguments) = verify_offline("vaccination.png");
    for (language, sentence) in
        [("es", "El emisor la revocó."), ("en", "The issuer has revoked it."), ("pt", "O emissor a revogou.")]
    {
        let output = home.run(&[&strs(&arguments)[..], &["--lang", language]].concat());
        let said = String::from_utf8(output.stdout).expect("text");
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn credential_comes_in_by_standard_input() {
    let (played, _) = demo();
    let credential = std::fs::read(played.file("demo/credentials/identity-card.json")).expect("a credential");
    let mut child = Home::new().command(&["verify", "-", "--offline"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(&credential).expect("it reads");
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
}

#[test]
fn pack_is_brought_up_to_date_by_a_difference_and_not_set_back() {
    let home = Home::new();
    let (old, difference, new) = (home.file("old.pack"), home.file("monday.diff"), home.file("new.pack"));
    home.json(0, &["did", "new", "university", "--display-name", "Universidad del Sur"]);
    assert_eq!(home.json(0, &["pack", "--out", &old])["version"], 1);
    home.json(0, &["did", "new", "health", "--display-name", "Salud del Sur"]);
    let made = home.json(0, &["pack", "--out", &difference, "--since", &old]);
    assert_eq!((&made["since"], &made["version"]), (&1.into(), &2.into()));

    let shown = home.json(0, &["pack", "show", &difference]);
    assert_eq!((&shown["kind"], &shown["entries"]["issuer"], &shown["removed"]), (&"difference".into(), &1.into(), &0.into()));
    assert_eq!(home.json(0, &["pack", "update", &old, &difference, "--out", &new])["before"], 1);
    let shown = home.json(0, &["pack", "show", &new]);
    assert_eq!((&shown["kind"], &shown["version"], &shown["entries"]["history"]), (&"whole".into(), &2.into(), &2.into()));
    assert_eq!(
        (&shown["chains"]["2026"]["standing"]["standing"], &shown["entries"]["checkpoint"]),
        (&"proven".into(), &1.into())
    );
    assert!(shown["chains"]["2026"]["asOf"].is_string() && shown["valid"] == true);

    assert_eq!(home.status(&["pack", "update", &new, &difference]), 77);
    home.json(0, &["pack", "update", &old, &difference]);
    assert_eq!(std::fs::read(&old).expect("the pack"), std::fs::read(&new).expect("the pack"));
    for (language, said) in [("en", "Signed by"), ("es", "Firmado por"), ("pt", "Assinado por")] {
        let output = home.run(&["pack", "show", &new, "--lang", language]);
        assert!(String::from_utf8_lossy(&output.stdout).contains(said), "{language}");
    }
}

#[test]
fn wrong_usage_is_64() {
    let home = Home::new();
    for arguments in [
        &["dance"][..],
        &[],
        &["verify"],
        &["verify", "x.json", "--pack", "y.pack"],
        &["verify", "x.json", "--at", "yesterday"],
        &["verify", "x.json", "--nonce", "n"],
        &["verify", "x.json", "--offline", "--rpc", "http://localhost:1"],
        &["list", "--lang", "fr"],
        &["did", "deactivate", "university"],
        &["did", "report-stolen", "university"],
        &["accreditation", "give", "--by", "ministry", "--to", "university"],
        &["issue", "--issuer", "nobody", "--profile", "diploma", "--input", "x.csv"],
        &["show", "1"],
        &["pack"],
        &["pack", "update", "x.pack"],
    ] {
        assert_eq!(home.status(arguments), 64, "{arguments:?}");
    }
}

#[test]
fn unreadable_input_is_65() {
    let home = Home::new();
    std::fs::write(home.file("noise.txt"), "hello").expect("a file");
    std::fs::write(home.file("noise.png"), [0x89, b'P', b'N', b'G', 0xff]).expect("a file");
    for file in ["missing.json", "noise.txt", "noise.png"] {
        let output = home.run(&["verify", &home.file(file), "--offline", "--json"]);
        assert_eq!(output.status.code(), Some(65), "{file}");
        assert!(output.stdout.is_empty());
        let error: Value = serde_json::from_slice(&output.stderr).expect("an object");
        assert!(error["error"].is_string() && error["sentence"].is_string());
    }
}

#[test]
fn passphrase_is_needed_and_must_be_the_right_one() {
    let home = Home::new();
    assert_eq!(home.status(&["list"]), 0);
    let other = home.command(&["list"]).env("CEDULA_PASSPHRASE", "otra").output().expect("it runs");
    assert_eq!(other.status.code(), Some(77));
    let none = home.command(&["list"]).env_remove("CEDULA_PASSPHRASE").output().expect("it runs");
    assert_eq!(none.status.code(), Some(64));
    std::fs::write(home.file("passphrase"), "correcto caballo\n").expect("a file");
    let from_file =
        home.command(&["list", "--passphrase-file", &home.file("passphrase")]).env_remove("CEDULA_PASSPHRASE").output();
    assert_eq!(from_file.expect("it runs").status.code(), Some(0));
}

#[test]
fn every_command_explains_itself_by_example() {
    let home = Home::new();
    let commands = [
        "demo",
        "issue",
        "list",
        "show",
        "scan",
        "ask",
        "present",
        "verify",
        "status",
        "pack",
        "backup",
        "restore",
        "history",
        "forget",
        "did",
        "accreditation",
        "chain",
    ];
    for command in commands {
        let output = home.run(&[command, "--help"]);
        let said = String::from_utf8(output.stdout).expect("text");
        assert_eq!(output.status.code(), Some(0));
        assert!(said.contains(&format!("cedula {command}")) || said.contains("cedula --home"), "{said}");
        assert!(said.contains("Example"), "{said}");
    }
}

#[test]
fn issuer_holder_and_verifier_meet_on_the_command_line() {
    let (home, verifier) = (Home::new(), Home::new());
    let made = home.json(0, &["did", "new", "university", "--display-name", "Universidad del Sur"]);
    assert!(made["did"].as_str().expect("a DID").starts_with("did:ethr:"));
    let diplomas = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/cedula/data/diplomas.csv");
    let issue = ["issue", "--issuer", "university", "--profile", "diploma", "--reduced", "--input"];
    let out = home.file("diplomas");
    let issued = home.json(0, &[&issue[..], &[diplomas, "--out", &out]].concat());
    assert_eq!(issued["issued"].as_array().map(Vec::len), Some(6));

    std::fs::write(
        home.file("hers.csv"),
        std::fs::read_to_string(diplomas).expect("the file").lines().take(2).collect::<Vec<_>>().join("\n"),
    )
    .expect("a file");
    home.json(0, &[&issue[..], &[&home.file("hers.csv"), "--keep"]].concat());
    let list = home.json(0, &["list"]);
    assert_eq!(list["credentials"][0]["title"], "Reduced diploma");

    let (png, pack) = (home.file("hers.png"), home.file("country.pack"));
    let shown = home.json(0, &["show", "1", "--png", &png, "--on", "print"]);
    assert!(shown["version"].as_u64().is_some_and(|version| version <= 17));
    let packed = home.json(0, &["pack", "--out", &pack]);
    let trust = ["--offline", "--pack", &pack, "--publisher", packed["publisher"].as_str().expect("a DID")];
    let scanned = verifier.json(0, &[&["scan", &png][..], &trust].concat());
    assert!(scanned["kept"].is_string());
    assert_eq!(scanned["verdict"], "accepted");

    let (request, answer) = (home.file("request.json"), home.file("answer.json"));
    let ask =
        ["ask", "--audience", "library.example", "--purpose", "Reader card", "--type", "VerifiableCredential", "--out", &request];
    verifier.json(0, &ask);
    // The list comes along, so that the library need not ask for it.
    let list = home.file("home/published/university.example/status/revocation/1");
    home.json(0, &["present", "--request", &request, "1", "--list", &list, "--out", &answer]);
    let check = [&["verify", &answer, "--request", &request][..], &trust].concat();
    assert_eq!(verifier.json(0, &check)["verdict"], "accepted");
    assert_eq!(verifier.json(1, &check)["reasons"][0]["code"], "nonceUsed");

    let first = format!("{out}/0001.json");
    assert_eq!(home.status(&["verify", &first]), 0);
    home.json(0, &["status", "revoke", &first, "--issuer", "university"]);
    assert_eq!(home.status(&["verify", &first]), 1);
    assert_eq!(home.status(&["status", "suspend", &first, "--issuer", "university"]), 64);

    let backup = home.file("wallet.cedula");
    home.json(0, &["backup", &backup]);
    let phone = Home::new();
    phone.json(0, &["restore", &backup]);
    assert_eq!(phone.json(0, &["list"])["credentials"].as_array().map(Vec::len), Some(1));
    phone.json(0, &["forget", "1"]);
    assert_eq!(phone.json(0, &["list"])["credentials"], serde_json::json!([]));
    assert!(phone.json(0, &["history"])["events"].as_array().is_some_and(|events| events.len() >= 3));
}

#[test]
fn identity_changes_hands_and_keys_on_the_chain() {
    let home = Home::new();
    home.json(0, &["did", "new", "registry"]);
    let first = home.json(0, &["did", "show", "registry"])["keys"].as_array().map_or(0, Vec::len);
    home.json(0, &["did", "add-key", "registry"]);
    home.json(0, &["did", "rotate", "registry"]);
    home.json(0, &["did", "service", "registry", "LinkedDomains", "https://registry.example"]);
    home.json(0, &["did", "revoke-key", "registry"]);
    let shown = home.json(0, &["did", "show", "registry"]);
    assert!(shown["keys"].as_array().map_or(0, Vec::len) > first);
    assert_eq!(shown["didDocument"]["service"][0]["type"], "LinkedDomains");
    home.json(0, &["did", "deactivate", "registry", "--yes"]);
    assert_eq!(home.json(0, &["did", "show", "registry"])["didDocumentMetadata"]["deactivated"], true);
    let status = home.json(0, &["chain", "status"]);
    let written = home.json(0, &["chain", "gas"])["writes"].as_array().map_or(0, Vec::len);
    assert_eq!(status["block"].as_u64(), Some(written as u64 - 1), "a block for each write, and one for both contracts");
}

#[test]
fn sd_jwt_is_a_question_and_an_answer() {
    let home = Home::new();
    let ask = |question: &str| {
        let file = home.file("question.json");
        std::fs::write(&file, question).expect("a file");
        let output = home.run(&["sd-jwt", &file]);
        assert_eq!(output.status.code(), Some(0), "{question}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|error| panic!("{question}: {error}"))
    };
    let issuer = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let issued = ask(&format!(r#"{{"op":"issue","key":{issuer},"claims":{{"a":1,"b":[2,3]}},"sd":["/a","/b/1"]}}"#));
    let presented = ask(&format!(r#"{{"op":"present","sd_jwt":{},"disclose":["/b/1"]}}"#, issued["sd_jwt"]));
    let verified = ask(&format!(r#"{{"op":"verify","sd_jwt":{},"issuer_key":{issuer}}}"#, presented["sd_jwt"]));
    assert_eq!(verified, serde_json::json!({ "ok": true, "claims": { "b": [2, 3] } }));
    for bad in [r#"{"op":"verify","sd_jwt":"~"}"#, r#"{"op":"forge"}"#, "{}"] {
        let answer = ask(bad);
        assert_eq!(answer["ok"], false, "{bad}");
        assert!(answer["error"].is_string());
    }
    let file = home.file("unreadable.json");
    std::fs::write(&file, "[]").expect("a file");
    assert_eq!(home.status(&["sd-jwt", &file]), 65);
}

#[test]
fn accreditation_is_given_and_asked_for_until_the_key_is_stolen() {
    let home = Home::new();
    for name in ["ministry", "agency", "university"] {
        home.json(0, &["did", "new", name, "--display-name", &name.to_uppercase()]);
    }
    let issue = |name: &str| {
        let diplomas = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/cedula/data/diplomas.csv");
        let out = home.file(name);
        home.json(0, &["issue", "--issuer", "university", "--profile", "diploma", "--input", diplomas, "--out", &out]);
        let one = std::fs::read_dir(&out).expect("diplomas").next().expect("one").expect("a file").path();
        one.to_str().expect("a plain path").to_owned()
    };
    let give = |arguments: &[&str]| home.json(0, &[&["accreditation", "give", "--for", "diploma"], arguments].concat());

    let early = issue("early");
    assert_eq!(home.json(2, &["verify", &early, "--root", "ministry"])["gaps"][0]["code"], "unknownIssuer");
    // The registry counts in seconds, and what begins in the second of a signature covers it.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    give(&["--by", "ministry", "--to", "agency", "--levels", "1"]);
    give(&["--by", "agency", "--under", "ministry", "--to", "university", "--days", "30"]);
    let shown = home.json(0, &["accreditation", "show", "--by", "ministry", "--to", "university", "--for", "diploma"]);
    assert_eq!(shown["accreditations"].as_array().map(Vec::len), Some(2), "of the diploma and its reduced form");
    assert_eq!(home.json(2, &["verify", &early, "--root", "ministry"])["gaps"][0]["code"], "notAccredited");
    let late = issue("late");
    let verify = ["verify", &late, "--root", "ministry"];
    let verdict = home.json(0, &verify);
    let used = &verdict["evidence"]["accreditations"][0];
    assert_eq!((&used["rootName"], used["path"].as_array().map(Vec::len)), (&"MINISTRY".into(), Some(2)));
    assert_eq!(used["standing"], "proven");

    let pack = home.file("country.pack");
    let packed = home.json(0, &["pack", "--out", &pack, "--root", "ministry"]);
    let publisher = packed["publisher"].as_str().expect("a DID");
    let (elsewhere, ministry) = (Home::new(), shown["root"].as_str().expect("a DID"));
    let carried = ["verify", &late, "--root", ministry, "--offline", "--pack", &pack, "--publisher", publisher];
    let verdict = elsewhere.json(0, &carried);
    assert_eq!(verdict["evidence"]["accreditations"][0]["rootName"], "MINISTRY");

    let longer = ["accreditation", "give", "--for", "diploma", "--by", "agency", "--under", "ministry", "--to", "university"];
    assert_ne!(home.status(&[&longer[..], &["--days", "999"]].concat()), 0, "it would outlive the agency's own");
    home.json(0, &["did", "report-stolen", "university", "--yes"]);
    let codes: Vec<Value> =
        home.json(1, &verify)["reasons"].as_array().expect("reasons").iter().map(|r| r["code"].clone()).collect();
    assert!(codes.contains(&"keyStolen".into()), "{codes:?}");
}
