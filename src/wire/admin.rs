//! The venue's own side: commands in; parties, locks, keys and proposals out.

use sfund_engine::command::Command;
use sfund_engine::event::Event;
use sfund_engine::id::PartyId;
use sfund_engine::policy::{CODE_BYTES_MAX, TEXT_BYTES_MAX};
use sfund_engine::registry::affiliate::Affiliate;
use sfund_engine::registry::extend_term::ExtendTerm;
use sfund_engine::registry::issue_units::IssueUnits;
use sfund_engine::registry::lock_units::LockUnits;
use sfund_engine::registry::party::{Party, PartyDetails, Qualification};
use sfund_engine::registry::qualify::Qualify;
use sfund_engine::registry::register_fund::RegisterFund;
use sfund_engine::registry::register_party::RegisterParty;
use sfund_engine::registry::set_party_status::SetPartyStatus;
use sfund_engine::registry::unlock_units::UnlockUnits;
use sfund_engine::trading::set_reference::SetReference;
use sfund_engine::trading::set_trading_state::SetTradingState;
use sfund_engine::venue::adopt_pack::AdoptPack;
use sfund_engine::venue::issue_key::IssueKey;
use sfund_engine::venue::open_segment::OpenSegment;
use sfund_engine::venue::propose::Review;
use sfund_engine::venue::revoke_key::RevokeKey;
use sfund_engine::venue::segment::SegmentDetails;
use sfund_engine::venue::set_calendar::SetCalendar;
use sfund_engine::venue::set_fees::SetFees;
use sfund_proto::v1;

use crate::read::views::{KeyView, LockView, ProposalView};
use crate::wire::command::{asks, tells};
use crate::wire::fields::{Fields, text_if_any, write_time};
use crate::wire::twins::Twin;
use crate::wire::{market, policy};

