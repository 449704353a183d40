//! The public market: venue, segments, funds, books and trades.

use sfund_engine::market::Venue;
use sfund_engine::policy::{CODE_BYTES_MAX, TEXT_BYTES_MAX};
use sfund_engine::registry::fund::{FundDetails, Reference};
use sfund_engine::trading::set_trading_state::TradingScope;
use sfund_proto::v1;

use crate::read::views::{Deal, Depth, FundView, Level, SegmentView, TradeView, Volume};
use crate::wire::fields::{Fields, text_if_any, write_date, write_time};
use crate::wire::policy;
use crate::wire::twins::Twin;

/// Reads what is said of a fund.
pub fn read_fund_details(fields: &mut Fields, details: &v1::FundDetails) -> FundDetails {
    FundDetails {
        code: fields.text("code", &details.code, CODE_BYTES_MAX),
        name: fields.text("name", &details.name, TEXT_BYTES_MAX),
        manager: fields.id("manager_id", &details.manager_id),
        legal_form: fields.choice("legal_form", details.legal_form),
        province: fields.text("province", &details.province, CODE_BYTES_MAX),
        currency: fields.currency("currency", &details.currency),
        segment: fields.id("segment_id", &details.segment_id),
        tick: fields.price("tick", &details.tick),
        lot: fields.units("lot", &details.lot),
        minimum_ticket: fields.units_or_none("minimum_ticket", &details.minimum_ticket),
        holder_cap: (details.holder_cap != 0).then_some(details.holder_cap),
        term_ends: fields.date("term_ends", &details.term_ends),
    }
}

/// Reads what a halt, a resumption or a close is about.
pub fn read_scope(fields: &mut Fields, scope: &v1::TradingScope) -> TradingScope {
    use v1::trading_scope::Scope;
    match &scope.scope {
        Some(Scope::FundId(id)) => TradingScope::Fund(fields.id("fund_id", id)),
        Some(Scope::SegmentId(id)) => TradingScope::Segment(fields.id("segment_id", id)),
        Some(Scope::Venue(v1::WholeVenue {})) => TradingScope::Venue,
        None => {
            fields.note("", "must be a fund, a segment or the venue");
            TradingScope::Venue
        }
    }
}

/// What a halt, a resumption or a close is about, as a message.
#[must_use]
pub fn scope(scope: TradingScope) -> v1::TradingScope {
    use v1::trading_scope::Scope;
    let scope = match scope {
        TradingScope::Fund(fund) => Scope::FundId(fund.to_string()),
        TradingScope::Segment(segment) => Scope::SegmentId(segment.to_string()),
        TradingScope::Venue => Scope::Venue(v1::WholeVenue {}),
    };
    v1::TradingScope { scope: Some(scope) }
}

/// The venue.
#[must_use]
pub fn venue(venue: &Venue) -> v1::Venue {
    v1::Venue {
        name: venue.name.clone(),
        utc_offset_minutes: venue.utc_offset_minutes.into(),
        state: venue.state.write(),
        calendar: Some(policy::calendar(&venue.calendar)),
    }
}

/// A segment.
#[must_use]
pub fn segment(view: &SegmentView) -> v1::Segment {
    v1::Segment {
        segment_id: view.id.to_string(),
        code: view.segment.code.clone(),
        name: view.segment.name.clone(),
        pack: Some(policy::pack(&view.segment.pack)),
        fees: Some(policy::fees(&view.fees)),
        state: view.segment.state.write(),
        overlay: view.segment.overlay.as_ref().map(policy::overlay),
    }
}

/// What was said of a fund.
#[must_use]
pub fn fund_details(details: &FundDetails) -> v1::FundDetails {
    v1::FundDetails {
        code: details.code.clone(),
        name: details.name.clone(),
        manager_id: details.manager.to_string(),
        legal_form: details.legal_form.write(),
        province: details.province.clone(),
        currency: details.currency.to_string(),
        segment_id: details.segment.to_string(),
        tick: details.tick.to_string(),
        lot: details.lot.to_string(),
        minimum_ticket: details.minimum_ticket.to_string(),
        holder_cap: details.holder_cap.unwrap_or_default(),
        term_ends: details.term_ends.to_string(),
    }
}

/// A fund.
#[must_use]
pub fn fund(view: &FundView) -> v1::Fund {
    let fund = &view.fund;
    v1::Fund {
        fund_id: view.id.to_string(),
        details: Some(fund_details(&fund.details)),
        issued: fund.issued.to_string(),
        holders: fund.holders,
        state: fund.state.write(),
        extensions: fund.extensions.iter().map(ToString::to_string).collect(),
        reference: fund.reference.as_ref().map(reference),
        last_price: text_if_any(fund.last_price),
        orders_open: fund.orders_open,
        effective_state: view.state.write(),
        holder_cap: view.holder_cap,
        best_bid: text_if_any(view.best_bid),
        best_ask: text_if_any(view.best_ask),
        volume: Some(volume(&view.volume)),
    }
}

fn volume(volume: &Volume) -> v1::FundVolume {
    v1::FundVolume {
        trades: volume.trades,
        units: volume.units.to_string(),
        cash: volume.cash.to_string(),
        day: write_date(volume.day),
        day_trades: volume.day_trades,
        day_units: volume.day_units.to_string(),
        day_cash: volume.day_cash.to_string(),
    }
}

/// A reference price.
#[must_use]
pub fn reference(reference: &Reference) -> v1::ReferencePrice {
    v1::ReferencePrice {
        price: reference.price.to_string(),
        source: reference.source.clone(),
        valid_until: Some(write_time(reference.valid_until)),
        set_at: Some(write_time(reference.set_at)),
    }
}

/// The top of a book: bids and asks, at most `levels` of each.
#[must_use]
pub fn book(depth: &Depth, levels: usize) -> (Vec<v1::BookLevel>, Vec<v1::BookLevel>) {
    let side = |side: &[Level]| side.iter().take(levels).map(level).collect();
    (side(&depth.bids), side(&depth.asks))
}

fn level(level: &Level) -> v1::BookLevel {
    v1::BookLevel {
        price: level.price.to_string(),
        units: level.units.to_string(),
        orders: level.orders,
    }
}

/// A trade without names.
#[must_use]
pub fn trade(view: &TradeView) -> v1::Trade {
    let (price, units, cash, taker_side, call) = match &view.deal {
        Deal::Book(fact) => {
            (fact.price, fact.units, fact.cash, fact.taker_side.write(), String::new())
        }
        Deal::Call(fact) => (fact.price, fact.units, fact.cash, 0, fact.call.to_string()),
    };
    v1::Trade {
        trade_id: view.deal.id().to_string(),
        fund_id: view.deal.fund().to_string(),
        price: price.to_string(),
        units: units.to_string(),
        cash: cash.to_string(),
        taker_side,
        sequence: view.stamp.sequence.number(),
        time: Some(write_time(view.stamp.at)),
        call_id: call,
    }
}
