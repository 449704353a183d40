//! The slots of all orders of all books, and the queues that link them.
//!
//! A slot is free, reserved, resting, or retired because its generations ran out. Free slots form
//! a stack, so that slots stay dense and warm. The orders at one price form a list. Slot 0 is
//! nobody's: it stands before every first and after every last order, is written when they are
//! linked, and is never read; so linking has no case for an end.

use super::terms::{BookId, Lots};
use crate::id::OrderId;
use crate::trading::side::Side;

/// The slot of no order.
pub(super) const NOBODY: u32 = 0;

/// Books there can be: a place holds the book's number in 30 bits and has room for three marks.
pub(super) const BOOKS_MAX: u32 = u32::MAX >> 2;

/// One order. Half a cache line, so that linking touches one line per order.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(super) struct Node {
    /// How often the slot was freed.
    pub(super) generation: u32,
    /// Where the order is.
    pub(super) place: Place,
    /// The order before it at its price.
    pub(super) prev: u32,
    /// The order after it at its price; of a free slot, the next free one.
    pub(super) next: u32,
    /// Its level in the pool; of a conditional order, its key.
    pub(super) level: u32,
    /// Lots that can trade now.
    pub(super) shown: u32,
    /// Lots of later tranches.
    pub(super) hidden: u32,
    /// The peak of an iceberg, the minimum of a conditional order, zero for others.
    pub(super) clause: u32,
}

/// Where an order is: a mark, or book, kind and side in one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u32);

/// Whether an order stands in the ladder or aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Unconditional: in the ladder.
    Plain,
    /// Conditional: never displayed.
    Aside,
}

/// The orders at one price, first come first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queue {
    /// Lots on offer by all of them: at most 2^32 orders of less than 2^32 lots.
    pub(super) lots: u64,
    /// The first one, if there is any.
    pub(super) head: u32,
    /// The last one, if there is any.
    pub(super) tail: u32,
    /// How many there are.
    pub(super) orders: u32,
}

/// All slots.
#[derive(Clone, Debug)]
pub(super) struct Slab {
    nodes: Vec<Node>,
    free: u32,
}

impl Place {
    pub(super) const FREE: Self = Self(u32::MAX);
    pub(super) const RESERVED: Self = Self(u32::MAX - 1);
    pub(super) const RETIRED: Self = Self(u32::MAX - 2);

    /// Resting in `book`.
    #[inline]
    pub(super) fn resting(book: BookId, side: Side, kind: Kind) -> Self {
        let kind = match kind {
            Kind::Plain => 0,
            Kind::Aside => 2,
        };
        let side = match side {
            Side::Buy => 0,
            Side::Sell => 1,
        };
        Self(book.number() << 2 | kind | side)
    }

    #[inline]
    pub(super) fn is_resting(self) -> bool {
        self.0 < Self::RETIRED.0
    }

    #[inline]
    pub(super) fn is_open(self) -> bool {
        self.is_resting() || self == Self::RESERVED
    }

    /// Of a resting order.
    #[inline]
    pub(super) fn book(self) -> BookId {
        BookId::new(self.0 >> 2)
    }

    /// Of a resting order.
    #[inline]
    pub(super) fn side(self) -> Side {
        if self.0 & 1 == 0 { Side::Buy } else { Side::Sell }
    }

    /// Of a resting order.
    #[inline]
    pub(super) fn kind(self) -> Kind {
        if self.0 & 2 == 0 { Kind::Plain } else { Kind::Aside }
    }
}

impl Node {
    fn reserved(generation: u32) -> Self {
        Self {
            generation,
            place: Place::RESERVED,
            prev: NOBODY,
            next: NOBODY,
            level: 0,
            shown: 0,
            hidden: 0,
            clause: 0,
        }
    }

    /// All that remains.
    pub(super) fn lots(&self) -> Lots {
        Lots::new(self.shown.checked_add(self.hidden).expect("an order's lots fit"))
    }

    /// Shows as much of `lots` as its clause lets it.
    #[inline]
    pub(super) fn show(&mut self, lots: u32) {
        self.shown = match self.place.kind() {
            Kind::Plain if self.clause != 0 => lots.min(self.clause),
            Kind::Plain | Kind::Aside => lots,
        };
        self.hidden = lots.wrapping_sub(self.shown);
    }
}

impl Queue {
    pub(super) const EMPTY: Self = Self { lots: 0, head: NOBODY, tail: NOBODY, orders: 0 };

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.head == NOBODY
    }

    #[inline]
    pub(super) fn add(&mut self, lots: u32) {
        self.lots = self.lots.checked_add(u64::from(lots)).expect("2^32 orders of 2^32 lots fit");
    }

    #[inline]
    pub(super) fn take(&mut self, lots: u32) {
        self.lots = self.lots.checked_sub(u64::from(lots)).expect("a queue sums its orders");
    }
}

