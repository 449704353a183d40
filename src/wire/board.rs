//! The board of intentions.

use sfund_engine::command::Command;
use sfund_engine::event::Event;
use sfund_engine::id::IntentionId;
use sfund_engine::trading::board::{PostIntention, WithdrawIntention};
use sfund_proto::v1;

use crate::read::views::SuggestionView;
use crate::wire::command::{asks, tells};
use crate::wire::fields::write_time;
use crate::wire::twins::Twin;

asks!(PostIntentionRequest, |ask, by, fields| Command::PostIntention(PostIntention {
    party: fields.party_or("party_id", &ask.party_id, by),
    fund: fields.id("fund_id", &ask.fund_id),
    side: fields.choice("side", ask.side),
    price: fields.price("price", &ask.price),
    units: fields.units("units", &ask.units),
    expires: fields.time("expires", ask.expires.as_ref()),
}));
asks!(WithdrawIntentionRequest, |ask, _, fields| Command::WithdrawIntention(WithdrawIntention {
    intention: fields.id("intention_id", &ask.intention_id)
}));

tells!(PostIntentionResponse, |facts| {
    intention_id: facts.first(|event| {
        let Event::IntentionPosted(fact) = event else { return None };
        Some(fact.intention.to_string())
    }),
    suggested_intention_ids: suggested(facts.events),
});
tells!(WithdrawIntentionResponse, |_facts| {});

fn suggested(events: &[Event]) -> Vec<String> {
    let other = |event: &Event| {
        let Event::CounterpartySuggested(fact) = event else { return None };
        Some(fact.counterparty.to_string())
    };
    events.iter().filter_map(other).collect()
}

/// Whether a reader may know whose an intention is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// It may.
    Shown,
    /// It may not.
    Hidden,
}

/// An intention.
#[must_use]
pub fn intention(id: IntentionId, terms: &PostIntention, name: Name) -> v1::Intention {
    v1::Intention {
        intention_id: id.to_string(),
        party_id: match name {
            Name::Shown => terms.party.to_string(),
            Name::Hidden => String::new(),
        },
        fund_id: terms.fund.to_string(),
        side: terms.side.write(),
        price: terms.price.to_string(),
        units: terms.units.to_string(),
        expires: Some(write_time(terms.expires)),
    }
}

/// A suggestion, to the party it was made to: both parties are told who the other is.
#[must_use]
pub fn suggestion(view: &SuggestionView) -> v1::Suggestion {
    v1::Suggestion {
        intention_id: view.own.to_string(),
        counterparty: Some(intention(view.other, &view.terms, Name::Shown)),
        sequence: view.stamp.sequence.number(),
        time: Some(write_time(view.stamp.at)),
    }
}
