//! One side of one book: from a key to its level.
//!
//! The best key and its level are at hand. The way to another key leads from the root over
//! forks to a page; the root is the lowest page or fork that spans all keys in use, so the shape
//! depends on nothing but the prices that have orders. Neighbouring prices share a page. A wild
//! price costs one page and at most four forks, and lengthens the way of the others by as many
//! steps as long as it stands.

use super::pool::{FORK_BITS, NIL, PAGE_BITS, Pool, below, place};

/// The best key of an empty ladder: behind every key.
pub(super) const NONE: u64 = u64::MAX;

/// One side of one book.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ladder {
    /// The lowest key with orders, or [`NONE`].
    pub(super) best: u64,
    /// Its level.
    pub(super) best_level: u32,
    root: u32,
    /// Bits of a key that are chosen below the root.
    span: u32,
}

impl Ladder {
    pub(super) const EMPTY: Self = Self { best: NONE, best_level: NIL, root: NIL, span: PAGE_BITS };

    /// The level of `key`; its page is opened if need be. A level that gets its first order must
    /// be marked at once.
    #[inline]
    pub(super) fn find(&mut self, pool: &mut Pool, key: u32) -> u32 {
        if (u64::from(key) ^ self.best).wrapping_shr(self.span) != 0 {
            self.widen(pool, key);
        }
        let (mut at, mut span) = (self.root, self.span);
        while PAGE_BITS < span {
            span = span.wrapping_sub(FORK_BITS);
            let child = pool.child(at, place(key, span));
            at = if child == NIL { Self::branch(pool, at, key, span) } else { child };
        }
        Pool::level(at, key)
    }

    /// The level of `key`, if there is a page for it.
    pub(super) fn known(&self, pool: &Pool, key: u32) -> Option<u32> {
        if (u64::from(key) ^ self.best).wrapping_shr(self.span) != 0 {
            return None;
        }
        let (mut at, mut span) = (self.root, self.span);
        while PAGE_BITS < span {
            span = span.wrapping_sub(FORK_BITS);
            at = pool.child(at, place(key, span));
            if at == NIL {
                return None;
            }
        }
        Some(Pool::level(at, key))
    }

    /// Makes the root span `key` too.
    #[cold]
    fn widen(&mut self, pool: &mut Pool, key: u32) {
        if self.root == NIL {
            self.root = pool.take_page(key);
            return;
        }
        let best = pool.key(self.best_level);
        while u64::from(key ^ best).wrapping_shr(self.span) != 0 {
            let fork = pool.take_fork();
            pool.hang(fork, place(best, self.span), self.root, below(self.span));
            self.root = fork;
            self.span = self.span.saturating_add(FORK_BITS);
        }
    }

    /// Hangs a new child, whose keys span `span` bits, below `fork`.
    #[cold]
    fn branch(pool: &mut Pool, fork: u32, key: u32, span: u32) -> u32 {
        let child = if PAGE_BITS < span { pool.take_fork() } else { pool.take_page(key) };
        pool.hang(fork, place(key, span), child, below(span));
        child
    }

    /// `level`, of `key`, has orders from now on.
    #[inline]
    pub(super) fn mark(&mut self, pool: &mut Pool, key: u32, level: u32) {
        pool.mark(level);
        if u64::from(key) < self.best {
            self.best = u64::from(key);
            self.best_level = level;
        }
    }

    /// `level` has no orders from now on.
    #[inline]
    pub(super) fn clear(&mut self, pool: &mut Pool, level: u32) {
        if level == self.best_level {
            match pool.after(level) {
                Some(next) => {
                    self.best = u64::from(pool.key(next));
                    self.best_level = next;
                }
                None => (self.best, self.best_level) = (NONE, NIL),
            }
        }
        let key = pool.key(level);
        if let Some(page) = pool.clear(level) {
            self.give_back(pool, page, key);
        }
    }

    /// Gives an empty page back, and what led only there, and a root with one child.
    #[cold]
    fn give_back(&mut self, pool: &mut Pool, page: u32, key: u32) {
        let (mut parent, mut span) = (pool.free_page(page), PAGE_BITS);
        while parent != NIL {
            if !pool.unhang(parent, place(key, span)) {
                return self.lower(pool);
            }
            parent = pool.free_fork(parent);
            span = span.saturating_add(FORK_BITS);
        }
        *self = Self::EMPTY;
    }

    fn lower(&mut self, pool: &mut Pool) {
        while PAGE_BITS < self.span {
            let Some(child) = pool.unhang_only(self.root) else { return };
            pool.free_fork(self.root);
            self.root = child;
            self.span = self.span.saturating_sub(FORK_BITS);
            pool.set_parent(child, below(self.span), NIL);
        }
    }

    /// Whether the root is the lowest that spans all keys in use.
    pub(super) fn is_low(&self, pool: &Pool) -> bool {
        self.span == PAGE_BITS || pool.branches(self.root)
    }

    /// The levels with orders, best first.
    pub(super) fn levels(self, pool: &Pool) -> impl Iterator<Item = u32> {
        let first = (self.best != NONE).then_some(self.best_level);
        std::iter::successors(first, |&level| pool.after(level))
    }
}