asks!(OpenSegmentRequest, |ask, _, fields| Command::OpenSegment(Box::new(OpenSegment {
    details: SegmentDetails {
        code: fields.text("code", &ask.code, CODE_BYTES_MAX),
        name: fields.text("name", &ask.name, TEXT_BYTES_MAX),
        pack: fields.message("pack", ask.pack.as_ref(), policy::read_pack),
        fees: fields.message("fees", ask.fees.as_ref(), policy::read_fees),
        overlay: policy::read_overlay(fields, ask.overlay.as_ref()),
    },
})));
asks!(AdoptPackRequest, |ask, _, fields| Command::AdoptPack(Box::new(AdoptPack {
    segment: fields.id("segment_id", &ask.segment_id),
    pack: fields.message("pack", ask.pack.as_ref(), policy::read_pack),
    overlay: policy::read_overlay(fields, ask.overlay.as_ref()),
})));
asks!(SetCalendarRequest, |ask, _, fields| Command::SetCalendar(Box::new(SetCalendar {
    calendar: fields.message("calendar", ask.calendar.as_ref(), policy::read_calendar),
})));
asks!(SetFeesRequest, |ask, _, fields| Command::SetFees(Box::new(SetFees {
    segment: fields.id("segment_id", &ask.segment_id),
    fees: fields.message("fees", ask.fees.as_ref(), policy::read_fees),
})));
asks!(RegisterPartyRequest, |ask, _, fields| Command::RegisterParty(Box::new(RegisterParty {
    details: fields.message("details", ask.details.as_ref(), read_party),
})));
asks!(QualifyRequest, |ask, _, fields| Command::Qualify(Box::new(Qualify {
    party: fields.id("party_id", &ask.party_id),
    qualification: fields.message("qualification", ask.qualification.as_ref(), read_qualification,),
})));
asks!(AffiliateRequest, |ask, _, fields| Command::Affiliate(Affiliate {
    party: fields.id("party_id", &ask.party_id),
    with: fields.id_if_any("with_party_id", &ask.with_party_id),
}));
asks!(SetPartyStatusRequest, |ask, _, fields| Command::SetPartyStatus(Box::new(SetPartyStatus {
    party: fields.id("party_id", &ask.party_id),
    status: fields.choice("status", ask.status),
    reason: fields.text("reason", &ask.reason, TEXT_BYTES_MAX),
})));
asks!(RegisterFundRequest, |ask, _, fields| Command::RegisterFund(Box::new(RegisterFund {
    details: fields.message("details", ask.details.as_ref(), market::read_fund_details),
})));
asks!(ExtendTermRequest, |ask, _, fields| Command::ExtendTerm(ExtendTerm {
    fund: fields.id("fund_id", &ask.fund_id),
    until: fields.date("until_date", &ask.until_date),
}));
asks!(IssueUnitsRequest, |ask, _, fields| Command::IssueUnits(Box::new(IssueUnits {
    fund: fields.id("fund_id", &ask.fund_id),
    party: fields.id("party_id", &ask.party_id),
    units: fields.units("units", &ask.units),
    evidence: fields.text("evidence", &ask.evidence, TEXT_BYTES_MAX),
})));
asks!(LockUnitsRequest, |ask, _, fields| Command::LockUnits(Box::new(LockUnits {
    party: fields.id("party_id", &ask.party_id),
    fund: fields.id("fund_id", &ask.fund_id),
    units: fields.units("units", &ask.units),
    kind: fields.choice("kind", ask.kind),
    pledgee: fields.id_if_any("pledgee_id", &ask.pledgee_id),
    evidence: fields.text("evidence", &ask.evidence, TEXT_BYTES_MAX),
})));
asks!(UnlockUnitsRequest, |ask, _, fields| Command::UnlockUnits(Box::new(UnlockUnits {
    lock: fields.id("lock_id", &ask.lock_id),
    evidence: fields.text("evidence", &ask.evidence, TEXT_BYTES_MAX),
})));
asks!(IssueKeyRequest, |ask, _, fields| Command::IssueKey(Box::new(IssueKey {
    party: fields.id("party_id", &ask.party_id),
    key_hash: fields.sha256("key_hash", &ask.key_hash),
    scope: fields.choice("scope", ask.scope),
    expires: fields.time("expires", ask.expires.as_ref()),
})));
asks!(RevokeKeyRequest, |ask, _, fields| Command::RevokeKey(Box::new(RevokeKey {
    key_hash: fields.sha256("key_hash", &ask.key_hash),
})));
asks!(SetReferenceRequest, |ask, _, fields| Command::SetReference(Box::new(SetReference {
    fund: fields.id("fund_id", &ask.fund_id),
    price: fields.price("price", &ask.price),
    source: fields.text("source", &ask.source, TEXT_BYTES_MAX),
    valid_until: fields.time("valid_until", ask.valid_until.as_ref()),
})));
asks!(SetTradingStateRequest, |ask, _, fields| Command::SetTradingState(Box::new(
    SetTradingState {
        scope: fields.message("scope", ask.scope.as_ref(), market::read_scope),
        state: fields.choice("state", ask.state),
        reason: fields.text("reason", &ask.reason, TEXT_BYTES_MAX),
    }
)));
asks!(ReviewRequest, |ask, _, fields| Command::Review(Review {
    proposal: fields.id("proposal_id", &ask.proposal_id),
    verdict: fields.choice("verdict", ask.verdict),
}));

tells!(OpenSegmentResponse, |facts| {
    proposal_id: facts.proposal_id(),
    segment_id: facts.first(created),
});
tells!(AdoptPackResponse, |facts| { proposal_id: facts.proposal_id() });
tells!(SetCalendarResponse, |facts| { proposal_id: facts.proposal_id() });
tells!(SetFeesResponse, |facts| { proposal_id: facts.proposal_id() });
tells!(RegisterPartyResponse, |facts| {
    proposal_id: facts.proposal_id(),
    party_id: facts.first(created),
});
tells!(QualifyResponse, |_facts| {});
tells!(AffiliateResponse, |facts| {
    group: facts.events.iter().find_map(group).unwrap_or_default(),
});
tells!(SetPartyStatusResponse, |_facts| {});
tells!(RegisterFundResponse, |facts| { fund_id: facts.first(created) });
tells!(ExtendTermResponse, |_facts| {});
tells!(IssueUnitsResponse, |_facts| {});
tells!(LockUnitsResponse, |facts| { lock_id: facts.first(created) });
tells!(UnlockUnitsResponse, |_facts| {});
tells!(IssueKeyResponse, |facts| { proposal_id: facts.proposal_id() });
tells!(RevokeKeyResponse, |_facts| {});
tells!(SetReferenceResponse, |_facts| {});
tells!(SetTradingStateResponse, |_facts| {});
tells!(ReviewResponse, |facts| {
    events: facts.events.iter().map(|event| event.name().to_owned()).collect(),
    created_id: facts.first(created),
});

