//! The file that a pack travels in: eight bytes of header, the manifest as it was signed, then deflate to the end.
//!
//! The signature is checked before anything is inflated, and no more is inflated than a pack may hold.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};

use super::{Difference, Entries, MAX_BYTES, MAX_ENTRIES, Manifest, TrustPack, malformed, refused};
use crate::did::Did;
use crate::error::{Result, WalletError};
use crate::securing::Secured;

/// What the file begins with: its name and the version of the format.
const MAGIC: [u8; 4] = *b"CTP\x01";
/// The kinds of file.
pub(super) const WHOLE: u8 = b'W';
pub(super) const DIFFERENCE: u8 = b'D';
/// The longest manifest, in bytes.
const MAX_MANIFEST: usize = 1 << 16;
/// The most bytes that are inflated: entries, their names, and the heads of both.
const MAX_INFLATED: usize = MAX_BYTES + 16 * MAX_ENTRIES;
/// How much room is made for what is inflated at a time.
const STEP: usize = 1 << 16;

/// A file that was read, its signature checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackFile {
    /// A pack.
    Whole(TrustPack),
    /// What changes one pack into another.
    Difference(Difference),
}

impl PackFile {
    /// Reads a file that `publisher`, a did:key or did:jwk, signed, of whatever time and version.
    ///
    /// Fails with `Malformed` when it is no such file or ends early or late, `Unsupported` when it is of a later format, and
    /// `Refused` when it is forged or by somebody else.
    pub fn read(file: &[u8], publisher: &Did) -> Result<Self> {
        let Parts { kind, signed, deflated } = Parts::of(file)?;
        let manifest = Manifest::read(signed, publisher)?;
        let inflated = inflate(deflated)?;
        let signed = signed.to_owned();
        if kind == DIFFERENCE {
            return Ok(Self::Difference(Difference::decode(manifest, signed, &inflated)?));
        }
        let entries = Entries::decode(&inflated)?;
        if entries.digest() != manifest.digest {
            return Err(refused("its entries are not those that its publisher signed"));
        }
        Ok(Self::Whole(TrustPack { manifest, signed, entries }))
    }

    /// Who is said to have signed a file, before the signature is looked at.
    pub fn claimed_publisher(file: &[u8]) -> Result<Did> {
        Manifest::claimed_publisher(&Secured::read(Parts::of(file)?.signed)?)
    }

    /// What its publisher signed: of a difference, the manifest of the pack that it leads to.
    pub fn manifest(&self) -> &Manifest {
        match self {
            Self::Whole(pack) => pack.manifest(),
            Self::Difference(difference) => difference.manifest(),
        }
    }
}

/// Writes a file; `signed` is a manifest and short.
pub(super) fn write(kind: u8, signed: &str, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(signed.len()).expect("a manifest is short").to_be_bytes();
    let head = [&MAGIC[..], &[kind], &length[1..], signed.as_bytes()].concat();
    let mut encoder = DeflateEncoder::new(head, Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes all that is written")
}

struct Parts<'a> {
    kind: u8,
    signed: &'a str,
    deflated: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(file: &'a [u8]) -> Result<Self> {
        let ([name @ .., format], rest) = file.split_first_chunk::<4>().ok_or_else(no_pack)?;
        if *name != MAGIC[..3] {
            return Err(no_pack());
        }
        if *format != MAGIC[3] {
            return Err(WalletError::unsupported(format!("a trust pack of format {format}"), "this version reads format 1"));
        }
        let ([kind, length @ ..], rest) = rest.split_first_chunk::<4>().ok_or_else(no_pack)?;
        let length = u32::from_be_bytes([0, length[0], length[1], length[2]]) as usize;
        let (signed, deflated) = rest.split_at_checked(length).ok_or_else(|| malformed("it ends within its manifest"))?;
        if ![WHOLE, DIFFERENCE].contains(kind) || length > MAX_MANIFEST {
            return Err(no_pack());
        }
        Ok(Self { kind: *kind, signed: std::str::from_utf8(signed).map_err(malformed)?, deflated })
    }
}

fn no_pack() -> WalletError {
    malformed("it does not begin as one")
}

fn inflate(deflated: &[u8]) -> Result<Vec<u8>> {
    let (mut inflater, mut bytes) = (Decompress::new(false), Vec::new());
    loop {
        bytes.reserve(STEP);
        let before = (inflater.total_in(), inflater.total_out());
        let rest = &deflated[before.0 as usize..];
        let status = inflater.decompress_vec(rest, &mut bytes, FlushDecompress::None);
        let status = status.map_err(|_| malformed("what follows its manifest is not deflated"))?;
        if bytes.len() > MAX_INFLATED {
            return Err(malformed(format!("it inflates to more than {MAX_INFLATED} bytes")));
        }
        match status {
            Status::StreamEnd if inflater.total_in() as usize == deflated.len() => return Ok(bytes),
            Status::StreamEnd => return Err(malformed("bytes follow its end")),
            Status::Ok | Status::BufError if before == (inflater.total_in(), inflater.total_out()) => {
                return Err(malformed("it ends early"));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}
