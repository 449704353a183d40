//! The venue's own side: rules, parties, funds, keys, halts, approvals, the audit trail (运营与监管).

pub(crate) mod types;

use sfund_engine::amount::{Price, Units};
use sfund_engine::calendar::Calendar;
use sfund_engine::id::{FundId, LockId, PartyId, ProposalId, SegmentId, Sequence};
use sfund_engine::policy::overlay::Overlay;
use sfund_engine::policy::{Fees, Pack};
use sfund_engine::registry::fund::{FundDetails, TradingState};
use sfund_engine::registry::lock_units::LockKind;
use sfund_engine::registry::party::{PartyDetails, PartyStatus, Qualification};
use sfund_engine::time::{Date, Time};
use sfund_engine::trading::set_trading_state::TradingScope;
use sfund_engine::venue::issue_key::KeyScope;
use sfund_engine::venue::propose::Verdict;
use sfund_engine::venue::segment::SegmentDetails;
use sfund_proto::v1;

use crate::admin::types::{
    CallerRecord, Entry, EntryFilter, Key, Lock, LockFilter, Party, PartyFilter, Proposal,
    ReviewOutcome, Reviewed, ServerStatus, WhichOutcomes, reviewed,
};
use crate::ask::{Command, List, Query};
use crate::client::Client;
use crate::key::KeyHash;
use crate::market::details_to_wire;
use crate::stream::entries::EntryStream;
use crate::wire::{self, Twin, policy, read, some};

/// What the venue's staff and its regulator may do and see.
///
/// A command that gives [`Reviewed`] may wait as a proposal until a supervisor who is somebody
/// else approves it.
///
/// ```no_run
/// # use sfund_sdk::{ApiKey, Client, KeyScope, PartyId, Reviewed, Time};
/// # async fn example(client: Client, party: PartyId, expires: Time)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// let key = ApiKey::generate()?;
/// let issued = client.admin().issue_key(party, key.hash(), KeyScope::Full, expires).await?;
/// match issued.value {
///     Reviewed::Done(()) => println!("the key of {party} works"),
///     Reviewed::Waits(proposal) => println!("{proposal} waits for a supervisor"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Admin {
    client: Client,
}

impl Admin {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Who the caller is: for everybody.
    pub fn caller(&self) -> Query<CallerRecord> {
        Query::new(&self.client, v1::GetCallerRequest::default(), types::caller_of)
    }

    /// How the server does.
    pub fn status(&self) -> Query<ServerStatus> {
        Query::new(&self.client, v1::GetServerStatusRequest::default(), types::status_of)
    }

    /// Opens a segment (开设板块). Two persons.
    pub fn open_segment(&self, details: SegmentDetails) -> Command<Reviewed<SegmentId>> {
        let request = v1::OpenSegmentRequest {
            code: details.code,
            name: details.name,
            pack: Some(policy::pack_to_wire(details.pack)),
            fees: Some(policy::fees_to_wire(&details.fees)),
            overlay: details.overlay.as_ref().map(policy::overlay_to_wire),
            ..Default::default()
        };
        Command::new(&self.client, request, |response| {
            reviewed(&response.proposal_id, || read(&response.segment_id, "segment_id"))
        })
    }

    /// Puts a segment under another pack (规则包生效). Two persons.
    pub fn adopt_pack(&self, segment: SegmentId, pack: Pack) -> Command<Reviewed<()>> {
        self.adopt(segment, pack, None)
    }

    /// Puts an overlay for state-owned sellers over a segment's pack (叠加规则包生效): over the very
    /// pack in force, or a later one. Two persons.
    pub fn adopt_overlay(
        &self,
        segment: SegmentId,
        pack: Pack,
        overlay: &Overlay,
    ) -> Command<Reviewed<()>> {
        self.adopt(segment, pack, Some(policy::overlay_to_wire(overlay)))
    }

    fn adopt(
        &self,
        segment: SegmentId,
        pack: Pack,
        overlay: Option<v1::PackOverlay>,
    ) -> Command<Reviewed<()>> {
        let request = v1::AdoptPackRequest {
            segment_id: segment.to_string(),
            pack: Some(policy::pack_to_wire(pack)),
            overlay,
            ..Default::default()
        };
        Command::new(&self.client, request, |response| reviewed(&response.proposal_id, || Ok(())))
    }

    /// Replaces the calendar (更换日历). Two persons.
    pub fn set_calendar(&self, calendar: &Calendar) -> Command<Reviewed<()>> {
        let calendar = Some(policy::calendar_to_wire(calendar));
        let request = v1::SetCalendarRequest { calendar, ..Default::default() };
        Command::new(&self.client, request, |response| reviewed(&response.proposal_id, || Ok(())))
    }

    /// Sets the fees of a segment (费率调整). Open orders keep theirs. Two persons.
    pub fn set_fees(&self, segment: SegmentId, fees: &Fees) -> Command<Reviewed<()>> {
        let request = v1::SetFeesRequest {
            segment_id: segment.to_string(),
            fees: Some(policy::fees_to_wire(fees)),
            ..Default::default()
        };
        Command::new(&self.client, request, |response| reviewed(&response.proposal_id, || Ok(())))
    }

