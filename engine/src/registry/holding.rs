//! Holdings: who holds how many units of what, in which state (份额登记).
//!
//! Units of a holding are available, offered, pledged or frozen, each counted separately
//! (rule E5). Orders keep the place of their holding, so that a trade finds it without a search;
//! places are dense and never given up.

use minicbor::{Decode, Encode};

use crate::amount::Units;
use crate::id::{FundId, PartyId};
use crate::index::Index;
use crate::registry::lock_units::LockKind;
use crate::reject::Reject;
use crate::time::Date;

/// Units of one fund held by one party (持有份额).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Holding {
    /// Holder of record (登记持有人).
    #[n(0)]
    pub party: PartyId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// Free to sell (可用).
    #[n(2)]
    pub available: Units,
    /// In open sell orders (委托占用).
    #[n(3)]
    pub offered: Units,
    /// Under pledge (质押).
    #[n(4)]
    pub pledged: Units,
    /// Under a freeze (冻结).
    #[n(5)]
    pub frozen: Units,
    /// A2: date of the holder's last purchase.
    #[n(6)]
    pub last_bought: Option<Date>,
    /// A2: date of the holder's last sale.
    #[n(7)]
    pub last_sold: Option<Date>,
}

impl Holding {
    /// No units of `fund`.
    pub(crate) const fn empty(party: PartyId, fund: FundId) -> Self {
        Self {
            party,
            fund,
            available: Units::ZERO,
            offered: Units::ZERO,
            pledged: Units::ZERO,
            frozen: Units::ZERO,
            last_bought: None,
            last_sold: None,
        }
    }

    /// All units of the holding.
    #[must_use]
    #[inline]
    pub fn total(&self) -> Units {
        self.available.plus(self.offered).plus(self.pledged).plus(self.frozen)
    }

    /// Units under locks of this kind.
    #[must_use]
    pub const fn locked(&self, kind: LockKind) -> Units {
        match kind {
            LockKind::Pledge => self.pledged,
            LockKind::Freeze => self.frozen,
        }
    }

    pub(crate) const fn locked_mut(&mut self, kind: LockKind) -> &mut Units {
        match kind {
            LockKind::Pledge => &mut self.pledged,
            LockKind::Freeze => &mut self.frozen,
        }
    }

    /// A8: refuses `wanted` units where fewer are available.
    #[inline]
    pub(crate) fn check_available(&self, wanted: Units) -> Result<(), Reject> {
        let Self { party, available, offered, pledged, frozen, .. } = *self;
        if wanted <= available {
            return Ok(());
        }
        Err(Reject::UnitsNotAvailable { party, wanted, available, offered, pledged, frozen })
    }
}

/// Place of a holding in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct HoldingPlace(#[n(0)] u32);

impl HoldingPlace {
    /// No place.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// The place as an index.
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).expect("a place is an index")
    }
}

/// Every holding of the venue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Register {
    holdings: Vec<Holding>,
    places: Index<u64>,
}

impl Register {
    /// The register with these holdings, in their places.
    ///
    /// `None` if a holder stands in it twice for a fund.
    pub(crate) fn from_holdings(holdings: Vec<Holding>) -> Option<Self> {
        let mut places = Index::default();
        for (place, holding) in (0_u32..).zip(&holdings) {
            if places.insert(key(holding.party, holding.fund), place).is_some() {
                return None;
            }
        }
        Some(Self { holdings, places })
    }

    /// Every holding, in the order in which they came to be; some may be empty.
    pub(crate) fn holdings(&self) -> &[Holding] {
        &self.holdings
    }

    /// Where the holding of `party` in `fund` lies, if it ever had one.
    #[inline]
    pub(crate) fn find(&self, party: PartyId, fund: FundId) -> Option<HoldingPlace> {
        self.places.find(key(party, fund)).map(HoldingPlace)
    }

    /// Looks at where the search for a holding begins; tells nothing.
    #[inline]
    pub(crate) fn look(&self, party: PartyId, fund: FundId) -> u32 {
        self.places.look(key(party, fund))
    }

    /// The holding of `party` in `fund`; without one, the empty holding.
    pub(crate) fn holding(&self, party: PartyId, fund: FundId) -> Holding {
        self.find(party, fund).map_or_else(|| Holding::empty(party, fund), |place| *self.at(place))
    }

    /// The holding at `place`.
    #[inline]
    pub(crate) fn at(&self, place: HoldingPlace) -> &Holding {
        let index = place.index();
        self.holdings.get(index).expect("a place was given by the register")
    }

    /// The holding at `place`, to change.
    #[inline]
    pub(crate) fn at_mut(&mut self, place: HoldingPlace) -> &mut Holding {
        let index = place.index();
        self.holdings.get_mut(index).expect("a place was given by the register")
    }

    /// Where the holding of `party` in `fund` lies; an empty one comes to be if it has none.
    #[inline]
    pub(crate) fn place(&mut self, party: PartyId, fund: FundId) -> HoldingPlace {
        match self.find(party, fund) {
            Some(place) => place,
            None => self.open(party, fund),
        }
    }

    #[cold]
    fn open(&mut self, party: PartyId, fund: FundId) -> HoldingPlace {
        let place = u32::try_from(self.holdings.len()).expect("fewer than 2^32 holdings");
        self.holdings.push(Holding::empty(party, fund));
        self.places.insert(key(party, fund), place);
        HoldingPlace(place)
    }
}

#[inline]
fn key(party: PartyId, fund: FundId) -> u64 {
    u64::from(party.number()) << 32 | u64::from(fund.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holding_keeps_its_place() {
        let mut register = Register::default();
        let first = register.place(PartyId::new(1), FundId::new(7));
        let other = register.place(PartyId::new(7), FundId::new(1));
        assert_ne!(first, other);
        register.at_mut(first).available = Units::from_e2(100);
        assert_eq!(register.place(PartyId::new(1), FundId::new(7)), first);
        assert_eq!(register.holding(PartyId::new(1), FundId::new(7)).total(), Units::from_e2(100));
        assert_eq!(register.find(PartyId::new(2), FundId::new(7)), None);
        assert_eq!(Register::from_holdings(register.holdings().to_vec()), Some(register));
    }
}
