//! Looking ahead at what commands will ask for, so that memory fetches it for all of them at the same
//! time and not for each in turn, one thing after the other.
//!
//! In three looks, since what one finds says where the next is: the orders, funds and holdings that
//! are named; what these lead to; who stands last where an order will rest. Changes nothing and
//! tells nothing, and a command that makes no sense does no harm.

use std::hint::black_box;

use crate::amount::Price;
use crate::command::Command;
use crate::id::{FundId, OrderId};
use crate::market::Market;
use crate::trading::book::{BookId, Tick};
use crate::trading::place_order::PlaceOrder;
use crate::trading::side::Side;

/// With fewer funds than these what is kept of them fits a cache, and looking ahead costs more than
/// it saves.
const WARM_FUNDS_MIN: usize = 1 << 8;

/// Placements of a batch whose queues are looked at: more would push each other out again.
const COMMANDS_MAX: usize = 16;

/// Whether what the market keeps no longer fits a cache.
pub(crate) fn is_large(market: &Market) -> bool {
    market.orders.books.is_large() || WARM_FUNDS_MIN <= market.funds.len()
}

/// Looks at what `commands` will ask for.
pub(crate) fn look<'a>(market: &Market, commands: impl Iterator<Item = &'a Command> + Clone) {
    let placed = || commands.clone().filter_map(placed);
    let named = || commands.clone().filter_map(named);
    let has_many_funds = WARM_FUNDS_MIN <= market.funds.len();
    if has_many_funds {
        let seek = |ask: &PlaceOrder| market.register.look(ask.party, ask.fund);
        black_box(placed().fold(0, |sum, ask| sum ^ fund(market, ask.fund) ^ seek(ask)));
    }
    market.orders.warm(named());
    if has_many_funds {
        black_box(placed().fold(0, |sum, ask| sum ^ held(market, ask)));
        black_box(named().fold(0, |sum, id| sum ^ owner(market, id)));
    }
    let mut tails = [0; COMMANDS_MAX];
    for (slot, ask) in tails.iter_mut().zip(placed()) {
        *slot = tail(market, ask.fund, ask.side, ask.price.worst());
    }
    black_box(tails.iter().fold(0, |sum, slot| sum ^ market.orders.books.look_at_slot(*slot)));
}

fn placed(command: &Command) -> Option<&PlaceOrder> {
    if let Command::PlaceOrder(ask) = command { Some(ask) } else { None }
}

/// The order that a command names.
fn named(command: &Command) -> Option<OrderId> {
    if let Command::AmendOrder(ask) = command {
        Some(ask.order)
    } else if let Command::CancelOrder(ask) = command {
        Some(ask.order)
    } else {
        None
    }
}

/// A fund and its book.
fn fund(market: &Market, fund: FundId) -> u32 {
    let book = market.orders.books.look_at_book(BookId::new(fund.number()));
    // One word of each of the two lines that orders ask for.
    market.fund(fund).map_or(book, |fund| fund.orders_open ^ fund.details.segment.number() ^ book)
}

/// What the owner of a new order holds.
fn held(market: &Market, ask: &PlaceOrder) -> u32 {
    let place = market.register.find(ask.party, ask.fund);
    place.map_or(0, |place| market.register.at(place).party.number())
}

/// What an order leads to: its owner's holding, its fund, its book.
fn owner(market: &Market, id: OrderId) -> u32 {
    market.orders.get(id).map_or(0, |order| {
        market.register.at(order.holding).party.number() ^ fund(market, order.fund)
    })
}

/// Who stands last where an order will rest.
fn tail(market: &Market, fund: FundId, side: Side, price: Price) -> u32 {
    let Ok(record) = market.fund(fund) else { return 0 };
    let tick = price.e4().checked_div(record.details.tick.e4()).unwrap_or(0);
    let tick = Tick::new(u32::try_from(tick).unwrap_or(0));
    market.orders.books.look_at_price(BookId::new(fund.number()), side, tick)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ALICE, CAROL, FUND, accept, order, party, trading};
    use crate::id::PartyId;
    use crate::trading::amend_order::AmendOrder;
    use crate::trading::cancel_order::CancelOrder;

    #[test]
    fn looking_ahead_finds_who_stands_last_and_takes_what_makes_no_sense() {
        let mut market = trading();
        let first = market.orders.books.next_id();
        accept(&mut market, party(ALICE), Command::PlaceOrder(order(ALICE, Side::Sell, 100, 5)));
        let at = |price: u64| tail(&market, FUND, Side::Sell, Price::from_e4(price * 100));
        assert_eq!((at(100), at(101), at(0)), (first.slot(), 0, 0));

        let good = order(CAROL, Side::Buy, 100, 1);
        let (nobody, nowhere) = (PartyId::new(u32::MAX), FundId::new(u32::MAX));
        let mut commands = vec![Command::PlaceOrder(good); 2 * COMMANDS_MAX];
        commands.push(Command::PlaceOrder(PlaceOrder { party: nobody, ..good }));
        commands.push(Command::PlaceOrder(PlaceOrder { fund: nowhere, ..good }));
        for order in [first, OrderId::from_parts(7, u32::MAX), OrderId::new(0)] {
            commands.push(Command::CancelOrder(CancelOrder { order }));
            commands.push(Command::AmendOrder(AmendOrder { order, price: None, units: None }));
        }
        let before = market.clone();
        look(&market, commands.iter());
        assert_eq!(market, before);
    }
}
