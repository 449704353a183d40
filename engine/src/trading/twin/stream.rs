//! Random orders for the market and its twin, which must agree after each.

use std::collections::BTreeMap;
use std::fmt::Debug;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Answer, Fact, Purse, Refused, Twin, lots, ticks};
use crate::amount::{Money, Ppm, Price, Units};
use crate::command::Command;
use crate::entry::{Caller, Header};
use crate::event::Event;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, LICENSED, OPERATOR, accept, approve, cents, deposit, fees, fund,
    issue, licensed, party, register_fund, units, with_parties, yuan,
};
use crate::id::{OrderId, PartyId};
use crate::market::{Judgement, Market};
use crate::policy::{Fees, Limits, Pack, Rates};
use crate::registry::affiliate::Affiliate;
use crate::registry::fund::Currency;
use crate::reject::Reject;
use crate::time::Time;
use crate::trading::amend_order::{AmendOrder, TimePriority};
use crate::trading::book::BookId;
use crate::trading::cancel_order::CancelOrder;
use crate::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use crate::trading::place_order::PlaceOrder;
use crate::trading::side::Side;
use crate::venue::adopt_pack::AdoptPack;
use crate::venue::set_fees::SetFees;

const SEEDS: u64 = 32;
const COMMANDS: u32 = 2_000;
const INVESTORS: [PartyId; 4] = [ALICE, BOB, CAROL, DAVE];

/// What a stream must have met at least once, so that agreeing on it means something.
const REFUSALS: [&str; 17] = [
    "AMENDED_BELOW_FILLED",
    "BAD_ICEBERG",
    "BAD_MINIMUM",
    "BAD_TIME_IN_FORCE",
    "CASH_NOT_AVAILABLE",
    "EXPIRY_OUT_OF_RANGE",
    "NOTHING_TO_AMEND",
    "NOT_FILLABLE",
    "NOT_IN_LOTS",
    "NOT_IN_TICKS",
    "NO_UNITS",
    "ORDER_NOT_OPEN",
    "POST_ONLY_WOULD_TRADE",
    "TOO_MANY_ORDERS",
    "UNITS_NOT_AVAILABLE",
    "traded",
    "rested",
];
const CLOSINGS: [&str; 6] =
    ["Filled", "Cancelled", "Expired", "NotFilled", "SelfTrade", "TooManyFills"];

/// How often each thing was met.
type Met = BTreeMap<String, u32>;

struct World {
    seed: u64,
    step: u32,
    rng: ChaCha8Rng,
    market: Market,
    twin: Twin,
    met: Met,
}

