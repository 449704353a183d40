//! `AdminService`: the venue's own side, and the audit trail.

use sfund_engine::command::CommandKind;
use sfund_engine::entry::Caller;
use sfund_engine::id::{FundId, LockId, PartyId, ProposalId, Sequence};
use sfund_engine::registry::party::Role;
use sfund_engine::venue::issue_key::KeyScope;
use sfund_proto::v1;
use sfund_proto::v1::admin_service_server::AdminService;
use tonic::{Request, Response, Status};
use v1::stream_entries_response::Event as Told;

use crate::published::{Item, Run};
use crate::read::Read;
use crate::read::page::Ask;
use crate::service::desk::{Desk, named, not_found, open, time_of};
use crate::service::feed::{Feed, Teller, feed, subscribe};
use crate::service::limits::{ENTRIES_LOOKED_MAX, FILTER_NAMES_MAX};
use crate::service::my_events::every;
use crate::service::visibility::{Relation, Subject, sees};
use crate::stream::Step;
use crate::wire::fields::write_time;
use crate::wire::page::Key;
use crate::wire::status::Trouble;
use crate::wire::twins::Twin;
use crate::wire::{admin, entry, page};

/// The service.
#[derive(Clone)]
pub(crate) struct Admin(pub(crate) Desk);

#[tonic::async_trait]
impl AdminService for Admin {
    async fn open_segment(
        &self,
        request: Request<v1::OpenSegmentRequest>,
    ) -> Result<Response<v1::OpenSegmentResponse>, Status> {
        self.0.command(request).await
    }

    async fn adopt_pack(
        &self,
        request: Request<v1::AdoptPackRequest>,
    ) -> Result<Response<v1::AdoptPackResponse>, Status> {
        self.0.command(request).await
    }

    async fn set_calendar(
        &self,
        request: Request<v1::SetCalendarRequest>,
    ) -> Result<Response<v1::SetCalendarResponse>, Status> {
        self.0.command(request).await
    }

    async fn set_fees(
        &self,
        request: Request<v1::SetFeesRequest>,
    ) -> Result<Response<v1::SetFeesResponse>, Status> {
        self.0.command(request).await
    }

    async fn register_party(
        &self,
        request: Request<v1::RegisterPartyRequest>,
    ) -> Result<Response<v1::RegisterPartyResponse>, Status> {
        self.0.command(request).await
    }

    async fn qualify(
        &self,
        request: Request<v1::QualifyRequest>,
    ) -> Result<Response<v1::QualifyResponse>, Status> {
        self.0.command(request).await
    }

    async fn affiliate(
        &self,
        request: Request<v1::AffiliateRequest>,
    ) -> Result<Response<v1::AffiliateResponse>, Status> {
        self.0.command(request).await
    }

    async fn set_party_status(
        &self,
        request: Request<v1::SetPartyStatusRequest>,
    ) -> Result<Response<v1::SetPartyStatusResponse>, Status> {
        self.0.command(request).await
    }

    async fn register_fund(
        &self,
        request: Request<v1::RegisterFundRequest>,
    ) -> Result<Response<v1::RegisterFundResponse>, Status> {
        self.0.command(request).await
    }

    async fn extend_term(
        &self,
        request: Request<v1::ExtendTermRequest>,
    ) -> Result<Response<v1::ExtendTermResponse>, Status> {
        self.0.command(request).await
    }

    async fn issue_units(
        &self,
        request: Request<v1::IssueUnitsRequest>,
    ) -> Result<Response<v1::IssueUnitsResponse>, Status> {
        self.0.command(request).await
    }

    async fn lock_units(
        &self,
        request: Request<v1::LockUnitsRequest>,
    ) -> Result<Response<v1::LockUnitsResponse>, Status> {
        self.0.command(request).await
    }

    async fn unlock_units(
        &self,
        request: Request<v1::UnlockUnitsRequest>,
    ) -> Result<Response<v1::UnlockUnitsResponse>, Status> {
        self.0.command(request).await
    }

    async fn issue_key(
        &self,
        request: Request<v1::IssueKeyRequest>,
    ) -> Result<Response<v1::IssueKeyResponse>, Status> {
        self.0.command(request).await
    }

    async fn revoke_key(
        &self,
        request: Request<v1::RevokeKeyRequest>,
    ) -> Result<Response<v1::RevokeKeyResponse>, Status> {
        self.0.command(request).await
    }

    async fn set_reference(
        &self,
        request: Request<v1::SetReferenceRequest>,
    ) -> Result<Response<v1::SetReferenceResponse>, Status> {
        self.0.command(request).await
    }

    async fn set_trading_state(
        &self,
        request: Request<v1::SetTradingStateRequest>,
    ) -> Result<Response<v1::SetTradingStateResponse>, Status> {
        self.0.command(request).await
    }

    async fn review(
        &self,
        request: Request<v1::ReviewRequest>,
    ) -> Result<Response<v1::ReviewResponse>, Status> {
        self.0.command(request).await
    }

