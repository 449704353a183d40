//! `lot`: one seller, many buyers: who wins, what they pay, and why the others do not.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use sfund_engine::amount::Price;
use sfund_engine::auction::lot::{BIDS_MAX, Bid, Format, Lot, Reason};
use sfund_engine::auction::ration::Margin;
use sfund_engine::id::PartyId;

use super::number::{Number, price_text};
use super::{Error, within};

/// Decimals of a price.
const PRICE_SCALE: u32 = 4;

#[derive(Deserialize)]
pub(super) struct Question {
    format: Name,
    #[serde(rename = "Q")]
    quantity: Number,
    reserve: Number,
    bids: Vec<Offered>,
    #[serde(default)]
    margin: Sharing,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    PayAsBid,
    Uniform,
    Vcg,
    English,
    Dutch,
}

/// How those at the margin share; by time unless it is said.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sharing {
    #[default]
    Time,
    ProRata,
}

impl From<Sharing> for Margin {
    fn from(sharing: Sharing) -> Self {
        match sharing {
            Sharing::Time => Self::Time,
            Sharing::ProRata => Self::ProRata,
        }
    }
}

/// `[name, price, min, max]`, or `[name, price, quantity]` of which any part is taken.
struct Offered {
    name: String,
    price: Number,
    minimum: Option<Number>,
    maximum: Number,
}

/// `alloc` and `prices` name who wins: the price of one lot, under `vcg` the payment for all lots.
/// `reasons` names who does not get all it asked for.
///
/// # Source
///
/// Mechanics 5; vectors `one_seller_book`, `exact_awards`.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    within("bids", question.bids.len(), BIDS_MAX)?;
    let format = match question.format {
        Name::PayAsBid => Format::PayAsBid,
        Name::Uniform => Format::Uniform,
        Name::Vcg => Format::Vcg,
        Name::English => Format::English,
        Name::Dutch => Format::Dutch,
    };
    let names = names(&question.bids, format)?;
    let reserve = Price::from_e4(question.reserve.steps("reserve", PRICE_SCALE)?);
    let mut lot = Lot::new(question.quantity.whole("Q")?, reserve)?;
    for (offered, bidder) in question.bids.iter().zip(&names) {
        let maximum = offered.maximum.whole("bids")?;
        let minimum = offered.minimum.map(|minimum| minimum.whole("bids")).transpose()?;
        lot.take(Bid {
            bidder: *bidder,
            price: Price::from_e4(offered.price.steps("bids", PRICE_SCALE)?),
            minimum: minimum.unwrap_or(1).max(1),
            maximum,
        })?;
    }
    let award = lot.award(format, Margin::from(question.margin));
    let (mut alloc, mut prices, mut reasons) = (Map::new(), Map::new(), Map::new());
    for (offered, verdict) in question.bids.iter().zip(&award.verdicts) {
        match verdict.reason {
            // Another bid of the same bidder stands for it.
            Reason::Superseded | Reason::NotHigher => continue,
            Reason::Won => {}
            Reason::CutAtMargin
            | Reason::CutToFit
            | Reason::Outbid
            | Reason::LostAtMargin
            | Reason::DoesNotFit
            | Reason::ParadoxicallyRejected
            | Reason::ExceedsLot
            | Reason::BelowReserve => {
                reasons.insert(offered.name.clone(), json!(verdict.reason.name()));
            }
        }
        if 0 < verdict.quantity {
            alloc.insert(offered.name.clone(), json!(verdict.quantity));
            let price = match format {
                Format::Vcg => cash_text(verdict.pays_e4),
                Format::Uniform | Format::PayAsBid | Format::English | Format::Dutch => {
                    price_text(verdict.pays_e4.checked_div(verdict.quantity).unwrap_or(0))
                }
            };
            prices.insert(offered.name.clone(), json!(price));
        }
    }
    let revenue = cash_text(award.revenue_e4);
    Ok(json!({ "alloc": alloc, "prices": prices, "revenue": revenue, "reasons": reasons }))
}

/// A number for each name. Only an English bidder may bid again.
fn names(bids: &[Offered], format: Format) -> Result<Vec<PartyId>, Error> {
    let distinct: BTreeSet<&str> = bids.iter().map(|offered| offered.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    for offered in bids {
        if !seen.insert(offered.name.as_str()) && format != Format::English {
            return Err(Error::NamedTwice { field: "bids", name: offered.name.clone() });
        }
    }
    let number = |offered: &Offered| {
        let place = distinct.range(..offered.name.as_str()).count();
        PartyId::new(u32::try_from(place).unwrap_or(u32::MAX))
    };
    Ok(bids.iter().map(number).collect())
}

/// Cash of so many 10^-4, half-up to a fen.
fn cash_text(e4: u64) -> String {
    let fen = e4.saturating_add(50) / 100;
    price_text(fen.saturating_mul(100))
}

impl<'de> Deserialize<'de> for Offered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(OfferedVisitor)
    }
}

struct OfferedVisitor;

impl<'de> Visitor<'de> for OfferedVisitor {
    type Value = Offered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[name, price, min, max] or [name, price, quantity]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Offered, A::Error> {
        let short = |place| serde::de::Error::invalid_length(place, &self);
        let name = seq.next_element()?.ok_or_else(|| short(0))?;
        let price = seq.next_element()?.ok_or_else(|| short(1))?;
        let first = seq.next_element()?.ok_or_else(|| short(2))?;
        Ok(match seq.next_element()? {
            Some(maximum) => Offered { name, price, minimum: Some(first), maximum },
            None => Offered { name, price, minimum: None, maximum: first },
        })
    }
}
