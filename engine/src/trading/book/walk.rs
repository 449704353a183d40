//! Reading a book in priority order.

use std::collections::VecDeque;
use std::collections::btree_map::Iter;
use std::ops::ControlFlow;

use super::Books;
use super::ladder::NONE;
use super::slab::{Kind, NOBODY, Node, Queue};
use super::terms::{BookId, Lots, Terms, Tick};
use crate::id::OrderId;
use crate::trading::side::Side;

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

impl Maker {
    /// Whether the order trades only under its condition.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.minimum != Lots::ZERO
    }
}

impl Books {
    /// Visits the orders that an incoming order on side `taker` with the worst price `limit`
    /// would meet, in the order in which they would trade.
    ///
    /// The book does not change: what `visit` answers is only assumed.
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
        let (mut best, mut level) = (book.ladder(side).best, book.ladder(side).best_level);
        let mut aside = book.aside(side).map(|queues| queues.iter());
        let mut hidden = next_of(&mut aside);
        loop {
            if let Some((key, queue)) = hidden.filter(|&(key, _)| u64::from(key) < best) {
                if limit < u64::from(key) {
                    return;
                }
                if self.walk_aside(queue, Tick::from_key(key, side), &mut visit).is_break() {
                    return;
                }
                hidden = next_of(&mut aside);
                continue;
            }
            if limit < best {
                return;
            }
            let queue = self.pool.queue(level);
            let tick = Tick::from_key(self.pool.key(level), side);
            if self.walk_level(queue, tick, scratch, &mut visit).is_break() {
                return;
            }
            match self.pool.after(level) {
                Some(next) => (best, level) = (u64::from(self.pool.key(next)), next),
                None => best = NONE,
            }
        }
    }

    /// The displayed prices of one side, best first.
    pub fn depth(&self, book: BookId, side: Side) -> impl Iterator<Item = Level> {
        self.book(book).ladder(side).levels(&self.pool).map(move |level| {
            let tick = Tick::from_key(self.pool.key(level), side);
            Level { tick, lots: self.pool.queue(level).lots, orders: self.pool.orders(level) }
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

    #[inline]
    fn walk_level(
        &self,
        queue: &Queue,
        tick: Tick,
        scratch: &mut WalkScratch,
        visit: &mut impl FnMut(Maker) -> Take,
    ) -> ControlFlow<()> {
        scratch.again.clear();
        let mut slot = queue.head;
        while slot != NOBODY {
            let node = self.slab.node(slot);
            let lots = Lots::new(node.shown);
            if took_all(visit(maker(node, slot, tick, lots)), lots)? && node.hidden != 0 {
                scratch.again.push_back((slot, node.hidden));
            }
            slot = node.next;
        }
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
        visit: &mut impl FnMut(Maker) -> Take,
    ) -> ControlFlow<()> {
        for (slot, node) in self.slab.queued(*queue) {
            let lots = Lots::new(node.shown);
            took_all(visit(maker(node, slot, tick, lots)), lots)?;
        }
        ControlFlow::Continue(())
    }
}

fn next_of<'a>(aside: &mut Option<Iter<'a, u32, Queue>>) -> Option<(u32, &'a Queue)> {
    aside.as_mut()?.next().map(|(&key, queue)| (key, queue))
}

#[inline]
fn maker(node: &Node, slot: u32, tick: Tick, lots: Lots) -> Maker {
    let minimum = match node.place.kind() {
        Kind::Plain => Lots::ZERO,
        Kind::Aside => Lots::new(node.clause).min(lots),
    };
    Maker { id: OrderId::from_parts(node.generation, slot), tick, lots, minimum }
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
