//! A stored snapshot: the market's bytes, and the history of the read models.

use std::sync::Arc;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sfund_engine::id::Sequence;
use sfund_engine::market::Market;

use crate::cause;
use crate::journal::{self, Head, Reader, Snapshot};
use crate::read::projection::Projection;
use crate::recovery::{Error, Unsound};

/// Version of the layout below, the history's included. It changes only with a changelog line and
/// the digest in the tests of `read`. A snapshot of another version is not used, but replaced.
const VERSION: u32 = 1;

#[derive(Encode, Decode)]
struct State {
    #[n(0)]
    version: u32,
    #[n(1)]
    market: ByteVec,
    #[n(2)]
    history: ByteVec,
}

/// What [`newest_sound`] found: where to begin, and what could not be used.
type Found = (Option<(Projection, Head)>, Vec<(Sequence, Unsound)>);

/// The bytes of a snapshot.
pub(super) fn encode(projection: &Projection) -> Vec<u8> {
    let state = State {
        version: VERSION,
        market: projection.market().encode().into(),
        history: projection.encode_history().into(),
    };
    minicbor::to_vec(state).expect("writing to memory does not fail")
}

/// The projection of a snapshot, compared with what was recorded of it.
pub(super) fn decode(snapshot: &Snapshot) -> Result<Projection, Unsound> {
    let state: State = minicbor::decode(&snapshot.bytes).map_err(Unsound::Undecodable)?;
    if state.version != VERSION {
        let message = minicbor::decode::Error::message("another version");
        return Err(Unsound::Undecodable(message));
    }
    let market = Market::decode(&state.market).map_err(Unsound::Market)?;
    let is_same = market.digest() == *snapshot.manifest.market.as_bytes()
        && market.sequence() == snapshot.manifest.head.sequence;
    if !is_same {
        return Err(Unsound::OtherMarket);
    }
    Projection::restore(market, &state.history).map_err(Unsound::Undecodable)
}

/// The newest snapshot that is sound, if there is one.
pub(super) fn newest_sound(reader: &Arc<dyn Reader>) -> Result<Found, Error> {
    let mut unsound = Vec::new();
    for sequence in reader.snapshots()? {
        let found = match reader.read_snapshot(sequence) {
            Ok(snapshot) => {
                let head = snapshot.manifest.head;
                decode(&snapshot).map(|projection| (projection, head))
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
