//! Reading a book in priority order.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

use super::ladder::NONE;
use super::slab::{NOBODY, Node, Queue};
use super::terms::{BookId, Lots, Terms, Tick};
use super::{Book, Books};
use crate::id::OrderId;
use crate::policy::PASSES_MAX;
use crate::trading::side::Side;

/// Most orders to look ahead to: more would push each other out of the cache again.
const LOOK_AHEAD_MAX: usize = 32;

/// A resting order that an incoming one meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maker {
    /// The order.
    pub id: OrderId,
    /// Its price.
    pub tick: Tick,
    /// What it has to offer now: the shown tranche of an iceberg, all that remains of others.
    pub lots: Lots,
    /// The least it trades with the incoming order, already bounded by what remains. Zero: it is
    /// unconditional.
    pub minimum: Lots,
}

/// What an incoming order does with a [`Maker`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// It takes that many of the lots and goes on. If they were the whole shown tranche of an
    /// iceberg, the next tranche is met after the others at its price.
    Lots(Lots),
    /// It leaves the order in place, for good, and goes on.
    Pass,
    /// The order will be cancelled; goes on.
    Gone,
    /// It takes that many of the lots and goes no further.
    Last(Lots),
    /// It takes nothing and goes no further.
    Stop,
}

/// One displayed price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub tick: Tick,
    /// Lots shown there.
    pub lots: u64,
    /// Orders there.
    pub orders: u32,
}

/// Room for a walk to remember icebergs in. Reused, so that walking does not allocate.
#[derive(Clone, Debug, Default)]
pub struct WalkScratch {
    /// Slot and hidden lots of those that come again at this price.
    again: VecDeque<(u32, u32)>,
}

impl WalkScratch {
    #[cold]
    fn remember(&mut self, slot: u32, hidden: u32) {
        self.again.push_back((slot, hidden));
    }
}

impl Maker {
    /// Whether the order trades only under its condition.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.minimum != Lots::ZERO
    }
}

impl Books {
    /// Whether an incoming order on side `taker` with the worst price `limit` may meet any order.
    ///
    /// Where there are conditional ones, only a walk can tell.
    #[must_use]
    #[inline]
    pub fn meets(&self, book: BookId, taker: Side, limit: Tick) -> bool {
        let book = self.book(book);
        book.aside.is_some() || book.crosses(taker, limit)
    }

    /// Shows `see` the slots of the orders that an incoming order of `lots` would meet at the best
    /// price, so that memory fetches what lies beside them at the same time.
    #[inline]
    pub fn look_ahead(&self, book: BookId, taker: Side, lots: Lots, mut see: impl FnMut(u32)) {
        let ladder = self.book(book).ladder(taker.opposite());
        if ladder.best == NONE {
            return;
        }
        let (mut slot, mut left) = (self.pool.queue(ladder.best_level).head, lots.number());
        for _ in 0..LOOK_AHEAD_MAX {
            if slot == NOBODY || left == 0 {
                return;
            }
            see(slot);
            let node = self.slab.node(slot);
            left = left.saturating_sub(node.shown);
            slot = node.next;
        }
    }

    /// Visits the orders that an incoming order on side `taker` with the worst price `limit`
    /// would meet, in the order in which they would trade.
    ///
    /// The book does not change: what `visit` answers is only assumed.
    ///
    /// Once `visit` has passed over [`PASSES_MAX`] conditional orders, those behind them are not met.
    /// Nothing else bounds how many there are that an incoming order is too small for.
    ///
    /// # Panics
    ///
    /// If `visit` takes more than a maker has to offer.
    #[inline]
    pub fn walk(
        &self,
        book: BookId,
        taker: Side,
        limit: Tick,
        scratch: &mut WalkScratch,
        mut visit: impl FnMut(Maker) -> Take,
    ) {
        let side = taker.opposite();
        let book = self.book(book);
        let limit = u64::from(limit.key(side));
        let ladder = book.ladder(side);
        // Stopping is an answer like any other, so whether a walk was stopped is nothing to tell.
        let _stopped = match book.aside(side) {
            None if limit < ladder.best => return,
            None => self.walk_ladder(ladder.best_level, side, limit, scratch, &mut visit),
            Some(aside) => self.walk_both(book, side, aside, limit, scratch, &mut visit),
        };
    }

