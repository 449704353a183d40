//! Amending and cancelling, and whose order it is.

use super::{amend, buy, cancel, checked, place, sell, trades};
use crate::event::Event;
use crate::fixture::{ALICE, BOB, CAROL, DAVE, OPERATOR, party, refuse, trading, units};
use crate::reject::Reject;
use crate::trading::amend_order::TimePriority;
use crate::trading::cancel_order::OrderClosed;
use crate::trading::order::Closing;
use crate::trading::place_order::PlaceOrder;

#[test]
fn an_order_of_somebody_else_is_not_found() {
    let mut market = trading();
    let (id, _) = place(&mut market, sell(ALICE, 100, 10));
    for command in [cancel(id), amend(id, Some(101), None)] {
        let reject = refuse(&mut market, party(CAROL), command);
        assert_eq!(reject, Reject::OrderNotOpen { order: id });
    }
    checked(&mut market, party(OPERATOR), cancel(id));
    assert_eq!(refuse(&mut market, party(ALICE), cancel(id)), Reject::OrderNotOpen { order: id });
}

#[test]
fn a_smaller_order_keeps_its_time_and_a_larger_or_repriced_one_loses_it() {
    let queue = |price: Option<u64>, whole: Option<u64>| {
        let mut market = trading();
        let (first, _) = place(&mut market, sell(ALICE, 100, 20));
        place(&mut market, sell(BOB, 100, 20));
        let events = checked(&mut market, party(ALICE), amend(first, price, whole));
        let Event::OrderAmended(amended) = &events[0] else { panic!("{events:?}") };
        let (_, events) = place(&mut market, buy(CAROL, 100, 5));
        (amended.time, trades(&events)[0].0 == first)
    };
    assert_eq!(queue(None, Some(10)), (TimePriority::Kept, true));
    assert_eq!(queue(None, Some(30)), (TimePriority::Lost, false));
    assert_eq!(queue(Some(101), None), (TimePriority::Lost, false));
    assert_eq!(queue(Some(101), Some(10)), (TimePriority::Lost, false));
}

#[test]
fn an_amended_order_trades_where_its_new_price_crosses() {
    let mut market = trading();
    place(&mut market, buy(CAROL, 95, 10));
    let (ask, _) = place(&mut market, sell(ALICE, 100, 30));
    let events = checked(&mut market, party(ALICE), amend(ask, Some(95), Some(40)));
    assert_eq!(trades(&events).len(), 1);
    assert_eq!(market.orders.at(ask).left(), units(30));
    let reject = refuse(&mut market, party(ALICE), amend(ask, None, Some(10)));
    let filled = units(10);
    assert_eq!(reject, Reject::AmendedBelowFilled { units: units(10), filled });
    assert_eq!(
        refuse(&mut market, party(ALICE), amend(ask, None, None)),
        Reject::NothingToAmend {}
    );
    let reject = refuse(&mut market, party(ALICE), amend(ask, None, Some(2_000_000)));
    assert!(matches!(reject, Reject::UnitsNotAvailable { .. }), "{reject}");
}

#[test]
fn an_id_of_a_closed_order_is_never_an_open_one() {
    let mut market = trading();
    let (first, _) = place(&mut market, sell(ALICE, 100, 10));
    let closed = checked(&mut market, party(ALICE), cancel(first));
    let left = units(10);
    let expected = OrderClosed { order: first, reason: Closing::Cancelled, left };
    assert_eq!(closed, [Event::OrderClosed(expected)]);
    let (second, _) = place(&mut market, sell(ALICE, 100, 10));
    assert_eq!((first.slot(), first == second), (second.slot(), false));
    assert_eq!(
        refuse(&mut market, party(ALICE), cancel(first)),
        Reject::OrderNotOpen { order: first }
    );
}

#[test]
fn an_iceberg_does_not_grow_beyond_its_tranches() {
    let mut market = trading();
    let ask = PlaceOrder { peak: units(1), ..sell(ALICE, 100, 100) };
    let (ice, _) = place(&mut market, ask);
    let reject = refuse(&mut market, party(ALICE), amend(ice, None, Some(101)));
    assert_eq!(reject, Reject::BadIceberg { peak_min: units(2) });
    checked(&mut market, party(ALICE), amend(ice, Some(101), None));
    checked(&mut market, party(ALICE), amend(ice, None, Some(1)));
}

#[test]
fn an_all_or_none_order_stays_all_or_none_when_it_is_amended() {
    let mut market = trading();
    let ask = PlaceOrder { minimum: units(50), ..sell(ALICE, 100, 50) };
    let (whole, _) = place(&mut market, ask);
    checked(&mut market, party(ALICE), amend(whole, None, Some(80)));
    let (_, events) = place(&mut market, buy(CAROL, 100, 60));
    assert!(trades(&events).is_empty());
    let (_, events) = place(&mut market, buy(DAVE, 100, 80));
    assert_eq!(trades(&events), [(whole, 100, 80)]);
}
