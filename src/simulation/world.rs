//! One simulated run: the server, its disk, its clients and what is between them, step by step.

use std::collections::BTreeSet;
use std::mem;
use std::sync::{Arc, Mutex};

use sfund_engine::entry::{Caller, Header};
use sfund_engine::reject::Reject;
use sfund_engine::time::Time;
use tokio::runtime::Runtime;

use crate::fixture::{disk, opening};
use crate::journal::memory::{Disk, FaultPlan};
use crate::recovery::take_snapshot;
use crate::sequencer::stepped::Stepping;
use crate::sequencer::{Answer, HandClock, Mode, Submission};
use crate::simulation::audit::{Audit, Failure, ensure};
use crate::simulation::cast::{self, Known, Who};
use crate::simulation::clients::{Intent, MESSAGES_MAX, Message, has_session};
use crate::simulation::plan::{Part, Step};
use crate::simulation::seen::Seen;
use crate::simulation::server::{Mood, Server};
use crate::simulation::watch::Watcher;

pub(super) struct World<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) disk: Disk,
    pub(super) clock: Arc<HandClock>,
    pub(super) mood: Arc<Mutex<Mood>>,
    pub(super) server: Option<Server>,
    pub(super) audit: Audit,
    pub(super) intents: Vec<Intent>,
    pub(super) watchers: Vec<Watcher>,
    pub(super) seen: Seen,
    /// The real time, which never goes back.
    pub(super) now: Time,
    pub(super) known: Known,
    pub(super) network: Vec<Message>,
    /// Attempts that had their first answer.
    answered: BTreeSet<(Caller, [u8; 16])>,
    /// Blocks that survive the death that is planned.
    kept: u8,
    pub(super) tags: u64,
}

impl<'a> World<'a> {
    /// A venue that is ready to trade.
    pub(super) fn new(runtime: &'a Runtime) -> Result<Self, Failure> {
        let (disk, now) = (disk(), opening());
        let genesis = disk.open().map_err(|error| format!("{error:?}"))?.identity.genesis();
        let mut world = Self {
            runtime,
            disk,
            clock: Arc::new(HandClock::new(now)),
            mood: Arc::default(),
            server: None,
            audit: Audit::new(genesis),
            intents: Vec::new(),
            watchers: (0..3).map(|_| Watcher::default()).collect(),
            seen: Seen::default(),
            now,
            known: Known::default(),
            network: Vec::new(),
            answered: BTreeSet::new(),
            kept: 0,
            tags: 0,
        };
        world.start()?;
        for (caller, command) in cast::setup() {
            let submission = Submission { caller, attempt: None, command, mode: Mode::Commit };
            let intent = world.intend(submission);
            world.request(intent)?;
            world.work_off()?;
        }
        let refused = world.audit.refusals;
        ensure(refused == 0 && world.audit.market.venue().is_some(), || {
            format!("{refused} commands of the setup are refused")
        })?;
        world.network.clear();
        Ok(world)
    }

    /// Carries out one step, as far as there is something to do.
    pub(super) fn step(&mut self, step: Step) -> Result<(), Failure> {
        match step {
            Step::Ask { who, wish, mode } => self.ask(who, wish, mode),
            Step::Again { pick } => {
                let open: Vec<usize> = self.unanswered().collect();
                if let Some(intent) = round(open.len(), pick) {
                    self.send(Message::Request(open[intent]));
                }
                Ok(())
            }
            Step::Deliver { pick } => match round(self.network.len(), pick) {
                Some(at) => {
                    let message = self.network.remove(at);
                    self.deliver(message)
                }
                None => Ok(()),
            },
            Step::Lose { pick } => {
                if let Some(at) = round(self.network.len(), pick) {
                    self.network.remove(at);
                }
                Ok(())
            }
            Step::Double { pick } => {
                if let Some(at) = round(self.network.len(), pick) {
                    self.send(self.network[at].clone());
                }
                Ok(())
            }
            Step::Disconnect { who } => self.disconnect(who),
            Step::Forge { pick, how } => {
                self.forge(pick, how);
                Ok(())
            }
            Step::Work(part) => self.work(part).map(drop),
            Step::Watch { reader, entries } => self.watch(reader, entries),
            Step::Pass { seconds } => {
                self.pass(seconds);
                Ok(())
            }
            Step::Crash { kept } => {
                self.crash(kept);
                Ok(())
            }
            Step::Die { at, kept } => {
                self.mood.lock().unwrap().dies = Some(at);
                self.kept = kept;
                Ok(())
            }
            Step::Flip { bit } => self.flip(bit),
            Step::Stop => self.stop(),
            Step::Lie => {
                self.mood.lock().unwrap().lies = true;
                Ok(())
            }
        }
    }

