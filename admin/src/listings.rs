//! Listings: shares that are offered, from their review to their announcement (挂牌).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sfund_sdk::{
    Consent, Date, DueOf, FundId, Listing, ListingDeadline, ListingEvent, ListingFilter, ListingId,
    ListingLook, ListingReader, ListingStage, ListingVerdict, Period, Price, Repricing,
    WhoseListings,
};

use crate::choice::{Choice as _, choice};
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::files;
use crate::listing_record::record;
use crate::output::{Cell, Record, Table, absent, amount, count, maybe, moment, text, texts, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Listings {
    #[command(flatten)]
    Look(Look),
    #[command(flatten)]
    Change(Change),
}

/// What is known of listings.
#[derive(Debug, Subcommand)]
pub(crate) enum Look {
    /// List listings.
    List {
        /// Only of this fund.
        #[arg(long)]
        fund: Option<Named<FundId>>,
        /// Only those that stand here.
        #[arg(long, value_parser = choice::<ListingStage>())]
        stage: Option<ListingStage>,
        /// Only the caller's own, and those of its clients.
        #[arg(long)]
        own: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one listing.
    Show {
        /// The listing.
        listing: ListingId,
    },
    /// List what is due, and what silence then means (期限).
    Deadlines {
        /// Only of this listing.
        listing: Option<ListingId>,
        #[command(flatten)]
        limit: Limit,
    },
    /// List who accepted the confidentiality terms (保密承诺).
    Readers {
        /// The listing.
        listing: ListingId,
        #[command(flatten)]
        limit: Limit,
    },
    /// List who looked at which document (查阅记录).
    Looks {
        /// The listing.
        listing: ListingId,
        #[command(flatten)]
        limit: Limit,
    },
    /// List what happened to a listing, newest first.
    Events {
        /// The listing.
        listing: ListingId,
        #[command(flatten)]
        limit: Limit,
    },
}

/// What is done with them.
#[derive(Debug, Subcommand)]
pub(crate) enum Change {
    /// Say whether a listing is accepted, rejected, or to be completed (受理审核).
    Review {
        /// The listing.
        listing: ListingId,
        /// What the review says.
        #[arg(value_parser = choice::<ListingVerdict>())]
        verdict: ListingVerdict,
        /// Why; asked for unless it is accepted. It may be given again.
        #[arg(long = "reason", value_name = "TEXT")]
        reasons: Vec<String>,
    },
    /// Record that the other partners were told: their time runs from then (通知其他合伙人).
    Notify {
        /// The listing.
        listing: ListingId,
        /// Day on which the last partner had the notice.
        #[arg(long, value_name = "DATE")]
        delivered: Date,
        /// File with the proof of delivery; only its SHA-256 is sent.
        #[arg(long, value_name = "FILE")]
        evidence: PathBuf,
    },
    /// Record what the state holder's approving body says (国资批准).
    Approve {
        /// The listing.
        listing: ListingId,
        /// It says no, and the listing ends.
        #[arg(long)]
        refused: bool,
        /// File with its document; only its SHA-256 is sent.
        #[arg(long, value_name = "FILE")]
        evidence: PathBuf,
    },
    /// Announce a listing whose gates are green (信息披露公告).
    Announce {
        /// The listing.
        listing: ListingId,
    },
    /// Let an announcement stand still (中止公告).
    Suspend {
        /// The listing.
        listing: ListingId,
        /// Last day of it.
        #[arg(long, value_name = "DATE")]
        until: Date,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Go on with an announcement (恢复公告).
    Resume {
        /// The listing.
        listing: ListingId,
    },
    /// As the seller or its member: extend an announcement as it was announced (延长公告).
    Extend {
        /// The listing.
        listing: ListingId,
    },
    /// As the seller or its member: give another floor to what is announced (调整挂牌价).
    Reprice(Reprice),
    /// Take a listing off; its units are free again (终止挂牌).
    Revoke {
        /// The listing.
        listing: ListingId,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Reprice {
    /// The listing.
    listing: ListingId,
    /// Lowest price of a unit from here on.
    floor: Price,
    /// Working days of the announcement from here on.
    #[arg(long, value_name = "DAYS")]
    days: u16,
    /// File with the approving body's consent, where the floor asks for it.
    #[arg(long, value_name = "FILE")]
    consent: Option<PathBuf>,
}

pub(crate) async fn run(context: &Context, command: Listings) -> Result<(), Failure> {
    match command {
        Listings::Look(command) => look(context, command).await,
        Listings::Change(command) => change(context, command).await,
    }
}

async fn look(context: &Context, command: Look) -> Result<(), Failure> {
    let (listings, output) = (context.client.listing(), context.output);
    match command {
        Look::List { fund, stage, own, limit } => {
            let fund = context.maybe_fund(fund.as_ref()).await?;
            let whose = if own { WhoseListings::Own } else { WhoseListings::All };
            let filter = ListingFilter { fund, stage, whose };
            let found = listings.listings(filter).all(limit.wanted()).await?;
            Ok(output.table(&Table::of(COLUMNS, &found, limit.limit, row))?)
        }
        Look::Show { listing } => {
            let listing = listings.listing(listing).await?;
            Ok(output.record(&record(&listing))?)
        }
        Look::Deadlines { listing, limit } => {
            let due = match listing {
                Some(listing) => listings.deadlines_of(listing),
                None => listings.deadlines(),
            };
            let due = due.all(limit.wanted()).await?;
            Ok(output.table(&Table::of(DEADLINES, &due, limit.limit, deadline))?)
        }
        Look::Readers { listing, limit } => {
            let readers = listings.readers(listing).all(limit.wanted()).await?;
            Ok(output.table(&Table::of(READERS, &readers, limit.limit, reader))?)
        }
        Look::Looks { listing, limit } => {
            let looks = listings.looks(listing).all(limit.wanted()).await?;
            Ok(output.table(&Table::of(LOOKS, &looks, limit.limit, looked))?)
        }
        Look::Events { listing, limit } => {
            let events = listings.events(listing).all(limit.wanted()).await?;
            Ok(output.table(&Table::of(EVENTS, &events, limit.limit, event))?)
        }
    }
}

async fn change(context: &Context, command: Change) -> Result<(), Failure> {
    let listings = context.client.listing();
    let of = |listing: ListingId| Record::default().with("listing", text(listing));
    match command {
        Change::Review { listing, verdict, reasons } => {
            let answer = context.give(listings.review(listing, verdict, reasons)).await?;
            let gates: Vec<_> =
                answer.value.iter().map(|gate| gate.kind.name().to_owned()).collect();
            let record = of(listing).with("verdict", word(verdict.name()));
            context.done(&answer, record.with("gates", texts(&gates)))
        }
        Change::Notify { listing, delivered, evidence } => {
            let evidence = files::sha256(&evidence)?;
            let command = listings.notify_partners(listing, delivered, evidence);
            let answer = context.give(command).await?;
            let due: Vec<_> = answer
                .value
                .iter()
                .map(|due| format!("{} until {}", due.gate.name(), due.due))
                .collect();
            context.done(&answer, of(listing).with("gates", texts(&due)))
        }
        Change::Approve { listing, refused, evidence } => {
            let evidence = files::sha256(&evidence)?;
            let consent = if refused { Consent::Refused } else { Consent::Given };
            let command = listings.record_approval(listing, consent, evidence);
            let answer = context.give(command).await?;
            let said = if refused { "refused" } else { "approved" };
            context.done(&answer, of(listing).with("approval", word(said)))
        }
        Change::Announce { listing } => {
            let answer = context.give(listings.announce(listing)).await?;
            let record = of(listing).with("until", text(answer.period.last));
            context.done(&answer, record.with("removal", maybe(answer.removal, moment)))
        }
        Change::Suspend { listing, until, reason } => {
            let answer = context.give(listings.suspend(listing, until, reason)).await?;
            let record = of(listing).with("resumes_at", moment(answer.until));
            context.done(&answer, record.with("passed_days", count(answer.passed_days)))
        }
        Change::Resume { listing } => {
            let answer = context.give(listings.resume(listing)).await?;
            context.done(&answer, with_period(of(listing), &answer))
        }
        Change::Extend { listing } => {
            let answer = context.give(listings.extend(listing)).await?;
            context.done(&answer, with_period(of(listing), &answer))
        }
        Change::Reprice(Reprice { listing, floor, days: working_days, consent }) => {
            let consent = consent.as_deref().map(files::sha256).transpose()?;
            let repricing = Repricing { listing, floor, working_days, consent };
            let answer = context.give(listings.reprice(repricing)).await?;
            let record = of(listing).with("floor", amount(floor));
            context.done(&answer, with_period(record, &answer.period))
        }
        Change::Revoke { listing, reason } => {
            let answer = context.give(listings.revoke(listing, reason)).await?;
            context.done(&answer, of(listing))
        }
    }
}

fn with_period(record: Record, period: &Period) -> Record {
    record.with("until", text(period.last)).with("working_days", count(period.working_days))
}

const COLUMNS: &[&str] =
    &["id", "code", "method", "stage", "fund", "units", "floor", "announced_until", "intentions"];

fn row(listing: &Listing) -> Vec<Cell> {
    let record = listing.record.as_deref();
    let terms = record.map(|record| &record.terms);
    let notice = listing.notice;
    let floor = terms.and_then(|terms| terms.floor).or(notice.and_then(|notice| notice.floor));
    vec![
        text(listing.id),
        text(&listing.code),
        word(listing.method.name()),
        word(listing.stage.name()),
        maybe(terms.map(|terms| terms.fund).or(notice.map(|notice| notice.fund)), text),
        maybe(terms.map(|terms| terms.units).or(notice.map(|notice| notice.units)), amount),
        maybe(floor, amount),
        maybe(listing.announced_until, moment),
        maybe(record.map(|record| record.intentions), count),
    ]
}

const DEADLINES: &[&str] = &["listing", "what", "until", "due", "silence"];

fn deadline(line: &ListingDeadline) -> Vec<Cell> {
    let what = match line.what {
        DueOf::Gate(kind) => kind.name(),
        DueOf::Announcement => "announcement",
        DueOf::Suspension => "suspension",
        DueOf::Removal => "removal",
    };
    vec![
        text(line.listing),
        word(what),
        maybe(line.last, text),
        maybe(line.due, moment),
        word(line.silence.name()),
    ]
}

const READERS: &[&str] = &["party", "accepted_at", "confidentiality_terms"];

fn reader(reader: &ListingReader) -> Vec<Cell> {
    vec![text(reader.party), moment(reader.accepted_at), text(reader.terms)]
}

const LOOKS: &[&str] = &["party", "document", "looks", "first_look", "last_look"];

fn looked(look: &ListingLook) -> Vec<Cell> {
    let document = look.name.clone().unwrap_or_else(|| look.document.to_string());
    vec![text(look.party), text(document), count(look.count), moment(look.first), moment(look.last)]
}

const EVENTS: &[&str] = &["sequence", "time", "event", "stage", "of", "reasons"];

fn event(event: &ListingEvent) -> Vec<Cell> {
    let of = match (event.gate, event.party) {
        (Some(gate), _) => word(gate.name()),
        (None, Some(party)) => text(party),
        (None, None) => absent(),
    };
    vec![
        count(event.sequence.number()),
        moment(event.time),
        text(&event.event),
        maybe(event.stage, |stage| word(stage.name())),
        of,
        texts(&event.reasons),
    ]
}
