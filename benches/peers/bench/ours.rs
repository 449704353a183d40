//! Our book alone, and our whole engine.

use sfund_engine::amount::{Price, Units};
use sfund_engine::command::Command;
use sfund_engine::entry::{Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, OrderId, PartyId};
use sfund_engine::market::{Judgement, Market};
use sfund_engine::time::Time;
use sfund_engine::trading::amend_order::AmendOrder;
use sfund_engine::trading::book::{BookId, Books, Lots, Take, Terms, Tick, WalkScratch};
use sfund_engine::trading::cancel_order::CancelOrder;
use sfund_engine::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use sfund_engine::trading::place_order::PlaceOrder;
use sfund_engine::trading::side::Side;

use super::contender::Contender;
use super::mixes::{ACCOUNTS, Kind, Op, Totals, Workload, index};
use super::shared::mix;
use super::shared::venue::Cast;

/// As many commands are looked at before they come; the sequencer takes them in batches too.
const BATCH: usize = 16;
/// An order that was never there.
const NONE: OrderId = OrderId::new(u64::MAX);
const FUND: FundId = FundId::new(0);
const BOOK: BookId = BookId::new(0);
/// Buyers and sellers of the mixes.
const CAST: Cast =
    Cast { sellers: ACCOUNTS / 2, buyers: ACCOUNTS / 2, holders: ACCOUNTS / 2, holder_cap: 2_000 };

/// The book: prices, lots and time, and nothing of owners, cash or units.
pub(crate) struct Bare {
    books: Books,
    scratch: WalkScratch,
    met: Vec<(OrderId, Lots)>,
    ids: Vec<OrderId>,
}

impl Bare {
    /// Lets an order meet the book; what is left of it.
    #[inline]
    fn meet(&mut self, op: &Op, totals: &mut Totals) -> Lots {
        let mut left = op.lots;
        let met = &mut self.met;
        self.books.walk(BOOK, op.side, Tick::new(op.price), &mut self.scratch, |maker| {
            let lots = maker.lots.number().min(left);
            left -= lots;
            met.push((maker.id, Lots::new(lots)));
            totals.fill(maker.tick.number().into(), lots.into());
            if left == 0 { Take::Last(Lots::new(lots)) } else { Take::Lots(Lots::new(lots)) }
        });
        for (id, lots) in self.met.drain(..) {
            if self.books.fill(id, lots) == Lots::ZERO {
                self.books.free(id);
            }
        }
        Lots::new(left)
    }

    #[inline]
    fn rest(&mut self, id: OrderId, op: &Op, lots: Lots) {
        let (peak, minimum) = (Lots::ZERO, Lots::ZERO);
        let tick = Tick::new(op.price);
        self.books.rest(id, Terms { book: BOOK, side: op.side, tick, lots, peak, minimum });
    }
}

impl Contender for Bare {
    fn open(workload: &Workload) -> Self {
        let mut books = Books::new();
        books.open();
        let ids = vec![NONE; workload.orders];
        Self { books, scratch: WalkScratch::default(), met: Vec::new(), ids }
    }

    #[inline]
    fn give(&mut self, op: &Op, totals: &mut Totals) {
        match op.kind {
            Kind::Add => {
                let left = self.meet(op, totals);
                if left != Lots::ZERO {
                    let id = self.books.take_slot();
                    self.ids[index(op.order)] = id;
                    self.rest(id, op, left);
                }
            }
            Kind::Immediate | Kind::Market => {
                self.meet(op, totals);
            }
            Kind::Cancel => {
                let id = self.ids[index(op.order)];
                self.books.unlink(id);
                self.books.free(id);
            }
            Kind::Move => {
                let id = self.ids[index(op.order)];
                self.books.unlink(id);
                let left = self.meet(op, totals);
                if left == Lots::ZERO {
                    self.books.free(id);
                } else {
                    self.rest(id, op, left);
                }
            }
        }
    }

