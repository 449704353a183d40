//! Price levels in pages, shared by all books, and the forks that lead to a page.
//!
//! A page holds the queues of 2^`PAGE_BITS` neighbouring keys, a fork leads to 64 pages or
//! 64 forks; each has a bitmap of what is not empty below it. Pages and forks are handed out on
//! demand and come back empty.

use super::slab::{Queue, Slab, index};

/// No page, no fork, no level.
pub(super) const NIL: u32 = u32::MAX;

/// Bits of a key that choose the level in its page.
pub(super) const PAGE_BITS: u32 = 6;
/// Bits of a key that choose the child of one fork.
pub(super) const FORK_BITS: u32 = 6;

const PAGE_LEVELS: usize = 1 << PAGE_BITS;
const PAGE_MASK: u32 = (1 << PAGE_BITS) - 1;
const FORK_CHILDREN: usize = 1 << FORK_BITS;
const FORK_MASK: u32 = (1 << FORK_BITS) - 1;

#[derive(Clone, Debug)]
struct Page {
    /// Levels with orders.
    bits: u64,
    /// Key of the first level.
    base: u32,
    /// The fork above; of a free page, the next free one.
    parent: u32,
}

#[derive(Clone, Debug)]
struct Fork {
    /// Children there are.
    bits: u64,
    /// The fork above; of a free fork, the next free one.
    parent: u32,
    children: [u32; FORK_CHILDREN],
}

/// All pages and forks.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    queues: Vec<Queue>,
    pages: Vec<Page>,
    forks: Vec<Fork>,
    free_page: u32,
    free_fork: u32,
    idle_pages: u32,
}

/// What a fork leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// Pages.
    Pages,
    /// Forks.
    Forks,
}

/// The bit of `place`.
#[inline]
fn bit(place: u32) -> u64 {
    1u64.wrapping_shl(place)
}

/// The bits above `place`.
#[inline]
fn above(place: u32) -> u64 {
    (!1u64).wrapping_shl(place)
}

/// Which child of a fork leads to `key`, if each child spans `span` bits of it.
#[inline]
pub(super) fn place(key: u32, span: u32) -> u32 {
    key.wrapping_shr(span) & FORK_MASK
}

/// What children that span `span` bits are.
#[inline]
pub(super) fn below(span: u32) -> Below {
    if PAGE_BITS < span { Below::Forks } else { Below::Pages }
}

impl Pool {
    pub(super) const EMPTY: Self = Self {
        queues: Vec::new(),
        pages: Vec::new(),
        forks: Vec::new(),
        free_page: NIL,
        free_fork: NIL,
        idle_pages: 0,
    };

    #[inline]
    pub(super) fn queue(&self, level: u32) -> &Queue {
        &self.queues[index(level)]
    }

    #[inline]
    pub(super) fn queue_mut(&mut self, level: u32) -> &mut Queue {
        &mut self.queues[index(level)]
    }

    /// Links `slot` as the last at `level`.
    #[inline]
    pub(super) fn append(&mut self, slab: &mut Slab, level: u32, slot: u32) {
        slab.append(&mut self.queues[index(level)], slot);
    }

    /// Unlinks `slot` from `level`; whether that leaves none there.
    #[inline]
    pub(super) fn detach(&mut self, slab: &mut Slab, level: u32, slot: u32) -> bool {
        let queue = &mut self.queues[index(level)];
        slab.detach(queue, slot);
        queue.is_empty()
    }

    /// Puts a queue at `level`.
    pub(super) fn put(&mut self, level: u32, queue: Queue) {
        self.queues[index(level)] = queue;
    }

    /// The level of `key` in `page`.
    #[inline]
    pub(super) fn level(page: u32, key: u32) -> u32 {
        page << PAGE_BITS | key & PAGE_MASK
    }

    /// The page of a level.
    #[inline]
    pub(super) fn page(level: u32) -> u32 {
        level >> PAGE_BITS
    }

    /// The key of a level.
    #[inline]
    pub(super) fn key(&self, level: u32) -> u32 {
        self.pages[index(level >> PAGE_BITS)].base | level & PAGE_MASK
    }

    #[inline]
    pub(super) fn child(&self, fork: u32, place: u32) -> u32 {
        self.forks[index(fork)].children[index(place & FORK_MASK)]
    }

    /// Pages in use.
    pub(super) fn pages(&self) -> u32 {
        let all = u32::try_from(self.pages.len()).expect("levels have 32-bit numbers");
        all.checked_sub(self.idle_pages).expect("an idle page is a page")
    }

    /// Whether the pages and forks in use hang together as `trees` trees.
    pub(super) fn is_forest(&self, trees: usize) -> bool {
        let next = |&fork: &u32| Some(self.forks[index(fork)].parent).filter(|&fork| fork != NIL);
        let first = Some(self.free_fork).filter(|&fork| fork != NIL);
        let idle = std::iter::successors(first, next).count();
        let children = self.forks.iter().map(|fork| index(fork.bits.count_ones()));
        let all = self.forks.len().saturating_add(index(self.pages()));
        children.sum::<usize>().saturating_add(trees).saturating_add(idle) == all
    }

