//! The exchange as it is served, on a store that a seeded venue was written to before; and what its
//! journal says in the end.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use sfund::config;
use sfund::journal::{self, Digest, Journal};
use sfund::published::Block;
use sfund::read::REACH_WAIT_MAX;
use sfund::recovery::recover;
use sfund::secret::key_hash;
use sfund::sequencer::{Clock as _, HandClock, Limits, Mode, Parts, Sequencer, Submission};
use sfund::server::{self, Running};
use sfund_engine::command::Command;
use sfund_engine::entry::{Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::{PartyId, Sequence};
use sfund_engine::market::Market;
use sfund_engine::registry::party::Role;
use sfund_engine::venue::issue_key::{IssueKey, KeyScope};
use sfund_proto::v1::trading_service_client::TradingServiceClient;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use crate::shared::mix::{self, Ask};

const OPERATOR: PartyId = PartyId::new(0);
/// Who the mix registers first, as the manager of its funds.
const FIRST: PartyId = PartyId::new(4);
/// Parties of the mix: all of them get a key.
const PARTIES: u32 = 38;

/// A running exchange.
pub(crate) struct Venue {
    pub(crate) address: SocketAddr,
    pub(crate) running: Running,
    runtime: Runtime,
    setup: Vec<Ask>,
    folder: TempDir,
}

/// What came to the market: attempts, and whether each came once.
pub(crate) struct Journaled {
    /// Entries that came after the setup.
    pub(crate) entries: Vec<(Header, Command)>,
    /// Trades in them.
    pub(crate) trades: usize,
    /// The live market at the end; a direct run of the same commands made the same.
    pub(crate) digest: [u8; 32],
}

/// A runtime whose threads bear `name`.
pub(crate) fn runtime(name: &str) -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .thread_name(name)
        .enable_all()
        .build()
        .expect("threads")
}

/// The key of a party.
pub(crate) fn key(party: PartyId) -> String {
    format!("sfund_{:064x}", u64::from(party.number()) + 1)
}

/// The header that shows it.
pub(crate) fn bearer(party: PartyId) -> MetadataValue<Ascii> {
    let mut value: MetadataValue<Ascii> =
        format!("Bearer {}", key(party)).parse().expect("a key is plain");
    value.set_sensitive(true);
    value
}

/// Everybody's member: it gives everybody's commands.
pub(crate) const MEMBER: PartyId = FIRST;

/// The setup with a member in the manager's place, who acts for every investor; the manager comes
/// last. No order has another id for it.
pub(crate) fn with_member(mut setup: Vec<Ask>) -> Vec<Ask> {
    let last = setup.iter().rposition(|ask| matches!(ask.1, Command::RegisterParty(_)));
    let last = last.expect("parties are registered");
    let mut manager = None;
    for (_, command) in &mut setup {
        match command {
            Command::RegisterParty(register) if manager.is_none() => {
                manager = Some(register.clone());
                register.details.role = Role::Member;
                register.details.code = "MEMBER".to_owned();
            }
            Command::RegisterParty(register) => register.details.member = Some(MEMBER),
            Command::RegisterFund(register) => {
                register.details.manager = PartyId::new(PARTIES - 1);
            }
            _ => {}
        }
    }
    let manager = Command::RegisterParty(manager.expect("a manager"));
    setup.insert(last + 1, (Caller::Party(OPERATOR), manager));
    setup
}

impl Venue {
    /// Writes `setup`, and a key for every party, to a new store, and serves it.
    pub(crate) fn open(mut setup: Vec<Ask>) -> Self {
        let parties = setup.iter().filter(|ask| matches!(ask.1, Command::RegisterParty(_)));
        let parties = FIRST.number()..FIRST.number() + u32::try_from(parties.count()).expect("few");
        setup.extend(parties.map(|party| issue_key(PartyId::new(party))));
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let store = folder.path().join("store");
        write(&store, &setup);
        let all = [
            ("store.path", store.to_str().expect("plain")),
            ("server.address", "127.0.0.1:0"),
            // Counted as in production, and read by nobody.
            ("metrics.address", if first_of_process() { "127.0.0.1:0" } else { "" }),
            ("server.calls_per_second_max", "10000000"),
            ("server.calls_burst_max", "10000000"),
            ("server.streams_per_caller_max", "10000"),
            ("server.connections_per_address_max", "10000"),
        ];
        let flags: Vec<_> =
            all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let config = config::load(None, [], &flags).expect("good settings").config;
        let clock = Arc::new(HandClock::new(mix::opening()));
        let opened = server::open(&config, clock.now(), |_, _| {}).expect("a sound store");
        let runtime = runtime("server");
        let fatal = Arc::new(|fatal| panic!("the sequencer cannot go on: {fatal:?}"));
        let running = runtime.block_on(opened.start(&config, clock, fatal)).expect("it starts");
        Self { address: running.address(), running, runtime, setup, folder }
    }