    fn give_all(&mut self, ops: &[Op], totals: &mut Totals) {
        for batch in ops.chunks(BATCH) {
            if self.books.is_large() {
                let named = batch.iter().filter(|op| matches!(op.kind, Kind::Cancel | Kind::Move));
                self.books.warm(named.map(|op| self.ids[index(op.order)]));
            }
            for op in batch {
                self.give(op, totals);
            }
        }
    }
}

/// The whole engine: every rule, hold, fee and event of every command.
pub(crate) struct Whole {
    market: Market,
    ids: Vec<OrderId>,
    events: Vec<Event>,
}

fn party(op: &Op) -> PartyId {
    match op.side {
        Side::Buy => CAST.buyer(op.account),
        Side::Sell => CAST.seller(0, op.account - ACCOUNTS / 2),
    }
}

fn names_nobody(command: &Command) -> bool {
    if let Command::CancelOrder(ask) = command {
        ask.order == NONE
    } else if let Command::AmendOrder(ask) = command {
        ask.order == NONE
    } else {
        false
    }
}

impl Whole {
    #[inline]
    fn command(&self, op: &Op) -> Command {
        let price = Price::from_e4(u64::from(op.price) * 100);
        let (price, time_in_force) = match op.kind {
            Kind::Cancel => {
                let order = self.ids[index(op.order)];
                return Command::CancelOrder(CancelOrder { order });
            }
            Kind::Move => {
                let order = self.ids[index(op.order)];
                let (price, units) = (Some(price), None);
                return Command::AmendOrder(AmendOrder { order, price, units });
            }
            Kind::Add => (OrderPrice::Limit(price), TimeInForce::GoodTillCancelled),
            Kind::Immediate => (OrderPrice::Limit(price), TimeInForce::ImmediateOrCancel),
            Kind::Market => (OrderPrice::Market(price), TimeInForce::ImmediateOrCancel),
        };
        Command::PlaceOrder(PlaceOrder {
            party: party(op),
            fund: FUND,
            side: op.side,
            price,
            units: Units::from_e2(u64::from(op.lots) * 100),
            peak: Units::ZERO,
            minimum: Units::ZERO,
            time_in_force,
            post_only: PostOnly::No,
            self_trade: SelfTrade::CancelNewest,
            session: 0,
        })
    }

    /// Judges and records a command, as the sequencer does.
    #[inline]
    fn take(&mut self, op: &Op, command: &Command, at: Time, totals: &mut Totals) {
        let sequence = self.market.sequence().next();
        let header = Header { sequence, at, caller: Caller::Party(party(op)), attempt: None };
        self.events.clear();
        let judgement = self.market.judge(&header, command, &mut self.events);
        assert!(judgement == Judgement::Accepted, "{judgement:?}");
        self.market.record(&header, &self.events);
        for event in &self.events {
            if let Event::OrderPlaced(placed) = event {
                self.ids[index(op.order)] = placed.order;
            } else if let Event::Traded(traded) = event {
                totals.fill(traded.price.e4() / 100, traded.units.e2() / 100);
            }
        }
    }
}

impl Contender for Whole {
    fn open(workload: &Workload) -> Self {
        let market = mix::market_of(&CAST.venue(1));
        Self { market, ids: vec![NONE; workload.orders], events: Vec::new() }
    }

    #[inline]
    fn give(&mut self, op: &Op, totals: &mut Totals) {
        let command = self.command(op);
        self.take(op, &command, self.market.now().next(), totals);
    }

    fn give_all(&mut self, ops: &[Op], totals: &mut Totals) {
        let mut commands = Vec::with_capacity(BATCH);
        for batch in ops.chunks(BATCH) {
            if !self.market.is_large() {
                batch.iter().for_each(|op| self.give(op, totals));
                continue;
            }
            commands.clear();
            commands.extend(batch.iter().map(|op| self.command(op)));
            self.market.warm(commands.iter());
            for (op, command) in batch.iter().zip(&commands) {
                // An order of this very batch had no id yet.
                if names_nobody(command) {
                    self.give(op, totals);
                } else {
                    self.take(op, command, self.market.now().next(), totals);
                }
            }
        }
    }

    fn digest(&self) -> Option<[u8; 32]> {
        Some(self.market.digest())
    }
}
