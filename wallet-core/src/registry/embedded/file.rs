//! The one file of an embedded chain: a write is on the disk whole, or not at all.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use alloy_primitives::{B256, Bytes};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use redb::{Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition};

use super::Fault;
use super::trie::{Fresh, Nodes};
use crate::registry::block::Header;

const HEADERS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("headers");
const BODIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("bodies");
const NUMBERS: TableDefinition<'_, [u8; 32], u64> = TableDefinition::new("numbers by hash");
const TRANSACTIONS: TableDefinition<'_, [u8; 32], (u64, u64)> = TableDefinition::new("transactions by hash");
const TOPICS: TableDefinition<'_, ([u8; 32], u64), ()> = TableDefinition::new("blocks by topic");
const NODES: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("trie nodes by hash");
const CODE: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("code by hash");

/// The open file.
pub(super) struct File {
    database: Database,
}

/// What a transaction of a block was and did.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(super) struct Outcome {
    pub(super) raw: Bytes,
    pub(super) succeeded: bool,
    pub(super) gas_used: u64,
    pub(super) logs: Vec<alloy_primitives::Log>,
}

/// A block to be written, with what it adds to the state.
pub(super) struct Sealed {
    pub(super) header: Header,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) nodes: Fresh,
    pub(super) code: Vec<(B256, Bytes)>,
}

impl File {
    /// Opens the file at `path`, or makes it.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        if !path.try_exists()? {
            make(path)?;
        }
        Ok(Self { database: Database::open(path)? })
    }

    /// Writes one block; on return it is on the disk.
    pub(super) fn append(&self, sealed: &Sealed) -> Result<(), Fault> {
        let mut transaction = self.database.begin_write()?;
        // After a kill the file opens at once, without a scan of all of it.
        transaction.set_quick_repair(true);
        let number = sealed.header.number;
        {
            let mut body = Vec::new();
            sealed.outcomes.encode(&mut body);
            transaction.open_table(HEADERS)?.insert(number, sealed.header.encode().as_slice())?;
            transaction.open_table(BODIES)?.insert(number, body.as_slice())?;
            transaction.open_table(NUMBERS)?.insert(sealed.header.hash().0, number)?;
            let mut by_hash = transaction.open_table(TRANSACTIONS)?;
            let mut by_topic = transaction.open_table(TOPICS)?;
            for (index, outcome) in sealed.outcomes.iter().enumerate() {
                by_hash.insert(alloy_primitives::keccak256(&outcome.raw).0, (number, index as u64))?;
                for topic in outcome.logs.iter().flat_map(|log| log.topics()) {
                    by_topic.insert((topic.0, number), ())?;
                }
            }
            let mut nodes = transaction.open_table(NODES)?;
            for (hash, node) in &sealed.nodes {
                nodes.insert(hash.0, node.as_slice())?;
            }
            let mut code = transaction.open_table(CODE)?;
            for (hash, bytes) in &sealed.code {
                code.insert(hash.0, &bytes[..])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// The file as it is now; later blocks do not show in it. None before the first block.
    pub(super) fn snapshot(&self) -> Result<Option<Snapshot>, Fault> {
        let transaction = self.database.begin_read()?;
        let headers = match transaction.open_table(HEADERS) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let nodes = transaction.open_table(NODES)?;
        let head = headers.last()?.map(|(number, _)| number.value()).ok_or_else(|| Fault::damaged("the list of blocks"))?;
        Ok(Some(Snapshot { transaction, headers, nodes, head }))
    }
}

/// Makes an empty file beside its place and puts it there whole, so that a kill leaves no half of one.
fn make(path: &Path) -> Result<(), Fault> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    match fs::remove_file(beside) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    drop(Database::create(beside)?);
    // Unlike a rename, a link never replaces what somebody else has put there meanwhile.
    match fs::hard_link(beside, path) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(e.into()),
        _ => Ok(fs::remove_file(beside)?),
    }
}

/// The file at one moment.
pub(super) struct Snapshot {
    transaction: ReadTransaction,
    headers: ReadOnlyTable<u64, &'static [u8]>,
    nodes: ReadOnlyTable<[u8; 32], &'static [u8]>,
    /// The number of the newest block.
    pub(super) head: u64,
}

impl Snapshot {
    pub(super) fn header(&self, number: u64) -> Result<Option<Header>, Fault> {
        let Some(rlp) = self.headers.get(number)? else { return Ok(None) };
        Header::decode(rlp.value()).map(Some).map_err(|_| Fault::damaged("a block header"))
    }

    /// The header of a block that must be there.
    pub(super) fn known_header(&self, number: u64) -> Result<Header, Fault> {
        self.header(number)?.ok_or_else(|| Fault::damaged("the list of blocks"))
    }

    pub(super) fn outcomes(&self, number: u64) -> Result<Vec<Outcome>, Fault> {
        let table = self.transaction.open_table(BODIES)?;
        let body = table.get(number)?.ok_or_else(|| Fault::damaged("the list of blocks"))?;
        Decodable::decode(&mut body.value()).map_err(|_| Fault::damaged("a block"))
    }

    pub(super) fn number(&self, hash: B256) -> Result<Option<u64>, Fault> {
        Ok(self.transaction.open_table(NUMBERS)?.get(hash.0)?.map(|number| number.value()))
    }

    /// The block and the place in it of a transaction.
    pub(super) fn transaction(&self, hash: B256) -> Result<Option<(u64, u64)>, Fault> {
        Ok(self.transaction.open_table(TRANSACTIONS)?.get(hash.0)?.map(|place| place.value()))
    }

    /// The blocks from `from` to `to` with a log that has `topic`, in order.
    pub(super) fn blocks_with_topic(&self, topic: B256, from: u64, to: u64) -> Result<Vec<u64>, Fault> {
        let table = self.transaction.open_table(TOPICS)?;
        let range = table.range((topic.0, from)..=(topic.0, to))?;
        range.map(|entry| Ok(entry?.0.value().1)).collect()
    }

    pub(super) fn code(&self, hash: B256) -> Result<Bytes, Fault> {
        let table = self.transaction.open_table(CODE)?;
        let code = table.get(hash.0)?.ok_or_else(|| Fault::damaged("a contract's code"))?;
        Ok(Bytes::copy_from_slice(code.value()))
    }
}

impl Nodes for Snapshot {
    fn node(&self, hash: B256) -> Result<Vec<u8>, Fault> {
        match self.nodes.get(hash.0)? {
            Some(node) => Ok(node.value().to_vec()),
            None => Err(Fault::damaged("the state")),
        }
    }
}
