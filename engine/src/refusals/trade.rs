//! Refusals of orders, intentions, cash and units.

use super::registry::{pledge, set_status};
use super::{Scenario, order, place, refuse_operator, refuse_order, under};
use crate::amount::{Ppm, Price, Units};
use crate::cash::request_transfer::Direction;
use crate::command::Command;
use crate::fixture::{
    ALICE, CAROL, DAVE, FUND, LENDER, MEMBER, OFFSET, OPERATOR, REGIONAL_FUND, accept, cents, date,
    details, opening, party, refuse, refuse_at, register, today, trading, transfer, units, yuan,
};
use crate::id::OrderId;
use crate::market::Market;
use crate::policy::{Hours, UNITS_E2_MAX};
use crate::registry::fund::TradingState;
use crate::registry::issue_units::IssueUnits;
use crate::registry::party::{PartyStatus, Role};
use crate::reject::Reject;
use crate::trading::amend_order::AmendOrder;
use crate::trading::board::PostIntention;
use crate::trading::order::{OrderPrice, PostOnly, TimeInForce};
use crate::trading::place_order::PlaceOrder;
use crate::trading::set_reference::SetReference;
use crate::trading::set_trading_state::{SetTradingState, TradingScope};
use crate::trading::side::Side;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("MODE_FORBIDDEN", || {
        refuse_order(&mut trading(), PlaceOrder { fund: REGIONAL_FUND, ..sell(100, 10_000) })
    }),
    ("PARTY_SUSPENDED", || refuse_order(&mut suspended(trading()), sell(100, 1))),
    ("NOT_TRADING", || refuse_order(&mut halted(trading()), sell(100, 1))),
    ("OUT_OF_HOURS", || {
        let hours = Hours { opens_minute: 570, closes_minute: 900 };
        let mut market = under(|pack| pack.trading_hours = Some(hours));
        let evening = today().at_minute(900, OFFSET);
        refuse_at(&mut market, evening, party(ALICE), Command::PlaceOrder(sell(100, 1)))
    }),
    ("TERM_ENDED", || {
        let after = date("2031-01-01").at_minute(600, OFFSET);
        refuse_at(&mut trading(), after, party(ALICE), Command::PlaceOrder(sell(100, 1)))
    }),
    ("NO_UNITS", || refuse_order(&mut trading(), buy(100, 0))),
    ("NOT_IN_TICKS", || refuse_order(&mut trading(), between_ticks(buy(100, 1)))),
    ("NOT_IN_LOTS", || {
        refuse_order(&mut trading(), PlaceOrder { units: Units::from_e2(150), ..buy(100, 1) })
    }),
    ("ORDER_TOO_LARGE", || refuse_order(&mut trading(), buy(10_000_000, 1_000_000_000))),
    ("BAD_ICEBERG", || {
        refuse_order(&mut trading(), PlaceOrder { peak: units(1), ..sell(100, 101) })
    }),
    ("BAD_MINIMUM", || {
        refuse_order(&mut trading(), PlaceOrder { minimum: units(11), ..sell(100, 10) })
    }),
    ("BAD_TIME_IN_FORCE", || {
        let price = OrderPrice::Market(cents(100));
        refuse_order(&mut trading(), PlaceOrder { price, ..buy(100, 1) })
    }),
    ("EXPIRY_OUT_OF_RANGE", || {
        let time_in_force = TimeInForce::GoodTill(opening());
        refuse_order(&mut trading(), PlaceOrder { time_in_force, ..sell(100, 1) })
    }),
    ("NO_REFERENCE", || {
        let mut market = under(|pack| pack.price_band = Some(Ppm::new(100_000)));
        refuse_order(&mut market, sell(100, 1))
    }),
    ("OUTSIDE_BAND", || {
        let mut market = under(|pack| pack.price_band = Some(Ppm::new(100_000)));
        let (source, valid_until) = ("估值报告".to_owned(), opening().plus_seconds(3_600));
        let ask = SetReference { fund: FUND, price: cents(100), source, valid_until };
        accept(&mut market, party(OPERATOR), Command::SetReference(Box::new(ask)));
        refuse_order(&mut market, sell(111, 1))
    }),
    ("NOT_QUALIFIED", || {
        let mut market = trading();
        let eve = register(&mut market, details("EVE", Role::SFund));
        refuse_order(&mut market, order(eve, Side::Buy, 100, 1))
    }),
    ("BELOW_INVESTMENT_MIN", || {
        let mut market = under(|pack| pack.investors.investment_min = yuan(1_000));
        refuse_order(&mut market, buy(100, 999))
    }),
    ("TURNAROUND_INTERVAL", || {
        let mut market = under(|pack| pack.turnaround_trading_days = 5);
        deal(&mut market);
        refuse_order(&mut market, order(CAROL, Side::Sell, 100, 10))
    }),
    ("HOLDER_CAP", || {
        // ALICE and BOB hold, and CAROL counts as three.
        let mut market = under(|pack| pack.holder_caps.partnership = 4);
        refuse_order(&mut market, buy(100, 1))
    }),
    ("BELOW_MINIMUM_TICKET", || refuse_order(&mut tickets(), buy(100, 99))),
    ("UNITS_NOT_AVAILABLE", || {
        let mut market = trading();
        accept(&mut market, party(OPERATOR), pledge(FUND, LENDER, units(900_000)));
        refuse_order(&mut market, sell(100, 200_000))
    }),
    ("CASH_NOT_AVAILABLE", || {
        refuse(&mut trading(), party(ALICE), transfer(ALICE, Direction::Withdrawal, yuan(1)))
    }),
    ("TOO_MANY_ORDERS", || {
        let mut market = one_order();
        refuse_order(&mut market, sell(100, 1))
    }),
    ("TOO_MANY_INTENTIONS", || {
        let mut market = under(|pack| pack.limits.intentions_per_party_max = 1);
        accept(&mut market, party(ALICE), intend());
        refuse(&mut market, party(ALICE), intend())
    }),
    ("POST_ONLY_WOULD_TRADE", || {
        let mut market = trading();
        place(&mut market, sell(100, 10));
        refuse_order(&mut market, PlaceOrder { post_only: PostOnly::Yes, ..buy(100, 1) })
    }),
    ("NOT_FILLABLE", || {
        let mut market = trading();
        place(&mut market, sell(100, 10));
        let time_in_force = TimeInForce::FillOrKill;
        refuse_order(&mut market, PlaceOrder { time_in_force, ..buy(100, 11) })
    }),
    ("AMENDED_BELOW_FILLED", || {
        let mut market = trading();
        let ask = market.orders.books.next_id();
        place(&mut market, sell(100, 10));
        place(&mut market, buy(100, 5));
        refuse(&mut market, party(ALICE), amend(ask, 5))
    }),
    ("NOTHING_TO_AMEND", || {
        let mut market = trading();
        let ask = market.orders.books.next_id();
        place(&mut market, sell(100, 10));
        refuse(&mut market, party(ALICE), amend(ask, 10))
    }),
    ("BALANCE_TOO_LARGE", || {
        let (fund, party, units) = (FUND, ALICE, Units::from_e2(UNITS_E2_MAX));
        let ask = IssueUnits { fund, party, units, evidence: "认购协议".to_owned() };
        refuse_operator(&mut trading(), Command::IssueUnits(Box::new(ask)))
    }),
];