    async fn get_caller(
        &self,
        request: Request<v1::GetCallerRequest>,
    ) -> Result<Response<v1::GetCallerResponse>, Status> {
        let (visit, ask) = open(request)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let id = visit.who.party;
        let party = self.0.read.party(id).ok_or_else(|| not_found(&id))?;
        Ok(Response::new(v1::GetCallerResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            party: Some(admin::party(id, &party)),
            scope: <KeyScope as Twin>::write(visit.who.scope),
            key_expires: Some(write_time(visit.who.key_expires)),
        }))
    }

    async fn get_server_status(
        &self,
        request: Request<v1::GetServerStatusRequest>,
    ) -> Result<Response<v1::GetServerStatusResponse>, Status> {
        let (visit, ask) = open(request)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let funds = every(|ask: &Ask<FundId>| self.0.read.funds(ask, |_| true));
        let digest = self.0.read.digest();
        Ok(Response::new(v1::GetServerStatusResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: self.0.started.elapsed().as_secs(),
            durable_sequence: self.0.live.durable().number(),
            digest_sequence: digest.map_or(0, |(sequence, _)| sequence.number()),
            digest: digest.map_or_else(Vec::new, |(_, digest)| digest.to_vec()),
            queue_length: count(self.0.handle.queue_commands()),
            queue_capacity: count(self.0.path.queue_commands_max),
            orders_open: funds.iter().map(|view| u64::from(view.fund.orders_open)).sum(),
            streams_open: count(self.0.doorman.streams_open()),
            ..self.0.vital_signs()
        }))
    }

    async fn get_party(
        &self,
        request: Request<v1::GetPartyRequest>,
    ) -> Result<Response<v1::GetPartyResponse>, Status> {
        use v1::get_party_request::Which;
        let (visit, ask) = open(request)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let (id, name): (PartyId, String) = match &ask.which {
            Some(Which::PartyId(text)) => {
                let id: PartyId = named(|fields| fields.id("party_id", text))?;
                (id, id.to_string())
            }
            Some(Which::Code(code)) => {
                let name = "party of this code".to_owned();
                let id = self.0.read.party_of_code(code).ok_or_else(|| not_found(&name))?;
                (id, name)
            }
            None => named(|fields| {
                fields.note("which", "must be an id or a code");
                (PartyId::default(), String::new())
            })?,
        };
        self.0.show(&visit, Subject::Parties, id, &name)?;
        let party = self.0.read.party(id).ok_or_else(|| not_found(&name))?;
        Ok(Response::new(v1::GetPartyResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            party: Some(admin::party(id, &party)),
        }))
    }

    async fn list_parties(
        &self,
        request: Request<v1::ListPartiesRequest>,
    ) -> Result<Response<v1::ListPartiesResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<PartyId>(ask.page_size, &ask.page_token)?;
        let (role, member) = named(|fields| {
            let role: Option<Role> = fields.choice_if_any("role", ask.role);
            let member: Option<PartyId> = fields.id_if_any("member_id", &ask.member_id);
            (role, member)
        })?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let viewer = visit.who.party;
        let sees_all = Desk::sees_all(&visit, Subject::Parties);
        let own = self.0.read.party(viewer);
        let found = self.0.read.parties(&part, |party| {
            let is_own = own.as_ref().is_some_and(|own| own.details.code == party.details.code);
            (sees_all || is_own || party.details.member == Some(viewer))
                && role.is_none_or(|role| role == party.details.role)
                && (member.is_none() || party.details.member == member)
        });
        let (parties, next_page_token) =
            page::rows(found, |view| admin::party(view.id, &view.party));
        Ok(Response::new(v1::ListPartiesResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            parties,
            next_page_token,
        }))
    }

    async fn list_locks(
        &self,
        request: Request<v1::ListLocksRequest>,
    ) -> Result<Response<v1::ListLocksResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<LockId>(ask.page_size, &ask.page_token)?;
        let (party, fund, pledgee) = named(|fields| {
            let party: Option<PartyId> = fields.id_if_any("party_id", &ask.party_id);
            let fund: Option<FundId> = fields.id_if_any("fund_id", &ask.fund_id);
            let pledgee: Option<PartyId> = fields.id_if_any("pledgee_id", &ask.pledgee_id);
            (party, fund, pledgee)
        })?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let viewer = visit.who.party;
        let found = self.0.read.locks(&part, |view| {
            let relation = if view.terms.pledgee == Some(viewer) {
                Relation::Pledgee
            } else {
                self.0.relation(viewer, view.terms.party)
            };
            party.is_none_or(|party| party == view.terms.party)
                && fund.is_none_or(|fund| fund == view.terms.fund)
                && (pledgee.is_none() || view.terms.pledgee == pledgee)
                && sees(visit.who.role, Subject::Locks, relation)
        });
        let (locks, next_page_token) = page::rows(found, |view| admin::lock(&view));
        Ok(Response::new(v1::ListLocksResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            locks,
            next_page_token,
        }))
    }

    async fn list_keys(
        &self,
        request: Request<v1::ListKeysRequest>,
    ) -> Result<Response<v1::ListKeysResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<[u8; 32]>(ask.page_size, &ask.page_token)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Keys, &ask.party_id)?;
        let found = self.0.read.keys_of(party, &part);
        let (keys, next_page_token) = page::rows(found, |view| admin::key(&view));
        Ok(Response::new(v1::ListKeysResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            keys,
            next_page_token,
        }))
    }

    async fn list_proposals(
        &self,
        request: Request<v1::ListProposalsRequest>,
    ) -> Result<Response<v1::ListProposalsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let (proposals, next_page_token) = if ask.ended {
            let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
            page::rows(self.0.read.proposals_ended(&part), |view| admin::proposal(&view))
        } else {
            let part = page::ask::<ProposalId>(ask.page_size, &ask.page_token)?;
            page::rows(self.0.read.proposals(&part), |view| admin::proposal(&view))
        };
        Ok(Response::new(v1::ListProposalsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            proposals,
            next_page_token,
        }))
    }

    async fn list_entries(
        &self,
        request: Request<v1::ListEntriesRequest>,
    ) -> Result<Response<v1::ListEntriesResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<Sequence>(ask.page_size, &ask.page_token)?;
        let filter = named(|fields| EntryFilter {
            caller: fields.id_if_any("caller_id", &ask.caller_id),
            commands: fields.each("commands", &ask.commands, FILTER_NAMES_MAX, |fields, name| {
                entry::command_kind(name).unwrap_or_else(|| {
                    fields.note("", "is the name of no command");
                    CommandKind::Advance
                })
            }),
            refused_only: ask.refused_only,
        })?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let from = part.after.map_or(ask.from_sequence.max(1), |after| after.next().number());
        let (items, next) = self.entries(from, part.rows(), &filter).await?;
        Ok(Response::new(v1::ListEntriesResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            entries: items.iter().map(|item| told(&self.0.read, item)).collect(),
            next_page_token: next.map_or_else(String::new, |next| next.token()),
        }))
    }

    type StreamEntriesStream = Feed<v1::StreamEntriesResponse>;

    async fn stream_entries(
        &self,
        request: Request<v1::StreamEntriesRequest>,
    ) -> Result<Response<Self::StreamEntriesStream>, Status> {
        let (visit, ask) = open(request)?;
        let stream = subscribe(&self.0, ask.from_sequence)?;
        Ok(feed(&self.0, visit, stream, Everything(self.0.read.clone())))
    }
}