    /// Registers a party (主体登记). For a role of the venue's own side, two persons.
    pub fn register_party(&self, details: PartyDetails) -> Command<Reviewed<PartyId>> {
        let details = Some(types::details_to_wire(details));
        let request = v1::RegisterPartyRequest { details, ..Default::default() };
        Command::new(&self.client, request, |response| {
            reviewed(&response.proposal_id, || read(&response.party_id, "party_id"))
        })
    }

    /// One party.
    pub fn party(&self, party: PartyId) -> Query<Party> {
        self.party_by(v1::get_party_request::Which::PartyId(party.to_string()))
    }

    /// The party of this code.
    pub fn party_of_code(&self, code: impl Into<String>) -> Query<Party> {
        self.party_by(v1::get_party_request::Which::Code(code.into()))
    }

    fn party_by(&self, which: v1::get_party_request::Which) -> Query<Party> {
        let request = v1::GetPartyRequest { which: Some(which), ..Default::default() };
        Query::new(&self.client, request, |response| {
            types::party_of(some(response.party, "party")?)
        })
    }

    /// Parties by id.
    pub fn parties(&self, filter: PartyFilter) -> List<Party> {
        let request = v1::ListPartiesRequest {
            role: filter.role.map_or(0, Twin::to_wire),
            member_id: wire::text(filter.member),
            ..Default::default()
        };
        List::new(&self.client, request, types::party_of)
    }

