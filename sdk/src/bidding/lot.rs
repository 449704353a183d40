//! Lots, bids, offers and awards as they are told (竞价实况).

use sfund_engine::amount::{Money, Price, Units};
use sfund_engine::bidding::Binding;
use sfund_engine::bidding::declare::Right;
use sfund_engine::bidding::mode::{Code, Kind, OfferState, Phase, Reason, Side, Standing};
use sfund_engine::bidding::open::Opening;
use sfund_engine::id::{BidId, ListingId, OfferId, PartyId};
use sfund_engine::time::Time;
use sfund_proto::v1;

use crate::error::Unreadable;
use crate::wire::{self, Twin, maybe, maybe_time, read, some};

/// How a lot finds its buyers (交易方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LotMode {
    /// Open ascending bids with a soft close (多次报价).
    English,
    /// Sealed bids (一次报价).
    Sealed,
    /// A falling price (降价竞价).
    Dutch,
    /// Sealed bids, scored (招投标).
    Tender,
    /// Offers and counter-offers (协议转让).
    Negotiated,
    /// Quotes of chosen parties (询价).
    Quotes,
    /// A sale that a court or a pledgee enforces (司法拍卖).
    Enforcement,
}

/// A lot as it is told to everybody: prices and codes, no names (竞价实况).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The listing.
    pub listing: ListingId,
    /// How it is sold.
    pub mode: LotMode,
    /// What is going on.
    pub phase: Phase,
    /// When bids are first taken.
    pub begins: Time,
    /// When the phase began; `None` before the first.
    pub phase_began: Option<Time>,
    /// The first moment that is too late for it; `None` before the first.
    pub ends: Option<Time>,
    /// The best bid that stands, for one unit; `None` without one, and while bids are sealed or
    /// offers are the two sides' own.
    pub best: Option<Price>,
    /// The code of its bidder.
    pub best_code: Option<Code>,
    /// The price that is called, while one falls.
    pub called: Option<Price>,
    /// The least price at which a bid would be taken now; `None` where none would, and while the
    /// reserve is hidden and nobody has bid.
    pub least_bid: Option<Price>,
    /// Bidders admitted.
    pub bidders: u32,
    /// Bids so far; of sealed ones, 0 until they are opened.
    pub bids: u32,
    /// What came of it, once it is awarded.
    pub award: Option<Award>,
}

/// Who gets what, and why the others do not (竞价结果).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// One for each bid that stood at the end and for the last one of everybody else, in the order
    /// of entry.
    pub lines: Vec<AwardLine>,
    /// Who handed in a sealed bid and did not reveal it.
    pub unrevealed: Vec<Code>,
    /// The one price of all winners, where they pay one (统一价).
    pub uniform: Option<Price>,
    /// D4: contracts are signed before this moment.
    pub signature_due: Time,
    /// C7: the result is shown until this moment.
    pub shown_until: Time,
    /// D5: whether the winner bound itself, or is only offered what another left.
    pub binding: Binding,
}

/// What one bid got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwardLine {
    /// The bid.
    pub bid: BidId,
    /// Whose.
    pub code: Code,
    /// Units won.
    pub units: Units,
    /// Cash to be paid for them, rounded down to a fen.
    pub cash: Money,
    /// Why (未成交原因).
    pub reason: Reason,
}

impl Award {
    /// What the bid of `code` got: the line that won, or the last one.
    #[must_use]
    pub fn of(&self, code: Code) -> Option<&AwardLine> {
        let own = || self.lines.iter().filter(move |line| line.code == code);
        own().find(|line| line.units != Units::ZERO).or_else(|| own().next_back())
    }

    /// Lines that won something.
    pub fn winners(&self) -> impl Iterator<Item = &AwardLine> {
        self.lines.iter().filter(|line| line.units != Units::ZERO)
    }
}

/// One who would bid (意向受让方).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bidder {
    /// Who.
    pub party: PartyId,
    /// Whether it claims the right of first refusal.
    pub right: Right,
    /// Where it stands.
    pub state: BidderState,
    /// The code under which it bids, once it is qualified.
    pub code: Option<Code>,
    /// B4: lots of the fund that a holder of the right had when it was qualified.
    pub held_lots: u32,
    /// D1: when its deposit is due, while it is awaited.
    pub deposit_due: Option<Time>,
    /// Cash of its deposit that is held now.
    pub deposit_held: Money,
}