    /// Waits until all that was answered is published, so that what comes next is measured alone.
    pub(crate) fn settle(&self) {
        let (read, durable) = (self.running.read(), self.running.live().durable());
        let reached = async { read.reached(durable, REACH_WAIT_MAX).await };
        self.runtime.block_on(reached).expect("it is published");
    }

    /// Stops, runs what the journal holds directly through a market, and compares.
    pub(crate) fn end(self) -> Journaled {
        let Self { running, runtime, setup, folder, .. } = self;
        let ended = runtime.block_on(running.stop()).expect("no thread panicked");
        drop(runtime);
        let journal = journal::sled::open(&folder.path().join("store")).expect("a sound store");
        let mut market = mix::market_of(&setup);
        let mut next = market.sequence().next();
        let newest = journal.reader.newest().sequence;
        let (mut entries, mut trades, mut events) = (Vec::new(), 0, Vec::new());
        while next <= newest {
            for block in journal.reader.read(next, 1 << 22).expect("a sound journal") {
                let block = Block::decode(&block).expect("entries");
                for (header, command, _) in block.entries() {
                    if header.sequence < next {
                        continue;
                    }
                    next = header.sequence.next();
                    decide(&mut market, header, command, &mut events);
                    let traded = events.iter().filter(|event| matches!(event, Event::Traded(_)));
                    trades += traded.count();
                    entries.push((*header, command.clone()));
                }
            }
        }
        assert_eq!(market.digest(), ended.digest, "a direct run makes the same market");
        let attempts = entries.iter().filter_map(|(header, _)| header.attempt);
        let ids: BTreeSet<_> = attempts.map(|attempt| attempt.id).collect();
        assert_eq!(ids.len(), entries.len(), "each attempt came once");
        Journaled { entries, trades, digest: ended.digest }
    }
}

/// Judges and records a command under its own header.
pub(crate) fn decide(
    market: &mut Market,
    header: &Header,
    command: &Command,
    events: &mut Vec<Event>,
) {
    use sfund_engine::market::Judgement;
    events.clear();
    match market.judge(header, command, events) {
        Judgement::Accepted => {}
        Judgement::Refused(_) => events.clear(),
        Judgement::Repeated(_) | Judgement::Unrecorded(_) => panic!("it has an entry"),
    }
    market.record(header, events);
}

/// A connection of its own.
pub(crate) async fn connect(address: SocketAddr) -> TradingServiceClient<Channel> {
    TradingServiceClient::connect(format!("http://{address}")).await.expect("it answers")
}

/// Only one of a process can count.
fn first_of_process() -> bool {
    use std::sync::atomic::{AtomicBool, Ordering};
    static FIRST: AtomicBool = AtomicBool::new(true);
    FIRST.swap(false, Ordering::SeqCst)
}

fn issue_key(party: PartyId) -> Ask {
    let issue = IssueKey {
        party,
        key_hash: key_hash(&key(party)),
        scope: KeyScope::Full,
        expires: mix::opening().plus_seconds(86_400),
    };
    (Caller::Party(OPERATOR), Command::IssueKey(Box::new(issue)))
}

fn write(store: &std::path::Path, setup: &[Ask]) {
    let Journal { writer, reader, .. } =
        journal::sled::create(store, Digest::Sha256).expect("a store");
    let projection = recover(&reader, |_| {}).expect("nothing to recover").projection;
    let parts = Parts { writer, reader, projection };
    let clock = Arc::new(HandClock::new(mix::opening()));
    let fatal = Arc::new(|fatal| panic!("{fatal:?}"));
    let sequencer = Sequencer::start(parts, clock, Limits::default(), fatal).expect("threads");
    let (answers, mut answered) = mpsc::channel(512);
    for asks in setup.chunks(512) {
        for (caller, command) in asks {
            let (caller, command) = (*caller, command.clone());
            let submission = Submission { caller, attempt: None, command, mode: Mode::Commit };
            sequencer.handle().submit_to(submission, 0, &answers).expect("room");
        }
        for _ in asks {
            let (_, answer) = answered.blocking_recv().expect("an answer");
            assert!(answer.outcome().is_ok(), "the setup is accepted: {:?}", answer.outcome());
        }
    }
    let ended = sequencer.stop().expect("it ended well");
    assert_ne!(ended.sequence, Sequence::ZERO, "something was written");
}
