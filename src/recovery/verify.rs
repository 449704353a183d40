//! Verification: hashes every entry again, decides every command again, and compares.
//!
//! What differs is a [`Finding`]; that something could not be read is an error. A program with
//! other rules than the one that wrote the journal finds differences too: verify with the version
//! that was in force, or read the changelog.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use sfund_engine::command::Command;
use sfund_engine::entry::Header;
use sfund_engine::event::Event;
use sfund_engine::id::Sequence;
use sfund_engine::market::{Judgement, Market};
use sfund_engine::reject::Reject;
use sfund_engine::time::Time;

use crate::journal::{self, Cursor, Flaw, Hash, Head, Place, Reader};
use crate::published::Block;
use crate::recovery::state::Compared;
use crate::recovery::{Error, STEP_BYTES, Unsound, state};

/// What was looked at, and what is wrong.
#[derive(Debug)]
pub struct Report {
    /// Entries that were hashed, decided and compared.
    pub entries: u64,
    /// Of these, commands that were refused.
    pub refused: u64,
    /// Of these, the venue's own entries that let time pass.
    pub advances: u64,
    /// Events.
    pub events: u64,
    /// Snapshots that were compared.
    pub snapshots: u64,
    /// The newest entry that was compared.
    pub head: Head,
    /// Digest of the market there.
    pub market: Hash,
    /// What is wrong; none is good. A difference in an entry ends the verification: nothing after
    /// it can be judged.
    pub findings: Vec<Finding>,
}

/// Something is wrong.
#[derive(Debug)]
pub enum Finding {
    /// The journal's bytes are damaged.
    Damaged {
        /// Where.
        place: Place,
        /// What is wrong there.
        flaw: Flaw,
    },
    /// An entry does not come after the one before in time.
    TimeGoesBack {
        /// The entry.
        sequence: Sequence,
        /// Its time.
        at: Time,
        /// The time of the entry before.
        before: Time,
    },
    /// Something was due before an entry and was not handled first.
    Overdue {
        /// The entry.
        sequence: Sequence,
        /// When it was due.
        due: Time,
    },
    /// The command, decided again, has another outcome than was recorded.
    OtherOutcome {
        /// The entry.
        sequence: Sequence,
        /// What it has been decided to be now.
        decided: Box<Decided>,
    },
    /// A snapshot is not what was stored, or not the market at its place.
    Snapshot {
        /// The place of the snapshot.
        sequence: Sequence,
        /// What is wrong.
        why: Unsound,
    },
}

/// What a command is decided to be now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// These events.
    Accepted(Vec<Event>),
    /// This reject.
    Refused(Reject),
    /// The attempt was answered in an earlier entry.
    Repeated(Sequence),
    /// The attempt could not have been remembered.
    Unrecorded(Reject),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { place, flaw } => write!(f, "{place}: {flaw}"),
            Self::TimeGoesBack { sequence, at, before } => {
                write!(f, "{sequence}: its time {at} is not after {before}")
            }
            Self::Overdue { sequence, due } => {
                write!(f, "{sequence}: something was due at {due} and did not happen first")
            }
            Self::OtherOutcome { sequence, decided } => {
                write!(f, "{sequence}: decided again, the outcome is {decided:?}")
            }
            Self::Snapshot { sequence, why } => {
                write!(f, "the snapshot at {sequence}: {why}")
            }
        }
    }
}

