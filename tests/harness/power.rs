//! What a disk holds after the power was cut: the record of a run, replayed up to a moment.
//!
//! Nothing is taken for durable that was not synced. The bytes and the length of a file are
//! durable once a sync of the file that began after them is done; a name is, once a sync of its
//! folder is. `sync_file_range` makes nothing durable: it does not reach the device's cache. What
//! is not durable at the cut may be there or not, each sector of 512 bytes for itself, so that a
//! write is lost, torn, or overtaken by a later one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use rand::{Rng, RngExt as _};

/// What a disk writes whole or not at all.
const SECTOR_BYTES: u64 = 512;

/// What a part of a file looks like that was never written.
static ZEROS: [u8; 16_384] = [0; 16_384];

/// One line of the record; see `tests/disk/disk.c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    Write {
        file: u64,
        offset: u64,
        bytes: Vec<u8>,
    },
    Truncate {
        file: u64,
        length: u64,
    },
    SyncBegin {
        file: u64,
        nth: u64,
        how: How,
    },
    SyncEnd {
        file: u64,
        nth: u64,
        how: How,
    },
    Create {
        file: u64,
        name: String,
    },
    MakeFolder {
        file: u64,
        name: String,
    },
    Rename {
        from: String,
        to: String,
    },
    Unlink {
        name: String,
    },
    /// Said on stdout.
    Say {
        text: String,
    },
}

/// Which call synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    Fsync,
    Fdatasync,
}

/// Which syncs reach the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syncs {
    All,
    /// As if the store's own `fdatasync` of sled's log were not there.
    WithoutTheExplicitOne,
}

/// What becomes of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    Lost,
    Kept,
    /// Each write and each change of a name is there or not.
    Some,
    /// Each sector of each write.
    Torn,
}

/// Reads a record.
pub fn read_record(path: &Path) -> Vec<Call> {
    let record = fs::read(path).unwrap();
    let mut rest = record.as_slice();
    let mut calls = Vec::new();
    while !rest.is_empty() {
        let mut number = || {
            let (head, tail) = rest.split_at(8);
            rest = tail;
            u64::from_le_bytes(head.try_into().unwrap())
        };
        let [kind, file, place, length] = std::array::from_fn(|_| number());
        let (bytes, tail) = rest.split_at(usize::try_from(length).unwrap());
        rest = tail;
        calls.push(call(kind, file, place, bytes));
    }
    calls
}

fn call(kind: u64, file: u64, place: u64, bytes: &[u8]) -> Call {
    let text = || String::from_utf8(bytes.to_vec()).unwrap();
    match kind {
        1 => Call::Write { file, offset: place, bytes: bytes.to_vec() },
        2 => Call::Truncate { file, length: place },
        3 => Call::SyncBegin { file, nth: place, how: How::Fsync },
        4 => Call::SyncEnd { file, nth: place, how: How::Fsync },
        5 => Call::SyncBegin { file, nth: place, how: How::Fdatasync },
        6 => Call::SyncEnd { file, nth: place, how: How::Fdatasync },
        7 => Call::Create { file, name: text() },
        8 => Call::MakeFolder { file, name: text() },
        9 => {
            let both = text();
            let (from, to) = both.split_once('\n').unwrap();
            Call::Rename { from: from.to_owned(), to: to.to_owned() }
        }
        10 => Call::Unlink { name: text() },
        11 => Call::Say { text: text() },
        other => panic!("a record has no line of kind {other}"),
    }
}

/// A change of a file that is not durable yet.
#[derive(Clone)]
enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Truncate { length: u64 },
}

#[derive(Default)]
struct Stored {
    durable: Vec<u8>,
    /// With the count of calls when each was made.
    pending: Vec<(u64, Change)>,
}

/// A change of the names in a folder that is not durable yet.
#[derive(Clone)]
struct Naming {
    at: u64,
    folder: String,
    /// Names that go, and names that come with what they name; at once.
    gone: Vec<String>,
    come: Vec<(String, Node)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    File(usize),
    Folder,
}

/// A disk at one moment of a run.
pub struct Platter {
    syncs: Syncs,
    calls_count: u64,
    files: Vec<Stored>,
    /// Which of the files a number of the system stands for now.
    numbers: BTreeMap<u64, Node>,
    /// Paths of folders by their numbers.
    folders: BTreeMap<u64, String>,
    /// Names as the program sees them.
    names: BTreeMap<String, Node>,
    /// Names that are durable.
    durable: BTreeMap<String, Node>,
    pending: Vec<Naming>,
    begun: BTreeMap<(u64, u64, How), u64>,
}

