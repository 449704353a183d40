//! What the venue's own side sees.

use std::time::Duration;

use sfund_engine::amount::Units;
use sfund_engine::id::{FundId, LockId, PartyId, ProposalId, SegmentId, Sequence};
use sfund_engine::policy::JudgedBy;
use sfund_engine::registry::lock_units::LockKind;
use sfund_engine::registry::party::{PartyDetails, PartyStatus, Qualification, Role};
use sfund_engine::time::{Date, Time};
use sfund_engine::venue::issue_key::KeyScope;
use sfund_engine::venue::propose::ProposalEnd;
use sfund_proto::v1;
use uuid::Uuid;

use crate::error::{Refusal, Unreadable};
use crate::key::KeyHash;
use crate::wire::policy::judged_of;
use crate::wire::{self, Twin, bytes32, read, some};

/// What came of a command that may need a second person (复核).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reviewed<T> {
    /// It was carried out at once.
    Done(T),
    /// It waits as this proposal.
    Waits(ProposalId),
}

/// A registered party (主体).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Id.
    pub id: PartyId,
    /// Who it is.
    pub details: PartyDetails,
    /// Whether it may trade.
    pub status: PartyStatus,
    /// A4: its newest qualification.
    pub qualification: Option<Qualification>,
    /// A9: parties under common control share a number (关联方).
    pub group: u32,
    /// Orders it has open.
    pub orders_open: u32,
    /// Intentions it has on the board.
    pub intentions_open: u32,
}

/// Which parties to list; all of them if nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartyFilter {
    /// Only of this role.
    pub role: Option<Role>,
    /// Only clients of this member.
    pub member: Option<PartyId>,
}

/// Who the caller is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerRecord {
    /// The party behind the key.
    pub party: Party,
    /// What the key may do.
    pub scope: KeyScope,
    /// When the key expires.
    pub key_expires: Option<Time>,
}

/// A lock of units in force (质押、冻结).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Id.
    pub id: LockId,
    /// Holder of record.
    pub party: PartyId,
    /// Fund.
    pub fund: FundId,
    /// How many.
    pub units: Units,
    /// Pledge or freeze.
    pub kind: LockKind,
    /// Pledgee (质权人); `None` for a freeze.
    pub pledgee: Option<PartyId>,
    /// Document it rests on.
    pub evidence: String,
}

/// Which locks to list; all that the caller may see if nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockFilter {
    /// Only of this holder.
    pub party: Option<PartyId>,
    /// Only in this fund.
    pub fund: Option<FundId>,
    /// Only of this pledgee.
    pub pledgee: Option<PartyId>,
}

/// An API key as the venue knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// SHA-256 of its text.
    pub hash: KeyHash,
    /// Whose key.
    pub party: PartyId,
    /// What it may do.
    pub scope: KeyScope,
    /// When it expires.
    pub expires: Time,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Time>,
}

/// A command that waits for a second person, or waited (复核).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Id.
    pub id: ProposalId,
    /// Name of the command, as `AdoptPack`.
    pub command: String,
    /// The command in words for people; its layout may change.
    pub detail: String,
    /// Who asked.
    pub by: PartyId,
    /// When it was proposed.
    pub proposed_at: Option<Time>,
    /// When it lapses.
    pub expires: Time,
    /// How it ended, if it did.
    pub end: Option<ProposalEnd>,
    /// When it ended, if it did.
    pub ended_at: Option<Time>,
    /// Who ended it; `None` where time did.
    pub ended_by: Option<PartyId>,
}

/// What an approved or declined proposal led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewOutcome {
    /// Names of the events that the approved command led to.
    pub events: Vec<String>,
    /// Id of what it brought about, as `segment-1` or `party-9`; empty if it has none.
    pub created: String,
}

