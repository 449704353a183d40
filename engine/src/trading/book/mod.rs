//! The order books of all funds: who rests where, and who would trade next.
//!
//! `decide` reads a book (above all [`Books::walk`]); `apply` changes it order by order. The book
//! knows prices, lots and time, and nothing of owners, cash or units: what the market keeps of an
//! order lies elsewhere, by the slot of its id. Slots are dense and the last freed is the
//! first taken.
//!
//! Priority is price, then time. An iceberg whose shown tranche has traded goes to the tail of its
//! price with the next one. Conditional orders stand aside: they are not displayed, do not count
//! for the best price, and come after all unconditional orders at their price, in order of time.
//! So they may stand through the best price of the other side; unconditional orders never cross.
//!
//! An order is *reserved* when it has a slot, *resting* when it also stands in a book. Every method
//! that changes the books panics if the order is not in the state its description names.

mod check;
mod codec;
mod ladder;
mod pool;
mod slab;
mod terms;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twin;
mod walk;

use std::collections::BTreeMap;
use std::hint::black_box;

use self::ladder::Ladder;
use self::pool::Pool;
use self::slab::{Kind, NOBODY, Node, Place, Queue, Slab, index};
pub use self::terms::{BookId, Lots, Terms, Tick};
pub use self::walk::{Level, Maker, Take, WalkScratch};
use crate::id::OrderId;
use crate::trading::side::Side;

/// With fewer slots than these the orders fit a cache, and looking ahead costs more than it saves.
const WARM_SLOTS_MIN: u32 = 1 << 16;

/// All books of the market.
#[derive(Clone, Debug)]
pub struct Books {
    slab: Slab,
    pool: Pool,
    books: Vec<Book>,
}

/// The two sides of one fund, buys first. An idle book takes as little room as that.
#[derive(Clone, Debug)]
struct Book {
    ladders: [Ladder; 2],
    aside: Option<Box<Aside>>,
}

/// Conditional orders by key, buys first.
type Aside = [BTreeMap<u32, Queue>; 2];

