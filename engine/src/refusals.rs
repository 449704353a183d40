//! Every line of the catalogue of refusals is said by some command, and the earlier rule is said
//! first.

mod access;
mod biddings;
mod calls;
mod listings;
mod registry;
mod trade;

use crate::command::Command;
use crate::entry::{Attempt, Caller, Header};
use crate::fixture::{
    ALICE, LICENSED, OPERATOR, accept, approve, licensed, order, party, refuse, soon, trading,
};
use crate::market::{Judgement, Market};
use crate::policy::Pack;
use crate::reject::Reject;
use crate::trading::place_order::PlaceOrder;
use crate::venue::adopt_pack::AdoptPack;

/// A refusal's name and a market that gives it.
type Scenario = (&'static str, fn() -> Reject);

/// Nobody and nothing has this number.
const NOBODY: u32 = 99;

#[test]
fn every_refusal_is_reachable() {
    let scenarios = [
        access::SCENARIOS,
        registry::SCENARIOS,
        trade::SCENARIOS,
        listings::SCENARIOS,
        biddings::SCENARIOS,
        calls::SCENARIOS,
    ]
    .concat();
    let mut given = Vec::new();
    for (name, scenario) in scenarios {
        let reject = scenario();
        assert_eq!(reject.name(), name, "{reject}");
        assert_says_what_it_means(&reject);
        given.push(name);
    }
    let catalogue: Vec<_> = Reject::CATALOGUE.iter().map(|line| line.name).collect();
    assert_eq!(given, catalogue, "one scenario for each line, in order");
}

/// A refusal has a meaning and a text, and the text holds every field.
fn assert_says_what_it_means(reject: &Reject) {
    let (line, text, fields) = (reject.refusal(), reject.to_string(), reject.fields());
    let name = line.name;
    assert!(line.meaning.ends_with('.') && 10 < line.meaning.len(), "{name}: {}", line.meaning);
    assert!(10 < text.len() && !text.contains(['{', '}', '\n']), "{name}: {text}");
    let names: Vec<_> = fields.iter().map(|(field, _)| *field).collect();
    assert_eq!(names, line.fields, "{name}");
    for (field, value) in fields {
        assert!(!value.is_empty() && text.contains(&value), "{name} says its {field}: {text}");
    }
}

#[test]
fn of_two_broken_rules_the_earlier_one_is_said() {
    for (earlier, later, both) in PAIRS {
        let number = |name: &str| {
            let found = Reject::CATALOGUE.iter().find(|line| line.name == name);
            found.expect("the name is in the catalogue").number
        };
        assert!(number(earlier) < number(later), "{earlier} is before {later}");
        assert_eq!(both().name(), *earlier, "and not {later}");
    }
}

/// An earlier and a later rule, and a market in which a command breaks both.
type Pair = (&'static str, &'static str, fn() -> Reject);

const PAIRS: &[Pair] = &[
    ("VENUE_NOT_OPEN", "NOT_PERMITTED", || {
        refuse(&mut Market::default(), party(ALICE), Command::Advance)
    }),
    ("NOT_PERMITTED", "FUND_NOT_FOUND", access::a_stranger_trades_in_no_fund),
    ("BAD_TEXT", "PARTY_NOT_FOUND", registry::nobody_is_suspended_without_a_reason),
    ("PARTY_NOT_FOUND", "FUND_NOT_FOUND", registry::nobody_is_issued_units_of_no_fund),
    ("FUND_NOT_FOUND", "WRONG_ROLE", registry::units_of_no_fund_are_pledged_to_an_investor),
    ("CODE_TAKEN", "WRONG_ROLE", registry::a_known_code_has_an_investor_for_a_member),
    ("STAFF_INCOMPLETE", "CALENDAR_NOT_NEXT", registry::a_venue_opens_alone_and_late),
    ("WRONG_ROLE", "MODE_FORBIDDEN", trade::a_member_trades_where_nobody_may),
    ("MODE_FORBIDDEN", "PARTY_SUSPENDED", trade::the_suspended_trade_where_nobody_may),
    ("PARTY_SUSPENDED", "NOT_TRADING", trade::the_suspended_trade_in_a_halt),
    ("NOT_TRADING", "NO_UNITS", trade::nothing_is_bought_in_a_halt),
    ("NO_UNITS", "NOT_IN_TICKS", trade::nothing_is_bought_between_ticks),
    ("BAD_TIME_IN_FORCE", "UNITS_NOT_AVAILABLE", trade::a_post_only_order_must_not_rest),
    ("NO_REFERENCE", "NOT_QUALIFIED", trade::an_unqualified_buy_without_a_reference),
    ("BELOW_INVESTMENT_MIN", "TURNAROUND_INTERVAL", trade::a_little_is_bought_back_at_once),
    ("BELOW_MINIMUM_TICKET", "UNITS_NOT_AVAILABLE", trade::a_splinter_of_pledged_units),
    ("CASH_NOT_AVAILABLE", "TOO_MANY_ORDERS", trade::one_order_more_without_cash),
    ("BELOW_MINIMUM_TICKET", "CALL_NOT_OPEN", calls::a_splinter_before_the_opening),
    ("CASH_NOT_AVAILABLE", "POST_ONLY_WOULD_TRADE", trade::a_post_only_buy_without_cash),
];

/// What the market says to an order of its owner.
#[track_caller]
fn refuse_order(market: &mut Market, ask: PlaceOrder) -> Reject {
    refuse(market, party(ask.party), Command::PlaceOrder(ask))
}

#[track_caller]
fn place(market: &mut Market, ask: PlaceOrder) {
    accept(market, party(ask.party), Command::PlaceOrder(ask));
}

#[track_caller]
fn refuse_operator(market: &mut Market, command: Command) -> Reject {
    refuse(market, party(OPERATOR), command)
}

/// A venue ready to trade under the licensed pack with a change.
fn under(change: impl FnOnce(&mut Pack)) -> Market {
    let mut market = trading();
    let mut pack = Pack { version: 2, ..licensed() };
    change(&mut pack);
    let ask = AdoptPack { segment: LICENSED, pack, overlay: None };
    approve(&mut market, Command::AdoptPack(Box::new(ask)));
    market
}

/// What an attempt is told that leaves no entry.
fn unrecorded(market: &Market, caller: Caller, attempt: Attempt, command: &Command) -> Reject {
    let sequence = market.sequence().next();
    let header = Header { sequence, at: soon(market), caller, attempt: Some(attempt) };
    match market.judge(&header, command, &mut Vec::new()) {
        Judgement::Unrecorded(reject) => reject,
        other => panic!("{other:?}"),
    }
}
