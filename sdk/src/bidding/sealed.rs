//! Sealed bids (密封报价): the seal that is handed in, and the secret that opens it.

use std::fmt;
use std::str::FromStr;

use sfund_engine::amount::{Price, Units};
use sfund_engine::bidding::mode::{Code, Terms, seal};
use sfund_engine::id::{ListingId, PartyId};
use sfund_proto::v1;
use thiserror::Error;

use crate::bidding::bid::NewBid;
use crate::bidding::lot::code;
use crate::key::{NoRandomness, bytes_of, hexadecimal};
use crate::wire;

/// What the text of a sealed bid begins with.
const PREFIX: &str = "sfund-bid-1";

/// A sealed bid (密封报价): what is handed in before the close, and the secret that opens it after.
///
/// **Keep its text until the bid is opened.** Nobody else has it, the venue neither: a bid that is
/// handed in and not opened forfeits its deposit, as the pack says. Whoever has the text knows the
/// bid; so it has no `Display`, and its `Debug` says nothing of it.
///
/// ```no_run
/// # use sfund_sdk::{BidderCode, Client, ListingId, NewBid, SealedBid};
/// # async fn example(client: Client, listing: ListingId, code: BidderCode)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// let terms = client.listing().disclosure(listing).await?.terms.clone();
/// let fund = client.market().fund(terms.fund).await?;
/// let bid = NewBid::new(listing, "1.0500".parse()?);
/// let sealed = SealedBid::new(bid, code, terms.units, fund.details.lot)?;
/// std::fs::write("sealed-bid.txt", sealed.secret())?;
/// let committed = client.trading().commit(&sealed).await?;
/// println!("open it from {} and before {}", committed.reveal_from, committed.reveal_until);
///
/// // Later, once bids are opened:
/// let sealed: SealedBid = std::fs::read_to_string("sealed-bid.txt")?.trim().parse()?;
/// client.trading().reveal(&sealed).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SealedBid {
    bid: NewBid,
    code: Code,
    /// Its fewest and most lots, as they are sealed.
    minimum: u64,
    maximum: u64,
    salt: [u8; 32],
}

/// A bid that cannot be sealed.
#[derive(Debug, Error)]
pub enum NotSealed {
    /// The machine has none to give.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// What is listed, or what is bid for, is no whole number of lots.
    #[error("a sealed bid is for whole lots, for no more than is listed and at least for one")]
    NotInLots,
}

/// The text is no sealed bid, or it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this is no sealed bid: its text begins with `sfund-bid-1` and is kept letter by letter")]
pub struct NotASealedBid;

impl SealedBid {
    /// Seals a bid under fresh random bytes: of the bidder of this code, for a listing of
    /// `listed` units in lots of `lot`.
    ///
    /// # Errors
    ///
    /// [`NotSealed`] without randomness, or if units are no lots.
    pub fn new(bid: NewBid, code: Code, listed: Units, lot: Units) -> Result<Self, NotSealed> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(NoRandomness)?;
        let lots = |units: Units| {
            let is_whole = units.e2().checked_rem(lot.e2())? == 0;
            units.e2().checked_div(lot.e2()).filter(|_| is_whole)
        };
        let most = bid.units.unwrap_or(listed);
        let sized = || {
            let (all, maximum) = (lots(listed)?, lots(most)?);
            let minimum = lots(bid.min_units.unwrap_or(most))?;
            let sound = 1 <= minimum && minimum <= maximum && maximum <= all;
            sound.then_some((minimum, maximum))
        };
        let (minimum, maximum) = sized().ok_or(NotSealed::NotInLots)?;
        Ok(Self { bid, code, minimum, maximum, salt })
    }

    /// What is handed in: it binds to the bid and says nothing of it.
    #[must_use]
    pub fn seal(&self) -> [u8; 32] {
        let terms = Terms { price: self.bid.price, minimum: self.minimum, maximum: self.maximum };
        seal(&self.salt, self.bid.listing.number(), self.code, &terms)
    }

    /// The listing it is for.
    #[must_use]
    pub const fn listing(&self) -> ListingId {
        self.bid.listing
    }

    /// Whose it is; `None` is the caller's own.
    #[must_use]
    pub const fn party(&self) -> Option<PartyId> {
        self.bid.party
    }

    /// For one unit.
    #[must_use]
    pub const fn price(&self) -> Price {
        self.bid.price
    }

    /// Its text, one line, to be kept and to be read back by `parse`. Whoever has it knows the bid.
    #[must_use]
    pub fn secret(&self) -> String {
        let NewBid { listing, party, price, units, min_units } = self.bid;
        let fields = [
            PREFIX.to_owned(),
            listing.to_string(),
            wire::text(party),
            self.code.to_string(),
            price.to_string(),
            wire::text(units),
            wire::text(min_units),
            self.minimum.to_string(),
            self.maximum.to_string(),
            hexadecimal(&self.salt),
            // What was changed by a slip of the pen does not fit its seal any more.
            hexadecimal(&self.seal()),
        ];
        fields.join(":")
    }

    pub(crate) fn to_wire(&self) -> v1::RevealBidRequest {
        v1::RevealBidRequest {
            listing_id: self.bid.listing.to_string(),
            party_id: wire::text(self.bid.party),
            price: self.bid.price.to_string(),
            units: wire::text(self.bid.units),
            min_units: wire::text(self.bid.min_units),
            salt: self.salt.to_vec(),
            ..Default::default()
        }
    }
}

