//! A trade of a print (集合竞价成交): units, cash and fees in one act, as in continuous trading.

use minicbor::{Decode, Encode};

use crate::amount::{Money, Price, Units};
use crate::id::{CallId, CallOrderId, FundId, PartyId, TradeId};
use crate::market::Market;
use crate::trading::trade::{Moves, Part, settle};

/// Two orders of a call traded at its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallTraded {
    /// Its id, the next one of the venue.
    #[n(0)]
    pub trade: TradeId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// The call.
    #[n(2)]
    pub call: CallId,
    /// The order that bought.
    #[n(3)]
    pub buy: CallOrderId,
    /// The order that sold.
    #[n(4)]
    pub sell: CallOrderId,
    /// The price of the print.
    #[n(5)]
    pub price: Price,
    /// How many units.
    #[n(6)]
    pub units: Units,
    /// Price times units, exact.
    #[n(7)]
    pub cash: Money,
    /// Who bought.
    #[n(8)]
    pub buyer: PartyId,
    /// Who sold.
    #[n(9)]
    pub seller: PartyId,
    /// Fee on top of what the buyer pays.
    #[n(10)]
    pub buyer_fee: Money,
    /// Fee out of what the seller gets.
    #[n(11)]
    pub seller_fee: Money,
    /// E5: units that the buyer had available before.
    #[n(12)]
    pub buyer_before: Units,
    /// E5: units that the seller had on offer before.
    #[n(13)]
    pub seller_before: Units,
}

/// Applies a [`CallTraded`]; with its last trade a call is over.
pub(crate) fn apply(market: &mut Market, fact: &CallTraded) {
    assert!(fact.trade.number() == market.trades_count, "trades are numbered in turn");
    market.trades_count = market.trades_count.saturating_add(1);
    let fund = market.fund_mut(fact.fund);
    fund.last_price = Some(fact.price);
    let currency = fund.details.currency;
    let bought = fill(market, fact, fact.buy);
    let sold = fill(market, fact, fact.sell);
    assert!(bought.party == fact.buyer && sold.party == fact.seller, "orders have their owners");
    let moves = Moves {
        fund: fact.fund,
        currency,
        units: fact.units,
        cash: fact.cash,
        buyer_fee: fact.buyer_fee,
        seller_fee: fact.seller_fee,
        buyer_before: fact.buyer_before,
        seller_before: fact.seller_before,
    };
    settle(market, &moves, &bought, &sold);
    if market.call_of_fact(fact.call).orders.is_empty() {
        market.end_call(fact.call);
    }
}

/// Takes units off an order of the print; one that has traded whole is gone.
fn fill(market: &mut Market, fact: &CallTraded, order: CallOrderId) -> Part {
    let record = market.call_of_fact(fact.call);
    assert!(record.print.is_some(), "a call trades once it has printed");
    let before = *record.orders.get(&order).expect("a print is of orders of the call");
    let mut after = before;
    after.units = before.units.minus(fact.units);
    after.hold = after.needs(&market.schedules);
    market.change_call(fact.call, |record| {
        if after.units == Units::ZERO {
            record.orders.remove(&order);
        } else {
            record.orders.insert(order, after);
        }
    });
    let currency = market.fund(fact.fund).expect("a call's fund is registered").details.currency;
    Part {
        party: before.party,
        holding: market.register.place(before.party, fact.fund),
        cash: market.ledger.place(before.party, currency),
        held: before.hold,
        keeps: after.hold,
    }
}
