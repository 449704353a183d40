//! Rust client of the exchange.
//!
//! A [`Client`] is one connection; [`Client::market`], [`Client::trading`], [`Client::listing`],
//! [`Client::register`], [`Client::settlement`] and [`Client::admin`] are what its services offer.
//! A method gives a question that is sent when it is awaited: a [`Command`] changes the market, a
//! [`Query`] looks at one thing, a [`List`] at many.
//!
//! - A command is sent again under the same id when the connection is lost or the server is
//!   overloaded: it has one effect however often it arrives.
//! - A read sees everything that the client was told before, its own writes first of all.
//! - A stream gives every event once and in order and resumes by itself.
//! - A share that is sold by auction is a [`Listing`] with a [`Lot`]: [`AutoBid`] bids for it up to
//!   a maximum, a [`SealedBid`] is what its bidder keeps until bids are opened.
//! - No number is a float and none is rounded: amounts are [`Price`], [`Units`] and [`Money`],
//!   read from decimal text.
//!
//! ```no_run
//! use sfund_sdk::{ApiKey, Client, Options, Order};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let key: ApiKey = std::env::var("SFUND_KEY")?.parse()?;
//! let client = Client::connect(Options::new("https://exchange.example:7443").key(key)).await?;
//!
//! let fund = client.market().fund_of_code("SUZHOU-GROWTH-1").await?;
//! let order = Order::sell(fund.id, "8000000".parse()?).limit("1.4120".parse()?);
//! let answer = client.trading().place(order.good_till_cancelled()).await?;
//! println!("{} in entry {}: {} left", answer.order, answer.sequence, answer.left);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

mod admin;
mod ask;
mod bidding;
mod client;
mod error;
mod key;
mod listing;
mod market;
mod options;
mod order_stream;
mod register;
mod rpc;
mod settlement;
mod stream;
mod trading;
mod wire;

pub use sfund_engine::amount::{Money, Ppm, Price, Units};
pub use sfund_engine::bidding::Binding;
pub use sfund_engine::bidding::bid::Answer as OfferAnswer;
pub use sfund_engine::bidding::declare::Right;
pub use sfund_engine::bidding::mode::{
    Code as BidderCode, Kind as BidKind, OfferState, Phase as LotPhase, Portion as LotPortion,
    Reason as AwardReason, Side as LotSide, Standing as BidStanding,
};
pub use sfund_engine::bidding::open::Opening;
pub use sfund_engine::bidding::qualify_bidder::BidderVerdict;
pub use sfund_engine::calendar::Calendar;
pub use sfund_engine::cash::request_transfer::Direction;
pub use sfund_engine::cash::settle_transfer::TransferOutcome;
pub use sfund_engine::decimal::NotAnAmount;
pub use sfund_engine::id::{
    BidId, CallId, CallOrderId, FundId, IntentionId, ListingId, LockId, NotAnId, OfferId, OrderId,
    PartyId, ProposalId, SegmentId, Sequence, TradeId, TransferId,
};
pub use sfund_engine::listing::agreement::{AgreementTerms, ConsentTerm, FirstRefusalTerm};
pub use sfund_engine::listing::announce::Period;
pub use sfund_engine::listing::document::{Document, DocumentKind, Sha256, Visibility};
pub use sfund_engine::listing::gate::{
    Claim, ClaimAnswer, Consent, Gate, GateKind, GateState, How,
};
pub use sfund_engine::listing::notify::GateDue;
pub use sfund_engine::listing::review::ListingVerdict;
pub use sfund_engine::listing::stage::{EndReason, Stage as ListingStage};
pub use sfund_engine::listing::terms::{
    Answer as DisclosureAnswer, Appraisal, IfNobodyComes, Interim, Method, Payment, Reserve,
};
pub use sfund_engine::listing::{Completeness, Dates};
pub use sfund_engine::policy::choice::{Disclosure, Ownership, Silence};
pub use sfund_engine::policy::listing::ListingRules;
pub use sfund_engine::policy::matching::MatchingRules;
pub use sfund_engine::policy::overlay::{Overlay, StateRules};
pub use sfund_engine::policy::parameter::{Form, Parameter, Rules};
pub use sfund_engine::policy::{
    Fees, HolderCaps, Hours, InvestorRules, JudgedBy, Limits, Pack, PackVersion, Permission, Rates,
};
pub use sfund_engine::registry::fund::{Currency, FundDetails, LegalForm, Reference, TradingState};
pub use sfund_engine::registry::holding::Holding;
pub use sfund_engine::registry::lock_units::LockKind;
pub use sfund_engine::registry::party::{
    PartyDetails, PartyForm, PartyStatus, Qualification, Role,
};
pub use sfund_engine::time::{Date, NotADate, Time};
pub use sfund_engine::trading::board::IntentionEnd;
pub use sfund_engine::trading::order::{Closing, OrderPrice, PostOnly, SelfTrade, TimeInForce};
pub use sfund_engine::trading::set_trading_state::TradingScope;
pub use sfund_engine::trading::side::Side;
pub use sfund_engine::venue::issue_key::KeyScope;
pub use sfund_engine::venue::propose::{ProposalEnd, Verdict};
pub use sfund_engine::venue::segment::SegmentDetails;
pub use uuid::Uuid;