pub(super) fn a_member_trades_where_nobody_may() -> Reject {
    let ask = PlaceOrder { fund: REGIONAL_FUND, party: MEMBER, ..sell(100, 10_000) };
    refuse_order(&mut trading(), ask)
}

pub(super) fn the_suspended_trade_where_nobody_may() -> Reject {
    let ask = PlaceOrder { fund: REGIONAL_FUND, ..sell(100, 10_000) };
    refuse_order(&mut suspended(trading()), ask)
}

pub(super) fn the_suspended_trade_in_a_halt() -> Reject {
    refuse_order(&mut halted(suspended(trading())), sell(100, 1))
}

pub(super) fn nothing_is_bought_in_a_halt() -> Reject {
    refuse_order(&mut halted(trading()), buy(100, 0))
}

pub(super) fn nothing_is_bought_between_ticks() -> Reject {
    refuse_order(&mut trading(), between_ticks(buy(100, 0)))
}

pub(super) fn a_post_only_order_must_not_rest() -> Reject {
    let (post_only, time_in_force) = (PostOnly::Yes, TimeInForce::ImmediateOrCancel);
    let ask = PlaceOrder { post_only, time_in_force, ..sell(100, 2_000_000) };
    refuse_order(&mut trading(), ask)
}

pub(super) fn an_unqualified_buy_without_a_reference() -> Reject {
    let mut market = under(|pack| pack.price_band = Some(Ppm::new(100_000)));
    let eve = register(&mut market, details("EVE", Role::SFund));
    refuse_order(&mut market, order(eve, Side::Buy, 100, 1))
}

