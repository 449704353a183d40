//! How the server and the venue do, and who the caller is, on one screen.

use sfund_sdk::{Answer, CallerRecord, ServerStatus, Venue};

use crate::choice::Choice as _;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Record, absent, count, maybe, moment, span, text, word};
use crate::parties;

pub(crate) async fn status(context: &Context) -> Result<(), Failure> {
    let venue = context.client.market().venue().await?;
    let status = context.client.admin().status().await?;
    context.output.record(&record(&venue, &status))?;
    if is_overloaded(&status) {
        return Err(Failure::FoundWrong("the market does not keep up: its queue is nearly full"));
    }
    Ok(())
}

/// Nine tenths of the queue are taken: the market no longer keeps up.
const fn is_overloaded(status: &ServerStatus) -> bool {
    let capacity = status.queue_capacity;
    capacity != 0 && capacity.saturating_sub(capacity / 10) <= status.queue_length
}

pub(crate) async fn whoami(context: &Context) -> Result<(), Failure> {
    let caller: Answer<CallerRecord> = context.client.admin().caller().await?;
    let record = parties::record(&caller.party)
        .with("scope", word(caller.scope.name()))
        .with("key_expires", maybe(caller.key_expires, moment));
    Ok(context.output.record(&record)?)
}

fn record(venue: &Venue, status: &Answer<ServerStatus>) -> Record {
    let digest = status.digest.map(|digest| sfund_sdk::KeyHash::new(digest).to_string());
    Record::default()
        .with("venue", text(&venue.name))
        .with("health", word(if is_overloaded(status) { "overloaded" } else { "ok" }))
        .with("state", word(venue.state.name()))
        .with("sequence", count(status.sequence.number()))
        .with("time", moment(status.time))
        .with("durable", count(status.durable.number()))
        .with("digest_at", count(status.digest_at.number()))
        .with("digest", digest.map_or_else(absent, text))
        .with("version", text(&status.version))
        .with("uptime_seconds", span(status.uptime_seconds))
        .with("queue", count(status.queue_length))
        .with("queue_capacity", count(status.queue_capacity))
        .with("orders_open", count(status.orders_open))
        .with("streams_open", count(status.streams_open))
}
