//! The books as bytes: the same state is the same bytes, however it was reached.
//!
//! An array of four: the generation of every slot from 1; the free slots, next to be taken
//! first; the retired slots, ascending; the books. A book is an array of four: unconditional buys
//! and sells, conditional buys and sells. Each is an array of levels, best first; a level is its
//! tick and an array of its orders, first come first. An order is `[slot, lots]`, an iceberg
//! `[slot, shown, hidden, peak]`, a conditional order `[slot, lots, minimum]`. A slot that is
//! named nowhere is reserved. Where a level lies in memory is not state.

use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};

use super::slab::{BOOKS_MAX, Kind, NOBODY, Place, Queue, Slab};
use super::terms::{BookId, Tick};
use super::{Book, Books, of};
use crate::trading::side::Side;

impl<C> Encode<C> for Books {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.array(4)?;
        let slots = || 1..self.slots();
        encode_count(e, slots().len())?;
        slots().try_for_each(|slot| e.u32(self.slab.node(slot).generation).map(|_| ()))?;
        let first = Some(self.slab.top()).filter(|&slot| slot != NOBODY);
        let next = |&slot: &u32| Some(self.slab.node(slot).next).filter(|&slot| slot != NOBODY);
        encode_slots(e, || std::iter::successors(first, next))?;
        let retired = |&slot: &u32| self.slab.node(slot).place == Place::RETIRED;
        encode_slots(e, || slots().filter(retired))?;
        e.array(u64::from(self.count()))?;
        for book in &self.books {
            self.encode_book(e, book)?;
        }
        Ok(())
    }
}

fn encode_slots<W: Write, I: Iterator<Item = u32>>(
    e: &mut Encoder<W>,
    slots: impl Fn() -> I,
) -> Result<(), encode::Error<W::Error>> {
    encode_count(e, slots().count())?;
    slots().try_for_each(|slot| e.u32(slot).map(|_| ()))
}

fn encode_count<W: Write>(e: &mut Encoder<W>, count: usize) -> Result<(), encode::Error<W::Error>> {
    e.array(u64::try_from(count).expect("a count fits 64 bits")).map(|_| ())
}

impl Books {
    fn encode_book<W: Write>(
        &self,
        e: &mut Encoder<W>,
        book: &Book,
    ) -> Result<(), encode::Error<W::Error>> {
        e.array(4)?;
        for side in Side::BOTH {
            let levels = || book.ladder(side).levels(&self.pool);
            encode_count(e, levels().count())?;
            for level in levels() {
                self.encode_level(e, side, self.pool.key(level), self.pool.queue(level))?;
            }
        }
        for side in Side::BOTH {
            let aside = book.aside(side);
            encode_count(e, aside.map_or(0, |queues| queues.len()))?;
            for (&key, queue) in aside.into_iter().flatten() {
                self.encode_level(e, side, key, queue)?;
            }
        }
        Ok(())
    }