/// One entry of the journal (日志条目): who asked what and when, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Place in the journal, from 1.
    pub sequence: Sequence,
    /// When, strictly after the entry before.
    pub time: Time,
    /// Who; `None` is the venue's own machinery.
    pub caller: Option<PartyId>,
    /// Which attempt of theirs, if it had an id.
    pub attempt: Option<Uuid>,
    /// Name of the command, as `PlaceOrder`.
    pub command: String,
    /// The command in words for people; its layout may change.
    pub command_detail: String,
    /// What happened, in order; empty if it was refused.
    pub events: Vec<EntryEvent>,
    /// Why it was refused, if it was.
    pub refusal: Option<Refusal>,
    /// The entry's exact bytes in the journal.
    pub body: Vec<u8>,
    /// The rules that judged it: what was in force before it.
    pub rules: RulesInForce,
}

/// The rules in force at a place of the journal (适用规则版本).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesInForce {
    /// Version of the calendar; 0 before the venue opened.
    pub calendar: u32,
    /// What judges on each segment: its pack, and the overlay that binds state-owned sellers.
    pub segments: Vec<(SegmentId, JudgedBy)>,
}

/// One event of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryEvent {
    /// Name, as `OrderPlaced`.
    pub name: String,
    /// The event in words for people; its layout may change.
    pub detail: String,
}

/// Which entries of the journal to list; all of them if nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// First entry to look at.
    pub from: Sequence,
    /// Only given by this party.
    pub caller: Option<PartyId>,
    /// Only commands of these names, as `PlaceOrder`; empty is of all.
    pub commands: Vec<String>,
    /// Everything, or refusals only.
    pub outcome: WhichOutcomes,
}

/// All entries or refusals only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhichOutcomes {
    /// All.
    #[default]
    All,
    /// What was refused.
    Refused,
}

/// How the server does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    /// Version of the program.
    pub version: String,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// Newest entry that is durable.
    pub durable: Sequence,
    /// Entry of the newest digest; zero if there is none yet.
    pub digest_at: Sequence,
    /// SHA-256 of the whole market as of that entry.
    pub digest: Option<[u8; 32]>,
    /// Commands that wait for the market.
    pub queue_length: u64,
    /// Most commands that may wait.
    pub queue_capacity: u64,
    /// Orders open over all books.
    pub orders_open: u64,
    /// Streams that are open.
    pub streams_open: u64,
    /// When this answer was made, by the server's clock.
    pub answered: Option<Time>,
    /// The stages of a command's path, in its order, over the last minute.
    pub stages: Vec<Stage>,
    /// From taking a command into the queue to its answer.
    pub whole: Stage,
    /// Half of the batches of the last minute had at most so many commands.
    pub batch_commands_p50: u64,
    /// Ninety-nine of a hundred batches had at most so many.
    pub batch_commands_p99: u64,
    /// Blocks by which the slowest stream is behind.
    pub stream_lag_blocks: u64,
    /// Blocks by which a stream may be behind before it is cut.
    pub stream_lag_blocks_max: u64,
    /// Streams cut since the start because their readers were too slow.
    pub streams_cut: u64,
    /// Entry of the newest snapshot; zero if there is none yet.
    pub snapshot: Sequence,
    /// Time of that entry.
    pub snapshot_time: Option<Time>,
    /// Entries from one snapshot to the next.
    pub snapshot_every_entries: u64,
    /// Bytes of the store's files.
    pub store_bytes: u64,
    /// Free bytes of its disk, and bytes of it; none if they are not known yet.
    pub disk: Option<(u64, u64)>,
    /// Last day of the venue's calendar, and the days left until then; below 0 after it.
    pub calendar: Option<(Date, i32)>,
    /// Connections that are open.
    pub connections: u64,
    /// Connections that may be open.
    pub connections_max: u64,
}

/// One stage of a command's path over the last minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// `wait`, `decide`, `append`, `sync`, `publish` or `answer`.
    pub name: String,
    /// How often it was measured: once a batch.
    pub count: u64,
    /// Half took at most this.
    pub p50: Duration,
    /// Ninety-nine of a hundred took at most this.
    pub p99: Duration,
    /// How much waits before it now.
    pub depth: u64,
    /// How much may wait there; 0 if nothing waits before this stage.
    pub depth_max: u64,
}

