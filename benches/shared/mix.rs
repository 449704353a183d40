//! One seeded stream of commands, the same for every bench.
//!
//! It is made on a market of its own, which tells the ids that cancels and amendments name; as the
//! engine is deterministic, any other market that gets the same commands says the same.

use std::collections::HashMap;
use std::fmt;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sfund_engine::amount::{Price, Units};
use sfund_engine::command::Command;
use sfund_engine::entry::{Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, OrderId, PartyId};
use sfund_engine::market::{Judgement, Market};
use sfund_engine::time::Time;
use sfund_engine::trading::amend_order::AmendOrder;
use sfund_engine::trading::cancel_order::CancelOrder;
use sfund_engine::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use sfund_engine::trading::place_order::PlaceOrder;
use sfund_engine::trading::side::Side;

use super::venue::{Cast, date};

/// Who asks, and for what.
pub(crate) type Ask = (Caller, Command);

/// Who trades.
pub(crate) const CAST: Cast = Cast { sellers: 16, buyers: 16, holders: 4, holder_cap: 50 };
/// A price of 100.00 in ticks.
const MIDDLE_TICKS: u64 = 10_000;
/// Resting orders lie so many ticks from the middle at most.
const DEPTH_TICKS: u64 = 20;
const LOTS_MAX: u64 = 20;
const TAKER_LOTS_MAX: u64 = 40;

/// What a stream is made of.
#[derive(Clone, Copy)]
pub(crate) struct Recipe {
    pub(crate) seed: u64,
    pub(crate) funds: u32,
    /// Orders that rest before the stream begins, and about as many throughout.
    pub(crate) resting: usize,
    pub(crate) commands: usize,
}

/// The commands of a bench.
pub(crate) struct Stream {
    /// Open the venue, register who and what there is, and let orders rest.
    pub(crate) setup: Vec<Ask>,
    /// What is measured.
    pub(crate) asks: Vec<Ask>,
    pub(crate) counts: Counts,
}

/// What the stream turned out to be.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    adds: usize,
    cancels: usize,
    amends: usize,
    takers: usize,
    pub(crate) refused: usize,
    trades: usize,
    pub(crate) events: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { adds, cancels, amends, takers, refused, trades, events } = self;
        write!(f, "{adds} adds, {cancels} cancels, {amends} amends, {takers} takers; ")?;
        write!(f, "{trades} trades, {events} events, {refused} refused")
    }
}

/// When the venue opens.
pub(crate) fn opening() -> Time {
    date("2026-11-24").at_minute(9 * 60 + 30, 480)
}

/// Judges and records one command a nanosecond after the newest entry, as the sequencer does.
pub(crate) fn step(market: &mut Market, (caller, command): &Ask, events: &mut Vec<Event>) -> bool {
    let at = market.now().next().max(opening());
    let sequence = market.sequence().next();
    let header = Header { sequence, at, caller: *caller, attempt: None };
    events.clear();
    match market.judge(&header, command, events) {
        Judgement::Accepted => {
            market.record(&header, events);
            true
        }
        Judgement::Refused(_) => {
            market.record(&header, &[]);
            false
        }
        Judgement::Repeated(_) | Judgement::Unrecorded(_) => panic!("no attempt is named"),
    }
}

/// A market that got `asks`.
pub(crate) fn market_of(asks: &[Ask]) -> Market {
    let mut market = Market::default();
    let mut events = Vec::new();
    for ask in asks {
        assert!(step(&mut market, ask, &mut events), "the setup is accepted");
    }
    market
}

impl Recipe {
    /// Makes the stream.
    pub(crate) fn stream(self) -> Stream {
        let mut setup = CAST.venue(self.funds);
        let mut maker = Maker {
            recipe: self,
            rng: ChaCha8Rng::seed_from_u64(self.seed),
            market: market_of(&setup),
            open: Vec::new(),
            place: HashMap::new(),
            events: Vec::new(),
        };
        while maker.open.len() < self.resting {
            let ask = maker.add();
            assert!(maker.take_in(&ask), "what fills the books is accepted");
            setup.push(ask);
        }
        let mut counts = Counts::default();
        let asks = (0..self.commands).map(|_| maker.next(&mut counts)).collect();
        Stream { setup, asks, counts }
    }
}

struct Maker {
    recipe: Recipe,
    rng: ChaCha8Rng,
    market: Market,
    open: Vec<(OrderId, PartyId, Side)>,
    place: HashMap<OrderId, usize>,
    events: Vec<Event>,
}