pub use crate::admin::Admin;
pub use crate::admin::types::{
    CallerRecord, Entry, EntryEvent, EntryFilter, Key, Lock, LockFilter, Party, PartyFilter,
    Proposal, ReviewOutcome, Reviewed, RulesInForce, ServerStatus, Stage, WhichOutcomes,
};
pub use crate::ask::{Answer, Command, Items, List, Page, PageToken, Query};
pub use crate::bidding::Part;
pub use crate::bidding::auto_bid::{AutoBid, AutoBidEnd, AutoBidError, AutoBidResult};
pub use crate::bidding::bid::{BidPlaced, Committed, NewBid, NewOffer};
pub use crate::bidding::lot::{
    Award, AwardLine, Bidder, BidderState, Lot, LotBid, LotMode, LotOffer,
};
pub use crate::bidding::meters::{ListingMeters, Meter, MeterKind, Prospect};
pub use crate::bidding::sealed::{NotASealedBid, NotSealed, SealedBid};
pub use crate::client::Client;
pub use crate::error::{BadOptions, Error, FieldViolation, Refusal, Unreadable};
pub use crate::key::{ApiKey, KeyHash, NoRandomness, NotAHash, NotAKey};
pub use crate::listing::bidders::{Opened, Qualified};
pub use crate::listing::record::{
    Announcement, DeadlineKind, Listing, ListingDeadline, ListingDisclosure, ListingEvent,
    ListingLook, ListingReader, ListingRecord, PartnerNotice, SilenceMeans,
};
pub use crate::listing::terms::{Draft, ListingTerms};
pub use crate::listing::{
    Announced, Changed, ListingFilter, Listings, Repricing, Submitted, Suspended, WhoseListings,
};
pub use crate::market::{
    Book, Fund, FundFilter, Level, Market, Segment, Trade, Venue, Volume, WhichLots,
};
pub use crate::options::{
    Compression, Consistency, Identity, KeepAlive, Options, Plaintext, Retry, Tls,
};
pub use crate::order_stream::{
    Decided, Instruction, OrderAnswers, OrderReply, OrderSender, OrderStreamRequest, Tag,
};
pub use crate::register::{Cause, Register, StatementEntry, UnitsByState};
pub use crate::settlement::{
    CashBalance, CashEntry, HouseAccount, Settlement, Transfer, TransferRequest,
};
pub use crate::stream::Happening;
pub use crate::stream::entries::{AuditChange, EntryStream};
pub use crate::stream::market::{MarketChange, MarketStream, MarketStreamRequest};
pub use crate::stream::mine::{MyChange, MyStream, MyStreamRequest, UnitsChange};
pub use crate::trading::board::{Intention, IntentionFilter, NewIntention, Posted, Suggestion};
pub use crate::trading::meters::{Earliest, FeeQuote, Meters};
pub use crate::trading::order::{
    Amendment, Fill, Liquidity, MassCancellation, Order, OrderOutcome, OrderRecord, OrderState,
    Unpriced,
};
pub use crate::trading::{MassCancelled, MyTrade, OrderFilter, TradedOrder, Trading, WhichOrders};