#[test]
fn orders_do_what_their_twin_says() {
    let mut met = Met::new();
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        for step in 0..COMMANDS {
            world.step = step;
            world.step();
        }
        assert_eq!(world.market.check(), Ok(()), "seed {seed}");
        for (name, count) in world.met {
            *met.entry(name).or_default() += count;
        }
    }
    for name in REFUSALS.iter().chain(&CLOSINGS) {
        assert!(met.contains_key(*name), "no stream meets {name}: {met:?}");
    }
    assert!(SEEDS < u64::from(met["traded"]) / 100, "much trades: {met:?}");
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut market = with_parties();
        assert_eq!(register_fund(&mut market, fund()), FUND);
        for investor in INVESTORS {
            issue(&mut market, FUND, investor, units(250));
            deposit(&mut market, investor, yuan(250));
        }
        if rng.random_bool(0.5) {
            let ask = Affiliate { party: DAVE, with: Some(ALICE) };
            accept(&mut market, party(OPERATOR), Command::Affiliate(ask));
        }
        let limits = Limits {
            fills_max: rng.random_range(2..8),
            orders_per_party_max: rng.random_range(4..30),
            tranches_max: rng.random_range(3..12),
            ..licensed().limits
        };
        let pack = Pack { version: 2, limits, ..licensed() };
        let ask = AdoptPack { segment: LICENSED, pack, overlay: None };
        approve(&mut market, Command::AdoptPack(Box::new(ask)));
        let purses = INVESTORS.iter().map(|investor| purse(&market, *investor)).collect();
        let twin = Twin::new(limits, fees().tiers[0], purses);
        Self { seed, step: 0, rng, market, twin, met: Met::new() }
    }

    fn step(&mut self) {
        let jump = match self.rng.random_range(0..100) {
            0 => self.rng.random_range(1..3_600) * 1_000_000_000,
            _ => self.rng.random_range(1..1_000_000),
        };
        let at = Time::from_nanos(self.market.now().nanos() + jump);
        self.expire(at);
        let at = at.max(self.market.now().next());
        match self.rng.random_range(0..200) {
            0 => self.set_fees(),
            1..25 => self.amend(at),
            25..55 => self.cancel(at),
            _ => self.place(at),
        }
    }

    /// Time passes up to `at`, for both.
    fn expire(&mut self, at: Time) {
        let mut facts = Vec::new();
        while self.market.next_deadline().is_some_and(|due| due <= at) {
            let at = at.max(self.market.now().next());
            facts.extend(self.ask(at, Caller::Venue, &Command::Advance).expect("time passes"));
        }
        let mut expected = self.twin.expire(at);
        let order = |fact: &Fact| match fact {
            Fact::Closed { order, .. } => *order,
            other => panic!("{other:?}"),
        };
        facts.sort_by_key(order);
        expected.sort_by_key(order);
        self.agree(&Command::Advance, Ok(facts), Ok(expected));
    }

    fn place(&mut self, at: Time) {
        let ask = self.order(at);
        let ask = if self.rng.random_range(0..12) == 0 { ask } else { self.mended(ask) };
        let id = self.market.orders.books.next_id();
        let command = Command::PlaceOrder(ask);
        let answer = self.ask(at, party(ask.party), &command);
        let expected = self.twin.place(at, id, &ask);
        self.agree(&command, answer, expected);
    }

    fn amend(&mut self, at: Time) {
        let (owner, order) = self.some_order();
        let rng = &mut self.rng;
        let price = rng.random_bool(0.5).then(|| price(rng));
        let units = rng.random_bool(0.6).then(|| size(rng, 80));
        let ask = AmendOrder { order, price, units };
        let command = Command::AmendOrder(ask);
        let answer = self.ask(at, party(owner), &command);
        let expected = self.twin.amend(&ask);
        self.agree(&command, answer, expected);
    }

    fn cancel(&mut self, at: Time) {
        let (owner, order) = self.some_order();
        let command = Command::CancelOrder(CancelOrder { order });
        let answer = self.ask(at, party(owner), &command);
        let expected = self.twin.cancel(order);
        self.agree(&command, answer, expected);
    }

    /// Orders that are open keep the fees under which they were taken.
    fn set_fees(&mut self) {
        let mut rate = || Ppm::new(self.rng.random_range(0..20_000));
        let rates =
            Rates { maker_buy: rate(), maker_sell: rate(), taker_buy: rate(), taker_sell: rate() };
        let fees = Fees { tiers: vec![rates] };
        let ask = SetFees { segment: LICENSED, fees };
        approve(&mut self.market, Command::SetFees(Box::new(ask)));
        self.twin.rates = rates;
    }

    /// An open order and its owner, or one that never was.
    fn some_order(&mut self) -> (PartyId, OrderId) {
        let open = self.market.orders.iter().map(|(order, record)| (record.party, order));
        let open: Vec<_> = open.collect();
        let wrong = (ALICE, OrderId::from_parts(u32::MAX, self.rng.random_range(1..50)));
        if self.rng.random_range(0..50) == 0 {
            return wrong;
        }
        open.choose(&mut self.rng).copied().unwrap_or(wrong)
    }

    fn order(&mut self, at: Time) -> PlaceOrder {
        let rng = &mut self.rng;
        let modes = [
            SelfTrade::CancelNewest,
            SelfTrade::CancelOldest,
            SelfTrade::CancelBoth,
            SelfTrade::Decrement,
        ];
        let rare = |rng: &mut ChaCha8Rng| rng.random_range(0..5) == 0;
        let time_in_force = match rng.random_range(0..10) {
            0 => TimeInForce::Day,
            1 if rng.random_range(0..20) == 0 => TimeInForce::GoodTill(at),
            1 => TimeInForce::GoodTill(at.plus_seconds(rng.random_range(1..5_000))),
            2 => TimeInForce::ImmediateOrCancel,
            3 => TimeInForce::FillOrKill,
            _ => TimeInForce::GoodTillCancelled,
        };
        let price = price(rng);
        let takes_only = rng.random_range(0..8) == 0;
        let units = size(rng, 60);
        let all_or_none = rng.random_range(0..16) == 0;
        let minimum = if rare(rng) { size(rng, 50) } else { Units::ZERO };
        PlaceOrder {
            party: *INVESTORS.choose(rng).unwrap(),
            fund: FUND,
            side: *[Side::Buy, Side::Sell].choose(rng).unwrap(),
            price: if takes_only { OrderPrice::Market(price) } else { OrderPrice::Limit(price) },
            units,
            peak: if rare(rng) { size(rng, 20) } else { Units::ZERO },
            minimum: if all_or_none { units } else { minimum },
            time_in_force,
            post_only: if rare(rng) { PostOnly::Yes } else { PostOnly::No },
            self_trade: *modes.choose(rng).unwrap(),
            session: 0,
        }
    }

    /// The order without what contradicts itself.
    fn mended(&self, mut ask: PlaceOrder) -> PlaceOrder {
        if matches!(ask.price, OrderPrice::Market(_)) && ask.may_rest() {
            ask.time_in_force = TimeInForce::ImmediateOrCancel;
        }
        if !ask.may_rest() {
            (ask.post_only, ask.peak) = (PostOnly::No, Units::ZERO);
        }
        if ask.peak != Units::ZERO {
            let tranches =
                u64::from(self.market.segment(LICENSED).unwrap().pack.limits.tranches_max);
            let least = units((ask.units.e2() / 100).div_ceil(tranches));
            ask.peak = ask.peak.max(least);
            ask.minimum = Units::ZERO;
        }
        if ask.units <= ask.peak {
            ask.peak = Units::ZERO;
        }
        ask.minimum = ask.minimum.min(ask.units);
        ask
    }

    /// What the market says, in the twin's words.
    fn ask(&mut self, at: Time, caller: Caller, command: &Command) -> Answer {
        let sequence = self.market.sequence().next();
        let header = Header { sequence, at, caller, attempt: None };
        let mut events = Vec::new();
        let answer = match self.market.judge(&header, command, &mut events) {
            Judgement::Accepted => Ok(events.iter().map(fact).collect()),
            Judgement::Refused(reject) => Err(refusal(reject)),
            other => panic!("seed {}, step {}: {other:?}", self.seed, self.step),
        };
        self.market.record(&header, &events);
        answer
    }

    fn agree(&mut self, command: &Command, answer: Answer, expected: Answer) {
        self.count(&answer);
        self.same(command, "answer", answer, expected);
        for side in [Side::Buy, Side::Sell] {
            let books = &self.market.orders.books;
            let queue: Vec<_> = books
                .orders(BookId::new(FUND.number()), side)
                .map(|(id, terms)| {
                    let shown = books.shown(id).expect("it rests");
                    let shown = i64::from(shown.number());
                    (id, i64::from(terms.tick.number()), i64::from(terms.lots.number()), shown)
                })
                .collect();
            let expected = self.twin.queue(side);
            let expected = expected.iter();
            let expected: Vec<_> = expected
                .map(|order| (order.id, order.price, order.left, order.displayed()))
                .collect();
            self.same(command, "queue", queue, expected);
        }
        for investor in INVESTORS {
            let purse = purse(&self.market, investor);
            self.same(command, "purse", purse, *self.twin.purse(investor));
        }
        let fees = self.market.ledger.houses()[0].fees.fen();
        self.same(command, "fees", fees, self.twin.fees);
    }

    fn same<T: Debug + PartialEq>(&self, command: &Command, what: &str, found: T, expected: T) {
        let (seed, step) = (self.seed, self.step);
        assert_eq!(found, expected, "{what}: seed {seed}, step {step}, {command:?}");
    }

    fn count(&mut self, answer: &Answer) {
        let mut met = |name: &str| *self.met.entry(name.to_owned()).or_default() += 1;
        match answer {
            Err(refused) => met(refused.0),
            Ok(facts) => facts.iter().for_each(|fact| match fact {
                Fact::Traded { .. } => met("traded"),
                Fact::Rested { .. } => met("rested"),
                Fact::Closed { reason, .. } => met(&format!("{reason:?}")),
                Fact::Placed { .. } | Fact::Decremented { .. } | Fact::Amended { .. } => {}
            }),
        }
    }
}