    /// Records that a party is a qualified investor (合格投资者认定).
    pub fn qualify(&self, party: PartyId, qualification: Qualification) -> Command<()> {
        let request = v1::QualifyRequest {
            party_id: party.to_string(),
            qualification: Some(types::qualification_to_wire(qualification)),
            ..Default::default()
        };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Puts a party into the group of another (关联方); gives the group's number.
    pub fn affiliate(&self, party: PartyId, with: PartyId) -> Command<u32> {
        self.ask_affiliate(party, with.to_string())
    }

    /// Lets a party stand alone; gives the number of its group of one.
    pub fn disaffiliate(&self, party: PartyId) -> Command<u32> {
        self.ask_affiliate(party, String::new())
    }

    fn ask_affiliate(&self, party: PartyId, with_party_id: String) -> Command<u32> {
        let party_id = party.to_string();
        let request = v1::AffiliateRequest { party_id, with_party_id, ..Default::default() };
        Command::new(&self.client, request, |response| Ok(response.group))
    }

    /// Suspends a party or lets it trade again (暂停、恢复).
    pub fn set_party_status(
        &self,
        party: PartyId,
        status: PartyStatus,
        reason: impl Into<String>,
    ) -> Command<()> {
        let request = v1::SetPartyStatusRequest {
            party_id: party.to_string(),
            status: status.to_wire(),
            reason: reason.into(),
            ..Default::default()
        };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Registers a fund and opens its book (基金登记).
    pub fn register_fund(&self, details: FundDetails) -> Command<FundId> {
        let details = Some(details_to_wire(details));
        let request = v1::RegisterFundRequest { details, ..Default::default() };
        Command::new(&self.client, request, |response| read(&response.fund_id, "fund_id"))
    }

    /// Extends the term of a fund (展期).
    pub fn extend_term(&self, fund: FundId, until: Date) -> Command<()> {
        let (fund_id, until_date) = (fund.to_string(), until.to_string());
        let request = v1::ExtendTermRequest { fund_id, until_date, ..Default::default() };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Issues units of a fund to a party (份额发行、初始登记).
    pub fn issue_units(
        &self,
        fund: FundId,
        party: PartyId,
        units: Units,
        evidence: impl Into<String>,
    ) -> Command<()> {
        let request = v1::IssueUnitsRequest {
            fund_id: fund.to_string(),
            party_id: party.to_string(),
            units: units.to_string(),
            evidence: evidence.into(),
            ..Default::default()
        };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Locks units under a pledge of `pledgee`, a lender (质押).
    pub fn pledge(
        &self,
        party: PartyId,
        fund: FundId,
        units: Units,
        pledgee: PartyId,
        evidence: impl Into<String>,
    ) -> Command<LockId> {
        self.lock(v1::LockUnitsRequest {
            party_id: party.to_string(),
            fund_id: fund.to_string(),
            units: units.to_string(),
            kind: LockKind::Pledge.to_wire(),
            pledgee_id: pledgee.to_string(),
            evidence: evidence.into(),
            ..Default::default()
        })
    }

    /// Locks units under a freeze (冻结).
    pub fn freeze(
        &self,
        party: PartyId,
        fund: FundId,
        units: Units,
        evidence: impl Into<String>,
    ) -> Command<LockId> {
        self.lock(v1::LockUnitsRequest {
            party_id: party.to_string(),
            fund_id: fund.to_string(),
            units: units.to_string(),
            kind: LockKind::Freeze.to_wire(),
            evidence: evidence.into(),
            ..Default::default()
        })
    }

    fn lock(&self, request: v1::LockUnitsRequest) -> Command<LockId> {
        Command::new(&self.client, request, |response| read(&response.lock_id, "lock_id"))
    }

    /// Releases a lock: the pledgee its pledge, an operator any (解除).
    pub fn unlock(&self, lock: LockId, evidence: impl Into<String>) -> Command<()> {
        let (lock_id, evidence) = (lock.to_string(), evidence.into());
        let request = v1::UnlockUnitsRequest { lock_id, evidence, ..Default::default() };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Locks in force: a holder its own, a lender its pledges, the venue all.
    pub fn locks(&self, filter: LockFilter) -> List<Lock> {
        let request = v1::ListLocksRequest {
            party_id: wire::text(filter.party),
            fund_id: wire::text(filter.fund),
            pledgee_id: wire::text(filter.pledgee),
            ..Default::default()
        };
        List::new(&self.client, request, types::lock_of)
    }

    /// Issues an API key (签发密钥). For a party of the venue's own side, two persons.
    pub fn issue_key(
        &self,
        party: PartyId,
        hash: KeyHash,
        scope: KeyScope,
        expires: Time,
    ) -> Command<Reviewed<()>> {
        let request = v1::IssueKeyRequest {
            party_id: party.to_string(),
            key_hash: hash.bytes().to_vec(),
            scope: scope.to_wire(),
            expires: Some(wire::timestamp(expires)),
            ..Default::default()
        };
        Command::new(&self.client, request, |response| reviewed(&response.proposal_id, || Ok(())))
    }

    /// Revokes an API key (吊销密钥), at once and for good.
    pub fn revoke_key(&self, hash: KeyHash) -> Command<()> {
        let key_hash = hash.bytes().to_vec();
        let request = v1::RevokeKeyRequest { key_hash, ..Default::default() };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// The caller's keys, live and revoked.
    pub fn my_keys(&self) -> List<Key> {
        List::new(&self.client, v1::ListKeysRequest::default(), types::key_of)
    }

    /// Keys of a party, live and revoked.
    pub fn keys_of(&self, party: PartyId) -> List<Key> {
        let request = v1::ListKeysRequest { party_id: party.to_string(), ..Default::default() };
        List::new(&self.client, request, types::key_of)
    }

    /// Sets the reference price of a fund (参考价).
    pub fn set_reference(
        &self,
        fund: FundId,
        price: Price,
        source: impl Into<String>,
        valid_until: Time,
    ) -> Command<()> {
        let request = v1::SetReferenceRequest {
            fund_id: fund.to_string(),
            price: price.to_string(),
            source: source.into(),
            valid_until: Some(wire::timestamp(valid_until)),
            ..Default::default()
        };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Halts, resumes or closes trade (停牌、复牌、休市). A close cancels what is open.
    pub fn set_trading_state(
        &self,
        scope: TradingScope,
        state: TradingState,
        reason: impl Into<String>,
    ) -> Command<()> {
        let request = v1::SetTradingStateRequest {
            scope: Some(wire::scope_to_wire(scope)),
            state: state.to_wire(),
            reason: reason.into(),
            ..Default::default()
        };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Approves or declines a proposal (复核). It is decided anew at the moment of approval.
    pub fn review(&self, proposal: ProposalId, verdict: Verdict) -> Command<ReviewOutcome> {
        let (proposal_id, verdict) = (proposal.to_string(), verdict.to_wire());
        let request = v1::ReviewRequest { proposal_id, verdict, ..Default::default() };
        Command::new(&self.client, request, |response| {
            Ok(ReviewOutcome { events: response.events, created: response.created_id })
        })
    }

    /// Proposals that wait for a second person, oldest first.
    pub fn proposals(&self) -> List<Proposal> {
        List::new(&self.client, v1::ListProposalsRequest::default(), types::proposal_of)
    }

    /// Proposals that ended lately, newest first.
    pub fn ended_proposals(&self) -> List<Proposal> {
        let request = v1::ListProposalsRequest { ended: true, ..Default::default() };
        List::new(&self.client, request, types::proposal_of)
    }

    /// The audit trail: journal entries by sequence, oldest first (审计).
    pub fn entries(&self, filter: EntryFilter) -> List<Entry> {
        let request = v1::ListEntriesRequest {
            from_sequence: filter.from.number(),
            caller_id: wire::text(filter.caller),
            commands: filter.commands,
            refused_only: filter.outcome == WhichOutcomes::Refused,
            ..Default::default()
        };
        List::new(&self.client, request, types::entry_of)
    }

    /// The audit trail as a stream after this entry, once and in order. It resumes by itself.
    ///
    /// [`Sequence::ZERO`] starts with the first entry there is.
    #[must_use]
    pub fn entries_after(&self, after: Sequence) -> EntryStream {
        EntryStream::open(self.client.clone(), after)
    }
}
