//! What the runs went through: a check that never had anything to check proves nothing.

macro_rules! seen {
    ($($name:ident)*) => {
        /// Counts over one run, or many.
        #[derive(Clone, Debug, Default)]
        pub(super) struct Seen {
            $(pub(super) $name: u64,)*
        }

        impl Seen {
            pub(super) fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }

            /// Everything that can happen did.
            pub(super) fn assert_full(&self) {
                $(assert!(0 < self.$name, "no {} in so many runs: {self:?}", stringify!($name));)*
            }
        }
    };
}

seen! {
    entries trades refusals advances answers repeats reused dry_runs turned_away crashes survivors stops snapshots flips watched cut_streams
}
