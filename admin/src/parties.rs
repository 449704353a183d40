//! Parties: who they are, whether they qualify and may trade (主体).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sfund_sdk::{
    Date, Money, Party, PartyDetails, PartyFilter, PartyForm, PartyId, PartyStatus, Qualification,
    Role,
};

use crate::choice::{Choice as _, choice};
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::files;
use crate::output::{Record, Table, absent, amount, count, maybe, text, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Parties {
    /// List parties.
    List {
        /// Only of this role.
        #[arg(long, value_parser = choice::<Role>())]
        role: Option<Role>,
        /// Only clients of this member.
        #[arg(long)]
        member: Option<Named<PartyId>>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one party.
    Show {
        /// Id or code.
        party: Named<PartyId>,
    },
    /// Register a party. A role of the venue's own side waits for a second person.
    Register(Register),
    /// Record that a party is a qualified investor.
    Qualify(Qualify),
    /// Put a party into the group of another, or let it stand alone.
    Affiliate {
        /// Id or code.
        party: Named<PartyId>,
        /// Whose group it joins.
        #[arg(long, required_unless_present = "alone", conflicts_with = "alone")]
        with: Option<Named<PartyId>>,
        /// Let it leave every group.
        #[arg(long)]
        alone: bool,
    },
    /// Suspend a party: it may cancel and no more.
    Suspend(SetStatus),
    /// Let a party trade again.
    Resume(SetStatus),
}

#[derive(Args, Debug)]
pub(crate) struct Register {
    /// Unique code without spaces.
    code: String,
    /// Name.
    name: String,
    /// What it does here.
    #[arg(long, value_parser = choice::<Role>())]
    role: Role,
    /// What it is in law.
    #[arg(long, value_parser = choice::<PartyForm>())]
    form: PartyForm,
    /// Investors it counts as: those behind a product that is not exempt.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    look_through: u32,
    /// Row of the fee schedule, from 0.
    #[arg(long, default_value_t = 0)]
    tier: u8,
    /// Member that may act for it.
    #[arg(long)]
    member: Option<Named<PartyId>>,
}

#[derive(Args, Debug)]
pub(crate) struct Qualify {
    /// Id or code.
    party: Named<PartyId>,
    /// File with the evidence; only its SHA-256 is sent.
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    /// Who certified it.
    #[arg(long)]
    certifier: String,
    /// Last date on which it is good.
    #[arg(long, value_name = "DATE")]
    expires: Date,
    /// Net assets of an institution.
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    net_assets: Money,
    /// Financial assets.
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    financial_assets: Money,
    /// A person's average income over three years.
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    income: Money,
}

#[derive(Args, Debug)]
pub(crate) struct SetStatus {
    /// Id or code.
    party: Named<PartyId>,
    /// Why.
    #[arg(long)]
    reason: String,
}

pub(crate) async fn run(context: &Context, command: Parties) -> Result<(), Failure> {
    let admin = context.client.admin();
    match command {
        Parties::List { role, member, limit } => {
            let member = context.maybe_party(member.as_ref()).await?;
            let parties = admin.parties(PartyFilter { role, member }).all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(COLUMNS, &parties, limit.limit, row))?)
        }
        Parties::Show { party } => {
            let party = match &party {
                Named::Id(id) => admin.party(*id).await?,
                Named::Code(code) => admin.party_of_code(code).await?,
            };
            Ok(context.output.record(&record(&party))?)
        }
        Parties::Register(register) => {
            let member = context.maybe_party(register.member.as_ref()).await?;
            let Register { code, name, role, form, look_through, tier, member: _ } = register;
            let details = PartyDetails { code, name, role, form, look_through, tier, member };
            let answer = context.give(admin.register_party(details)).await?;
            context.reviewed(&answer, |party| Record::default().with("party", text(party)))
        }
        Parties::Qualify(qualify) => {
            let party = context.party(&qualify.party).await?;
            let answer = context.give(admin.qualify(party, qualify.qualification()?)).await?;
            context.done(&answer, Record::default().with("party", text(party)))
        }
        Parties::Affiliate { party, with, alone: _ } => {
            let party = context.party(&party).await?;
            let answer = match context.maybe_party(with.as_ref()).await? {
                Some(with) => context.give(admin.affiliate(party, with)).await?,
                None => context.give(admin.disaffiliate(party)).await?,
            };
            let record = Record::default().with("party", text(party));
            context.done(&answer, record.with("group", count(answer.value)))
        }
        Parties::Suspend(set) => set_status(context, set, PartyStatus::Suspended).await,
        Parties::Resume(set) => set_status(context, set, PartyStatus::Active).await,
    }
}

async fn set_status(context: &Context, set: SetStatus, status: PartyStatus) -> Result<(), Failure> {
    let party = context.party(&set.party).await?;
    let command = context.client.admin().set_party_status(party, status, set.reason);
    let answer = context.give(command).await?;
    let record = Record::default().with("party", text(party));
    context.done(&answer, record.with("status", word(status.name())))
}

impl Qualify {
    fn qualification(self) -> Result<Qualification, Failure> {
        Ok(Qualification {
            evidence: files::sha256(&self.evidence)?.bytes(),
            certifier: self.certifier,
            expires: self.expires,
            net_assets: self.net_assets,
            financial_assets: self.financial_assets,
            income: self.income,
        })
    }
}

const COLUMNS: &[&str] =
    &["id", "code", "name", "role", "status", "qualified_until", "orders_open"];

fn row(party: &Party) -> Vec<crate::output::Cell> {
    vec![
        text(party.id),
        text(&party.details.code),
        text(&party.details.name),
        word(party.details.role.name()),
        word(party.status.name()),
        party.qualification.as_ref().map_or_else(absent, |is| text(is.expires)),
        count(party.orders_open),
    ]
}

pub(crate) fn record(party: &Party) -> Record {
    let details = &party.details;
    let record = Record::default()
        .with("id", text(party.id))
        .with("code", text(&details.code))
        .with("name", text(&details.name))
        .with("role", word(details.role.name()))
        .with("form", word(details.form.name()))
        .with("status", word(party.status.name()))
        .with("look_through", count(details.look_through))
        .with("tier", count(details.tier))
        .with("member", maybe(details.member, text))
        .with("group", count(party.group))
        .with("orders_open", count(party.orders_open))
        .with("intentions_open", count(party.intentions_open));
    let Some(is) = &party.qualification else {
        return record.with("qualified_until", absent());
    };
    record
        .with("qualified_until", text(is.expires))
        .with("certifier", text(&is.certifier))
        .with("net_assets", amount(is.net_assets))
        .with("financial_assets", amount(is.financial_assets))
        .with("income", amount(is.income))
}
