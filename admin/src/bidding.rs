//! Bidding for what is listed: who may bid, the lot, its bids and what came of it (竞价).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sfund_sdk::{
    Bidder, BidderCode, BidderVerdict, Binding, ListingId, Lot, LotBid, LotOffer, LotSide, Opened,
    Opening, PartyId, Price, Right, Time, WhichLots,
};

use crate::choice::Choice as _;
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::files;
use crate::moment::{Moment, Span, now};
use crate::output::{
    Cell, Record, Table, amount, count, flag, maybe, moment, span, text, texts, word,
};
use crate::packs::judged_by;

#[derive(Debug, Subcommand)]
pub(crate) enum Bidding {
    /// List who would bid for a listing, and how far each is.
    Bidders {
        /// The listing.
        listing: ListingId,
        #[command(flatten)]
        limit: Limit,
    },
    /// Say whether somebody may bid (资格审核).
    Qualify {
        /// The listing.
        listing: ListingId,
        /// Who declared an intention: id or code.
        party: Named<PartyId>,
        /// It may not.
        #[arg(long)]
        refuse: bool,
        /// Evidence, or why not.
        #[arg(long)]
        reason: String,
    },
    /// Open the bidding for a listing whose announcement is over (开启竞价).
    Open {
        /// The listing.
        listing: ListingId,
        /// How it is sold: as announced; with one bidder it is negotiated.
        #[command(subcommand)]
        how: How,
    },
    /// List lots.
    Lots {
        /// Only those that take something now.
        #[arg(long)]
        running: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show the lot of a listing: its phase, the time left, the best bid (竞价实况).
    Lot {
        /// The listing.
        listing: ListingId,
    },
    /// List the bids for a listing, in the order accepted (报价).
    Bids {
        /// The listing.
        listing: ListingId,
        #[command(flatten)]
        limit: Limit,
    },
    /// List the offers of a negotiation, in the order made (要约).
    Offers {
        /// The listing.
        listing: ListingId,
        #[command(flatten)]
        limit: Limit,
    },
    /// List who gets what, and why the others do not (竞价结果).
    Award {
        /// The listing.
        listing: ListingId,
    },
    /// Record that a winner has signed (签订产权交易合同).
    Sign {
        /// The listing.
        listing: ListingId,
        /// Who won: id or code.
        party: Named<PartyId>,
        /// File with the contract; only its SHA-256 is sent.
        #[arg(long, value_name = "FILE")]
        contract: PathBuf,
    },
}

/// How a lot is sold.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum How {
    /// By open ascending bids (多次报价).
    English {
        #[command(flatten)]
        begins: Begins,
        /// The least by which a bid is above the best, a whole number of ticks.
        #[arg(long, value_name = "PRICE")]
        increment: Price,
    },
    /// By sealed bids (一次报价).
    Sealed {
        #[command(flatten)]
        begins: Begins,
        /// How long they are handed in: 30m, 12h, 3d.
        #[arg(long, value_name = "SPAN")]
        commit: Span,
    },
    /// At a falling price (降价竞价).
    Dutch {
        #[command(flatten)]
        begins: Begins,
        /// The first price, a whole number of ticks.
        #[arg(long, value_name = "PRICE")]
        start: Price,
        /// By how much it falls, a whole number of ticks.
        #[arg(long, value_name = "PRICE")]
        step: Price,
        /// How long each price is called: 90s, 30m.
        #[arg(long, value_name = "SPAN")]
        every: Span,
    },
    /// By offers and counter-offers (协议转让).
    Negotiated {
        #[command(flatten)]
        begins: Begins,
        /// How long it lasts at most: 12h, 3d.
        #[arg(long, value_name = "SPAN")]
        lasts: Span,
    },
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Begins {
    /// When bids are first taken: 2027-06-30T15:00Z, 2h.
    #[arg(long, value_name = "INSTANT")]
    begins: Moment,
}

impl How {
    const fn opening(self) -> (Time, Opening) {
        match self {
            Self::English { begins, increment } => {
                (begins.begins.0, Opening::English { increment })
            }
            Self::Sealed { begins, commit } => {
                (begins.begins.0, Opening::Sealed { commit_seconds: commit.0 })
            }
            Self::Dutch { begins, start, step, every } => {
                (begins.begins.0, Opening::Dutch { start, step, step_seconds: every.0 })
            }
            Self::Negotiated { begins, lasts } => {
                (begins.begins.0, Opening::Negotiated { seconds: lasts.0 })
            }
        }
    }
}

pub(crate) async fn run(context: &Context, command: Bidding) -> Result<(), Failure> {
    let (client, output) = (&context.client, context.output);
    match command {
        Bidding::Bidders { listing, limit } => {
            let bidders = client.listing().bidders(listing).all(limit.wanted()).await?;
            Ok(output.table(&Table::of(BIDDERS, &bidders, limit.limit, bidder))?)
        }
        Bidding::Qualify { listing, party, refuse, reason } => {
            let party = context.party(&party).await?;
            let verdict = if refuse { BidderVerdict::Refuse } else { BidderVerdict::Qualify };
            let command = client.listing().qualify_bidder(listing, party, verdict, reason);
            let answer = context.give(command).await?;
            let record = Record::default()
                .with("listing", text(listing))
                .with("party", text(party))
                .with("code", maybe(answer.code, text))
                .with("deposit_until", maybe(answer.deposit_due, moment));
            context.done(&answer, record)
        }
        Bidding::Open { listing, how } => open(context, listing, how).await,
        Bidding::Lots { running, limit } => {
            let which = if running { WhichLots::Running } else { WhichLots::All };
            let lots = client.market().lots(which).all(limit.wanted()).await?;
            Ok(output.table(&Table::of(LOTS, &lots, limit.limit, |lot| row(lot, now())))?)
        }
        Bidding::Lot { listing } => {
            let lot = client.market().lot(listing).await?;
            Ok(output.record(&record(&lot, now()))?)
        }
        Bidding::Bids { listing, limit } => {
            let bids = client.trading().bids(listing).all(limit.wanted()).await?;
            Ok(output.table(&Table::of(BIDS, &bids, limit.limit, bid))?)
        }
        Bidding::Offers { listing, limit } => {
            let offers = client.trading().offers(listing).all(limit.wanted()).await?;
            Ok(output.table(&Table::of(OFFERS, &offers, limit.limit, offer))?)
        }
        Bidding::Award { listing } => award(context, listing).await,
        Bidding::Sign { listing, party, contract } => {
            let contract = files::sha256(&contract)?;
            let party = context.party(&party).await?;
            let answer = context.give(client.listing().sign(listing, party, contract)).await?;
            let record = Record::default().with("listing", text(listing));
            context.done(&answer, record.with("party", text(party)))
        }
    }
}

async fn open(context: &Context, listing: ListingId, how: How) -> Result<(), Failure> {
    let (begins, opening) = how.opening();
    let command = context.client.listing().open_bidding(listing, begins, opening);
    let answer = context.give(command).await?;
    let record = Record::default().with("listing", text(listing));
    let record = match &answer.value {
        Opened::Lot { lot, judged } => record
            .with("mode", word(lot.mode.name()))
            .with("phase", word(lot.phase.name()))
            .with("begins", moment(lot.begins))
            .with("bidders", count(lot.bidders))
            .with("judged_by", text(judged_by(judged))),
        Opened::NoBidder => record.with("end_reason", word("no_bidder")),
    };
    context.done(&answer, record)
}

async fn award(context: &Context, listing: ListingId) -> Result<(), Failure> {
    let lot = context.client.market().lot(listing).await?.value;
    let Some(award) = lot.award else {
        return Err(Failure::FoundWrong(
            "the lot is not awarded: see how far it is by sfund-admin bidding lot",
        ));
    };
    // Whoever may know the names behind the codes is told them.
    let bidders = context.client.listing().bidders(listing).all(usize::MAX).await?;
    let named = |code: BidderCode| {
        bidders.iter().find(|bidder| bidder.code == Some(code)).map(|bidder| bidder.party)
    };
    let mut table = Table::new(AWARD);
    for line in &award.lines {
        table.push(vec![
            text(line.code),
            maybe(named(line.code), text),
            text(line.bid),
            amount(line.units),
            amount(line.cash),
            word(line.reason.name()),
        ]);
    }
    Ok(context.output.table(&table)?)
}

const AWARD: &[&str] = &["code", "party", "bid_id", "units", "to_pay", "why"];

const BIDDERS: &[&str] =
    &["party", "code", "state", "first_refusal", "deposit_until", "deposit_held", "held_lots"];

fn bidder(bidder: &Bidder) -> Vec<Cell> {
    vec![
        text(bidder.party),
        maybe(bidder.code, text),
        word(bidder.state.name()),
        flag(bidder.right == Right::FirstRefusal),
        maybe(bidder.deposit_due, moment),
        amount(bidder.deposit_held),
        count(bidder.held_lots),
    ]
}

const LOTS: &[&str] =
    &["listing", "mode", "phase", "ends", "time_left", "best", "least_bid", "bidders", "bids"];

fn row(lot: &Lot, now: Time) -> Vec<Cell> {
    vec![
        text(lot.listing),
        word(lot.mode.name()),
        word(lot.phase.name()),
        maybe(lot.ends, moment),
        maybe(left(lot, now), span),
        maybe(lot.best, amount),
        maybe(lot.least_bid, amount),
        count(lot.bidders),
        count(lot.bids),
    ]
}

/// Seconds until the phase ends, or until bids are first taken; `None` once nothing runs.
fn left(lot: &Lot, now: Time) -> Option<u64> {
    let until = lot.ends.unwrap_or(lot.begins);
    let is_over = lot.phase == sfund_sdk::LotPhase::Over;
    (!is_over).then(|| until.nanos().saturating_sub(now.nanos()) / 1_000_000_000)
}

fn record(lot: &Lot, now: Time) -> Record {
    let award = lot.award.as_ref();
    let winners: Vec<_> = award
        .into_iter()
        .flat_map(|award| award.winners())
        .map(|line| format!("{}: {} units for {}", line.code, line.units, line.cash))
        .collect();
    let unrevealed: Vec<_> = award
        .into_iter()
        .flat_map(|award| award.unrevealed.iter().map(ToString::to_string))
        .collect();
    Record::default()
        .with("listing", text(lot.listing))
        .with("mode", word(lot.mode.name()))
        .with("phase", word(lot.phase.name()))
        .with("begins", moment(lot.begins))
        .with("phase_began", maybe(lot.phase_began, moment))
        .with("ends", maybe(lot.ends, moment))
        .with("time_left", maybe(left(lot, now), span))
        .with("best", maybe(lot.best, amount))
        .with("best_code", maybe(lot.best_code, text))
        .with("called", maybe(lot.called, amount))
        .with("least_bid", maybe(lot.least_bid, amount))
        .with("bidders", count(lot.bidders))
        .with("bids", count(lot.bids))
        .with("winners", texts(&winners))
        .with("unrevealed", texts(&unrevealed))
        .with("uniform_price", maybe(award.and_then(|award| award.uniform), amount))
        .with("only_offered", maybe(award, |award| flag(award.binding == Binding::Offered)))
        .with("signature_due", maybe(award.map(|award| award.signature_due), moment))
        .with("shown_until", maybe(award.map(|award| award.shown_until), moment))
}

const BIDS: &[&str] = &["id", "code", "price", "units", "min_units", "time", "how", "standing"];

fn bid(bid: &LotBid) -> Vec<Cell> {
    vec![
        text(bid.id),
        text(bid.code),
        amount(bid.price),
        maybe(bid.units, amount),
        maybe(bid.min_units, amount),
        moment(bid.time),
        word(bid.kind.name()),
        word(bid.standing.name()),
    ]
}

const OFFERS: &[&str] =
    &["id", "code", "offered_by", "price", "time", "expires", "counters", "standing"];

fn offer(offer: &LotOffer) -> Vec<Cell> {
    let by = match offer.by {
        LotSide::Seller => "seller",
        LotSide::Bidder(_) => "bidder",
    };
    vec![
        text(offer.id),
        text(offer.code),
        word(by),
        amount(offer.price),
        moment(offer.time),
        moment(offer.expires),
        maybe(offer.counters, text),
        word(offer.state.name()),
    ]
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use sfund_sdk::{LotMode, LotPhase, Time};

    use super::*;
    use crate::output::{Colour, Format, Output};
    use crate::words::Lang;

    fn lot() -> Lot {
        let at = |seconds| Time::from_nanos(1_795_000_000_000_000_000).plus_seconds(seconds);
        Lot {
            listing: ListingId::new(3),
            mode: LotMode::English,
            phase: LotPhase::Timed,
            begins: at(0),
            phase_began: Some(at(86_400)),
            ends: Some(at(86_700)),
            best: Some(Price::from_e4(12_000)),
            best_code: Some(BidderCode::Bidder(2)),
            called: None,
            least_bid: Some(Price::from_e4(12_100)),
            bidders: 3,
            bids: 7,
            award: None,
        }
    }

    #[test]
    fn a_running_lot_says_how_long_it_still_runs_and_one_that_is_over_does_not() {
        let at = |seconds| lot().begins.plus_seconds(seconds);
        assert_eq!(left(&lot(), at(86_500)), Some(200));
        assert_eq!(left(&lot(), at(99_999)), Some(0));
        let waiting = Lot { phase: LotPhase::Waiting, ends: None, ..lot() };
        assert_eq!(left(&waiting, waiting.begins.minus_seconds(60)), Some(60));
        assert_eq!(left(&Lot { phase: LotPhase::Over, ..lot() }, at(0)), None);
    }

    #[test]
    fn lots_fit_the_terminal_in_both_languages() {
        let output = |lang, width| Output {
            format: Format::Table,
            lang,
            colour: Colour::Off,
            width: Some(width),
        };
        let table = Table::of(LOTS, &[lot()], 10, |lot| row(lot, lot.begins));
        for (lang, width) in [(Lang::En, 80), (Lang::Zh, 80)] {
            for line in table.text(output(lang, width)).lines() {
                assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
            }
        }
        expect![[r#"
            ┌───────────┬────────────────┬───────┬──────────────────────┬─────────────┬────────┬───────────┬─────────┬──────┐
            │ listing   ┆ mode           ┆ phase ┆ ends                 ┆ time left   ┆ best   ┆ least bid ┆ bidders ┆ bids │
            ╞═══════════╪════════════════╪═══════╪══════════════════════╪═════════════╪════════╪═══════════╪═════════╪══════╡
            │ listing-3 ┆ ascending bids ┆ timed ┆ 2026-11-19 11:11:40Z ┆ 1d 00:05:00 ┆ 1.2000 ┆    1.2100 ┆       3 ┆    7 │
            └───────────┴────────────────┴───────┴──────────────────────┴─────────────┴────────┴───────────┴─────────┴──────┘"#]].assert_eq(&table.text(output(Lang::En, 140)));
    }
}