    /// Takes what the server sent, and holds it against what is durable.
    pub(super) fn collect(&mut self) -> Result<(), Failure> {
        let Some(server) = &mut self.server else { return Ok(()) };
        self.audit.follow(&server.reader)?;
        while let Ok((tag, answer)) = server.answered.try_recv() {
            let intent = server.waiting.remove(&tag).ok_or("somebody is answered twice")?;
            self.seen.answers += 1;
            self.seen.repeats += u64::from(answer.repeated());
            check(&self.audit, &mut self.answered, &self.intents[intent].submission, &answer)?;
            match answer.outcome() {
                Err(Reject::AttemptReused {}) => self.seen.reused += 1,
                _ if answer.entry().is_none() => self.seen.dry_runs += 1,
                _ => {}
            }
            if self.network.len() < MESSAGES_MAX {
                self.network.push(Message::Answer(intent, answer));
            }
        }
        Ok(())
    }

    /// Lets a part of the server work. Says whether there was something to do.
    pub(super) fn work(&mut self, part: Part) -> Result<bool, Failure> {
        let Some(server) = &mut self.server else {
            self.start()?;
            return Ok(true);
        };
        let stepping = match part {
            Part::Engine if server.engine_has_room() => server.stepped.step_engine(),
            Part::Writer if server.writer_has_room() => server.stepped.step_writer(),
            Part::Engine | Part::Writer => Stepping::Idle,
            Part::Publisher => server.stepped.step_publisher(),
            Part::Recall => server.stepped.step_recall(),
            Part::Snapshotter => return self.take_snapshot().map(|()| true),
        };
        self.collect()?;
        if stepping == Stepping::Ended && part != Part::Engine {
            let dies = self.mood.lock().unwrap().dies.take();
            let fatal = self.server.as_ref().and_then(|server| server.fatal.lock().unwrap().take());
            ensure(dies.is_some() && part == Part::Writer, || format!("died of {fatal:?}"))?;
            self.crash(self.kept);
        }
        Ok(stepping == Stepping::Done)
    }