impl FromStr for SealedBid {
    type Err = NotASealedBid;

    fn from_str(text: &str) -> Result<Self, NotASealedBid> {
        read(text).ok_or(NotASealedBid)
    }
}

fn read(text: &str) -> Option<SealedBid> {
    let fields: Vec<&str> = text.split(':').collect();
    let [prefix, listing, party, name, price, units, min_units, minimum, maximum, salt, sealed] =
        *fields.as_slice()
    else {
        return None;
    };
    let bid = NewBid {
        listing: listing.parse().ok()?,
        party: wire::maybe(party, "party").ok()?,
        price: price.parse().ok()?,
        units: wire::maybe(units, "units").ok()?,
        min_units: wire::maybe(min_units, "min_units").ok()?,
    };
    let bid = SealedBid {
        bid,
        code: code(name, "code").ok()?,
        minimum: minimum.parse().ok()?,
        maximum: maximum.parse().ok()?,
        salt: bytes_of(salt)?,
    };
    (prefix == PREFIX && bytes_of(sealed)? == bid.seal()).then_some(bid)
}

impl fmt::Debug for SealedBid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedBid({}, not shown)", self.bid.listing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bid() -> NewBid {
        NewBid::new(ListingId::new(3), Price::from_e4(10_500))
    }

    fn units(units: u64) -> Units {
        Units::from_e2(units * 100)
    }

    #[test]
    fn the_kept_text_opens_what_was_handed_in() {
        let parts = bid().units(units(300)).at_least(units(100)).of(PartyId::new(9));
        for bid in [bid(), parts] {
            let sealed = SealedBid::new(bid, Code::Priority(2), units(1_000), units(100)).unwrap();
            let read: SealedBid = sealed.secret().parse().unwrap();
            assert_eq!((&read, read.seal()), (&sealed, sealed.seal()));
            let (shown, salt) = (format!("{sealed:?}"), hexadecimal(&sealed.salt));
            assert!(!shown.contains(&salt) && !shown.contains("1.05"));
        }
    }

    #[test]
    fn a_text_that_was_changed_is_no_sealed_bid() {
        let sealed = SealedBid::new(bid(), Code::Bidder(1), units(1_000), units(100)).unwrap();
        let text = sealed.secret();
        assert_eq!(text.replace("1.0500", "1.0600").parse::<SealedBid>(), Err(NotASealedBid));
        for wrong in ["", "sfund-bid-1", &text.to_uppercase(), &format!("{text}:"), &text[1..]] {
            assert_eq!(wrong.parse::<SealedBid>(), Err(NotASealedBid), "{wrong}");
        }
    }

    #[test]
    fn one_bid_sealed_twice_has_two_seals_and_each_is_that_of_the_market() {
        let seals = [(); 2].map(|()| {
            let sealed = SealedBid::new(bid(), Code::Bidder(1), units(1_000), units(100)).unwrap();
            let terms = Terms::whole(10, sealed.price());
            assert_eq!(sealed.seal(), seal(&sealed.salt, 3, Code::Bidder(1), &terms));
            sealed.seal()
        });
        assert_ne!(seals[0], seals[1]);
    }

    #[test]
    fn a_sealed_bid_is_for_whole_lots_of_what_is_listed() {
        for wrong in [
            bid().units(units(250)),
            bid().units(units(1_100)),
            bid().units(units(200)).at_least(units(300)),
            bid().at_least(units(50)),
            bid().units(Units::ZERO),
        ] {
            let sealed = SealedBid::new(wrong, Code::Bidder(1), units(1_000), units(100));
            assert!(matches!(sealed, Err(NotSealed::NotInLots)), "{wrong:?}");
        }
        let no_lot = SealedBid::new(bid(), Code::Bidder(1), units(1_000), Units::ZERO);
        assert!(matches!(no_lot, Err(NotSealed::NotInLots)));
    }
}
