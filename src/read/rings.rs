//! Rings of history: the newest rows of each key, bounded for each and over all.
//!
//! All rows lie in one slab and are linked by age; a key has the places of its own, oldest first.
//! So a new row, and the one that is given up for it, are found without a search, and the place of
//! that one is taken next.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::iter;
use std::sync::RwLock;

use foldhash::fast::RandomState;

use crate::read::page::{Ask, PAGE_LOOKS_MAX, Page};
use crate::read::table::{read, write};

/// The newest rows of each key. Rows are numbered in the order in which they came, over all keys;
/// the numbers are part of the history and stay the same over a restart. Rows that are large or
/// shared are `Arc`s.
pub(crate) struct Rings<K, V> {
    rows: RwLock<Rows<K, V>>,
    rows_per_key_max: usize,
    rows_max: usize,
}

/// A place in a slab.
type Place = u32;
/// No place.
const NOWHERE: Place = Place::MAX;

/// The rows of all keys.
struct Rows<K, V> {
    /// The number of the next row.
    next: u64,
    count: usize,
    slots: Vec<Slot<V>>,
    slots_free: Vec<Place>,
    oldest: Place,
    newest: Place,
    /// Where each key's ring lies.
    places: HashMap<K, Place, RandomState>,
    rings: Vec<Ring<K>>,
    rings_free: Vec<Place>,
}

/// A row and its neighbours in age, of whatever key.
struct Slot<V> {
    row: Option<V>,
    number: u64,
    ring: Place,
    older: Place,
    newer: Place,
}

/// The rows of one key, oldest first.
struct Ring<K> {
    key: K,
    slots: VecDeque<Place>,
}

impl<K: Copy + Hash + Ord, V: Clone> Rings<K, V> {
    pub(crate) fn new(rows_per_key_max: usize, rows_max: usize) -> Self {
        let rows = RwLock::new(Rows {
            next: 0,
            count: 0,
            slots: Vec::new(),
            slots_free: Vec::new(),
            oldest: NOWHERE,
            newest: NOWHERE,
            places: HashMap::default(),
            rings: Vec::new(),
            rings_free: Vec::new(),
        });
        Self { rows, rows_per_key_max, rows_max }
    }

    /// Adds a row, and hands those that are given up for it to `dropped`.
    pub(crate) fn push(&self, key: K, row: V, dropped: impl FnMut(&V)) {
        self.extend(iter::once((key, row)), dropped);
    }

    /// Adds rows as [`Rings::push`] does, under one lock.
    pub(crate) fn extend(&self, new: impl Iterator<Item = (K, V)>, mut dropped: impl FnMut(&V)) {
        let mut rows = write(&self.rows);
        for (key, row) in new {
            let number = rows.next;
            rows.next = number.saturating_add(1);
            let ring = rows.append(key, number, row);
            if self.rows_per_key_max < rows.ring(ring).slots.len() {
                dropped(&rows.drop_oldest_of(ring));
            }
            while self.rows_max < rows.count {
                let ring = rows.slot(rows.oldest).ring;
                dropped(&rows.drop_oldest_of(ring));
            }
        }
    }

    /// A page of the rows of `key`, newest first, continued by their numbers.
    pub(crate) fn page(
        &self,
        key: &K,
        ask: &Ask<u64>,
        wanted: impl Fn(&V) -> bool,
    ) -> Page<V, u64> {
        let mut rows = self.newest(key, ask).into_iter().peekable();
        let mut page = Page { rows: Vec::new(), next: None };
        let mut looked = 0_usize;
        while let Some((number, row)) = rows.next() {
            looked = looked.saturating_add(1);
            if wanted(&row) {
                page.rows.push(row);
            }
            let is_full = page.rows.len() == ask.rows() || looked == PAGE_LOOKS_MAX;
            if is_full && rows.peek().is_some() {
                page.next = Some(number);
                return page;
            }
        }
        page
    }

    /// The rows that a page looks at, and one more. The lock is held for this copy alone.
    fn newest(&self, key: &K, ask: &Ask<u64>) -> Vec<(u64, V)> {
        let rows = read(&self.rows);
        let Some(ring) = rows.find(key) else { return Vec::new() };
        let end = match ask.after {
            Some(after) => ring.slots.partition_point(|slot| rows.slot(*slot).number < after),
            None => ring.slots.len(),
        };
        let newest = ring.slots.range(..end).rev().take(PAGE_LOOKS_MAX.saturating_add(1));
        newest.map(|slot| rows.slot(*slot)).map(|slot| (slot.number, slot.row().clone())).collect()
    }