impl Platter {
    /// An empty disk, whose root the program knew as `root`.
    pub fn new(root: &Path, syncs: Syncs) -> Self {
        let number = fs::metadata(root).unwrap().ino();
        Self {
            syncs,
            calls_count: 0,
            files: Vec::new(),
            numbers: BTreeMap::from([(number, Node::Folder)]),
            folders: BTreeMap::from([(number, String::new())]),
            names: BTreeMap::new(),
            durable: BTreeMap::new(),
            pending: Vec::new(),
            begun: BTreeMap::new(),
        }
    }

    /// What is in `folder` is on the disk, all of it durable. It is a copy of `root` from before
    /// the program ran there.
    pub fn hold(&mut self, folder: &Path, root: &Path) {
        self.hold_under(folder, root, "");
        self.durable = self.names.clone();
    }

    fn hold_under(&mut self, folder: &Path, root: &Path, under: &str) {
        for entry in fs::read_dir(folder.join(under)).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let path = if under.is_empty() { name } else { format!("{under}/{name}") };
            // What is gone by now was never written to.
            let number = fs::metadata(root.join(&path)).map(|found| found.ino()).ok();
            let node = if entry.file_type().unwrap().is_dir() {
                self.folders.extend(number.map(|number| (number, path.clone())));
                self.hold_under(folder, root, &path);
                Node::Folder
            } else {
                let durable = fs::read(entry.path()).unwrap();
                self.files.push(Stored { durable, pending: Vec::new() });
                Node::File(self.files.len() - 1)
            };
            self.numbers.extend(number.map(|number| (number, node)));
            self.names.insert(path, node);
        }
    }

    /// The next call of the record has happened.
    pub fn apply(&mut self, call: &Call) {
        self.calls_count += 1;
        match call {
            Call::Write { file, offset, bytes } => {
                self.change(*file, Change::Write { offset: *offset, bytes: bytes.clone() });
            }
            Call::Truncate { file, length } => {
                self.change(*file, Change::Truncate { length: *length });
            }
            Call::SyncBegin { file, nth, how } => {
                self.begun.insert((*file, *nth, *how), self.calls_count);
            }
            Call::SyncEnd { file, nth, how } => {
                let begun = self.begun.remove(&(*file, *nth, *how)).unwrap();
                self.sync(*file, begun, *how);
            }
            Call::Create { file, name } => {
                self.files.push(Stored::default());
                let node = Node::File(self.files.len() - 1);
                self.numbers.insert(*file, node);
                self.name(name, Vec::new(), vec![(name.clone(), node)]);
            }
            Call::MakeFolder { file, name } => {
                self.numbers.insert(*file, Node::Folder);
                self.folders.insert(*file, name.clone());
                self.name(name, Vec::new(), vec![(name.clone(), Node::Folder)]);
            }
            Call::Rename { from, to } => {
                assert_eq!(parent(from), parent(to), "nothing moves between folders");
                let node = self.names[from];
                self.name(to, vec![from.clone()], vec![(to.clone(), node)]);
            }
            Call::Unlink { name } => self.name(name, vec![name.clone()], Vec::new()),
            Call::Say { .. } => {}
        }
    }

    fn change(&mut self, file: u64, change: Change) {
        let Some(Node::File(index)) = self.numbers.get(&file).copied() else {
            panic!("what was written to was created before")
        };
        self.files[index].pending.push((self.calls_count, change));
    }

    fn name(&mut self, path: &str, gone: Vec<String>, come: Vec<(String, Node)>) {
        for name in &gone {
            self.names.remove(name);
        }
        self.names.extend(come.iter().cloned());
        let folder = parent(path).to_owned();
        self.pending.push(Naming { at: self.calls_count, folder, gone, come });
    }

    fn sync(&mut self, file: u64, begun: u64, how: How) {
        match self.numbers[&file] {
            Node::Folder => {
                let path = &self.folders[&file];
                let (done, rest) = std::mem::take(&mut self.pending)
                    .into_iter()
                    .partition(|naming: &Naming| naming.folder == *path && naming.at < begun);
                self.pending = rest;
                rename(&mut self.durable, &done);
            }
            Node::File(index) => {
                let is_log = self.names.get("store/db") == Some(&Node::File(index));
                if is_log && how == How::Fdatasync && self.syncs == Syncs::WithoutTheExplicitOne {
                    return;
                }
                let stored = &mut self.files[index];
                let covered = stored.pending.partition_point(|(at, _)| *at < begun);
                for (_, change) in stored.pending.drain(..covered) {
                    apply(&mut stored.durable, &change);
                }
            }
        }
    }

    /// Whether there is anything that a cut could lose.
    pub fn has_unsynced(&self) -> bool {
        !self.pending.is_empty() || self.files.iter().any(|file| !file.pending.is_empty())
    }

    /// Cuts the power and writes what is left into `folder`, which is empty.
    pub fn cut(&self, folder: &Path, unsynced: Unsynced, random: &mut impl Rng) {
        let mut names = self.durable.clone();
        let namings: Vec<Naming> = match unsynced {
            Unsynced::Lost => Vec::new(),
            Unsynced::Kept => self.pending.clone(),
            // A file system keeps the order in which names of one folder changed.
            Unsynced::Some | Unsynced::Torn => {
                self.pending[..random.random_range(0..=self.pending.len())].to_vec()
            }
        };
        rename(&mut names, &namings);
        for (name, node) in &names {
            let path = folder.join(name);
            match node {
                Node::Folder => fs::create_dir_all(path).unwrap(),
                Node::File(index) => {
                    // The folder may have been lost with its name.
                    if folder.join(parent(name)).is_dir() {
                        self.files[*index].cut(&path, unsynced, random);
                    }
                }
            }
        }
    }
}

