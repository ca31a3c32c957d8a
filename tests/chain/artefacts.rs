//! The committed artefacts are what the sources compile to.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::world::npm;

#[test]
fn committed_artefacts_are_what_the_sources_compile_to() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("wallet-core/src/registry/contracts");
    let target = tempfile::tempdir().expect("a folder");
    let compiled =
        Command::new("node").arg(npm().join("compile.js")).args([&sources, target.path()]).output().expect("node runs");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    for name in ["DidRegistry.json", "CredentialRegistry.json"] {
        let read = |folder: &Path| fs::read_to_string(folder.join(name)).expect("an artefact");
        assert!(read(&sources) == read(target.path()), "{name} is stale: compile it anew");
    }
}