/// Where one who would bid stands (意向受让方状态).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BidderState {
    /// It waits for the venue's word (待资格审核).
    Declared,
    /// The venue said no (不符合条件).
    Refused,
    /// D1: its deposit is due (待交保证金).
    Qualified,
    /// Its deposit is held, and it may bid (已交保证金).
    Deposited,
    /// D4: its deposit went back (保证金已退).
    Returned,
    /// D5: it defaulted (违约).
    Defaulted,
    /// It won and has signed: its deposit is part of the price (转为价款).
    Signed,
}

/// One bid (报价).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotBid {
    /// Id within the lot.
    pub id: BidId,
    /// Whose.
    pub code: Code,
    /// For one unit.
    pub price: Price,
    /// The most units it takes, where the caller may know.
    pub units: Option<Units>,
    /// The fewest it takes, where the caller may know.
    pub min_units: Option<Units>,
    /// When the sequencer took it; for one that was sealed, its commitment.
    pub time: Time,
    /// How it came to stand.
    pub kind: Kind,
    /// Where it stands.
    pub standing: Standing,
    /// Points for what is scored beside the price, by criterion; empty until then.
    pub points: Vec<u32>,
}

/// One offer of a negotiation (要约).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotOffer {
    /// Id within the lot.
    pub id: OfferId,
    /// With which bidder the seller negotiates.
    pub code: Code,
    /// Who made it; the other one answers.
    pub by: Side,
    /// For one unit.
    pub price: Price,
    /// When the sequencer took it.
    pub time: Time,
    /// From then on it binds nobody.
    pub expires: Time,
    /// The offer that it answers, if it answers one.
    pub counters: Option<OfferId>,
    /// Where it stands.
    pub state: OfferState,
}

/// The code under which somebody bids, from its text: `bidder-3`, or `priority-1` for a holder of
/// the right of first refusal.
pub(crate) fn code(text: &str, field: &'static str) -> Result<Code, Unreadable> {
    let of = |prefix: &str| {
        let digits = text.strip_prefix(prefix)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u32>().ok().filter(|_| plain)
    };
    let bidder = of("bidder-").map(Code::Bidder);
    bidder.or_else(|| of("priority-").map(Code::Priority)).ok_or(Unreadable { field })
}

pub(crate) fn maybe_code(text: &str, field: &'static str) -> Result<Option<Code>, Unreadable> {
    if text.is_empty() { Ok(None) } else { code(text, field).map(Some) }
}

pub(crate) fn lot_of(wire: v1::Lot) -> Result<Lot, Unreadable> {
    Ok(Lot {
        listing: read(&wire.listing_id, "lot.listing_id")?,
        mode: LotMode::from_wire(wire.mode)?,
        phase: Phase::from_wire(wire.phase)?,
        begins: wire::time(some(wire.begins, "lot.begins")?)?,
        phase_began: maybe_time(wire.phase_began)?,
        ends: maybe_time(wire.ends)?,
        best: maybe(&wire.best_price, "lot.best_price")?,
        best_code: maybe_code(&wire.best_code, "lot.best_code")?,
        called: maybe(&wire.called_price, "lot.called_price")?,
        least_bid: maybe(&wire.least_bid, "lot.least_bid")?,
        bidders: wire.bidders,
        bids: wire.bids,
        award: wire.award.map(award_of).transpose()?,
    })
}

fn award_of(wire: v1::Award) -> Result<Award, Unreadable> {
    let lines = wire.lines.into_iter().map(|line| {
        Ok(AwardLine {
            bid: read(&line.bid_id, "award.bid_id")?,
            code: code(&line.code, "award.code")?,
            units: read(&line.units, "award.units")?,
            cash: read(&line.cash, "award.cash")?,
            reason: Reason::from_wire(line.reason)?,
        })
    });
    let unrevealed = wire.unrevealed_codes.iter().map(|text| code(text, "unrevealed_codes"));
    Ok(Award {
        lines: lines.collect::<Result<_, _>>()?,
        unrevealed: unrevealed.collect::<Result<_, _>>()?,
        uniform: maybe(&wire.uniform_price, "award.uniform_price")?,
        signature_due: wire::time(some(wire.signature_due, "award.signature_due")?)?,
        shown_until: wire::time(some(wire.shown_until, "award.shown_until")?)?,
        binding: if wire.offered { Binding::Offered } else { Binding::Bound },
    })
}