impl Maker {
    /// In a hundred commands: 16 amend, 16 take, and 68 add or cancel, as it needs for about as many
    /// orders to rest as should.
    fn next(&mut self, counts: &mut Counts) -> Ask {
        let (few, many) = (self.recipe.resting * 9 / 10, self.recipe.resting * 11 / 10);
        let is_short = self.open.len() <= few;
        let (ask, count) = match self.rng.random_range(0..100) {
            0..68 if is_short => (self.add(), &mut counts.adds),
            0..42 if self.open.len() < many => (self.add(), &mut counts.adds),
            0..68 => (self.cancel(), &mut counts.cancels),
            68..84 if !self.open.is_empty() => (self.amend(), &mut counts.amends),
            _ => (self.taker(), &mut counts.takers),
        };
        *count += 1;
        if !self.take_in(&ask) {
            counts.refused += 1;
        }
        counts.events += self.events.len();
        let trades = self.events.iter().filter(|event| matches!(event, Event::Traded(_)));
        counts.trades += trades.count();
        ask
    }

    fn take_in(&mut self, ask: &Ask) -> bool {
        let accepted = step(&mut self.market, ask, &mut self.events);
        if !accepted {
            self.events.clear();
        }
        for event in &self.events {
            match (event, &ask.1) {
                (Event::OrderRested(rested), Command::PlaceOrder(terms)) => {
                    self.place.insert(rested.order, self.open.len());
                    self.open.push((rested.order, terms.party, terms.side));
                }
                (Event::OrderClosed(closed), _) => {
                    if let Some(index) = self.place.remove(&closed.order) {
                        self.open.swap_remove(index);
                        if let Some((moved, ..)) = self.open.get(index) {
                            self.place.insert(*moved, index);
                        }
                    }
                }
                _ => {}
            }
        }
        accepted
    }

    fn add(&mut self) -> Ask {
        let side = if self.rng.random_bool(0.5) { Side::Buy } else { Side::Sell };
        let price = self.passive(side);
        let lots = self.rng.random_range(1..=LOTS_MAX);
        self.order(side, price, lots, TimeInForce::GoodTillCancelled)
    }

    fn taker(&mut self) -> Ask {
        let (side, ticks) = if self.rng.random_bool(0.5) {
            (Side::Buy, MIDDLE_TICKS + DEPTH_TICKS)
        } else {
            (Side::Sell, MIDDLE_TICKS - DEPTH_TICKS)
        };
        let lots = self.rng.random_range(1..=TAKER_LOTS_MAX);
        self.order(side, Price::from_e4(ticks * 100), lots, TimeInForce::ImmediateOrCancel)
    }

    fn cancel(&mut self) -> Ask {
        let (order, party, _) = self.open[self.rng.random_range(0..self.open.len())];
        (Caller::Party(party), Command::CancelOrder(CancelOrder { order }))
    }

    /// Half of them another price, half another size.
    fn amend(&mut self) -> Ask {
        let (order, party, side) = self.open[self.rng.random_range(0..self.open.len())];
        let amend = if self.rng.random_bool(0.5) {
            AmendOrder { order, price: Some(self.passive(side)), units: None }
        } else {
            let lots = self.rng.random_range(1..=LOTS_MAX);
            AmendOrder { order, price: None, units: Some(Units::from_e2(lots * 100)) }
        };
        (Caller::Party(party), Command::AmendOrder(amend))
    }

    /// A price that meets nobody.
    fn passive(&mut self, side: Side) -> Price {
        let away = self.rng.random_range(1..=DEPTH_TICKS);
        let ticks = match side {
            Side::Buy => MIDDLE_TICKS - away,
            Side::Sell => MIDDLE_TICKS + away,
        };
        Price::from_e4(ticks * 100)
    }

    fn order(&mut self, side: Side, price: Price, lots: u64, lasts: TimeInForce) -> Ask {
        let fund = self.rng.random_range(0..self.recipe.funds);
        let party = match side {
            Side::Buy => CAST.buyer(self.rng.random_range(0..CAST.buyers)),
            Side::Sell => CAST.seller(fund, self.rng.random_range(0..CAST.holders)),
        };
        let order = PlaceOrder {
            party,
            fund: FundId::new(fund),
            side,
            price: OrderPrice::Limit(price),
            units: Units::from_e2(lots * 100),
            peak: Units::ZERO,
            minimum: Units::ZERO,
            time_in_force: lasts,
            post_only: PostOnly::No,
            self_trade: SelfTrade::CancelNewest,
            session: 0,
        };
        (Caller::Party(party), Command::PlaceOrder(order))
    }
}