    fn take_snapshot(&mut self) -> Result<(), Failure> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let taken = take_snapshot(&server.reader, server.snapshots.as_mut(), 2);
        let (head, digest) = taken.map_err(|error| format!("no snapshot: {error:?}"))?;
        self.audit.follow(&server.reader)?;
        self.seen.snapshots += 1;
        ensure(head == self.audit.head && digest == self.audit.market.digest(), || {
            format!("the snapshot at {} is of another market", head.sequence)
        })
    }

    fn watch(&mut self, reader: u16, entries: u8) -> Result<(), Failure> {
        let Some(server) = &self.server else { return Ok(()) };
        let at = usize::from(reader) % self.watchers.len();
        let live = server.stepped.live();
        self.watchers[at].watch(self.runtime, &live, &self.audit, entries, &mut self.seen)
    }

    fn pass(&mut self, seconds: i32) {
        let waits = self.server.as_ref().is_some_and(|server| {
            let waiting = server.stepped.waiting();
            0 < waiting.commands
        });
        let on = u64::try_from(seconds).unwrap_or_default();
        // No command waits for hours in a server that runs.
        let on = if waits { on.min(60) } else { on };
        self.now = self.now.plus_seconds(on);
        let back = u64::try_from(-i64::from(seconds)).unwrap_or_default();
        self.clock.set(self.now.minus_seconds(back));
    }

    /// Whatever reads next reads a bit turned over, and says so: the recall thread, or else the
    /// snapshotter.
    fn flip(&mut self, bit: u16) -> Result<(), Failure> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let read_flips = Some((0, bit.into()));
        self.disk.set_faults(FaultPlan { read_flips, ..FaultPlan::default() });
        let stepping = server.stepped.step_recall();
        let taken = (stepping == Stepping::Idle)
            .then(|| take_snapshot(&server.reader, server.snapshots.as_mut(), 2));
        self.disk.set_faults(FaultPlan::default());
        self.collect()?;
        self.seen.flips += u64::from(stepping == Stepping::Ended || matches!(taken, Some(Err(_))));
        if stepping == Stepping::Ended {
            self.crash(0);
        }
        Ok(())
    }

    /// The process ends at once.
    pub(super) fn crash(&mut self, kept: u8) {
        if self.server.take().is_none() {
            return;
        }
        self.seen.crashes += 1;
        self.watchers.iter_mut().for_each(Watcher::cut);
        self.disk.crash(kept.into());
    }

    /// Told to stop, the server answers all it took and leaves the market as it was.
    pub(super) fn stop(&mut self) -> Result<(), Failure> {
        let Some(server) = &self.server else { return Ok(()) };
        if server.queue_is_full() {
            self.work_off()?;
        }
        let Some(server) = &self.server else { return Ok(()) };
        server.stepped.handle().stop();
        // Once the engine has ended it does no more, whatever waits.
        while let Some(server) = &mut self.server {
            if server.engine_has_room() && server.stepped.step_engine() == Stepping::Ended {
                break;
            }
            self.work_behind_engine()?;
        }
        self.collect()?;
        while self.work_behind_engine()? {}
        let Some(server) = &self.server else { return Ok(()) };
        ensure(server.waiting.is_empty(), || "a stop leaves commands unanswered".to_owned())?;
        let digest = self.audit.market.digest();
        ensure(server.stepped.market().digest() == digest, || {
            "the live market is not what is durable".to_owned()
        })?;
        ensure(server.stepped.projection().market().digest() == digest, || {
            "the read models are not of what is durable".to_owned()
        })?;
        self.take_snapshot()?;
        self.server = None;
        self.seen.stops += 1;
        self.watchers.iter_mut().for_each(Watcher::cut);
        Ok(())
    }

    /// Starts the server; the sessions of before are lost.
    pub(super) fn start(&mut self) -> Result<(), Failure> {
        let before = self.audit.head.sequence;
        let server = Server::start(&self.disk, &self.clock, &self.mood, &mut self.audit)?;
        self.seen.survivors += u64::from(before < self.audit.head.sequence);
        self.server = Some(server);
        for who in Who::TRADERS {
            if has_session(&self.intents, who) {
                self.cancel_session(who)?;
            }
        }
        Ok(())
    }

    /// Lets every part work until there is nothing left to do, or the process dies.
    pub(super) fn work_off(&mut self) -> Result<(), Failure> {
        loop {
            let did = self.work_behind_engine()?;
            let Some(server) = &self.server else { return Ok(()) };
            if 0 < server.stepped.waiting().commands {
                self.work(Part::Engine)?;
            } else if !did {
                return Ok(());
            }
        }
    }

    /// Lets every part but the engine do what waits for it. Says whether there was something.
    fn work_behind_engine(&mut self) -> Result<bool, Failure> {
        let mut did = false;
        for part in [Part::Recall, Part::Publisher, Part::Writer] {
            while self.server.is_some() && self.work(part)? {
                did = true;
            }
        }
        Ok(did)
    }

    /// Delivers all that is on the way.
    pub(super) fn deliver_all(&mut self) -> Result<(), Failure> {
        for message in mem::take(&mut self.network) {
            self.deliver(message)?;
            self.work_off()?;
        }
        Ok(())
    }
}

/// Holds an answer that leaves against what was asked and what is durable.
fn check(
    audit: &Audit,
    answered: &mut BTreeSet<(Caller, [u8; 16])>,
    asked: &Submission,
    answer: &Answer,
) -> Result<(), Failure> {
    let key = asked.attempt.map(|attempt| (asked.caller, attempt.id));
    let Some(item) = answer.entry() else {
        let newest = audit.head.sequence;
        ensure(answer.sequence() <= newest, || {
            format!("an answer rests on {}, durable is {newest}", answer.sequence())
        })?;
        if asked.mode == Mode::DryRun {
            let (sequence, at) = (answer.sequence().next(), answer.at());
            let header = Header { sequence, at, caller: asked.caller, attempt: asked.attempt };
            return audit.judge_dry(&header, &asked.command, answer.outcome());
        }
        let reused = key.and_then(|key| audit.attempts.get(&key)).is_some_and(|(_, other)| {
            Some(*other) != asked.attempt.map(|attempt| attempt.fingerprint)
        });
        return ensure(reused && answer.outcome() == Err(&Reject::AttemptReused {}), || {
            format!("{asked:?} is not recorded: {:?}", answer.outcome())
        });
    };
    audit.hold(item)?;
    let header = item.header();
    let is_own = header.caller == asked.caller
        && header.attempt == asked.attempt
        && *item.command() == asked.command;
    ensure(is_own, || format!("{asked:?} is answered by {item:?}"))?;
    let is_first = key.is_none_or(|key| answered.insert(key));
    ensure(is_first || answer.repeated(), || format!("{asked:?} is new twice"))
}

/// The place picked among so many, counted round.
pub(super) fn round(count: usize, pick: u16) -> Option<usize> {
    usize::from(pick).checked_rem(count)
}