#[inline]
const fn of(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

impl Book {
    const EMPTY: Self = Self { ladders: [Ladder::EMPTY; 2], aside: None };

    #[inline]
    fn ladder(&self, side: Side) -> &Ladder {
        &self.ladders[of(side)]
    }

    fn aside(&self, side: Side) -> Option<&BTreeMap<u32, Queue>> {
        self.aside.as_ref().map(|aside| &aside[of(side)])
    }

    /// Whether an unconditional order at `tick` would meet one of the other side.
    #[inline]
    fn crosses(&self, side: Side, tick: Tick) -> bool {
        let other = side.opposite();
        self.ladder(other).best <= u64::from(tick.key(other))
    }
}

impl Default for Books {
    fn default() -> Self {
        Self::new()
    }
}

impl Books {
    /// No books and no orders.
    #[must_use]
    pub fn new() -> Self {
        Self { slab: Slab::new(), pool: Pool::EMPTY, books: Vec::new() }
    }

    /// Opens the next book.
    ///
    /// # Panics
    ///
    /// After 2^30 - 1 books.
    pub fn open(&mut self) -> BookId {
        let id = BookId::new(self.count());
        assert!(id.number() < slab::BOOKS_MAX, "a book's number fits 30 bits");
        self.books.push(Book::EMPTY);
        id
    }

    /// How many books there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.books.len()).expect("books have 32-bit numbers")
    }

    /// The id that the next [`Books::take_slot`] gives.
    #[must_use]
    #[inline]
    pub fn next_id(&self) -> OrderId {
        self.slab.next_id()
    }

    /// Reserves a slot for a new order.
    #[inline]
    pub fn take_slot(&mut self) -> OrderId {
        self.slab.take()
    }

    /// Whether the order is reserved or resting.
    #[must_use]
    #[inline]
    pub fn is_open(&self, id: OrderId) -> bool {
        self.slab.open(id).is_some()
    }

    /// Whether the order stands in its book.
    #[must_use]
    #[inline]
    pub fn is_resting(&self, id: OrderId) -> bool {
        self.slab.open(id).is_some_and(|node| node.place.is_resting())
    }

    /// Every slot is below this number, in use or not. Slot 0 is never given.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.slab.len()
    }

    /// The order that holds `slot`, if it is in use.
    #[must_use]
    pub fn at_slot(&self, slot: u32) -> Option<OrderId> {
        let node = self.slab.get(slot)?;
        node.place.is_open().then_some(OrderId::from_parts(node.generation, slot))
    }

    /// The terms of a resting order.
    #[must_use]
    #[inline]
    pub fn terms(&self, id: OrderId) -> Option<Terms> {
        self.slab.open(id).filter(|node| node.place.is_resting()).map(|node| self.terms_of(node))
    }

    /// The lots that a resting order shows: none if it is conditional.
    #[must_use]
    pub fn shown(&self, id: OrderId) -> Option<Lots> {
        let node = self.slab.open(id).filter(|node| node.place.is_resting())?;
        Some(match node.place.kind() {
            Kind::Plain => Lots::new(node.shown),
            Kind::Aside => Lots::ZERO,
        })
    }

    /// The best price of unconditional orders.
    #[must_use]
    #[inline]
    pub fn best(&self, book: BookId, side: Side) -> Option<Tick> {
        let best = self.book(book).ladder(side).best;
        u32::try_from(best).ok().map(|key| Tick::from_key(key, side))
    }

    /// Puts a reserved order into its book, last at its price.
    ///
    /// # Panics
    ///
    /// If it has no lots, is both iceberg and conditional, or is unconditional and would cross.
    #[inline]
    pub fn rest(&mut self, id: OrderId, terms: Terms) {
        let Terms { book, side, tick, lots, peak, minimum } = terms;
        assert!(lots != Lots::ZERO, "a resting order has lots");
        let key = tick.key(side);
        let node = self.slab.node(id.slot());
        assert!(
            node.generation == id.generation() && node.place == Place::RESERVED,
            "a reserved order may rest"
        );
        if minimum != Lots::ZERO {
            return self.rest_aside(id.slot(), &terms);
        }
        let entry = &mut self.books[index(book.number())];
        assert!(!entry.crosses(side, tick), "unconditional orders never cross");
        let ladder = &mut entry.ladders[of(side)];
        let level = ladder.find(&mut self.pool, key);
        if self.pool.queue(level).is_empty() {
            ladder.mark(&mut self.pool, key, level);
        }
        let node = self.slab.node_mut(id.slot());
        node.place = Place::resting(book, side, Kind::Plain);
        (node.level, node.clause) = (level, peak.number());
        node.show(lots.number());
        self.pool.append(&mut self.slab, level, id.slot());
    }

    /// `lots` of what a resting order has to offer (see [`Maker::lots`]) trade or fall away.
    ///
    /// An iceberg whose shown tranche is used up shows the next one and goes to the tail of
    /// its price. An order of which nothing remains is reserved again. Returns what remains.
    ///
    /// # Panics
    ///
    /// If that is more than it has to offer.
    #[inline]
    pub fn fill(&mut self, id: OrderId, lots: Lots) -> Lots {
        let slot = self.resting(id);
        let node = self.slab.node_mut(slot);
        let left = Lots::new(node.shown).minus(lots).number();
        let hidden = node.hidden;
        if left != 0 {
            node.shown = left;
            self.queue_of(slot).take(lots.number());
        } else if hidden != 0 {
            self.show_next(slot);
        } else {
            self.detach(slot);
        }
        Lots::new(left.wrapping_add(hidden))
    }

    /// Amends what remains of a resting order down to `lots`; it keeps its time. What is hidden
    /// goes first.
    ///
    /// # Panics
    ///
    /// If `lots` is zero or more than what remains.
    pub fn shrink(&mut self, id: OrderId, lots: Lots) {
        let slot = self.resting(id);
        let node = self.slab.node_mut(slot);
        assert!(lots != Lots::ZERO && lots <= node.lots(), "an amend down leaves less, not none");
        let shown = node.shown.min(lots.number());
        let gone = std::mem::replace(&mut node.shown, shown).saturating_sub(shown);
        node.hidden = lots.minus(Lots::new(shown)).number();
        self.queue_of(slot).take(gone);
    }

    /// Takes a resting order out of its book; it is reserved again.
    #[inline]
    pub fn unlink(&mut self, id: OrderId) {
        let slot = self.resting(id);
        self.detach(slot);
    }

    /// Frees the slot of a reserved order. Its id is never given again.
    #[inline]
    pub fn free(&mut self, id: OrderId) {
        let node = self.slab.node(id.slot());
        assert!(
            node.generation == id.generation() && node.place == Place::RESERVED,
            "a reserved order may go"
        );
        self.slab.free(id.slot());
    }

    /// Whether looking ahead saves more than it costs: the orders no longer fit a cache.
    #[must_use]
    #[inline]
    pub fn is_large(&self) -> bool {
        WARM_SLOTS_MIN <= self.slots()
    }

    /// Looks at orders that will soon be cancelled or amended, so that memory fetches them, their
    /// neighbours and their levels at the same time and not one after the other.
    ///
    /// For batches of about sixteen, of books that are large. It changes nothing and tells nothing,
    /// and an id that is not open does no harm.
    pub fn warm(&self, ids: impl Iterator<Item = OrderId> + Clone) {
        let open = || ids.clone().filter_map(|id| self.slab.open(id));
        black_box(open().fold(0, |sum, node| sum ^ node.level));
        black_box(open().filter(|node| node.place.is_resting()).fold(0, |sum, node| {
            let around = self.slab.node(node.prev).level ^ self.slab.node(node.next).level;
            let queue = match node.place.kind() {
                Kind::Plain => self.pool.queue(node.level).tail,
                Kind::Aside => NOBODY,
            };
            sum ^ around ^ queue
        }));
    }

    /// Looks at a book; tells nothing.
    #[inline]
    pub(crate) fn look_at_book(&self, book: BookId) -> u32 {
        let found = self.books.get(index(book.number()));
        found.map_or(0, |book| book.ladders[0].best_level ^ book.ladders[1].best_level)
    }

    /// Looks at who stands last at a price: the slot, or nobody's.
    #[inline]
    pub(crate) fn look_at_price(&self, book: BookId, side: Side, tick: Tick) -> u32 {
        let found = self.books.get(index(book.number()));
        let level = found.and_then(|book| book.ladder(side).known(&self.pool, tick.key(side)));
        level.map_or(NOBODY, |level| {
            black_box(self.pool.key(level));
            self.pool.queue(level).tail
        })
    }

    /// Looks at a slot; tells nothing.
    #[inline]
    pub(crate) fn look_at_slot(&self, slot: u32) -> u32 {
        self.slab.get(slot).map_or(0, |node| node.level)
    }

    fn book(&self, book: BookId) -> &Book {
        &self.books[index(book.number())]
    }

    /// The slot of a resting order.
    #[inline]
    fn resting(&self, id: OrderId) -> u32 {
        let node = self.slab.node(id.slot());
        assert!(
            node.generation == id.generation() && node.place.is_resting(),
            "only a resting order changes"
        );
        id.slot()
    }

    fn terms_of(&self, node: &Node) -> Terms {
        let side = node.place.side();
        let clause = Lots::new(node.clause);
        let (key, peak, minimum) = match node.place.kind() {
            Kind::Plain => (self.pool.key(node.level), clause, Lots::ZERO),
            Kind::Aside => (node.level, Lots::ZERO, clause),
        };
        let tick = Tick::from_key(key, side);
        Terms { book: node.place.book(), side, tick, lots: node.lots(), peak, minimum }
    }

    #[cold]
    fn rest_aside(&mut self, slot: u32, terms: &Terms) {
        let &Terms { book, side, tick, lots, peak, minimum } = terms;
        assert!(peak == Lots::ZERO, "what is never shown has no peak");
        let key = tick.key(side);
        let node = self.slab.node_mut(slot);
        node.place = Place::resting(book, side, Kind::Aside);
        (node.level, node.clause) = (key, minimum.number());
        node.show(lots.number());
        let aside = self.books[index(book.number())].aside.get_or_insert_default();
        self.slab.append(aside[of(side)].entry(key).or_insert(Queue::EMPTY), slot);
    }

    /// The queue in which a resting order stands.
    #[inline]
    fn queue_of(&mut self, slot: u32) -> &mut Queue {
        let &Node { place, level, .. } = self.slab.node(slot);
        match place.kind() {
            Kind::Plain => self.pool.queue_mut(level),
            Kind::Aside => {
                let book = &mut self.books[index(place.book().number())];
                let aside = book.aside.as_mut().expect("a conditional order stands aside");
                let queue = aside[of(place.side())].get_mut(&level);
                queue.expect("a conditional order stands in a queue")
            }
        }
    }

    /// Unlinks a resting order, and closes its level if it was the last there. It is reserved
    /// again.
    #[inline(always)]
    fn detach(&mut self, slot: u32) {
        let node = self.slab.node_mut(slot);
        let (place, level) = (node.place, node.level);
        node.place = Place::RESERVED;
        match place.kind() {
            Kind::Plain => {
                if self.pool.detach(&mut self.slab, level, slot) {
                    self.close(place, level);
                }
            }
            Kind::Aside => self.detach_aside(slot, place, level),
        }
    }

    /// Takes a level that has become empty out of its ladder.
    #[inline(never)]
    fn close(&mut self, place: Place, level: u32) {
        let book = &mut self.books[index(place.book().number())];
        book.ladders[of(place.side())].clear(&mut self.pool, level);
    }

    #[cold]
    fn detach_aside(&mut self, slot: u32, place: Place, key: u32) {
        let book = &mut self.books[index(place.book().number())];
        let sides = book.aside.as_mut().expect("a conditional order stands aside");
        let aside = &mut sides[of(place.side())];
        let queue = aside.get_mut(&key).expect("a conditional order stands in a queue");
        self.slab.detach(queue, slot);
        if queue.is_empty() {
            aside.remove(&key);
        }
        if sides.iter().all(BTreeMap::is_empty) {
            book.aside = None;
        }
    }

    /// Shows the next tranche of an iceberg, at the tail of its price.
    #[cold]
    fn show_next(&mut self, slot: u32) {
        let level = self.slab.node(slot).level;
        self.pool.detach(&mut self.slab, level, slot);
        let node = self.slab.node_mut(slot);
        node.show(node.hidden);
        self.pool.append(&mut self.slab, level, slot);
    }
}