    /// The displayed prices of one side, best first.
    pub fn depth(&self, book: BookId, side: Side) -> impl Iterator<Item = Level> {
        self.book(book).ladder(side).levels(&self.pool).map(move |level| {
            let Queue { lots, orders, .. } = *self.pool.queue(level);
            Level { tick: Tick::from_key(self.pool.key(level), side), lots, orders }
        })
    }

    /// All resting orders of one side in priority order, conditional ones among them.
    pub fn orders(&self, book: BookId, side: Side) -> impl Iterator<Item = (OrderId, Terms)> {
        self.queues(book, side).flat_map(|queue| {
            let orders = self.slab.queued(queue);
            orders.map(|(slot, node)| (self.slab.id(slot), self.terms_of(node)))
        })
    }

    fn queues(&self, book: BookId, side: Side) -> impl Iterator<Item = Queue> {
        let book = self.book(book);
        let mut levels = book.ladder(side).levels(&self.pool).peekable();
        let mut aside = book.aside(side).into_iter().flatten().peekable();
        std::iter::from_fn(move || match (levels.peek(), aside.peek()) {
            (Some(&level), Some(&(&key, _))) if key < self.pool.key(level) => {
                aside.next().map(|(_, queue)| *queue)
            }
            (Some(_), _) => levels.next().map(|level| *self.pool.queue(level)),
            (None, _) => aside.next().map(|(_, queue)| *queue),
        })
    }

    /// From `level` on. Apart from [`Books::walk`], so that an order that meets none is quick.
    #[inline(never)]
    fn walk_ladder(
        &self,
        mut level: u32,
        side: Side,
        limit: u64,
        scratch: &mut WalkScratch,
        visit: &mut impl FnMut(Maker) -> Take,
    ) -> ControlFlow<()> {
        scratch.again.clear();
        loop {
            let key = self.pool.key(level);
            if limit < u64::from(key) {
                return ControlFlow::Continue(());
            }
            self.walk_level(level, Tick::from_key(key, side), scratch, visit)?;
            match self.pool.after(level) {
                Some(next) => level = next,
                None => return ControlFlow::Continue(()),
            }
        }
    }

    /// The same, of a side that also has conditional orders.
    #[inline(never)]
    fn walk_both(
        &self,
        book: &Book,
        side: Side,
        aside: &BTreeMap<u32, Queue>,
        limit: u64,
        scratch: &mut WalkScratch,
        visit: &mut impl FnMut(Maker) -> Take,
    ) -> ControlFlow<()> {
        scratch.again.clear();
        let within = |key: u32| u64::from(key) <= limit;
        let levels = book.ladder(side).levels(&self.pool);
        let mut levels = levels.take_while(|&level| within(self.pool.key(level))).peekable();
        let mut aside = aside.iter().take_while(|&(&key, _)| within(key)).peekable();
        let mut passes = PASSES_MAX;
        loop {
            let key = levels.peek().map(|&level| self.pool.key(level));
            let comes_first = |other: u32| passes != 0 && key.is_none_or(|key| other < key);
            match aside.next_if(|&(&other, _)| comes_first(other)) {
                Some((&key, queue)) => {
                    self.walk_aside(queue, Tick::from_key(key, side), &mut passes, visit)?;
                }
                None => match (levels.next(), key) {
                    (Some(level), Some(key)) => {
                        self.walk_level(level, Tick::from_key(key, side), scratch, visit)?;
                    }
                    (_, _) => return ControlFlow::Continue(()),
                },
            }
        }
    }