/// Verifies the journal from its first entry. `progress` hears the place reached, about every
/// 4 MiB.
///
/// # Errors
///
/// [`Error`] if it cannot be told whether the journal is good: the disk fails, or an entry is not
/// of this version. What is wrong is a finding in the report.
pub fn verify(reader: &Arc<dyn Reader>, mut progress: impl FnMut(&Head)) -> Result<Report, Error> {
    let genesis = reader.identity().genesis();
    let mut snapshots: BTreeSet<Sequence> = reader.snapshots()?.into_iter().collect();
    let mut walk = Walk {
        market: Market::default(),
        events: Vec::new(),
        report: Report {
            entries: 0,
            refused: 0,
            advances: 0,
            events: 0,
            snapshots: 0,
            head: genesis,
            market: genesis.hash,
            findings: Vec::new(),
        },
    };
    let mut cursor = Cursor::new(Arc::clone(reader), genesis);
    'walk: loop {
        let blocks = match cursor.advance(STEP_BYTES) {
            Ok(blocks) if blocks.is_empty() => break,
            Ok(blocks) => blocks,
            Err(journal::Error::Damaged { place, flaw }) => {
                walk.report.findings.push(Finding::Damaged { place, flaw });
                break;
            }
            Err(error) => return Err(error.into()),
        };
        for block in &blocks {
            for (header, command, outcome) in Block::decode(block)?.entries() {
                if let Some(finding) = walk.compare(header, command, outcome) {
                    walk.report.findings.push(finding);
                    break 'walk;
                }
                let head = block.head_after(header.sequence);
                walk.report.head = head.expect("the entry is of this block");
                if snapshots.remove(&header.sequence) {
                    walk.compare_snapshot(reader, header.sequence)?;
                }
            }
        }
        progress(&walk.report.head);
    }
    walk.report.market = Hash::from_bytes(walk.market.digest());
    Ok(walk.report)
}

struct Walk {
    market: Market,
    events: Vec<Event>,
    report: Report,
}

impl Walk {
    /// Decides the command of an entry again, and records the entry if nothing is wrong with it.
    fn compare(
        &mut self,
        header: &Header,
        command: &Command,
        outcome: Result<&[Event], &Reject>,
    ) -> Option<Finding> {
        let (sequence, at, before) = (header.sequence, header.at, self.market.now());
        if at <= before {
            return Some(Finding::TimeGoesBack { sequence, at, before });
        }
        let is_advance = *command == Command::Advance;
        if let Some(due) = self.market.next_deadline().filter(|due| *due <= at && !is_advance) {
            return Some(Finding::Overdue { sequence, due });
        }
        self.events.clear();
        let judgement = self.market.judge(header, command, &mut self.events);
        let (is_same, decided) = match (judgement, outcome) {
            (Judgement::Accepted, recorded) => {
                (recorded == Ok(self.events.as_slice()), Decided::Accepted(Vec::new()))
            }
            (Judgement::Refused(reject), recorded) => {
                (recorded == Err(&reject), Decided::Refused(reject))
            }
            (Judgement::Repeated(earlier), _) => (false, Decided::Repeated(earlier)),
            (Judgement::Unrecorded(reject), _) => (false, Decided::Unrecorded(reject)),
        };
        if !is_same {
            let decided = match decided {
                Decided::Accepted(_) => Decided::Accepted(std::mem::take(&mut self.events)),
                other @ (Decided::Refused(_) | Decided::Repeated(_) | Decided::Unrecorded(_)) => {
                    other
                }
            };
            return Some(Finding::OtherOutcome { sequence, decided: Box::new(decided) });
        }
        self.market.record(header, &self.events);
        let report = &mut self.report;
        report.entries = report.entries.saturating_add(1);
        report.refused = report.refused.saturating_add(u64::from(outcome.is_err()));
        report.advances = report.advances.saturating_add(u64::from(is_advance));
        let events = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        report.events = report.events.saturating_add(events);
        None
    }

    /// Compares the snapshot at `sequence` with the market there.
    fn compare_snapshot(
        &mut self,
        reader: &Arc<dyn Reader>,
        sequence: Sequence,
    ) -> Result<(), Error> {
        let why = match reader.read_snapshot(sequence) {
            Ok(snapshot) => match state::decode(&snapshot, Compared::Bytes) {
                Ok(projection) if projection.market().digest() == self.market.digest() => {
                    self.report.snapshots = self.report.snapshots.saturating_add(1);
                    return Ok(());
                }
                Ok(_) => Unsound::OtherMarket,
                Err(why) => why,
            },
            Err(error @ journal::Error::UnsoundSnapshot { .. }) => Unsound::Stored(error),
            Err(journal::Error::NoSnapshot { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.report.findings.push(Finding::Snapshot { sequence, why });
        Ok(())
    }
}
