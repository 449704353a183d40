//! What is asked of a lot (报价): bids, sealed bids, matches, offers and answers, rules A3 to A5, B4,
//! D1 to D3.
//!
//! Who asks is named in the command; the lot knows codes alone, and so do the events. Of a lot that
//! may be shared a bid says from how many to how many units it is for. The fewest must make an
//! investor of the fund (A4) and be no splinter (A5), so that whatever is awarded may be held. A
//! sealed bid of which that is not so cannot be opened, and forfeits as one that is not. The deposit
//! is for all that is listed, however much is bid for.

use minicbor::{Decode, Encode};

use super::declare::check_related;
use super::mode::{Ask, Code, LotEvent, Mode, Pays, Phase, Proposal, Reserve, Sealed, Side, Terms};
use super::qualify_bidder::{Part, check_buyer, check_part};
use super::{ClaimState, Open};
use crate::amount::{Price, Units};
use crate::check;
use crate::command::{Command, CommandKind};
use crate::event::Event;
use crate::id::{ListingId, OfferId, PartyId};
use crate::listing::stage::Needs;
use crate::market::{Context, Market};
use crate::policy::CASH_MAX;
use crate::reject::Reject;
use crate::time::Time;
use crate::trading::rules;

/// How much a bid is for (报价份额).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum Quantity {
    /// All that is listed, or nothing.
    #[n(0)]
    #[default]
    All,
    /// Of a lot that may be shared, from the fewest to the most units, or nothing; all or none where
    /// both are one.
    #[n(1)]
    Range {
        /// The fewest, whole lots.
        #[n(0)]
        minimum: Units,
        /// The most, whole lots.
        #[n(1)]
        maximum: Units,
    },
}

impl Quantity {
    /// Whether it is all that is listed.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        match self {
            Self::All => true,
            Self::Range { .. } => false,
        }
    }
}

/// Ask to bid for what is listed, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlaceBid {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who bids.
    #[n(1)]
    pub party: PartyId,
    /// For one unit, in whole ticks; of a falling price, the most it takes.
    #[n(2)]
    pub price: Price,
    /// How much it is for.
    #[cbor(n(3), skip_if = "Quantity::is_all")]
    pub quantity: Quantity,
}

/// B4: ask to take the price that stands, by right of first refusal (行使优先购买权).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct MatchPrice {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who has the right.
    #[n(1)]
    pub party: PartyId,
}

/// Ask to hand in a sealed bid (密封报价).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CommitBid {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who bids.
    #[n(1)]
    pub party: PartyId,
    /// What it binds itself to; see [`super::mode::seal`].
    #[cbor(n(2), with = "minicbor::bytes")]
    pub seal: [u8; 32],
}

/// Ask to open one's sealed bid (开标).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RevealBid {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who bids.
    #[n(1)]
    pub party: PartyId,
    /// For one unit, in whole ticks.
    #[n(2)]
    pub price: Price,
    /// The random bytes of the seal.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// How much it is for.
    #[cbor(n(4), skip_if = "Quantity::is_all")]
    pub quantity: Quantity,
}

/// Ask to offer a price to the other side of a negotiation, or to answer its offer with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct MakeOffer {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who offers: the seller or a bidder.
    #[n(1)]
    pub party: PartyId,
    /// With which bidder the seller negotiates; a bidder names itself.
    #[n(2)]
    pub bidder: Code,
    /// For one unit, in whole ticks.
    #[n(3)]
    pub price: Price,
    /// From then on it binds nobody.
    #[n(4)]
    pub expires: Time,
    /// The offer it answers, if it does (反要约).
    #[n(5)]
    pub counters: Option<OfferId>,
}

/// Ask to agree to an offer, or to decline it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AnswerOffer {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who answers: the seller or a bidder.
    #[n(1)]
    pub party: PartyId,
    /// The offer.
    #[n(2)]
    pub offer: OfferId,
    /// Yes or no.
    #[n(3)]
    pub answer: Answer,
}

/// What is answered to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Answer {
    /// Yes, and the lot is sold (承诺).
    #[n(0)]
    Accept,
    /// No.
    #[n(1)]
    Decline,
}

/// Something happened to a lot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LotMoved {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// What.
    #[n(1)]
    pub change: LotEvent,
}