/// Which entries are wanted.
struct EntryFilter {
    caller: Option<PartyId>,
    /// None is all.
    commands: Vec<CommandKind>,
    refused_only: bool,
}

impl EntryFilter {
    fn wants(&self, item: &Item) -> bool {
        let by = self.caller.map(Caller::Party);
        by.is_none_or(|by| by == item.header().caller)
            && (self.commands.is_empty() || self.commands.contains(&item.command().kind()))
            && (!self.refused_only || item.outcome().is_err())
    }
}

impl Admin {
    /// Entries from `from` on that the filter wants, and the last one looked at if there are more.
    async fn entries(
        &self,
        from: u64,
        rows: usize,
        filter: &EntryFilter,
    ) -> Result<(Vec<Item>, Option<Sequence>), Status> {
        let newest = self.0.live.newest();
        let mut items = Vec::new();
        if newest.number() < from {
            return Ok((items, None));
        }
        let mut stream = subscribe(&self.0, from)?;
        for _ in 0..ENTRIES_LOOKED_MAX {
            let step = match stream.next().await {
                Ok(step) => step,
                Err(ended) => {
                    tracing::error!(error = %ended, "the journal cannot be listed");
                    return Err(Trouble::Internal {}.into());
                }
            };
            let Step::Entry(item) = step else { return Ok((items, None)) };
            let sequence = item.header().sequence;
            if filter.wants(&item) {
                items.push(item);
            }
            if newest <= sequence {
                return Ok((items, None));
            }
            if items.len() == rows {
                return Ok((items, Some(sequence)));
            }
        }
        Ok((items, Some(Sequence::new(stream.resume_from().number().saturating_sub(1)))))
    }
}

/// An entry and the rules that judged it.
fn told(read: &Read, item: &Item) -> v1::Entry {
    entry::entry(item, &read.rules_of(item.header().sequence))
}

/// Tells everything.
struct Everything(Read);

impl Teller for Everything {
    type Message = v1::StreamEntriesResponse;

    fn run(&mut self, run: &Run) -> Vec<Self::Message> {
        let message = |item: Item| v1::StreamEntriesResponse {
            sequence: item.header().sequence.number(),
            time: Some(write_time(item.header().at)),
            event: Some(Told::Entry(told(&self.0, &item))),
        };
        run.items().map(message).collect()
    }

    fn caught_up(&mut self, sequence: Sequence) -> Vec<Self::Message> {
        vec![message(sequence, Told::CaughtUp(v1::CaughtUp {}))]
    }

    fn heartbeat(&self, sequence: Sequence) -> Self::Message {
        message(sequence, Told::Heartbeat(v1::Heartbeat {}))
    }
}

fn message(sequence: Sequence, event: Told) -> v1::StreamEntriesResponse {
    v1::StreamEntriesResponse { sequence: sequence.number(), time: None, event: Some(event) }
}
