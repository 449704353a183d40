//! The passing of time (时间推进): what is due happens.
//!
//! The sequencer sends it before any command that is not earlier than the first deadline, so an
//! order that expired can never trade. One entry handles a bounded number of deadlines; the
//! sequencer sends it again until none is due.

use crate::bidding;
use crate::call;
use crate::deadline::Due;
use crate::event::Event;
use crate::listing;
use crate::market::{Context, Market};
use crate::policy::ADVANCE_MAX;
use crate::reject::Reject;
use crate::trading::board::{IntentionClosed, IntentionEnd};
use crate::trading::cancel_order::OrderClosed;
use crate::trading::order::Closing;
use crate::trading::sweep;
use crate::venue::propose::{ProposalClosed, ProposalEnd};

/// Decides `Advance`: what is due at the context's time, up to [`ADVANCE_MAX`] deadlines.
pub(crate) fn decide(
    market: &Market,
    context: Context,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    for (count, due) in market.deadlines.due(context.at).take(ADVANCE_MAX).enumerate() {
        match due {
            // A sweep has an entry to itself: what else is due may be among what it closes.
            Due::Sweep(_) if 0 < count => break,
            Due::Sweep(number) => {
                sweep::step(market, number, events);
                break;
            }
            // So has a lot: an award speaks of everybody who bid.
            Due::Lot(_) if 0 < count => break,
            Due::Lot(listing) => {
                bidding::clock::step(market, context.at, listing, events);
                break;
            }
            // And a call: its print speaks of everybody in it.
            Due::Call(_) if 0 < count => break,
            Due::Call(number) => {
                call::print::step(market, context.at, number, events);
                break;
            }
            Due::Order(order) => {
                let (reason, left) = (Closing::Expired, market.orders.at(order).left());
                events.push(Event::OrderClosed(OrderClosed { order, reason, left }));
            }
            Due::Intention(intention) => {
                let end = IntentionEnd::Expired;
                events.push(Event::IntentionClosed(IntentionClosed { intention, end }));
            }
            Due::Proposal(proposal) => {
                let end = ProposalEnd::Lapsed;
                events.push(Event::ProposalClosed(ProposalClosed { proposal, end, by: None }));
            }
            Due::Listing(listing) => listing::decide_due(market, context.at, listing, events),
        }
    }
    Ok(())
}