pub(crate) fn decide_place(
    market: &Market,
    context: Context,
    ask: &PlaceBid,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let who = (CommandKind::PlaceBid, ask.listing, ask.party);
    let desk = Desk::new(market, context, who)?;
    let terms = desk.terms(ask.price, ask.quantity)?;
    desk.check_part(ask.party, &terms)?;
    desk.ask(&Ask::Bid(terms), events)
}

pub(crate) fn decide_match(
    market: &Market,
    context: Context,
    ask: &MatchPrice,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let who = (CommandKind::MatchPrice, ask.listing, ask.party);
    Desk::new(market, context, who)?.ask(&Ask::Match, events)
}

pub(crate) fn decide_commit(
    market: &Market,
    context: Context,
    ask: &CommitBid,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let who = (CommandKind::CommitBid, ask.listing, ask.party);
    Desk::new(market, context, who)?.ask(&Ask::Commit(ask.seal), events)
}

pub(crate) fn decide_reveal(
    market: &Market,
    context: Context,
    ask: &RevealBid,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let who = (CommandKind::RevealBid, ask.listing, ask.party);
    let desk = Desk::new(market, context, who)?;
    let terms = desk.terms(ask.price, ask.quantity)?;
    desk.check_part(ask.party, &terms)?;
    desk.ask(&Ask::Reveal(terms, ask.salt), events)
}

pub(crate) fn decide_offer(
    market: &Market,
    context: Context,
    ask: &MakeOffer,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let who = (CommandKind::MakeOffer, ask.listing, ask.party);
    let desk = Desk::new(market, context, who)?;
    let terms = desk.terms(ask.price, Quantity::All)?;
    let proposal = Proposal { bidder: ask.bidder, terms, expires: ask.expires };
    let asked = match ask.counters {
        Some(offer) => Ask::Counter(offer, proposal),
        None => Ask::Offer(proposal),
    };
    desk.ask(&asked, events)
}

pub(crate) fn decide_answer(
    market: &Market,
    context: Context,
    ask: &AnswerOffer,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let who = (CommandKind::AnswerOffer, ask.listing, ask.party);
    let asked = match ask.answer {
        Answer::Accept => Ask::Accept(ask.offer),
        Answer::Decline => Ask::Decline(ask.offer),
    };
    Desk::new(market, context, who)?.ask(&asked, events)
}

pub(crate) fn apply(market: &mut Market, fact: &LotMoved) {
    market.change_bidding(fact.listing, |bidding| {
        let open = bidding.open.as_mut().expect("events speak of lots that are open");
        open.lot.apply(&fact.change);
    });
}

/// D3: whether a command that is refused tells the terms of a sealed bid before the close.
#[cold]
pub(crate) fn would_unseal(market: &Market, command: &Command) -> bool {
    let listing = if let Command::RevealBid(ask) = command {
        ask.listing
    } else if let Command::PlaceBid(ask) = command {
        ask.listing
    } else {
        return false;
    };
    let open = market.biddings.get(&listing).and_then(|bidding| bidding.open.as_ref());
    open.is_some_and(|open| {
        let is_sealed = matches!(open.mode, Mode::Sealed(_) | Mode::Tender(_));
        is_sealed && [Phase::Waiting, Phase::Committing].contains(&open.lot.phase())
    })
}

fn open_lot(market: &Market, listing: ListingId) -> &Open {
    market.bidding_of(listing).open.as_ref().expect("a listing in bidding has a lot")
}

/// Somebody before a lot that is open.
pub(super) struct Desk<'m> {
    market: &'m Market,
    at: Time,
    listing: ListingId,
    open: &'m Open,
    side: Side,
}

impl<'m> Desk<'m> {
    /// D1, A3, A4, A9: the seller, or a party whose deposit is held and who may hold the units.
    ///
    /// D3: a sealed bid that was handed in binds; whoever became what does not bid reveals it.
    pub(super) fn new(
        market: &'m Market,
        context: Context,
        (kind, listing, party): (CommandKind, ListingId, PartyId),
    ) -> Result<Self, Reject> {
        market.admit_for(context.caller, kind, party)?;
        let record = market.party(party)?;
        let offered = market.public_listing(listing)?;
        let reveals = kind == CommandKind::RevealBid;
        if !reveals {
            record.check_active(party)?;
        }
        offered.check_stage(listing, Needs::Bidding)?;
        let (bidding, open) = (market.bidding_of(listing), open_lot(market, listing));
        let side = if offered.seller == party {
            Side::Seller
        } else {
            let claim = bidding.claim(party).filter(|claim| match claim.state {
                ClaimState::Deposited | ClaimState::Defaulted => true,
                ClaimState::Declared
                | ClaimState::Refused
                | ClaimState::Qualified(_)
                | ClaimState::Returned
                | ClaimState::Signed => false,
            });
            let code = claim.and_then(|claim| claim.code);
            let code = code.ok_or(Reject::NoDeposit { listing, party })?;
            if !reveals {
                check_related(market, context.at, listing, party)?;
                check_buyer(market, context.at, listing, party)?;
            }
            Side::Bidder(code)
        };
        Ok(Self { market, at: context.at, listing, open, side })
    }

