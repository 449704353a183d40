//! What the screen shows: it is fed with events and drawn by `draw`.

use std::collections::{BTreeMap, VecDeque};

use sfund_sdk::{
    Book, Fund, FundId, Happening, MarketChange, SegmentId, Sequence, Trade, TradingScope,
    TradingState,
};

use crate::choice::Choice as _;
use crate::words::Lang;

/// Trades that the tape keeps.
const TAPE_MAX: usize = 500;
/// Alerts that are kept.
const ALERTS_MAX: usize = 100;

/// Whether the stream is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// What happened before is still coming.
    CatchingUp,
    /// It is live.
    Live,
    /// The connection is lost.
    Lost,
}

/// A fund and its book.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) fund: Fund,
    pub(super) book: Book,
}

/// Everything that is shown.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) lang: Lang,
    pub(super) name: String,
    pub(super) link: Link,
    pub(super) sequence: Sequence,
    pub(super) funds: BTreeMap<FundId, Watched>,
    pub(super) segments: BTreeMap<SegmentId, TradingState>,
    pub(super) venue: TradingState,
    /// Newest first.
    pub(super) tape: VecDeque<Trade>,
    /// Newest first.
    pub(super) alerts: VecDeque<String>,
    /// First fund whose ladder is shown.
    pub(super) first: usize,
}

impl Screen {
    pub(super) fn new(lang: Lang) -> Self {
        Self {
            lang,
            name: String::new(),
            link: Link::CatchingUp,
            sequence: Sequence::ZERO,
            funds: BTreeMap::new(),
            segments: BTreeMap::new(),
            venue: TradingState::Open,
            tape: VecDeque::new(),
            alerts: VecDeque::new(),
            first: 0,
        }
    }

    pub(super) fn watch(&mut self, fund: Fund, book: Book) {
        self.funds.insert(fund.id, Watched { fund, book });
    }

    /// State in which a fund trades: the strictest of its own, its segment's and the venue's.
    pub(super) fn state(&self, fund: &Fund) -> TradingState {
        let segment = self.segments.get(&fund.details.segment).copied();
        let levels = [fund.state, segment.unwrap_or(TradingState::Open), self.venue];
        let is = |state| levels.contains(&state);
        if is(TradingState::Closed) {
            TradingState::Closed
        } else if is(TradingState::Halted) {
            TradingState::Halted
        } else {
            TradingState::Open
        }
    }

    /// Shows other ladders first.
    pub(super) fn turn(&mut self, by: isize) {
        let last = self.funds.len().saturating_sub(1);
        self.first = self.first.saturating_add_signed(by).min(last);
    }

    pub(super) fn alert(&mut self, text: String) {
        self.alerts.push_front(text);
        self.alerts.truncate(ALERTS_MAX);
    }

    /// Takes note of whether there is a connection; says whether that is news.
    pub(super) fn connected(&mut self, connected: bool) -> bool {
        let lost = !connected && self.link == Link::Live;
        if lost {
            self.link = Link::Lost;
        }
        lost
    }

    /// Puts a trade on the tape, in its place and once.
    pub(super) fn traded(&mut self, trade: Trade) {
        let at = self.tape.partition_point(|known| trade.id < known.id);
        if self.tape.get(at).is_none_or(|known| known.id != trade.id) {
            self.tape.insert(at, trade);
        }
        self.tape.truncate(TAPE_MAX);
    }

    pub(super) fn apply(&mut self, event: Happening<MarketChange>) {
        self.sequence = self.sequence.max(event.sequence);
        self.link = match (&event.change, self.link) {
            (MarketChange::CaughtUp, _) => Link::Live,
            (_, Link::Lost) => Link::CatchingUp,
            (_, link) => link,
        };
        match event.change {
            MarketChange::Trade(trade) => {
                if let Some(watched) = self.funds.get_mut(&trade.fund) {
                    watched.fund.last_price = Some(trade.price);
                }
                self.traded(trade);
            }
            MarketChange::Book(book) => {
                if let Some(watched) = self.funds.get_mut(&book.fund) {
                    watched.book = book;
                }
            }
            MarketChange::TradingState { scope, state, reason } => {
                let what = match scope {
                    TradingScope::Fund(fund) => {
                        if let Some(watched) = self.funds.get_mut(&fund) {
                            watched.fund.state = state;
                        }
                        fund.to_string()
                    }
                    TradingScope::Segment(segment) => {
                        self.segments.insert(segment, state);
                        segment.to_string()
                    }
                    TradingScope::Venue => {
                        self.venue = state;
                        self.lang.word("venue").to_owned()
                    }
                };
                let state = self.lang.word(state.name());
                self.alert(format!("#{} {what}: {state} ({reason})", event.sequence.number()));
            }
            MarketChange::Reference { fund, reference } => {
                let (word, price) = (self.lang.word("reference"), reference.price);
                self.alert(format!("#{} {fund}: {word} {price}", event.sequence.number()));
            }
            MarketChange::Fund(fund) => {
                if let Some(watched) = self.funds.get_mut(&fund.id) {
                    watched.fund = *fund;
                }
            }
            MarketChange::Segment(segment) => {
                self.segments.insert(segment.id, segment.state);
                let (id, pack) = (segment.id, &segment.pack);
                let text = format!("{id}: {} v{}", pack.code, pack.version);
                self.alert(format!("#{} {text}", event.sequence.number()));
            }
            MarketChange::Calendar(calendar) => {
                let until = calendar.until;
                self.alert(format!("#{} calendar to {until}", event.sequence.number()));
            }
            // A lot is no fund: `bidding lot` shows it, and it is not asked for here.
            MarketChange::Lot(_) | MarketChange::CaughtUp => {}
        }
    }
}