pub(super) fn a_little_is_bought_back_at_once() -> Reject {
    let mut market = under(|pack| {
        pack.turnaround_trading_days = 5;
        pack.investors.investment_min = yuan(1_000);
    });
    place(&mut market, sell(100, 1_000_000));
    place(&mut market, buy(100, 1_000_000));
    refuse_order(&mut market, order(ALICE, Side::Buy, 100, 1))
}

pub(super) fn a_splinter_of_pledged_units() -> Reject {
    let mut market = tickets();
    accept(&mut market, party(OPERATOR), pledge(FUND, LENDER, units(1_000_000)));
    refuse_order(&mut market, sell(100, 99))
}

pub(super) fn one_order_more_without_cash() -> Reject {
    refuse_order(&mut one_order(), order(ALICE, Side::Buy, 100, 1))
}

pub(super) fn a_post_only_buy_without_cash() -> Reject {
    let mut market = trading();
    place(&mut market, sell(100, 10));
    let ask = order(DAVE, Side::Buy, 100_000, 1_000_000);
    refuse_order(&mut market, PlaceOrder { post_only: PostOnly::Yes, ..ask })
}

fn sell(price: u64, whole: u64) -> PlaceOrder {
    order(ALICE, Side::Sell, price, whole)
}

fn buy(price: u64, whole: u64) -> PlaceOrder {
    order(CAROL, Side::Buy, price, whole)
}

fn between_ticks(ask: PlaceOrder) -> PlaceOrder {
    PlaceOrder { price: OrderPrice::Limit(Price::from_e4(10_001)), ..ask }
}

fn amend(order: OrderId, whole: u64) -> Command {
    Command::AmendOrder(AmendOrder { order, price: None, units: Some(units(whole)) })
}

fn intend() -> Command {
    Command::PostIntention(PostIntention {
        party: ALICE,
        fund: FUND,
        side: Side::Sell,
        price: cents(100),
        units: units(1),
        expires: opening().plus_seconds(3_600),
    })
}

/// ALICE sold to CAROL.
fn deal(market: &mut Market) {
    place(market, sell(100, 10));
    place(market, buy(100, 10));
}

fn suspended(mut market: Market) -> Market {
    let ask = set_status(ALICE, PartyStatus::Suspended, "调查");
    accept(&mut market, party(OPERATOR), ask);
    market
}

fn halted(mut market: Market) -> Market {
    let (scope, state) = (TradingScope::Fund(FUND), TradingState::Halted);
    let ask = SetTradingState { scope, state, reason: "异常波动".to_owned() };
    accept(&mut market, party(OPERATOR), Command::SetTradingState(Box::new(ask)));
    market
}

/// FUND trades in tickets of 100 units.
fn tickets() -> Market {
    let mut market = trading();
    market.fund_mut(FUND).details.minimum_ticket = units(100);
    market
}

/// ALICE has the one order that a party may have.
fn one_order() -> Market {
    let mut market = under(|pack| pack.limits.orders_per_party_max = 1);
    place(&mut market, sell(100, 1));
    market
}