    /// Whether `fork` leads to more than one child.
    pub(super) fn branches(&self, fork: u32) -> bool {
        1 < self.forks[index(fork)].bits.count_ones()
    }

    /// Marks `level` as one with orders.
    #[inline]
    pub(super) fn mark(&mut self, level: u32) {
        self.pages[index(level >> PAGE_BITS)].bits |= bit(level & PAGE_MASK);
    }

    /// Marks `level` as one without; the page, if that leaves none in it.
    #[inline]
    pub(super) fn clear(&mut self, level: u32) -> Option<u32> {
        let page = &mut self.pages[index(level >> PAGE_BITS)];
        page.bits &= !bit(level & PAGE_MASK);
        (page.bits == 0).then_some(level >> PAGE_BITS)
    }

    /// An empty page for `key`, with no parent.
    pub(super) fn take_page(&mut self, key: u32) -> u32 {
        let base = key & !PAGE_MASK;
        let number = self.free_page;
        if let Some(page) = self.pages.get_mut(index(number)) {
            self.free_page = std::mem::replace(&mut page.parent, NIL);
            page.base = base;
            self.idle_pages = self.idle_pages.saturating_sub(1);
            return number;
        }
        let levels = self.queues.len().saturating_add(PAGE_LEVELS);
        assert!(levels < index(NIL), "levels have 32-bit numbers");
        let number = u32::try_from(self.pages.len()).expect("fewer pages than levels");
        self.queues.resize(levels, Queue::EMPTY);
        self.pages.push(Page { bits: 0, base, parent: NIL });
        number
    }

    /// Takes an empty page back; its parent.
    pub(super) fn free_page(&mut self, number: u32) -> u32 {
        let free = std::mem::replace(&mut self.free_page, number);
        self.idle_pages = self.idle_pages.saturating_add(1);
        std::mem::replace(&mut self.pages[index(number)].parent, free)
    }

    /// An empty fork, with no parent.
    pub(super) fn take_fork(&mut self) -> u32 {
        let number = self.free_fork;
        if let Some(fork) = self.forks.get_mut(index(number)) {
            self.free_fork = std::mem::replace(&mut fork.parent, NIL);
            return number;
        }
        let number = u32::try_from(self.forks.len()).expect("few more forks than pages");
        self.forks.push(Fork { bits: 0, parent: NIL, children: [NIL; FORK_CHILDREN] });
        number
    }

    /// Takes an empty fork back; its parent.
    pub(super) fn free_fork(&mut self, number: u32) -> u32 {
        let free = std::mem::replace(&mut self.free_fork, number);
        std::mem::replace(&mut self.forks[index(number)].parent, free)
    }

    /// Hangs `child` below `parent` at `place`.
    pub(super) fn hang(&mut self, parent: u32, place: u32, child: u32, what: Below) {
        let fork = &mut self.forks[index(parent)];
        fork.bits |= bit(place);
        fork.children[index(place)] = child;
        self.set_parent(child, what, parent);
    }

    /// Says who leads to `child`.
    pub(super) fn set_parent(&mut self, child: u32, what: Below, parent: u32) {
        match what {
            Below::Pages => self.pages[index(child)].parent = parent,
            Below::Forks => self.forks[index(child)].parent = parent,
        }
    }

    /// Takes the child at `place` off `fork`; whether that leaves none.
    pub(super) fn unhang(&mut self, fork: u32, place: u32) -> bool {
        let fork = &mut self.forks[index(fork)];
        fork.bits &= !bit(place);
        fork.children[index(place)] = NIL;
        fork.bits == 0
    }

    /// The only child of `fork`, taken off it, if it has just one.
    pub(super) fn unhang_only(&mut self, fork: u32) -> Option<u32> {
        let fork = &mut self.forks[index(fork)];
        if fork.bits.count_ones() != 1 {
            return None;
        }
        let place = fork.bits.trailing_zeros();
        fork.bits = 0;
        Some(std::mem::replace(&mut fork.children[index(place)], NIL))
    }

    /// The first level with orders below `child`, whose keys span `span` bits.
    fn first(&self, mut child: u32, mut span: u32) -> u32 {
        while PAGE_BITS < span {
            let fork = &self.forks[index(child)];
            child = fork.children[index(fork.bits.trailing_zeros())];
            span = span.saturating_sub(FORK_BITS);
        }
        Self::level(child, self.pages[index(child)].bits.trailing_zeros())
    }

    /// The level with orders next after `level` in its ladder.
    #[inline]
    pub(super) fn after(&self, level: u32) -> Option<u32> {
        let number = level >> PAGE_BITS;
        let page = &self.pages[index(number)];
        let rest = page.bits & above(level & PAGE_MASK);
        if rest != 0 {
            return Some(Self::level(number, rest.trailing_zeros()));
        }
        self.after_page(page)
    }

    fn after_page(&self, page: &Page) -> Option<u32> {
        let (mut parent, mut span) = (page.parent, PAGE_BITS);
        while let Some(fork) = self.forks.get(index(parent)) {
            let rest = fork.bits & above(place(page.base, span));
            if rest != 0 {
                return Some(self.first(fork.children[index(rest.trailing_zeros())], span));
            }
            parent = fork.parent;
            span = span.saturating_add(FORK_BITS);
        }
        None
    }
}
