//! Schemas a credential names: VC DM 2.0 §4.11 and the Verifiable Credentials JSON Schema Specification.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use wallet_core::error::{Result, WalletError};
use wallet_core::platform::MemoryStorage;
use wallet_core::ports::{HttpRequest, HttpResponse, Network};
use wallet_core::securing::{Kind, Mechanism, Secured};
use wallet_core::trust_pack::Entries;
use wallet_core::verification::{Gap, Known, Need, Reason, Verdict, Warning};
use wallet_core::verifier::Verifier;

use super::stage::{OVER_JSON, Stage, V2};
use super::world::object;

const SCHEMA: &str = "https://uni.example/schemas/degree.json";
const SCHEMA_VC: &str = "https://schemas.example/credentials/degree";

/// A title of words, and nothing else about the subject.
fn schema() -> Value {
    json!({
        "$id": SCHEMA,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Degree",
        "type": "object",
        "properties": {
            "credentialSubject": {
                "properties": { "title": { "type": "string", "pattern": "^[\\p{L} ]+$" } },
                "required": ["title"]
            }
        }
    })
}

fn naming(stage: &Stage, entry: Value) -> Map<String, Value> {
    stage.with(|json| json["credentialSchema"] = entry)
}

fn json_schema() -> Value {
    json!({ "id": SCHEMA, "type": "JsonSchema" })
}

fn know(stage: &mut Stage, url: &str, text: impl ToString) {
    let known = Known::Found { what: text.to_string().into_bytes(), as_of: stage.world.now.clone() };
    stage.world.evidence.resources.insert(url.to_owned(), known);
}

fn judge(stage: &Stage, document: Map<String, Value>) -> Verdict {
    stage.judge(&stage.sign(document, Mechanism::Jwt))
}

/// The one gap that is left by the good credential with this entry.
#[track_caller]
fn gap(stage: &Stage, entry: Value) -> Gap {
    let verdict = judge(stage, naming(stage, entry));
    assert_eq!((verdict.word(), verdict.gaps().len()), ("undetermined", 1), "{verdict:#?}");
    verdict.gaps()[0].what.clone()
}

#[test]
fn credential_that_follows_its_schema_is_accepted_and_one_that_does_not_is_rejected() {
    let mut stage = Stage::new();
    know(&mut stage, SCHEMA, schema());
    stage.accepts(&naming(&stage, json_schema()));
    stage.accepts(&naming(&stage, json!([json_schema(), json_schema()])));
    let mut document = naming(&stage, json_schema());
    document["credentialSubject"]["title"] = json!("M3dica");
    for mechanism in OVER_JSON {
        let verdict = stage.judge(&stage.sign(document.clone(), mechanism));
        let at = "/credentialSubject/title".to_owned();
        assert_eq!(verdict.reasons()[0].what, Reason::SchemaMismatch { schema: SCHEMA.to_owned(), at }, "{verdict:#?}");
        assert!(!verdict.to_json().to_string().contains("M3dica"), "the value is nobody's business");
    }
}

#[test]
fn schema_that_is_missing_or_unusable_leaves_the_verdict_open() {
    let mut stage = Stage::new();
    let missing = Gap::SchemaMissing { schema: SCHEMA.to_owned() };
    assert_eq!(gap(&stage, json_schema()), missing);
    stage.world.evidence.resources.insert(SCHEMA.to_owned(), Known::Missing { why: "time-out".to_owned() });
    assert_eq!(gap(&stage, json_schema()), missing);
    for text in ["no JSON", "{}", r#"{"$schema":"http://json-schema.org/draft-04/schema#"}"#, "[]", "true"] {
        know(&mut stage, SCHEMA, text);
        assert!(matches!(gap(&stage, json_schema()), Gap::SchemaNotGood { .. }), "{text}");
    }
    know(&mut stage, SCHEMA, json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#" }));
    assert_eq!(gap(&stage, json_schema()), Gap::TooMuchWork);
    know(&mut stage, SCHEMA, json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "other.json" }));
    assert_eq!(gap(&stage, json_schema()), Gap::SchemaMissing { schema: "https://uni.example/schemas/other.json".to_owned() });
}