/// The id of what an event brought about on the venue's side.
fn created(event: &Event) -> Option<String> {
    if let Event::SegmentOpened(fact) = event {
        Some(fact.segment.to_string())
    } else if let Event::PartyRegistered(fact) = event {
        Some(fact.party.to_string())
    } else if let Event::FundRegistered(fact) = event {
        Some(fact.fund.to_string())
    } else if let Event::UnitsLocked(fact) = event {
        Some(fact.lock.to_string())
    } else {
        None
    }
}

fn group(event: &Event) -> Option<u32> {
    let Event::Affiliated(fact) = event else { return None };
    Some(fact.group)
}

fn read_party(fields: &mut Fields, details: &v1::PartyDetails) -> PartyDetails {
    PartyDetails {
        code: fields.text("code", &details.code, CODE_BYTES_MAX),
        name: fields.text("name", &details.name, TEXT_BYTES_MAX),
        role: fields.choice("role", details.role),
        form: fields.choice("form", details.form),
        look_through: details.look_through,
        tier: fields.tiny("tier", details.tier),
        member: fields.id_if_any("member_id", &details.member_id),
    }
}

fn read_qualification(fields: &mut Fields, said: &v1::Qualification) -> Qualification {
    Qualification {
        evidence: fields.sha256("evidence_sha256", &said.evidence_sha256),
        certifier: fields.text("certifier", &said.certifier, TEXT_BYTES_MAX),
        expires: fields.date("expires", &said.expires),
        net_assets: fields.money_or_none("net_assets", &said.net_assets),
        financial_assets: fields.money_or_none("financial_assets", &said.financial_assets),
        income: fields.money_or_none("income", &said.income),
    }
}

/// A party.
#[must_use]
pub fn party(id: PartyId, party: &Party) -> v1::Party {
    let details = &party.details;
    v1::Party {
        party_id: id.to_string(),
        details: Some(v1::PartyDetails {
            code: details.code.clone(),
            name: details.name.clone(),
            role: details.role.write(),
            form: details.form.write(),
            look_through: details.look_through,
            tier: details.tier.into(),
            member_id: text_if_any(details.member),
        }),
        status: party.status.write(),
        qualification: party.qualification.as_ref().map(qualification),
        group: party.group,
        orders_open: party.orders_open,
        intentions_open: party.intentions_open,
    }
}

fn qualification(known: &Qualification) -> v1::Qualification {
    v1::Qualification {
        evidence_sha256: known.evidence.to_vec(),
        certifier: known.certifier.clone(),
        expires: known.expires.to_string(),
        net_assets: known.net_assets.to_string(),
        financial_assets: known.financial_assets.to_string(),
        income: known.income.to_string(),
    }
}

/// A lock.
#[must_use]
pub fn lock(view: &LockView) -> v1::Lock {
    let terms = &view.terms;
    v1::Lock {
        lock_id: view.id.to_string(),
        party_id: terms.party.to_string(),
        fund_id: terms.fund.to_string(),
        units: terms.units.to_string(),
        kind: terms.kind.write(),
        pledgee_id: text_if_any(terms.pledgee),
        evidence: terms.evidence.clone(),
    }
}

/// A key, without the key.
#[must_use]
pub fn key(view: &KeyView) -> v1::Key {
    v1::Key {
        key_hash: view.hash.to_vec(),
        party_id: view.key.party.to_string(),
        scope: view.key.scope.write(),
        expires: Some(write_time(view.key.expires)),
        revoked_at: view.key.revoked.map(write_time),
    }
}

/// A proposal.
#[must_use]
pub fn proposal(view: &ProposalView) -> v1::Proposal {
    let ended = view.ended.as_ref();
    v1::Proposal {
        proposal_id: view.id.to_string(),
        command: view.proposal.command.kind().name().to_owned(),
        detail: format!("{:?}", view.proposal.command),
        by_party_id: view.proposal.by.to_string(),
        expires: Some(write_time(view.proposal.expires)),
        proposed_at: Some(write_time(view.proposed.at)),
        end: ended.map_or(0, |ended| ended.end.write()),
        ended_at: ended.map(|ended| write_time(ended.stamp.at)),
        ended_by_party_id: text_if_any(ended.and_then(|ended| ended.by)),
    }
}
