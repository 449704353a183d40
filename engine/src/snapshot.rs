//! The market as bytes (快照), and its digest (摘要).
//!
//! The same market is the same bytes, however it came to be, so the digest is SHA-256 over them.
//! What can be derived (indexes, deadlines, counts by code) is not written but derived anew, and
//! bytes that contradict themselves are refused.

use std::collections::BTreeMap;

use minicbor::encode::Write;
use minicbor::{Decode, Decoder, Encoder};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::call::Calls;
use crate::cash::ledger::{Cash, House, Ledger};
use crate::deadline::{Deadlines, Due};
use crate::dedup::{Attempts, Remembered};
use crate::id::{FundId, PartyId};
use crate::listing::Listings;
use crate::market::Market;
use crate::registry::holding::{Holding, Register};
use crate::trading::book::Books;
use crate::trading::counterparties::Board;
use crate::trading::order::{OpenOrder, Orders};

/// Version of the layout below. It changes only with a golden file and a changelog line.
pub const VERSION: u32 = 3;

/// Parts of the array that a snapshot is.
const PARTS: u64 = 32;

/// The bytes are no snapshot of this version, or contradict themselves.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Damaged {
    /// They do not decode.
    #[error("the snapshot does not decode")]
    Undecodable,
    /// They have another version.
    #[error("the snapshot has version {found}; this program reads {VERSION}")]
    Version {
        /// The version found.
        found: u32,
    },
    /// They decode to a market that cannot be.
    #[error("the snapshot contradicts itself in its {part}")]
    Contradiction {
        /// The part that is wrong.
        part: &'static str,
    },
}

impl Market {
    /// The market as bytes.
    ///
    /// # Panics
    ///
    /// Never: writing to memory does not fail.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes);
        self.write(&mut encoder).expect("writing to memory does not fail");
        bytes
    }

    /// SHA-256 over [`Market::encode`].
    ///
    /// # Panics
    ///
    /// Never: hashing does not fail.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut encoder = Encoder::new(Hashing(Sha256::new()));
        self.write(&mut encoder).expect("hashing does not fail");
        encoder.into_writer().0.finalize().into()
    }

    fn write<W: Write>(&self, e: &mut Encoder<W>) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(PARTS)?.u32(VERSION)?;
        e.encode(self.sequence)?.encode(self.now)?.encode(&self.venue)?;
        e.encode(&self.segments)?.encode(&self.schedules)?;
        e.array(length(self.keys.len()))?;
        for (hash, key) in &self.keys {
            e.array(2)?.bytes(hash)?.encode(key)?;
        }
        e.encode(&self.proposals)?.u64(self.proposals_count)?;
        e.encode(&self.parties)?.u32(self.groups_count)?;
        e.encode(&self.funds)?;
        e.encode(self.register.holdings())?;
        e.encode(&self.locks)?.u64(self.locks_count)?;
        e.encode(self.ledger.accounts())?.encode(self.ledger.houses())?;
        e.encode(&self.transfers)?.u64(self.transfers_count)?;
        e.encode(&self.orders.books)?;
        e.array(length(self.orders.iter().count()))?;
        for (order, record) in self.orders.iter() {
            e.array(2)?.u32(order.slot())?.encode(record)?;
        }
        e.u64(self.trades_count)?;
        e.encode(&self.sweeps)?.u64(self.sweeps_count)?;
        e.encode(&self.intentions)?.u64(self.intentions_count)?;
        e.encode(self.listings.records())?.encode(&self.agreements)?;
        e.encode(&self.biddings)?;
        e.encode(self.calls.records())?.u64(self.calls.count())?;
        e.array(length(self.attempts.kept().len()))?;
        for remembered in self.attempts.kept() {
            e.encode(remembered)?;
        }
        Ok(())
    }

    /// The market that these bytes are.
    ///
    /// # Errors
    ///
    /// [`Damaged`] if they are no snapshot of this version, or contradict themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut decoder = Decoder::new(bytes);
        let d = &mut decoder;
        if d.array().map_err(undecodable)? != Some(PARTS) {
            return Err(Damaged::Undecodable);
        }
        let found = d.u32().map_err(undecodable)?;
        if found != VERSION {
            return Err(Damaged::Version { found });
        }
        let mut market = Self {
            sequence: part(d)?,
            now: part(d)?,
            venue: part(d)?,
            segments: part(d)?,
            schedules: part(d)?,
            keys: pairs(d)?.into_iter().map(|(hash, key): (Hash, _)| (hash.0, key)).collect(),
            proposals: part(d)?,
            proposals_count: part(d)?,
            parties: part(d)?,
            groups_count: part(d)?,
            funds: part(d)?,
            register: Register::from_holdings(part::<Vec<Holding>>(d)?)
                .ok_or(Damaged::Contradiction { part: "holdings" })?,
            locks: part(d)?,
            locks_count: part(d)?,
            ledger: Ledger::from_accounts(part::<Vec<Cash>>(d)?, part::<Vec<House>>(d)?)
                .ok_or(Damaged::Contradiction { part: "accounts" })?,
            transfers: part(d)?,
            transfers_count: part(d)?,
            orders: Orders::from_parts(part::<Books>(d)?, pairs::<u32, OpenOrder>(d)?)
                .ok_or(Damaged::Contradiction { part: "orders" })?,
            trades_count: part(d)?,
            sweeps: part(d)?,
            sweeps_count: part(d)?,
            intentions: part(d)?,
            intentions_count: part(d)?,
            listings: Listings::from_records(part(d)?)
                .ok_or(Damaged::Contradiction { part: "listings" })?,
            agreements: part(d)?,
            biddings: part(d)?,
            calls: Calls::from_records(part(d)?, part(d)?)
                .ok_or(Damaged::Contradiction { part: "calls" })?,
            attempts: Attempts::from_kept(part::<Vec<Remembered>>(d)?)
                .ok_or(Damaged::Contradiction { part: "attempts" })?,
            ..Self::default()
        };
        if d.position() != bytes.len() {
            return Err(Damaged::Undecodable);
        }
        market.derive()?;
        market.check().map_err(|part| Damaged::Contradiction { part })?;
        Ok(market)
    }

    /// Derives what a snapshot leaves out.
    fn derive(&mut self) -> Result<(), Damaged> {
        self.party_codes =
            codes(self.parties.iter().map(|party| &party.details.code), PartyId::new)?;
        self.fund_codes = codes(self.funds.iter().map(|fund| &fund.details.code), FundId::new)?;
        let mut deadlines = Deadlines::default();
        for (order, record) in self.orders.iter() {
            if let Some(expires) = record.expires {
                deadlines.set(expires, Due::Order(order));
            }
        }
        for (intention, record) in &self.intentions {
            deadlines.set(record.expires, Due::Intention(*intention));
        }
        for (proposal, record) in &self.proposals {
            deadlines.set(record.expires, Due::Proposal(*proposal));
        }
        for (sweep, record) in &self.sweeps {
            deadlines.set(record.due, Due::Sweep(*sweep));
        }
        for (listing, record) in self.listings.iter() {
            if let Some(due) = record.due() {
                deadlines.set(due, Due::Listing(listing));
            }
        }
        for (listing, bidding) in &self.biddings {
            if let Some(due) = bidding.due() {
                deadlines.set(due, Due::Lot(*listing));
            }
        }
        for (call, record) in self.calls.records() {
            deadlines.set(record.due(), Due::Call(*call));
        }
        self.deadlines = deadlines;
        self.board = Board::from_intentions(&self.intentions);
        Ok(())
    }
}

