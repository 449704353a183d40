//! A stored snapshot: the market's bytes, and the history of the read models.
//!
//! The two parts are decoded at the same time, on two threads. The market's digest is SHA-256 over
//! its bytes, so the stored bytes are hashed as they lie; that they decode to the market they were
//! made of is asked when the next snapshot is made, and by `verify`: see [`Compared`].

use std::sync::Arc;
use std::thread;

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};
use sfund_engine::id::Sequence;
use sfund_engine::market::Market;

use crate::cause;
use crate::journal::chain::checksum;
use crate::journal::{self, Hash, Head, Reader, Snapshot};
use crate::read::Read;
use crate::read::projection::Projection;
use crate::recovery::{Error, Unsound};

/// Version of the layout below, the history's included. It changes only with a changelog line and
/// the digest in the tests of `read`. A snapshot of another version is not used, but replaced.
const VERSION: u32 = 2;

#[derive(Encode, Decode)]
struct State<'a> {
    #[n(0)]
    version: u32,
    #[b(1)]
    market: &'a ByteSlice,
    #[b(2)]
    history: &'a ByteSlice,
}

/// What of a snapshot's market is compared with the digest that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// Its bytes, as they are stored.
    Bytes,
    /// Its bytes, and those that the market gives once it is decoded.
    Decoded,
}

/// What [`newest_sound`] found: where to begin, and what could not be used.
type Found = (Option<(Projection, Head)>, Vec<(Sequence, Unsound)>);

/// The bytes of a snapshot.
pub(super) fn encode(projection: &Projection) -> Vec<u8> {
    let (market, history) = (projection.market().encode(), projection.encode_history());
    let (market, history) = (market.as_slice().into(), history.as_slice().into());
    let state = State { version: VERSION, market, history };
    minicbor::to_vec(state).expect("writing to memory does not fail")
}

/// The projection of a snapshot, compared with what was recorded of it.
pub(super) fn decode(snapshot: &Snapshot, compared: Compared) -> Result<Projection, Unsound> {
    let state: State<'_> = minicbor::decode(&snapshot.bytes).map_err(Unsound::Undecodable)?;
    if state.version != VERSION {
        let message = minicbor::decode::Error::message("another version");
        return Err(Unsound::Undecodable(message));
    }
    let recorded = snapshot.manifest.market;
    let (market, read) = thread::scope(|scope| {
        let read = scope.spawn(|| Read::of_history(state.history));
        let market = decode_market(state.market, recorded, compared);
        (market, read.join().expect("decoding does not panic"))
    });
    let (market, read) = (market?, read.map_err(Unsound::Undecodable)?);
    if market.sequence() != snapshot.manifest.head.sequence {
        return Err(Unsound::OtherMarket);
    }
    Ok(Projection::standing(market, read))
}

fn decode_market(bytes: &[u8], recorded: Hash, compared: Compared) -> Result<Market, Unsound> {
    let market = Market::decode(bytes).map_err(Unsound::Market)?;
    let is_same = checksum(bytes) == recorded
        && match compared {
            Compared::Bytes => true,
            Compared::Decoded => market.digest() == *recorded.as_bytes(),
        };
    if is_same { Ok(market) } else { Err(Unsound::OtherMarket) }
}

/// The newest snapshot that is sound, if there is one.
pub(super) fn newest_sound(reader: &Arc<dyn Reader>, compared: Compared) -> Result<Found, Error> {
    let mut unsound = Vec::new();
    for sequence in reader.snapshots()? {
        let found = match reader.read_snapshot(sequence) {
            Ok(snapshot) => {
                let head = snapshot.manifest.head;
                decode(&snapshot, compared).map(|projection| (projection, head))
            }
            Err(error @ journal::Error::UnsoundSnapshot { .. }) => Err(Unsound::Stored(error)),
            // Dropped in the meantime: the keeper keeps newer ones.
            Err(journal::Error::NoSnapshot { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        match found {
            Ok(start) => return Ok((Some(start), unsound)),
            Err(why) => {
                tracing::warn!(
                    %sequence,
                    error = cause(&why),
                    "a snapshot is unsound and is not used; the journal itself may well be sound"
                );
                unsound.push((sequence, why));
            }
        }
    }
    Ok((None, unsound))
}