impl Stored {
    fn cut(&self, path: &Path, unsynced: Unsynced, random: &mut impl Rng) {
        let file = File::create_new(path).unwrap();
        // A new file is all zeros: those need no writing.
        for (index, part) in self.durable.chunks(ZEROS.len()).enumerate() {
            if part != &ZEROS[..part.len()] {
                let at = index * ZEROS.len();
                file.write_all_at(part, u64::try_from(at).unwrap()).unwrap();
            }
        }
        file.set_len(u64::try_from(self.durable.len()).unwrap()).unwrap();
        for (_, change) in &self.pending {
            match change {
                Change::Truncate { length } if keeps(unsynced, random) => {
                    file.set_len(*length).unwrap();
                }
                Change::Truncate { .. } => {}
                Change::Write { offset, bytes } if unsynced == Unsynced::Torn => {
                    for (at, sector) in sectors(*offset, bytes) {
                        if random.random() {
                            file.write_all_at(sector, at).unwrap();
                        }
                    }
                }
                Change::Write { offset, bytes } => {
                    if keeps(unsynced, random) {
                        file.write_all_at(bytes, *offset).unwrap();
                    }
                }
            }
        }
        // The length may have come through where the bytes have not.
        if matches!(unsynced, Unsynced::Some | Unsynced::Torn) && random.random() {
            let grown = file.metadata().unwrap().len().max(self.end());
            file.set_len(grown).unwrap();
        }
    }

    /// Bytes up to the end of all that was written.
    fn end(&self) -> u64 {
        let ends = self.pending.iter().map(|(_, change)| match change {
            Change::Write { offset, bytes } => offset + u64::try_from(bytes.len()).unwrap(),
            Change::Truncate { .. } => 0,
        });
        ends.max().unwrap_or_default()
    }
}

fn keeps(unsynced: Unsynced, random: &mut impl Rng) -> bool {
    match unsynced {
        Unsynced::Lost => false,
        Unsynced::Kept => true,
        Unsynced::Some | Unsynced::Torn => random.random(),
    }
}

/// The parts of a write that lie in different sectors, and where.
fn sectors(offset: u64, bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let (mut at, mut rest, mut parts) = (offset, bytes, Vec::new());
    while !rest.is_empty() {
        let left = usize::try_from(SECTOR_BYTES - at % SECTOR_BYTES).unwrap();
        let (sector, after) = rest.split_at(left.min(rest.len()));
        parts.push((at, sector));
        at += u64::try_from(sector.len()).unwrap();
        rest = after;
    }
    parts
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Truncate { length } => bytes.resize(usize::try_from(*length).unwrap(), 0),
        Change::Write { offset, bytes: written } => {
            let start = usize::try_from(*offset).unwrap();
            let end = start + written.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[start..end].copy_from_slice(written);
        }
    }
}

fn rename(names: &mut BTreeMap<String, Node>, namings: &[Naming]) {
    for naming in namings {
        for name in &naming.gone {
            names.remove(name);
        }
        names.extend(naming.come.iter().cloned());
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