pub(crate) fn reviewed<T>(
    proposal: &str,
    done: impl FnOnce() -> Result<T, Unreadable>,
) -> Result<Reviewed<T>, Unreadable> {
    match wire::maybe(proposal, "proposal_id")? {
        Some(proposal) => Ok(Reviewed::Waits(proposal)),
        None => done().map(Reviewed::Done),
    }
}

pub(crate) fn party_of(wire: v1::Party) -> Result<Party, Unreadable> {
    let details = some(wire.details, "details")?;
    Ok(Party {
        id: read(&wire.party_id, "party_id")?,
        details: PartyDetails {
            code: details.code,
            name: details.name,
            role: Role::from_wire(details.role)?,
            form: Twin::from_wire(details.form)?,
            look_through: details.look_through,
            tier: u8::try_from(details.tier).map_err(|_| Unreadable { field: "tier" })?,
            member: wire::maybe(&details.member_id, "member_id")?,
        },
        status: PartyStatus::from_wire(wire.status)?,
        qualification: wire.qualification.map(qualification_of).transpose()?,
        group: wire.group,
        orders_open: wire.orders_open,
        intentions_open: wire.intentions_open,
    })
}

fn qualification_of(wire: v1::Qualification) -> Result<Qualification, Unreadable> {
    Ok(Qualification {
        evidence: bytes32(&wire.evidence_sha256, "evidence_sha256")?,
        certifier: wire.certifier,
        expires: read(&wire.expires, "expires")?,
        net_assets: wire::maybe(&wire.net_assets, "net_assets")?.unwrap_or_default(),
        financial_assets: wire::maybe(&wire.financial_assets, "financial_assets")?
            .unwrap_or_default(),
        income: wire::maybe(&wire.income, "income")?.unwrap_or_default(),
    })
}

pub(crate) fn qualification_to_wire(qualification: Qualification) -> v1::Qualification {
    v1::Qualification {
        evidence_sha256: qualification.evidence.to_vec(),
        certifier: qualification.certifier,
        expires: qualification.expires.to_string(),
        net_assets: qualification.net_assets.to_string(),
        financial_assets: qualification.financial_assets.to_string(),
        income: qualification.income.to_string(),
    }
}

pub(crate) fn details_to_wire(details: PartyDetails) -> v1::PartyDetails {
    v1::PartyDetails {
        code: details.code,
        name: details.name,
        role: details.role.to_wire(),
        form: details.form.to_wire(),
        look_through: details.look_through,
        tier: u32::from(details.tier),
        member_id: wire::text(details.member),
    }
}

pub(crate) fn caller_of(wire: v1::GetCallerResponse) -> Result<CallerRecord, Unreadable> {
    Ok(CallerRecord {
        party: party_of(some(wire.party, "party")?)?,
        scope: KeyScope::from_wire(wire.scope)?,
        key_expires: wire::maybe_time(wire.key_expires)?,
    })
}

pub(crate) fn lock_of(wire: v1::Lock) -> Result<Lock, Unreadable> {
    Ok(Lock {
        id: read(&wire.lock_id, "lock_id")?,
        party: read(&wire.party_id, "party_id")?,
        fund: read(&wire.fund_id, "fund_id")?,
        units: read(&wire.units, "units")?,
        kind: LockKind::from_wire(wire.kind)?,
        pledgee: wire::maybe(&wire.pledgee_id, "pledgee_id")?,
        evidence: wire.evidence,
    })
}

pub(crate) fn key_of(wire: v1::Key) -> Result<Key, Unreadable> {
    Ok(Key {
        hash: KeyHash::new(bytes32(&wire.key_hash, "key_hash")?),
        party: read(&wire.party_id, "party_id")?,
        scope: KeyScope::from_wire(wire.scope)?,
        expires: wire::time(some(wire.expires, "expires")?)?,
        revoked_at: wire::maybe_time(wire.revoked_at)?,
    })
}