fn codes<'a, Id>(
    codes: impl Iterator<Item = &'a String>,
    id: impl Fn(u32) -> Id,
) -> Result<BTreeMap<String, Id>, Damaged> {
    let mut found = BTreeMap::new();
    for (number, code) in (0_u32..).zip(codes) {
        if found.insert(code.clone(), id(number)).is_some() {
            return Err(Damaged::Contradiction { part: "codes" });
        }
    }
    Ok(found)
}

fn part<'b, T: Decode<'b, ()>>(d: &mut Decoder<'b>) -> Result<T, Damaged> {
    d.decode().map_err(undecodable)
}

/// An array of pairs.
fn pairs<'b, A: Decode<'b, ()>, B: Decode<'b, ()>>(
    d: &mut Decoder<'b>,
) -> Result<Vec<(A, B)>, Damaged> {
    let count = d.array().map_err(undecodable)?.ok_or(Damaged::Undecodable)?;
    // A damaged count must not ask for more than the bytes that are left can hold.
    // Each takes three bytes or more.
    let left = d.input().len().saturating_sub(d.position()).div_euclid(3);
    let mut pairs = Vec::with_capacity(usize::try_from(count).unwrap_or(left).min(left));
    for _ in 0..count {
        if d.array().map_err(undecodable)? != Some(2) {
            return Err(Damaged::Undecodable);
        }
        pairs.push((part(d)?, part(d)?));
    }
    Ok(pairs)
}

#[derive(Decode)]
#[cbor(transparent)]
struct Hash(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

fn undecodable(_: minicbor::decode::Error) -> Damaged {
    Damaged::Undecodable
}

fn length(count: usize) -> u64 {
    u64::try_from(count).expect("a count fits 64 bits")
}

struct Hashing(Sha256);

impl Write for Hashing {
    type Error = std::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.update(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::trading;

    #[test]
    fn a_snapshot_has_as_many_items_as_its_array_says() {
        let bytes = trading().encode();
        let mut decoder = Decoder::new(&bytes);
        assert_eq!(decoder.array().unwrap(), Some(PARTS));
        let mut items = 0;
        while decoder.position() != bytes.len() {
            decoder.skip().unwrap();
            items += 1;
        }
        assert_eq!(items, PARTS);
    }
}