#[test]
fn schema_is_the_one_the_credential_was_issued_with() {
    let mut stage = Stage::new();
    let pinned =
        json!({ "id": SCHEMA, "type": "JsonSchema", "digestSRI": "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" });
    know(&mut stage, SCHEMA, schema());
    let verdict = judge(&stage, naming(&stage, pinned));
    assert_eq!(verdict.reasons()[0].what, Reason::ResourceMismatch { url: SCHEMA.to_owned() }, "{verdict:#?}");
}

#[test]
fn schema_of_a_kind_that_is_not_known_is_said_so() {
    let mut stage = Stage::new();
    let warned = |stage: &Stage, entry: Value| {
        let verdict = judge(stage, naming(stage, entry));
        let warnings = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}")).warnings().to_vec();
        warnings.iter().any(|found| matches!(&found.what, Warning::SchemaNotChecked { .. }))
    };
    assert!(warned(&stage, json!({ "id": SCHEMA, "type": "https://example.org/ZkpExampleSchema2018" })));
    // Open Badges 3.0 names its schema in every badge.
    let badge = json!({ "id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019" });
    stage.world.evidence.contexts =
        stage.world.evidence.contexts.with("https://uni.example/c", r#"{"@context":{}}"#).expect("a context");
    let mut document = naming(&stage, badge);
    let own = json!({ "1EdTechJsonSchemaValidator2019": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#1EdTechJsonSchemaValidator2019" });
    document["@context"].as_array_mut().expect("a list").push(own);
    let verdict = judge(&stage, document.clone());
    let warnings = verdict.verified().expect("nobody need evaluate it").warnings();
    assert!(warnings.iter().any(|found| matches!(found.what, Warning::SchemaNotChecked { .. })), "{verdict:#?}");
    know(&mut stage, SCHEMA, schema());
    document["credentialSubject"]["title"] = json!(7);
    assert!(matches!(judge(&stage, document).reasons()[0].what, Reason::SchemaMismatch { .. }));
}

/// A schema credential by another issuer than the credential's.
fn schema_credential(stage: &Stage, change: impl FnOnce(&mut Value)) -> Secured {
    let mut json = json!({
        "@context": [V2],
        "id": SCHEMA_VC,
        "type": ["VerifiableCredential", "JsonSchemaCredential"],
        "issuer": stage.world.university.did,
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSchema": { "id": "https://www.w3.org/ns/credentials/json-schema/v2.json", "type": "JsonSchema" },
        "credentialSubject": { "id": SCHEMA, "type": "JsonSchema", "jsonSchema": schema() },
    });
    change(&mut json);
    let signer = &stage.world.university;
    signer.sign(object(json), &signer.options(Kind::Credential, Mechanism::EddsaJcs2022))
}

fn in_credential() -> Value {
    json!({ "id": SCHEMA_VC, "type": "JsonSchemaCredential" })
}

#[test]
fn schema_in_a_credential_counts_once_that_credential_is_accepted() {
    let mut stage = Stage::new();
    let schema = schema_credential(&stage, |_| {});
    know(&mut stage, SCHEMA_VC, schema.text());
    stage.accepts(&naming(&stage, in_credential()));
    let mut document = naming(&stage, in_credential());
    document["credentialSubject"]["title"] = json!(7);
    let at = "/credentialSubject/title".to_owned();
    assert_eq!(judge(&stage, document).reasons()[0].what, Reason::SchemaMismatch { schema: SCHEMA_VC.to_owned(), at });

    let forged = schema.text().replace("\"Degree\"", "\"Decree\"");
    for broken in [
        forged,
        schema_credential(&stage, |json| json["validUntil"] = "2026-02-01T00:00:00Z".into()).text().to_owned(),
        schema_credential(&stage, |json| json["credentialSubject"]["type"] = "Schema".into()).text().to_owned(),
        schema_credential(&stage, |json| json["credentialSubject"]["jsonSchema"] = "text".into()).text().to_owned(),
        schema_credential(&stage, |json| json["type"] = json!(["VerifiableCredential"])).text().to_owned(),
        schema_credential(&stage, |json| json["credentialSchema"]["id"] = SCHEMA_VC.into()).text().to_owned(),
        super::schemas::schema().to_string(),
    ] {
        know(&mut stage, SCHEMA_VC, &broken);
        assert!(matches!(gap(&stage, in_credential()), Gap::SchemaNotGood { .. }), "{broken}");
    }
}

#[test]
fn schema_credential_keeps_the_rules_of_its_own() {
    let stage = Stage::new();
    let verdict = stage.judge(&schema_credential(&stage, |_| {}));
    assert_eq!(verdict.word(), "accepted", "{verdict:#?}");
    let verdict = stage.judge(&schema_credential(&stage, |json| json["credentialSubject"]["jsonSchema"] = json!([])));
    assert!(matches!(&verdict.reasons()[0].what, Reason::SchemaMismatch { at, .. } if at == "/credentialSubject/jsonSchema"));
}

#[test]
fn what_a_schema_takes_is_asked_for_step_by_step() {
    let mut stage = Stage::new();
    let signed = stage.sign(naming(&stage, json!([json_schema(), in_credential()])), Mechanism::Jwt);
    let needs = |stage: &Stage| {
        let world = &stage.world;
        world.evidence.needs(&signed, &world.expected, &world.now).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(needs(&stage), [SCHEMA_VC, SCHEMA].map(|url| Need::Schema(url.to_owned())));
    know(&mut stage, SCHEMA, json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "other.json" }));
    let schema = schema_credential(&stage, |_| {});
    let university = stage.world.university.did.clone();
    stage.world.evidence.resolutions.remove(&university);
    know(&mut stage, SCHEMA_VC, schema.text());
    let other = "https://uni.example/schemas/other.json".to_owned();
    assert_eq!(needs(&stage), [Need::Did(university), Need::Schema(other)]);
}

/// A network of one server with one document.
struct Server(String);

#[async_trait]
impl Network for Server {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        if request.url != SCHEMA {
            return Err(WalletError::unreachable("uni.example", "nobody is there"));
        }
        Ok(HttpResponse { status: 200, headers: Vec::new(), body: self.0.clone().into_bytes() })
    }
}