/// A 32-bit index as the machine wants it.
#[inline]
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).expect("32 bits fit a machine word")
}

impl Slab {
    /// A slab without orders.
    pub(super) fn new() -> Self {
        Self::of_generations(Vec::new())
    }

    /// A slab whose slots are all reserved, from slot 1 with these generations.
    pub(super) fn of_generations(generations: Vec<u32>) -> Self {
        let nobody = Node { place: Place::RETIRED, ..Node::reserved(0) };
        let nodes = std::iter::once(nobody).chain(generations.into_iter().map(Node::reserved));
        Self { nodes: nodes.collect(), free: NOBODY }
    }

    /// Slots ever given, and nobody's.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("slots have 32-bit numbers")
    }

    #[inline]
    pub(super) fn node(&self, slot: u32) -> &Node {
        &self.nodes[index(slot)]
    }

    #[inline]
    pub(super) fn node_mut(&mut self, slot: u32) -> &mut Node {
        &mut self.nodes[index(slot)]
    }

    /// The node of `slot`, if there is such a slot.
    #[inline]
    pub(super) fn get(&self, slot: u32) -> Option<&Node> {
        self.nodes.get(index(slot))
    }

    /// The node of an open order.
    #[inline]
    pub(super) fn open(&self, id: OrderId) -> Option<&Node> {
        let node = self.get(id.slot())?;
        (node.generation == id.generation() && node.place.is_open()).then_some(node)
    }

    /// The id of the order in `slot`.
    #[inline]
    pub(super) fn id(&self, slot: u32) -> OrderId {
        OrderId::from_parts(self.node(slot).generation, slot)
    }

    /// Top of the stack of free slots.
    pub(super) fn top(&self) -> u32 {
        self.free
    }

    /// The id that the next [`Slab::take`] gives.
    #[inline]
    pub(super) fn next_id(&self) -> OrderId {
        match self.free {
            NOBODY => OrderId::from_parts(0, self.len()),
            slot => self.id(slot),
        }
    }

    /// Reserves a slot.
    #[inline]
    pub(super) fn take(&mut self) -> OrderId {
        let id = self.next_id();
        if self.free == NOBODY {
            self.grow();
        } else {
            let node = self.node_mut(id.slot());
            node.place = Place::RESERVED;
            self.free = node.next;
        }
        id
    }

    #[cold]
    fn grow(&mut self) {
        assert!(self.len() < u32::MAX, "slots have 32-bit numbers");
        self.nodes.push(Node::reserved(0));
    }

    /// Frees a reserved slot. Its next order is of the next generation; after the last
    /// generation the slot is retired, so that an id never comes twice.
    #[inline]
    pub(super) fn free(&mut self, slot: u32) {
        let free = self.free;
        let node = self.node_mut(slot);
        match node.generation.checked_add(1) {
            Some(generation) => {
                node.generation = generation;
                node.place = Place::FREE;
                node.next = free;
                self.free = slot;
            }
            None => node.place = Place::RETIRED,
        }
    }

    /// Puts a reserved slot on the stack of free slots as it is.
    pub(super) fn push_free(&mut self, slot: u32) {
        let free = self.free;
        let node = self.node_mut(slot);
        node.place = Place::FREE;
        node.next = free;
        self.free = slot;
    }

    /// Links `slot` as the last of `queue`.
    #[inline]
    pub(super) fn append(&mut self, queue: &mut Queue, slot: u32) {
        let tail = std::mem::replace(&mut queue.tail, slot);
        queue.head = if tail == NOBODY { slot } else { queue.head };
        self.node_mut(tail).next = slot;
        let node = self.node_mut(slot);
        (node.prev, node.next) = (tail, NOBODY);
        queue.orders = queue.orders.checked_add(1).expect("fewer than 2^32 slots");
        queue.add(node.shown);
    }

    /// Unlinks `slot` from `queue`.
    #[inline]
    pub(super) fn detach(&mut self, queue: &mut Queue, slot: u32) {
        let Node { prev, next, shown, .. } = *self.node(slot);
        queue.head = if prev == NOBODY { next } else { queue.head };
        queue.tail = if next == NOBODY { prev } else { queue.tail };
        self.node_mut(prev).next = next;
        self.node_mut(next).prev = prev;
        queue.orders = queue.orders.checked_sub(1).expect("a queue counts its orders");
        queue.take(shown);
    }

    /// The orders of `queue`, first come first.
    pub(super) fn queued(&self, queue: Queue) -> impl Iterator<Item = (u32, &Node)> {
        let order = |slot| (slot != NOBODY).then(|| (slot, self.node(slot)));
        std::iter::successors(order(queue.head), move |(_, node)| order(node.next))
    }
}