    fn encode_level<W: Write>(
        &self,
        e: &mut Encoder<W>,
        side: Side,
        key: u32,
        queue: &Queue,
    ) -> Result<(), encode::Error<W::Error>> {
        e.array(2)?.u32(Tick::from_key(key, side).number())?;
        encode_count(e, self.slab.queued(*queue).count())?;
        for (slot, node) in self.slab.queued(*queue) {
            match node.place.kind() {
                Kind::Plain if node.clause == 0 => e.array(2)?.u32(slot)?.u32(node.shown)?,
                Kind::Plain => {
                    e.array(4)?.u32(slot)?.u32(node.shown)?.u32(node.hidden)?.u32(node.clause)?
                }
                Kind::Aside => e.array(3)?.u32(slot)?.u32(node.shown)?.u32(node.clause)?,
            };
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Books {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        decode_exactly(d, 4)?;
        let slots = decode_count(d)?;
        let mut generations = Vec::with_capacity(slots);
        for _ in 0..slots {
            generations.push(d.u32()?);
        }
        if u32::try_from(slots).map_or(true, |slots| slots == u32::MAX) {
            return Err(wrong("more slots than numbers for them"));
        }
        let mut books = Self { slab: Slab::of_generations(generations), ..Self::new() };
        books.decode_free(d)?;
        books.decode_retired(d)?;
        for _ in 0..decode_count(d)? {
            if BOOKS_MAX <= books.count() {
                return Err(wrong("more books than numbers for them"));
            }
            let id = books.open();
            books.decode_book(d, id)?;
        }
        Ok(books)
    }
}

impl Books {
    fn decode_free(&mut self, d: &mut Decoder<'_>) -> Result<(), decode::Error> {
        let count = decode_count(d)?;
        let mut free = Vec::with_capacity(count);
        for _ in 0..count {
            free.push(d.u32()?);
        }
        for slot in free.into_iter().rev() {
            self.unclaimed(slot)?;
            self.slab.push_free(slot);
        }
        Ok(())
    }

    fn decode_retired(&mut self, d: &mut Decoder<'_>) -> Result<(), decode::Error> {
        let mut before = None;
        for _ in 0..decode_count(d)? {
            let slot = d.u32()?;
            self.unclaimed(slot)?;
            let node = self.slab.node_mut(slot);
            if Some(slot) <= before || node.generation != u32::MAX {
                return Err(wrong("a retired slot is out of order or not used up"));
            }
            node.place = Place::RETIRED;
            before = Some(slot);
        }
        Ok(())
    }

    fn decode_book(&mut self, d: &mut Decoder<'_>, id: BookId) -> Result<(), decode::Error> {
        decode_exactly(d, 4)?;
        for kind in [Kind::Plain, Kind::Aside] {
            for side in Side::BOTH {
                let mut before = None;
                for _ in 0..decode_count(d)? {
                    decode_exactly(d, 2)?;
                    let key = Tick::new(d.u32()?).key(side);
                    if before >= Some(key) {
                        return Err(wrong("levels do not go from better to worse"));
                    }
                    before = Some(key);
                    self.decode_level(d, Place::resting(id, side, kind), key)?;
                }
            }
        }
        let buy = self.best(id, Side::Buy);
        if buy.is_some_and(|buy| self.book(id).crosses(Side::Buy, buy)) {
            return Err(wrong("unconditional orders cross"));
        }
        Ok(())
    }

    fn decode_level(
        &mut self,
        d: &mut Decoder<'_>,
        place: Place,
        key: u32,
    ) -> Result<(), decode::Error> {
        let orders = decode_count(d)?;
        if orders == 0 {
            return Err(wrong("a level without orders"));
        }
        let book = &mut self.books[super::index(place.book().number())];
        let level = match place.kind() {
            Kind::Plain => {
                let ladder = &mut book.ladders[of(place.side())];
                let level = ladder.find(&mut self.pool, key);
                ladder.mark(&mut self.pool, key, level);
                level
            }
            Kind::Aside => key,
        };
        let mut queue = Queue::EMPTY;
        for _ in 0..orders {
            let slot = self.decode_order(d, place, level)?;
            self.slab.append(&mut queue, slot);
        }
        match place.kind() {
            Kind::Plain => self.pool.put(level, queue),
            Kind::Aside => {
                let book = &mut self.books[super::index(place.book().number())];
                book.aside.get_or_insert_default()[of(place.side())].insert(key, queue);
            }
        }
        Ok(())
    }

    fn decode_order(
        &mut self,
        d: &mut Decoder<'_>,
        place: Place,
        level: u32,
    ) -> Result<u32, decode::Error> {
        let fields = d.array()?;
        let (slot, shown) = (d.u32()?, d.u32()?);
        let (hidden, clause) = match (place.kind(), fields) {
            (Kind::Plain, Some(2)) => (0, 0),
            (Kind::Plain, Some(4)) => (d.u32()?, d.u32()?),
            (Kind::Aside, Some(3)) => (0, d.u32()?),
            (Kind::Plain | Kind::Aside, _) => return Err(wrong("an order of no known shape")),
        };
        let sound = match place.kind() {
            Kind::Plain if fields == Some(4) => {
                shown <= clause && shown.checked_add(hidden).is_some()
            }
            Kind::Plain => true,
            Kind::Aside => clause != 0,
        };
        if shown == 0 || !sound {
            return Err(wrong("an order whose lots contradict each other"));
        }
        self.unclaimed(slot)?;
        let node = self.slab.node_mut(slot);
        (node.place, node.level) = (place, level);
        (node.shown, node.hidden, node.clause) = (shown, hidden, clause);
        Ok(slot)
    }

    /// Refuses a slot that is not there or was named before.
    fn unclaimed(&self, slot: u32) -> Result<(), decode::Error> {
        match self.slab.get(slot) {
            Some(node) if node.place == Place::RESERVED => Ok(()),
            Some(_) => Err(wrong("a slot is named twice")),
            None => Err(wrong("a slot is not there")),
        }
    }
}

fn wrong(what: &'static str) -> decode::Error {
    decode::Error::message(what)
}

fn decode_exactly(d: &mut Decoder<'_>, fields: u64) -> Result<(), decode::Error> {
    if d.array()? == Some(fields) { Ok(()) } else { Err(wrong("an array of another length")) }
}

/// The length of an array, which the bytes that are left can hold.
fn decode_count(d: &mut Decoder<'_>) -> Result<usize, decode::Error> {
    let left = d.input().len().saturating_sub(d.position());
    let count = d.array()?.ok_or_else(|| wrong("an array of no stated length"))?;
    match usize::try_from(count) {
        Ok(count) if count <= left => Ok(count),
        Ok(_) | Err(_) => Err(decode::Error::end_of_input()),
    }
}
