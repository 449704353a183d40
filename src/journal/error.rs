//! How the journal fails: one error, which says what to do next.

use std::io;
use std::path::PathBuf;

use sfund_engine::id::Sequence;
use thiserror::Error;

/// What is wrong with stored bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// The bytes end before the value does.
    #[error("it is cut short")]
    TooShort,
    /// There are more bytes than such a value may have.
    #[error("it is longer than allowed")]
    TooLong,
    /// The value does not begin as such a value does.
    #[error("it does not begin as it should")]
    NotAFrame,
    /// A block without entries, or before the first entry.
    #[error("it holds no entries")]
    NoEntries,
    /// The lengths of the parts do not add up to the whole.
    #[error("its lengths do not add up")]
    WrongLength,
    /// The last entry would have a number that does not exist.
    #[error("its numbers run out")]
    NumbersRunOut,
    /// The bytes do not give the hash stored with them.
    #[error("its hash does not match its bytes")]
    WrongHash,
    /// The value is sound and lies in the wrong place.
    #[error("it lies under the wrong number")]
    Misplaced,
    /// The value is sound and does not continue what stands before it.
    #[error("it does not continue the entry before it")]
    Disconnected,
    /// The value is not there.
    #[error("it is missing")]
    Missing,
}

/// Where the damage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Place {
    /// The store's own header.
    #[error("the header")]
    Header,
    /// The mark of what was synced.
    #[error("the mark of the last sync")]
    Mark,
    /// The block that holds this entry.
    #[error("the block with {0}")]
    Block(Sequence),
    /// sled's own files.
    #[error("sled's files")]
    Files,
}

/// Why the journal could not do what was asked.
#[derive(Debug, Error)]
pub enum Error {
    /// Stored bytes are not what was stored.
    #[error(
        "the journal is damaged at {place}: keep the folder as it is, and restore a backup or \
         a standby's copy into a new one"
    )]
    Damaged {
        /// Where.
        place: Place,
        /// What is wrong there.
        #[source]
        flaw: Flaw,
    },
    /// Entries that were synced are gone.
    #[error(
        "the journal ends at {newest}, but was synced up to {synced}: entries are lost; keep \
         the folder as it is, and restore a backup or a standby's copy into a new one"
    )]
    Lost {
        /// The newest entry that is there.
        newest: Sequence,
        /// The newest entry that was acknowledged.
        synced: Sequence,
    },
    /// sled found its files unsound.
    #[error(
        "sled's files are damaged: keep the folder as it is, and restore a backup or a \
         standby's copy into a new one"
    )]
    FilesDamaged {
        /// What sled said.
        #[source]
        source: sled::Error,
    },
    /// sled stopped in the middle, which it does on some damage.
    #[error(
        "sled gave up on its files: keep the folder as it is, and restore a backup or a \
         standby's copy into a new one"
    )]
    SledPanicked,
    /// sled failed for another reason.
    #[error("sled failed: look at the disk (space, permissions, kernel log), then start again")]
    Sled {
        /// What sled said.
        #[source]
        source: sled::Error,
    },
    /// The disk or the operating system failed.
    #[error("{path}: look at the disk (space, permissions, kernel log), then start again")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process, or another part of this one, has the store open.
    #[error("{path} is in use: stop the other process, or name another folder")]
    InUse {
        /// The store.
        path: PathBuf,
    },
    /// The folder is not a store of ours.
    #[error("{path} is not a journal: name the right folder, or create one")]
    NotAStore {
        /// The folder.
        path: PathBuf,
    },
    /// The store was being created when the power or the disk failed.
    #[error(
        "{path} holds a store that was never completed, and nothing was acknowledged from it: \
         remove the folder, then start again"
    )]
    NeverCompleted {
        /// The folder.
        path: PathBuf,
    },
    /// A store is only created in an absent or empty folder.
    #[error("{path} is not empty: name an absent or empty folder")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The store was written by a newer version of this program.
    #[error(
        "the journal has format {found}, and this version knows {known}: use a newer version; if \
         there is none, the disk lied: restore a backup"
    )]
    NewerFormat {
        /// The format of the store.
        found: u32,
        /// The newest format this version reads.
        known: u32,
    },
    /// The store's digest is unknown here.
    #[error(
        "the journal's digest has number {found}, unknown here: use a newer version; if there is \
         none, the disk lied: restore a backup"
    )]
    UnknownDigest {
        /// The number recorded in the store.
        found: u32,
    },
    /// A block must begin right after the newest entry.
    #[error("a block began with {found}, and the next entry is {expected}: read the journal again")]
    OutOfOrder {
        /// The entry that comes next.
        expected: Sequence,
        /// The first entry of the block.
        found: Sequence,
    },
    /// Somebody else has taken over since.
    #[error(
        "a block of term {found} came after term {newest}: another writer has taken over; stop"
    )]
    OldTerm {
        /// The term of the newest entry.
        newest: u64,
        /// The term of the block.
        found: u64,
    },
    /// The block has the right number and another past.
    #[error("the block {first} continues another journal: stop, and compare the two")]
    OtherPast {
        /// The first entry of the block.
        first: Sequence,
    },
    /// No block can hold the entry.
    #[error("an entry has {bytes} bytes, and may have {bytes_max}: refuse the command earlier")]
    EntryTooLarge {
        /// Bytes of the body.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// An earlier append or sync failed, so nobody knows what is on the disk.
    #[error("an earlier write failed: stop, and open the journal again")]
    Latched,
    /// A snapshot must not be ahead of the journal that is on the disk.
    #[error("a snapshot at {wanted} is ahead of the disk, at {synced}: sync first")]
    SnapshotAhead {
        /// The place of the snapshot.
        wanted: Sequence,
        /// The newest entry that is synced.
        synced: Sequence,
    },
    /// There is no snapshot at this place.
    #[error("there is no snapshot at {sequence}: list the snapshots")]
    NoSnapshot {
        /// The place asked for.
        sequence: Sequence,
    },
    /// The snapshot is not what was stored. The journal itself may well be sound.
    #[error("the snapshot at {sequence} is unsound: use an older one, or replay from the start")]
    UnsoundSnapshot {
        /// The place of the snapshot.
        sequence: Sequence,
        /// What is wrong with it.
        #[source]
        flaw: Flaw,
    },
    /// A snapshot has a limit too.
    #[error("a snapshot has {bytes} bytes, and may have {bytes_max}: raise the limit")]
    SnapshotTooLarge {
        /// Bytes of the snapshot.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// The machine gave no random bytes for the name of a new store.
    #[error("the machine gives no random bytes: look at the system's random device")]
    NoRandomness {
        /// What the system said.
        #[source]
        source: getrandom::Error,
    },
}