    /// The seller's side, for which the venue records what its committee says.
    pub(super) fn of_seller(
        market: &'m Market,
        context: Context,
        listing: ListingId,
    ) -> Result<Self, Reject> {
        market.find_listing(listing)?.check_stage(listing, Needs::Bidding)?;
        let open = open_lot(market, listing);
        Ok(Self { market, at: context.at, listing, open, side: Side::Seller })
    }

    /// So much of the lot at a price in whole ticks.
    fn terms(&self, price: Price, quantity: Quantity) -> Result<Terms, Reject> {
        let terms = &self.market.find_listing(self.listing)?.terms;
        let fund = self.market.fund(terms.fund)?;
        check::in_ticks(&fund.details, price)?;
        terms.check_price(fund, price)?;
        match quantity {
            Quantity::All => Ok(Terms::whole(self.open.lot.quantity(), price)),
            Quantity::Range { minimum, maximum } => {
                let lots = |units| {
                    check::some_units(units)?;
                    rules::lots_of(fund, units).map(|lots| u64::from(lots.number()))
                };
                Ok(Terms { price, minimum: lots(minimum)?, maximum: lots(maximum)? })
            }
        }
    }

    /// A4, A5: the fewest that a bid for a part takes.
    fn check_part(&self, party: PartyId, terms: &Terms) -> Result<(), Reject> {
        let offered = &self.market.find_listing(self.listing)?.terms;
        let lot = &self.open.lot;
        if offered.portion.is_whole() {
            return Ok(());
        }
        let least = match (&self.open.mode, lot.reserve()) {
            // What others bid sets the price, down to the reserve. A hidden one is told to nobody,
            // and is asked when the contract is signed.
            (
                Mode::Sealed(Sealed { pays: Pays::LowestWinning | Pays::Externality, .. }),
                Reserve::Public(reserve),
            ) => reserve.min(terms.price),
            (Mode::Dutch(_), _) => lot.called().unwrap_or(terms.price).min(terms.price),
            (
                Mode::Sealed(_)
                | Mode::English(_)
                | Mode::Tender(_)
                | Mode::Negotiated(_)
                | Mode::Quotes(_)
                | Mode::Enforcement(_),
                _,
            ) => terms.price,
        };
        let size = self.market.fund(offered.fund)?.details.lot;
        let units = terms.minimum.checked_mul(size.e2()).map(Units::from_e2);
        let part = units.and_then(|units| Some(Part { units, cash: least.times(units)? }));
        let part = part.ok_or(Reject::OrderTooLarge { cash_max: CASH_MAX })?;
        check_part(self.market, self.listing, party, part)
    }

    /// Each side of a negotiation makes so many offers, and uses up nobody else's.
    fn check_offers(&self, bidder: Code) -> Result<(), Reject> {
        let limit = u64::from(self.market.rules_of_listing(self.listing)?.offers.offers_max);
        let offers = self.open.lot.offers().iter();
        let own = offers.filter(|offer| offer.bidder == bidder && offer.by == self.side).count();
        if check::wide(own) < limit { Ok(()) } else { Err(Reject::TooManyBids { limit }) }
    }

    pub(super) fn ask(&self, ask: &Ask, events: &mut Vec<Event>) -> Result<(), Reject> {
        let (listing, lot) = (self.listing, &self.open.lot);
        self.open.conduct.check_room(lot, self.side, ask)?;
        if let Ask::Offer(proposal) | Ask::Counter(_, proposal) = ask {
            self.check_offers(proposal.bidder)?;
        }
        let changes = self.open.mode.rules().bid(lot, self.side, self.at, ask)?;
        // From here on the answer is yes.
        let moved = |change| Event::LotMoved(Box::new(LotMoved { listing, change }));
        events.extend(changes.into_iter().map(moved));
        Ok(())
    }
}