    /// The row of `key` that `order` finds; rows are sorted by it, oldest first.
    pub(crate) fn find(&self, key: &K, order: impl Fn(&V) -> Ordering) -> Option<V> {
        let rows = read(&self.rows);
        let ring = rows.find(key)?;
        let index = ring.slots.binary_search_by(|slot| order(rows.slot(*slot).row())).ok()?;
        ring.slots.get(index).map(|slot| rows.slot(*slot).row().clone())
    }

    /// Every row with its number and key, oldest first, and the number of the next.
    pub(crate) fn all(&self) -> (u64, Vec<(u64, K, V)>) {
        let rows = read(&self.rows);
        let mut all = Vec::with_capacity(rows.count);
        let mut next = rows.oldest;
        while next != NOWHERE {
            let slot = rows.slot(next);
            all.push((slot.number, rows.ring(slot.ring).key, slot.row().clone()));
            next = slot.newer;
        }
        (rows.next, all)
    }

    /// Puts back what [`Rings::all`] gave, into empty rings.
    pub(crate) fn restore(&self, next: u64, kept: impl ExactSizeIterator<Item = (u64, K, V)>) {
        let mut rows = write(&self.rows);
        rows.next = next;
        rows.slots.reserve(kept.len());
        for (number, key, row) in kept {
            rows.append(key, number, row);
        }
    }
}

impl<V> Slot<V> {
    fn row(&self) -> &V {
        self.row.as_ref().expect("a slot that is linked has a row")
    }
}

impl<K: Copy + Hash + Ord, V> Rows<K, V> {
    fn slot(&self, place: Place) -> &Slot<V> {
        self.slots.get(index(place)).expect("places are of the slab")
    }

    fn slot_mut(&mut self, place: Place) -> &mut Slot<V> {
        self.slots.get_mut(index(place)).expect("places are of the slab")
    }

    fn ring(&self, place: Place) -> &Ring<K> {
        self.rings.get(index(place)).expect("places are of the slab")
    }

    fn ring_mut(&mut self, place: Place) -> &mut Ring<K> {
        self.rings.get_mut(index(place)).expect("places are of the slab")
    }

    fn find(&self, key: &K) -> Option<&Ring<K>> {
        self.places.get(key).map(|place| self.ring(*place))
    }

    /// Puts a row behind all others. Answers with the ring of its key.
    fn append(&mut self, key: K, number: u64, row: V) -> Place {
        let ring = self.ring_of(key);
        let older = self.newest;
        let slot = Slot { row: Some(row), number, ring, older, newer: NOWHERE };
        let place = match self.slots_free.pop() {
            Some(place) => {
                *self.slot_mut(place) = slot;
                place
            }
            None => push(&mut self.slots, slot),
        };
        match older {
            NOWHERE => self.oldest = place,
            older => self.slot_mut(older).newer = place,
        }
        self.newest = place;
        self.count = self.count.saturating_add(1);
        self.ring_mut(ring).slots.push_back(place);
        ring
    }

    /// The ring of `key`; it begins one if it has none.
    fn ring_of(&mut self, key: K) -> Place {
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let place = match self.rings_free.pop() {
            Some(place) => {
                self.ring_mut(place).key = key;
                place
            }
            None => push(&mut self.rings, Ring { key, slots: VecDeque::new() }),
        };
        self.places.insert(key, place);
        place
    }

    /// Takes the oldest row out of a ring, and the ring away with its last one.
    fn drop_oldest_of(&mut self, ring: Place) -> V {
        let found = self.ring_mut(ring);
        let place = found.slots.pop_front().expect("a ring that is kept has rows");
        if found.slots.is_empty() {
            let key = found.key;
            found.slots = VecDeque::new();
            self.places.remove(&key);
            self.rings_free.push(ring);
        }
        let slot = self.slot_mut(place);
        let (older, newer) = (slot.older, slot.newer);
        let row = slot.row.take().expect("a slot that is linked has a row");
        match older {
            NOWHERE => self.oldest = newer,
            older => self.slot_mut(older).newer = newer,
        }
        match newer {
            NOWHERE => self.newest = older,
            newer => self.slot_mut(newer).older = older,
        }
        self.slots_free.push(place);
        self.count = self.count.saturating_sub(1);
        row
    }
}

fn index(place: Place) -> usize {
    usize::try_from(place).expect("a place is an index")
}

/// Puts `item` at the end of a slab, and answers with its place.
fn push<T>(slab: &mut Vec<T>, item: T) -> Place {
    let place = Place::try_from(slab.len()).expect("rows are bounded");
    slab.push(item);
    place
}
