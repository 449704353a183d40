//! One listing as a record: what is offered, on which terms, and how far it is.

use sfund_sdk::{
    Announcement, Dates, Document, Gate, IfNobodyComes, Listing, ListingRecord, ListingTerms,
    PartnerNotice, Payment, Ppm,
};

use crate::choice::Choice as _;
use crate::output::{Record, amount, count, maybe, moment, rate, text, texts, word};
use crate::packs::judged_by;

/// As much of it as the caller sees.
pub(crate) fn record(listing: &Listing) -> Record {
    let documents: Vec<_> = listing.documents.iter().map(document).collect();
    let record = Record::default()
        .with("id", text(listing.id))
        .with("code", text(&listing.code))
        .with("headline", text(&listing.headline))
        .with("method", word(listing.method.name()))
        .with("stage", word(listing.stage.name()))
        .with("announced_until", maybe(listing.announced_until, moment))
        .with("accepted_at", maybe(listing.accepted_at, moment));
    match (&listing.record, listing.notice) {
        (Some(all), _) => whole(record, all),
        (None, Some(notice)) => noticed(record, &notice).with("documents", texts(&documents)),
        (None, None) => record.with("documents", texts(&documents)),
    }
}

fn noticed(record: Record, notice: &PartnerNotice) -> Record {
    record
        .with("fund", text(notice.fund))
        .with("units", amount(notice.units))
        .with("floor", maybe(notice.floor, amount))
        .with("payment", text(payment(notice.payment)))
        .with("first_refusal_until", maybe(notice.first_refusal_until, moment))
        .with("answer", maybe(notice.answer, |answer| word(answer.name())))
}

fn whole(record: Record, all: &ListingRecord) -> Record {
    let gates: Vec<_> = all.gates.iter().map(gate).collect();
    let completeness = all.completeness;
    let record = with_terms(record.with("seller", text(all.seller)), &all.terms)
        .with("deposit_cash", amount(all.deposit_cash))
        .with("submissions", count(all.submissions))
        .with("disclosed", text(format!("{} / {}", completeness.answered, completeness.asked)))
        .with("judged_by", maybe(all.judged.as_ref(), |judged| text(judged_by(judged))))
        .with("reasons", texts(&all.reasons))
        .with("end_reason", maybe(all.end, |end| word(end.name())))
        .with("gates", texts(&gates));
    let record = match &all.announcement {
        Some(announcement) => with_announcement(record, announcement),
        None => record,
    };
    with_dates(record, &all.dates)
        .with("intentions", count(all.intentions))
        .with("readers", count(all.readers))
}

fn with_terms(record: Record, terms: &ListingTerms) -> Record {
    let documents: Vec<_> = terms.documents.iter().map(document).collect();
    let appraisal = terms.appraisal.as_ref();
    record
        .with("fund", text(terms.fund))
        .with("units", amount(terms.units))
        .with("portion", word(terms.portion.name()))
        .with("floor", maybe(terms.floor, amount))
        .with("reserve", word(terms.reserve.name()))
        .with("deposit_share", rate(terms.deposit))
        .with("announcement_days", count(terms.announcement_days))
        .with("if_nobody_comes", text(if_nobody_comes(terms.if_nobody_comes)))
        .with("payment", text(payment(terms.payment)))
        .with("interim", word(terms.interim.name()))
        .with("ownership", word(terms.ownership.name()))
        .with("appraisal", maybe(appraisal.map(|is| is.value), amount))
        .with("base_date", maybe(appraisal.map(|is| is.base_date), text))
        .with("filing", maybe(appraisal.map(|is| &is.filing), text))
        .with("documents", texts(&documents))
}

fn with_announcement(record: Record, announcement: &Announcement) -> Record {
    let period = &announcement.period;
    record
        .with("first_announced", text(announcement.first))
        .with("from", text(period.from))
        .with("until", text(period.last))
        .with("passed_days", count(announcement.passed_days))
        .with("planned_days", count(announcement.planned_days))
        .with("extended", count(announcement.extensions))
        .with("resumes_at", maybe(announcement.suspended_until, moment))
        .with("removal", maybe(announcement.removal, moment))
        .with("announced_by", text(judged_by(&announcement.judged)))
}

fn with_dates(record: Record, dates: &Dates) -> Record {
    record
        .with("drafted_at", moment(dates.drafted))
        .with("submitted_at", maybe(dates.submitted, moment))
        .with("reviewed_at", maybe(dates.reviewed, moment))
        .with("announced_at", maybe(dates.announced, moment))
        .with("announcement_over_at", maybe(dates.closed, moment))
        .with("bidding_at", maybe(dates.bidding, moment))
        .with("awarded_at", maybe(dates.awarded, moment))
        .with("ended_at", maybe(dates.ended, moment))
}

fn document(document: &Document) -> String {
    format!("{} {} ({} bytes)", document.name, document.sha256, document.size_bytes)
}

fn gate(gate: &Gate) -> String {
    let state = format!("{}: {}", gate.kind.name(), gate.state.name());
    match gate.due {
        Some(due) => format!("{state}, until {due}, silence is {}", gate.silence.name()),
        None => state,
    }
}

fn if_nobody_comes(what: IfNobodyComes) -> String {
    match what {
        IfNobodyComes::End => "end".to_owned(),
        IfNobodyComes::Ask => "ask the seller".to_owned(),
        IfNobodyComes::Extend { working_days, times_max } => {
            format!("extend by {working_days} working days, {times_max} times at most")
        }
    }
}

fn payment(payment: Payment) -> String {
    match payment {
        Payment::Once { working_days } => format!("once, within {working_days} working days"),
        Payment::Instalments { first, working_days, rest_days, interest } => format!(
            "{} within {working_days} working days, the rest within {rest_days} days at {} a year",
            percent(first),
            percent(interest)
        ),
    }
}

fn percent(rate: Ppm) -> String {
    format!("{}.{:04} %", rate.get() / 10_000, rate.get() % 10_000)
}