/// A price within a few ticks, and seldom one that is none.
fn price(rng: &mut ChaCha8Rng) -> Price {
    match rng.random_range(0..60) {
        0 => Price::from_e4(rng.random_range(0..2) * 9_950),
        _ => cents(rng.random_range(97..104)),
    }
}

/// Whole units, seldom none or not whole.
fn size(rng: &mut ChaCha8Rng, most: u64) -> Units {
    match rng.random_range(0..60) {
        0 => Units::from_e2(rng.random_range(0..2) * 150),
        _ => units(rng.random_range(1..most)),
    }
}

fn fen(cash: Money) -> i64 {
    cash.fen()
}

fn whole(units: Units) -> i64 {
    lots(units).expect("the market moves whole units")
}

fn cents_of(price: Price) -> i64 {
    ticks(price).expect("the market trades at whole cents")
}

fn purse(market: &Market, party: PartyId) -> Purse {
    let holding = market.register.holding(party, FUND);
    let cash = market.ledger.cash(party, Currency::CNY);
    Purse {
        party,
        group: market.party(party).unwrap().group,
        available: whole(holding.available),
        offered: whole(holding.offered),
        cash: fen(cash.available),
        held: fen(cash.held),
    }
}

fn refusal(reject: Reject) -> Refused {
    let could = match reject {
        Reject::NotFillable { fillable, .. } => whole(fillable),
        _ => 0,
    };
    Refused(reject.name(), could)
}

fn fact(event: &Event) -> Fact {
    match event {
        Event::OrderPlaced(fact) => {
            Fact::Placed { order: fact.order, hold: fen(fact.hold), expires: fact.expires }
        }
        Event::Traded(fact) => Fact::Traded {
            maker: fact.maker,
            price: cents_of(fact.price),
            units: whole(fact.units),
            buyer_fee: fen(fact.buyer_fee),
            seller_fee: fen(fact.seller_fee),
        },
        Event::OrderRested(fact) => Fact::Rested { order: fact.order, left: whole(fact.left) },
        Event::OrderClosed(fact) => {
            Fact::Closed { order: fact.order, reason: fact.reason, left: whole(fact.left) }
        }
        Event::OrderDecremented(fact) => {
            Fact::Decremented { order: fact.order, units: whole(fact.units) }
        }
        Event::OrderAmended(fact) => Fact::Amended {
            order: fact.order,
            price: cents_of(fact.price),
            left: whole(fact.left),
            hold: fen(fact.hold),
            keeps_time: fact.time == TimePriority::Kept,
        },
        other => panic!("an order makes no {}", other.name()),
    }
}