pub(crate) fn bidder_of(wire: v1::Bidder) -> Result<Bidder, Unreadable> {
    Ok(Bidder {
        party: read(&wire.party_id, "bidder.party_id")?,
        right: if wire.first_refusal { Right::FirstRefusal } else { Right::None },
        state: BidderState::from_wire(wire.state)?,
        code: maybe_code(&wire.code, "bidder.code")?,
        held_lots: wire.held_lots,
        deposit_due: maybe_time(wire.deposit_due)?,
        deposit_held: maybe(&wire.deposit_held, "bidder.deposit_held")?.unwrap_or_default(),
    })
}

pub(crate) fn bid_of(wire: v1::LotBid) -> Result<LotBid, Unreadable> {
    Ok(LotBid {
        id: read(&wire.bid_id, "bid_id")?,
        code: code(&wire.code, "bid.code")?,
        price: read(&wire.price, "bid.price")?,
        units: maybe(&wire.units, "bid.units")?,
        min_units: maybe(&wire.min_units, "bid.min_units")?,
        time: wire::time(some(wire.time, "bid.time")?)?,
        kind: Kind::from_wire(wire.kind)?,
        standing: Standing::from_wire(wire.standing)?,
        points: wire.points,
    })
}

pub(crate) fn offer_of(wire: v1::LotOffer) -> Result<LotOffer, Unreadable> {
    let code = code(&wire.code, "offer.code")?;
    Ok(LotOffer {
        id: read(&wire.offer_id, "offer_id")?,
        code,
        by: if wire.by_seller { Side::Seller } else { Side::Bidder(code) },
        price: read(&wire.price, "offer.price")?,
        time: wire::time(some(wire.time, "offer.time")?)?,
        expires: wire::time(some(wire.expires, "offer.expires")?)?,
        counters: maybe(&wire.counters_offer_id, "offer.counters_offer_id")?,
        state: OfferState::from_wire(wire.state)?,
    })
}

/// `None` where the protocol has no words for it yet: the server then says that none is given.
pub(crate) fn opening_to_wire(opening: &Opening) -> Option<v1::open_bidding_request::Opening> {
    use v1::open_bidding_request::Opening as Wire;
    match opening {
        Opening::English { increment } => {
            Some(Wire::English(v1::EnglishOpening { increment: increment.to_string() }))
        }
        Opening::Sealed { commit_seconds } => {
            Some(Wire::Sealed(v1::SealedOpening { commit_seconds: *commit_seconds }))
        }
        Opening::Dutch { start, step, step_seconds } => Some(Wire::Dutch(v1::DutchOpening {
            start: start.to_string(),
            step: step.to_string(),
            step_seconds: *step_seconds,
        })),
        Opening::Negotiated { seconds } => {
            Some(Wire::Negotiated(v1::NegotiatedOpening { seconds: *seconds }))
        }
        Opening::Tender { .. } | Opening::Quotes { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_nothing_else_does() {
        for known in [Code::Bidder(1), Code::Bidder(1_000), Code::Priority(7)] {
            assert_eq!(code(&known.to_string(), "code"), Ok(known));
        }
        for wrong in ["", "bidder-", "bidder-+1", "bidder-x", "priority", "party-1"] {
            assert!(code(wrong, "code").is_err(), "{wrong}");
        }
        assert_eq!(maybe_code("", "code"), Ok(None));
    }

    #[test]
    fn an_award_says_what_a_code_won_before_what_it_lost() {
        let line = |bid, code: &str, units: &str, reason: v1::AwardReason| v1::AwardLine {
            bid_id: format!("bid-{bid}"),
            code: code.to_owned(),
            units: units.to_owned(),
            cash: "0".to_owned(),
            reason: reason.into(),
        };
        let moment = Some(wire::timestamp(Time::from_nanos(7)));
        let award = v1::Award {
            lines: vec![
                line(0, "bidder-1", "10", v1::AwardReason::Won),
                line(1, "bidder-1", "0", v1::AwardReason::Outbid),
                line(2, "bidder-2", "0", v1::AwardReason::BelowReserve),
            ],
            signature_due: moment,
            shown_until: moment,
            ..v1::Award::default()
        };
        let award = award_of(award).unwrap();
        assert_eq!(award.of(Code::Bidder(1)).map(|line| line.reason), Some(Reason::Won));
        assert_eq!(award.of(Code::Bidder(2)).map(|line| line.reason), Some(Reason::BelowReserve));
        assert_eq!((award.of(Code::Bidder(3)), award.winners().count()), (None, 1));
    }
}
