//! The digest of one small market, for ever.
//!
//! A fixed list of commands leads from the fixture to one market, and one market is one digest: it
//! changes if a rule, a layout or the fixture does, and then somebody should know which.

use super::{check, to_hex};
use crate::amount::Price;
use crate::call::place::PlaceCallOrder;
use crate::call::schedule::ScheduleCall;
use crate::call::{CallTerms, Repetition};
use crate::cash::request_transfer::Direction;
use crate::cash::settle_transfer::TransferOutcome;
use crate::command::Command;
use crate::entry::Caller;
use crate::fixture::{
    ALICE, BANK, BOB, CAROL, DAVE, FUND, LENDER, LICENSED, OPERATOR, REGIONAL_FUND, accept,
    accept_at, approve, cents, date, fees, opening, order, party, settle, soon, trading, transfer,
    units, yuan,
};
use crate::id::{CallId, FundId, LockId, OrderId, TransferId};
use crate::market::Market;
use crate::policy::{Fees, Rates};
use crate::registry::affiliate::Affiliate;
use crate::registry::lock_units::{LockKind, LockUnits};
use crate::registry::unlock_units::UnlockUnits;
use crate::trading::amend_order::AmendOrder;
use crate::trading::board::PostIntention;
use crate::trading::cancel_all::CancelAll;
use crate::trading::cancel_order::CancelOrder;
use crate::trading::order::{OrderPrice, SelfTrade, TimeInForce};
use crate::trading::place_order::PlaceOrder;
use crate::trading::set_reference::SetReference;
use crate::trading::side::Side;
use crate::venue::set_fees::SetFees;

#[test]
fn the_same_commands_lead_to_the_same_digest_for_ever() {
    let mut market = trading();
    registry(&mut market);
    orders(&mut market);
    board(&mut market);
    call(&mut market);
    assert_eq!(market.check(), Ok(()));
    let mut text = "# Digest of the market that golden/digest.rs makes.\n".to_owned();
    text += &to_hex(&market.digest());
    text += "\n";
    check("digest.txt", &text);
}

fn registry(market: &mut Market) {
    let rates = Rates { taker_sell: fees().tiers[0].maker_sell, ..fees().tiers[0] };
    let fees = Fees { tiers: vec![rates] };
    approve(market, Command::SetFees(Box::new(SetFees { segment: LICENSED, fees })));
    accept(market, party(OPERATOR), pledge(900_000));
    accept(market, party(OPERATOR), pledge(50_000));
    let release = UnlockUnits { lock: LockId::new(1), evidence: "解除质押".to_owned() };
    accept(market, party(LENDER), Command::UnlockUnits(Box::new(release)));
    let withdrawal = TransferId::new(market.transfers_count);
    accept(market, party(CAROL), transfer(CAROL, Direction::Withdrawal, yuan(500)));
    accept(market, party(BANK), settle(withdrawal, TransferOutcome::Confirmed));
    accept(market, party(DAVE), transfer(DAVE, Direction::Withdrawal, yuan(700)));
    let ask = Affiliate { party: DAVE, with: Some(BOB) };
    accept(market, party(OPERATOR), Command::Affiliate(ask));
    let reference = SetReference {
        fund: FUND,
        price: cents(101),
        source: "估值报告".to_owned(),
        valid_until: opening().plus_seconds(86_400),
    };
    accept(market, party(OPERATOR), Command::SetReference(Box::new(reference)));
}

fn orders(market: &mut Market) {
    let plain = order(ALICE, Side::Sell, 101, 500);
    let iceberg = PlaceOrder { peak: units(40), ..order(BOB, Side::Sell, 101, 400) };
    let expires = opening().plus_seconds(86_400);
    let dated = PlaceOrder {
        time_in_force: TimeInForce::GoodTill(expires),
        session: 7,
        ..order(CAROL, Side::Buy, 99, 1_000)
    };
    let least = PlaceOrder { minimum: units(300), ..order(CAROL, Side::Buy, 100, 350) };
    let taker = PlaceOrder {
        time_in_force: TimeInForce::ImmediateOrCancel,
        self_trade: SelfTrade::CancelOldest,
        ..order(CAROL, Side::Buy, 101, 650)
    };
    let alices = place(market, plain);
    place(market, iceberg);
    let carols = place(market, dated);
    place(market, least);
    place(market, taker);
    let amend = AmendOrder { order: carols, price: None, units: Some(units(800)) };
    accept(market, party(CAROL), Command::AmendOrder(amend));
    place(market, order(ALICE, Side::Sell, 99, 120));
    place(market, order(DAVE, Side::Buy, 98, 10));
    let more = place(market, order(ALICE, Side::Sell, 105, 10));
    accept(market, party(ALICE), Command::CancelOrder(CancelOrder { order: more }));
    assert!(market.orders.get(alices).is_none(), "it has traded");
    let ask = CancelAll { party: DAVE, fund: None, session: None };
    accept(market, party(DAVE), Command::CancelAll(ask));
    accept(market, Caller::Venue, Command::Advance);
}

fn board(market: &mut Market) {
    for (who, side, price) in [(ALICE, Side::Sell, 1_000), (CAROL, Side::Buy, 1_010)] {
        let ask = PostIntention {
            party: who,
            fund: REGIONAL_FUND,
            side,
            price: Price::from_e4(price * 10),
            units: units(10_000),
            expires: opening().plus_seconds(86_400),
        };
        accept(market, party(who), Command::PostIntention(ask));
    }
}

/// A call that waits with an order of each side.
fn call(market: &mut Market) {
    let repeats = Some(Repetition { trading_days: 5, until: date("2027-12-30") });
    let (opens, closes) = (opening().plus_seconds(60), opening().plus_seconds(3_660));
    let terms = CallTerms { fund: FUND, opens, closes, repeats };
    accept(market, party(OPERATOR), Command::ScheduleCall(ScheduleCall { terms }));
    for (who, side, price) in [(BOB, Side::Sell, 104), (CAROL, Side::Buy, 103)] {
        let price = OrderPrice::Limit(cents(price));
        let ask = PlaceCallOrder { call: CallId::new(0), party: who, side, price, units: units(7) };
        accept_at(market, soon(market).max(opens), party(who), Command::PlaceCallOrder(ask));
    }
}

fn pledge(whole: u64) -> Command {
    Command::LockUnits(Box::new(LockUnits {
        party: ALICE,
        fund: FundId::new(0),
        units: units(whole),
        kind: LockKind::Pledge,
        pledgee: Some(LENDER),
        evidence: "质押合同".to_owned(),
    }))
}

fn place(market: &mut Market, ask: PlaceOrder) -> OrderId {
    let id = market.orders.books.next_id();
    accept(market, party(ask.party), Command::PlaceOrder(ask));
    id
}
