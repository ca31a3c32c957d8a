//! Batches: every row once, whatever is killed in between, and one root on the chain for all of them.

#[path = "support/cedula.rs"]
mod cedula;
#[path = "batch/command.rs"]
mod command;
#[path = "batch/kills.rs"]
mod kills;
#[path = "batch/office.rs"]
mod office;
#[path = "batch/refusals.rs"]
mod refusals;
#[path = "batch/statuses.rs"]
mod statuses;
#[path = "batch/whole.rs"]
mod whole;