pub(crate) fn proposal_of(wire: v1::Proposal) -> Result<Proposal, Unreadable> {
    Ok(Proposal {
        id: read(&wire.proposal_id, "proposal_id")?,
        command: wire.command,
        detail: wire.detail,
        by: read(&wire.by_party_id, "by_party_id")?,
        proposed_at: wire::maybe_time(wire.proposed_at)?,
        expires: wire::time(some(wire.expires, "expires")?)?,
        end: ProposalEnd::maybe_from_wire(wire.end)?,
        ended_at: wire::maybe_time(wire.ended_at)?,
        ended_by: wire::maybe(&wire.ended_by_party_id, "ended_by_party_id")?,
    })
}

pub(crate) fn entry_of(wire: v1::Entry) -> Result<Entry, Unreadable> {
    let events = wire.events.into_iter();
    Ok(Entry {
        sequence: Sequence::new(wire.sequence),
        time: wire::time(some(wire.time, "time")?)?,
        caller: wire::maybe(&wire.caller_id, "caller_id")?,
        attempt: wire::maybe(&wire.request_id, "request_id")?,
        command: wire.command,
        command_detail: wire.command_detail,
        events: events.map(|event| EntryEvent { name: event.name, detail: event.detail }).collect(),
        refusal: wire.refusal.map(Refusal::from_wire),
        body: wire.body,
        rules: rules_of(wire.rules.unwrap_or_default())?,
    })
}

fn rules_of(wire: v1::RulesInForce) -> Result<RulesInForce, Unreadable> {
    let segment = |wire: v1::SegmentRules| {
        let judges = judged_of(some(wire.judged_by, "judged_by")?);
        Ok((read(&wire.segment_id, "segment_id")?, judges))
    };
    let segments = wire.segments.into_iter().map(segment).collect::<Result<_, _>>()?;
    Ok(RulesInForce { calendar: wire.calendar_version, segments })
}

pub(crate) fn status_of(wire: v1::GetServerStatusResponse) -> Result<ServerStatus, Unreadable> {
    let digest = &wire.digest;
    Ok(ServerStatus {
        version: wire.version,
        uptime_seconds: wire.uptime_seconds,
        durable: Sequence::new(wire.durable_sequence),
        digest_at: Sequence::new(wire.digest_sequence),
        digest: if digest.is_empty() { None } else { Some(bytes32(digest, "digest")?) },
        queue_length: wire.queue_length,
        queue_capacity: wire.queue_capacity,
        orders_open: wire.orders_open,
        streams_open: wire.streams_open,
        answered: wire::maybe_time(wire.answered)?,
        stages: wire.stages.into_iter().map(stage_of).collect(),
        whole: wire.whole.map(stage_of).unwrap_or_default(),
        batch_commands_p50: wire.batch_commands_p50,
        batch_commands_p99: wire.batch_commands_p99,
        stream_lag_blocks: wire.stream_lag_blocks,
        stream_lag_blocks_max: wire.stream_lag_blocks_max,
        streams_cut: wire.streams_cut,
        snapshot: Sequence::new(wire.snapshot_sequence),
        snapshot_time: wire::maybe_time(wire.snapshot_time)?,
        snapshot_every_entries: wire.snapshot_every_entries,
        store_bytes: wire.store_bytes,
        disk: (wire.disk_bytes != 0).then_some((wire.disk_free_bytes, wire.disk_bytes)),
        calendar: wire::maybe(&wire.calendar_until, "calendar_until")?
            .map(|until| (until, wire.calendar_days)),
        connections: wire.connections,
        connections_max: wire.connections_max,
    })
}

fn stage_of(wire: v1::StageStatus) -> Stage {
    Stage {
        name: wire.name,
        count: wire.count,
        p50: Duration::from_nanos(wire.p50_nanoseconds),
        p99: Duration::from_nanos(wire.p99_nanoseconds),
        depth: wire.depth,
        depth_max: wire.depth_max,
    }
}