    #[inline(always)]
    fn walk_level(
        &self,
        level: u32,
        tick: Tick,
        scratch: &mut WalkScratch,
        visit: &mut impl FnMut(Maker) -> Take,
    ) -> ControlFlow<()> {
        let mut slot = self.pool.queue(level).head;
        while slot != NOBODY {
            let node = self.slab.node(slot);
            let lots = Lots::new(node.shown);
            if took_all(visit(maker(node, slot, tick, lots)), lots)? && node.hidden != 0 {
                scratch.remember(slot, node.hidden);
            }
            slot = node.next;
        }
        if scratch.again.is_empty() {
            return ControlFlow::Continue(());
        }
        self.walk_again(tick, scratch, visit)
    }

    /// The later tranches of the icebergs at one price.
    #[inline(never)]
    fn walk_again(
        &self,
        tick: Tick,
        scratch: &mut WalkScratch,
        visit: &mut impl FnMut(Maker) -> Take,
    ) -> ControlFlow<()> {
        while let Some((slot, hidden)) = scratch.again.pop_front() {
            let node = self.slab.node(slot);
            let lots = Lots::new(hidden.min(node.clause));
            let left = hidden.saturating_sub(lots.number());
            if took_all(visit(maker(node, slot, tick, lots)), lots)? && left != 0 {
                scratch.again.push_back((slot, left));
            }
        }
        ControlFlow::Continue(())
    }

    fn walk_aside(
        &self,
        queue: &Queue,
        tick: Tick,
        passes: &mut u32,
        visit: &mut impl FnMut(Maker) -> Take,
    ) -> ControlFlow<()> {
        for (slot, node) in self.slab.queued(*queue) {
            if *passes == 0 {
                break;
            }
            let lots = Lots::new(node.shown);
            let minimum = lots.min(Lots::new(node.clause));
            let take = visit(Maker { minimum, ..maker(node, slot, tick, lots) });
            if take == Take::Pass {
                *passes = passes.saturating_sub(1);
            }
            took_all(take, lots)?;
        }
        ControlFlow::Continue(())
    }
}

#[inline]
fn maker(node: &Node, slot: u32, tick: Tick, lots: Lots) -> Maker {
    Maker { id: OrderId::from_parts(node.generation, slot), tick, lots, minimum: Lots::ZERO }
}

/// Whether an answer takes all of `lots`, or breaks.
#[inline]
fn took_all(take: Take, lots: Lots) -> ControlFlow<(), bool> {
    match take {
        Take::Lots(taken) => {
            assert!(taken <= lots, "no more is taken than is offered");
            ControlFlow::Continue(taken == lots)
        }
        Take::Last(taken) => {
            assert!(taken <= lots, "no more is taken than is offered");
            ControlFlow::Break(())
        }
        Take::Pass | Take::Gone => ControlFlow::Continue(false),
        Take::Stop => ControlFlow::Break(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_ahead_sees_those_at_the_best_price_that_an_order_would_meet() {
        let mut books = Books::new();
        let book = books.open();
        for (tick, lots) in [(10, 2), (9, 3), (9, 4), (9, 5)] {
            let id = books.take_slot();
            let (tick, lots) = (Tick::new(tick), Lots::new(lots));
            let (side, peak, minimum) = (Side::Sell, Lots::ZERO, Lots::ZERO);
            books.rest(id, Terms { book, side, tick, lots, peak, minimum });
        }
        let seen = |side, lots| {
            let mut slots = Vec::new();
            books.look_ahead(book, side, Lots::new(lots), |slot| slots.push(slot));
            slots
        };
        assert_eq!(seen(Side::Buy, 3), [2]);
        assert_eq!(seen(Side::Buy, 4), [2, 3]);
        assert_eq!(seen(Side::Buy, 100), [2, 3, 4]);
        assert_eq!(seen(Side::Sell, 100), []);
        assert!(books.meets(book, Side::Buy, Tick::new(9)));
        assert!(!books.meets(book, Side::Buy, Tick::new(8)));
    }
}
