//! VC Data Model 2.0: each rule broken on its own, at issue and at verification, and the page that lists them.

#[path = "data_model/contexts.rs"]
mod contexts;
#[path = "data_model/document.rs"]
mod document;
#[path = "data_model/page.rs"]
mod page;
#[path = "data_model/presentations.rs"]
mod presentations;
#[path = "data_model/resources.rs"]
mod resources;
#[path = "data_model/schemas.rs"]
mod schemas;
#[path = "data_model/stage.rs"]
mod stage;
#[path = "data_model/transcript.rs"]
mod transcript;
#[path = "support/world.rs"]
mod world;