#[tokio::test]
async fn verifier_fetches_a_schema_or_carries_it() {
    let stage = Stage::new();
    let verifier = |network: Option<Arc<dyn Network>>, carried| Verifier {
        network,
        carried,
        ..Verifier::bare(Arc::new(MemoryStorage::new()))
    };
    let mut bad = naming(&stage, json_schema());
    bad["credentialSubject"]["title"] = json!("M3dica");
    let bad = stage.sign(bad, Mechanism::Jwt);
    let (expected, now) = (&stage.world.expected, &stage.world.now);
    let online = verifier(Some(Arc::new(Server(schema().to_string()))), stage.world.evidence.clone());
    let verdict = online.check(bad.text(), expected, now).await.expect("a credential");
    assert!(matches!(verdict.reasons()[0].what, Reason::SchemaMismatch { .. }), "{verdict:#?}");
    let offline = verifier(None, stage.world.evidence.clone());
    assert_eq!(offline.check(bad.text(), expected, now).await.expect("a credential").word(), "undetermined");

    let mut entries = Entries::new();
    entries.add_resource(SCHEMA, schema().to_string().as_bytes(), now);
    let mut carried = entries.evidence().expect("a resource");
    carried.resolutions = stage.world.evidence.resolutions.clone();
    let verdict = verifier(None, carried).check(bad.text(), expected, now).await.expect("a credential");
    assert!(matches!(verdict.reasons()[0].what, Reason::SchemaMismatch { .. }), "{verdict:#?}");
}
