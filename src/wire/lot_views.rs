//! Biddings as messages: the lot, its award, who would bid, bids and offers.

use sfund_engine::amount::{Money, Units};
use sfund_engine::bidding::declare::Right;
use sfund_engine::bidding::mode::{Bid, Line, Mode, Offer, Phase, Side, Told};
use sfund_engine::bidding::{Binding, Claim, ClaimState, Deal};
use sfund_engine::id::{BidId, OfferId};
use sfund_engine::time::Time;
use sfund_proto::v1;

use crate::read::biddings::LotView;
use crate::wire::fields::{text_if_any, write_time};
use crate::wire::twins::Twin;

/// Whether it is told how much somebody bids for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// It is.
    Shown,
    /// It is not.
    Hidden,
}

/// What everybody is told of a lot.
#[must_use]
pub fn lot(view: &LotView) -> v1::Lot {
    let has_begun = view.phase != Phase::Waiting && view.began != Time::ZERO;
    let moment = |time: Time| has_begun.then(|| write_time(time));
    v1::Lot {
        listing_id: view.id.to_string(),
        mode: mode(&view.mode).into(),
        phase: view.phase.write(),
        begins: Some(write_time(view.begins)),
        phase_began: moment(view.began),
        ends: moment(view.ends),
        best_price: text_if_any(view.best.map(|(price, _)| price)),
        best_code: text_if_any(view.best.map(|(_, code)| code)),
        called_price: text_if_any(view.called),
        least_bid: text_if_any(view.least_bid),
        bidders: count(view.bidders),
        bids: match view.told {
            Told::Everybody => count(view.bids),
            Told::OwnOnly => 0,
        },
        award: view.deal.as_deref().map(|deal| award(deal, view.lot)),
    }
}

const fn mode(mode: &Mode) -> v1::LotMode {
    match mode {
        Mode::English(_) => v1::LotMode::English,
        Mode::Sealed(_) => v1::LotMode::Sealed,
        Mode::Dutch(_) => v1::LotMode::Dutch,
        Mode::Tender(_) => v1::LotMode::Tender,
        Mode::Negotiated(_) => v1::LotMode::Negotiated,
        Mode::Quotes(_) => v1::LotMode::Quotes,
        Mode::Enforcement(_) => v1::LotMode::Enforcement,
    }
}

fn award(deal: &Deal, lot: Units) -> v1::Award {
    let line = |line: &Line| v1::AwardLine {
        bid_id: line.bid.to_string(),
        code: line.bidder.to_string(),
        units: units(line.quantity, lot).to_string(),
        cash: cash(line.pays_e4, lot).to_string(),
        reason: line.reason.write(),
    };
    v1::Award {
        lines: deal.award.lines.iter().map(line).collect(),
        unrevealed_codes: deal.award.unrevealed.iter().map(ToString::to_string).collect(),
        uniform_price: text_if_any(deal.award.uniform),
        signature_due: Some(write_time(deal.signature_due)),
        shown_until: Some(write_time(deal.shown_until)),
        offered: deal.binding == Binding::Offered,
    }
}

/// So many lots of the fund as units.
fn units(lots: u64, lot: Units) -> Units {
    Units::from_e2(lots.saturating_mul(lot.e2()))
}

/// What is paid for one unit of each lot, times the units of one, rounded down to a fen.
fn cash(pays_e4: u64, lot: Units) -> Money {
    let exact = u128::from(pays_e4).saturating_mul(u128::from(lot.e2()));
    let fen = exact.checked_div(PRICE_UNITS_PER_FEN).unwrap_or(0);
    Money::from_fen(i64::try_from(fen).unwrap_or(i64::MAX))
}

/// A ten-thousandth of a yuan times a hundredth of a unit, so many of which are a fen.
const PRICE_UNITS_PER_FEN: u128 = 10_000;

/// One who would bid.
#[must_use]
pub fn bidder(claim: &Claim) -> v1::Bidder {
    use v1::BidderState as State;
    let (state, due) = match claim.state {
        ClaimState::Declared => (State::Declared, None),
        ClaimState::Refused => (State::Refused, None),
        ClaimState::Qualified(due) => (State::Qualified, Some(due)),
        ClaimState::Deposited => (State::Deposited, None),
        ClaimState::Returned => (State::Returned, None),
        ClaimState::Defaulted => (State::Defaulted, None),
        ClaimState::Signed => (State::Signed, None),
    };
    v1::Bidder {
        party_id: claim.party.to_string(),
        first_refusal: claim.right == Right::FirstRefusal,
        state: state.into(),
        code: text_if_any(claim.code),
        held_lots: claim.held_lots,
        deposit_due: due.map(write_time),
        deposit_held: claim.held.to_string(),
    }
}

/// A bid.
#[must_use]
pub fn bid(id: BidId, bid: &Bid, lot: Units, quantity: Quantity) -> v1::LotBid {
    let told = |lots: u64| match quantity {
        Quantity::Shown => units(lots, lot).to_string(),
        Quantity::Hidden => String::new(),
    };
    v1::LotBid {
        bid_id: id.to_string(),
        code: bid.bidder.to_string(),
        price: bid.terms.price.to_string(),
        units: told(bid.terms.maximum),
        min_units: told(bid.terms.minimum),
        time: Some(write_time(bid.at)),
        kind: bid.kind.write(),
        standing: bid.standing.write(),
        points: bid.points.clone(),
    }
}

/// An offer.
#[must_use]
pub fn offer(id: OfferId, offer: &Offer) -> v1::LotOffer {
    v1::LotOffer {
        offer_id: id.to_string(),
        code: offer.bidder.to_string(),
        by_seller: match offer.by {
            Side::Seller => true,
            Side::Bidder(_) => false,
        },
        price: offer.terms.price.to_string(),
        time: Some(write_time(offer.at)),
        expires: Some(write_time(offer.expires)),
        counters_offer_id: text_if_any(offer.counters),
        state: offer.state.write(),
    }
}

/// From when to when sealed bids are opened.
#[must_use]
pub fn reveals(view: &LotView) -> Option<(Time, Time)> {
    let seconds = match &view.mode {
        Mode::Sealed(sealed) => sealed.reveal_seconds,
        Mode::Tender(tender) => tender.reveal_seconds,
        Mode::English(_)
        | Mode::Dutch(_)
        | Mode::Negotiated(_)
        | Mode::Quotes(_)
        | Mode::Enforcement(_) => return None,
    };
    match view.phase {
        Phase::Committing => Some((view.ends, view.ends.plus_seconds(seconds.into()))),
        Phase::Revealing | Phase::Over => {
            Some((view.began, view.began.plus_seconds(seconds.into())))
        }
        Phase::Waiting
        | Phase::Free
        | Phase::Timed
        | Phase::Scoring
        | Phase::Falling
        | Phase::Negotiating
        | Phase::Quoting
        | Phase::Choosing
        | Phase::FirstRefusal => None,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d4_cash_of_an_award_is_exact_and_rounded_down_to_a_fen() {
        // 1.2345 for each of 100 lots of 10 units: 1,234.50.
        assert_eq!(cash(12_345 * 100, Units::from_e2(1_000)), Money::from_fen(123_450));
        // A third of a fen is nobody's.
        assert_eq!(cash(12_345, Units::from_e2(3)), Money::from_fen(3));
        assert_eq!(units(100, Units::from_e2(1_000)), Units::from_e2(100_000));
    }
}
