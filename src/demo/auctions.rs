//! Three shares sold under `cn-regional` (竞价示范): an auction with a soft close, sealed bids that
//! are all or none, and a negotiated transfer.

use std::path::Path;

use sfund_sdk::{
    AwardReason, BidderCode, BidderState, BidderVerdict, ClaimAnswer, Consent, Disclosure,
    ListingId, ListingTerms, ListingVerdict, Lot, LotPhase, LotPortion as Portion, Method, NewBid,
    NewOffer, OfferAnswer, Opening, Ppm, Price, Right, SealedBid, Sha256, Time, Units,
};

use crate::config::Config;

use super::Error;
use super::cast::{Player, ROWS_MAX, whole_units as whole};
use super::hall::Hall;
use super::say::{Narrator, grouped};

/// Units of each listing: 10,000 lots.
const LISTED_UNITS: u64 = 1_000_000;
/// D1: a tenth of the floor is deposited.
const DEPOSIT: Ppm = Ppm::new(100_000);
/// B1: days after which the partners' month is over.
const MONTH_DAYS: u64 = 31;
const DAY_SECONDS: u64 = 86_400;
/// Between the opening by the venue and the first bid.
const BEFORE_SECONDS: u64 = 3_600;
/// How long sealed bids are handed in, and a negotiation lasts, in seconds.
const PHASE_SECONDS: u32 = 7_200;
/// How long before the end the last-minute bid comes.
const LAST_SECONDS: u64 = 10;

/// What came of it, for the demo's summary.
pub(super) struct Sold {
    /// Listings that were awarded and signed.
    pub(super) awards: u32,
    /// Whether every command, decided anew, leads to the digest of the live market.
    pub(super) digest_equal: bool,
}

/// Tells the story in a hall of its own.
pub(super) async fn tell(
    config: &Config,
    folder: &Path,
    narrator: &Narrator,
) -> Result<Sold, Error> {
    narrator.chapter(
        "区域性股权市场：挂牌、公告、竞价",
        "The regional market: listings, announcements, bids",
    )?;
    narrator.line(
        "cn-regional 规则包不得连续竞价；一个挂牌要走几周，所以这里另开一个交易所，时钟由演示拨动",
        "cn-regional forbids continuous trading, and a listing takes weeks: this is an exchange of \
         its own, whose clock the demo moves",
    )?;
    let hall = Hall::open(config, folder).await?;
    let methods = [
        ("NJ-3-A", Method::English, Portion::Whole),
        ("NJ-3-B", Method::SealedPayAsBid, Portion::Parts),
        ("NJ-3-C", Method::Negotiated, Portion::Whole),
    ];
    let mut listings = Vec::new();
    for (code, method, portion) in methods {
        listings.push(list(&hall, code, method, portion, narrator).await?);
    }
    announce(&hall, &listings, narrator).await?;
    let [english, sealed, negotiated] = listings[..] else { unreachable!("three are listed") };
    auction(&hall, english, narrator).await?;
    seal(&hall, sealed, narrator).await?;
    negotiate(&hall, negotiated, narrator).await?;
    let (replayed, store) = hall.close().await?;
    let (entries, store) = (replayed.entries, store.display().to_string());
    let tick = if replayed.digest_equal { "✓" } else { "✗" };
    narrator.line(
        &format!("{tick} 从头重判 {entries} 条日志，摘要一致；存储在 {store}"),
        &format!("{tick} {entries} entries decided anew lead to the same digest; store: {store}"),
    )?;
    narrator.line("每场竞价都能离线重算：", "each award can be recomputed offline:")?;
    for command in ["export auction listing-0 > auction.jsonl", "verify auction auction.jsonl"] {
        narrator
            .plain(&format!("  SFUND__STORE__PATH={store} cargo run --release -- {command}"))?;
    }
    let awards = u32::try_from(listings.len()).unwrap_or(u32::MAX);
    Ok(Sold { awards, digest_equal: replayed.digest_equal })
}

/// One listing, until its gates are answered.
async fn list(
    hall: &Hall,
    code: &str,
    method: Method,
    portion: Portion,
    narrator: &Narrator,
) -> Result<ListingId, Error> {
    let floor = yuan(850);
    let mut terms = ListingTerms::new(code, hall.fund, whole(LISTED_UNITS), method)
        .headline("江苏某创投基金份额 A venture fund's share")
        .floor(floor)
        .deposit(DEPOSIT);
    if portion == Portion::Parts {
        terms = terms.in_parts();
    }
    for &field in Disclosure::ALL {
        terms = terms.disclose(field, "见披露文件 see the disclosure");
    }
    let seller = hall.seller.client.listing();
    let listing = seller.draft(terms).await?.value;
    let submitted = seller.submit(listing).await?;
    let completeness = submitted.completeness;
    let (answered, asked) = (completeness.answered, completeness.asked);
    let venue = hall.operator.listing();
    venue.review(listing, ListingVerdict::Accept, []).await?;
    venue.notify_partners(listing, hall.today(), evidence(1)).await?;
    let partner = hall.partner.client.listing();
    partner.answer_first_refusal(listing, ClaimAnswer::Waive).await?;
    hall.manager.client.listing().answer_consent(listing, Consent::Given, evidence(2)).await?;
    narrator.line(
        &format!(
            "{listing} {code}（{method}）：份额锁定（A8），披露 {answered}/{asked}，\
             其他合伙人放弃优先购买权（B3），管理人同意（B5）"
        ),
        &format!(
            "{listing} {code} ({method}): units locked (A8), {answered} of {asked} disclosed, the \
             other partner waives its first refusal (B3), the manager consents (B5)"
        ),
    )?;
    Ok(listing)
}

/// The partners' month, the announcement, and who would bid.
async fn announce(hall: &Hall, listings: &[ListingId], narrator: &Narrator) -> Result<(), Error> {
    let venue = hall.operator.listing();
    hall.pass(MONTH_DAYS.saturating_mul(DAY_SECONDS));
    let mut last = hall.today();
    for listing in listings {
        last = venue.announce(*listing).await?.period.last;
    }
    let today = hall.today();
    narrator.line(
        &format!("三十天通知期满（B1），{today} 起公告二十个工作日，至 {last}（C2）"),
        &format!(
            "the partners' thirty days are over (B1): announced from {today} for twenty working \
             days, until {last} (C2)"
        ),
    )?;
    for listing in listings {
        for bidder in &hall.bidders {
            let own = bidder.client.listing();
            own.declare(*listing, Right::None).await?;
            let yes = BidderVerdict::Qualify;
            venue.qualify_bidder(*listing, bidder.id, yes, "资格材料齐备").await?;
            own.pay_deposit(*listing).await?;
        }
    }
    let bidders = hall.bidders.len();
    narrator.line(
        &format!("{bidders} 家S基金报名、经资格审核、交保证金：没有保证金不能报价（D1）"),
        &format!("{bidders} S-funds declare, are qualified and deposit: no deposit, no bid (D1)"),
    )?;
    hall.pass_day(last);
    Ok(())
}

/// Open ascending bids: the clock starts again with each bid.
async fn auction(hall: &Hall, listing: ListingId, narrator: &Narrator) -> Result<(), Error> {
    narrator.chapter(
        "多次报价：每次有效报价后重新倒计时（D2）",
        "An English auction: each bid restarts the countdown (D2)",
    )?;
    open(hall, listing, Opening::English { increment: yuan(5) }).await?;
    hall.lot_in(listing, LotPhase::Free).await?;
    let [first, second, third, fourth] = &hall.bidders;
    bid(hall, first, listing, yuan(900), narrator).await?;
    bid(hall, second, listing, yuan(920), narrator).await?;
    narrator.line("领先者想抬自己的价：", "the leader would outbid itself:")?;
    refused(second, listing, yuan(930), narrator).await?;
    let lot = hall.lot_in(listing, LotPhase::Free).await?;
    hall.go_to(ends(&lot));
    let lot = hall.lot_in(listing, LotPhase::Timed).await?;
    narrator.line("自由报价期满，进入限时报价", "the free phase is over, and bids are timed")?;
    hall.go_to(ends(&lot).minus_seconds(LAST_SECONDS));
    let lot = bid(hall, third, listing, yuan(950), narrator).await?;
    hall.go_to(ends(&lot).minus_seconds(LAST_SECONDS));
    let lot = bid(hall, first, listing, yuan(960), narrator).await?;
    hall.go_to(ends(&lot));
    let lot = hall.awarded(listing).await?;
    narrator.line("到点的报价不算（t < end）：", "a bid at the very end is late (t < end):")?;
    refused(fourth, listing, yuan(999), narrator).await?;
    settle(hall, &lot, narrator).await
}

/// Sealed bids for parts of a lot: nobody can read them before the close.
async fn seal(hall: &Hall, listing: ListingId, narrator: &Narrator) -> Result<(), Error> {
    narrator
        .chapter("一次报价：密封、可整批、精确分配", "Sealed bids, all or none, awarded exactly")?;
    open(hall, listing, Opening::Sealed { commit_seconds: PHASE_SECONDS }).await?;
    hall.lot_in(listing, LotPhase::Committing).await?;
    let [a, b, c, d] = &hall.bidders;
    let part = |price, most: u64, least: u64| {
        NewBid::new(listing, yuan(price)).units(whole(most)).at_least(whole(least))
    };
    let bids = [
        (a, part(950, 600_000, 600_000)),
        (b, part(940, 500_000, 500_000)),
        (c, part(937, 500_000, 500_000)),
        (d, part(900, 400_000, 200_000)),
    ];
    let mut sealed = Vec::new();
    for (bidder, bid) in bids {
        let code = code_of(bidder, listing).await?;
        let one = SealedBid::new(bid, code, whole(LISTED_UNITS), hall.lot)?;
        let committed = bidder.client.trading().commit(&one).await?;
        let until = hall.shown(committed.reveal_until);
        narrator.line(
            &format!("{code} 交来 32 字节的封条，{until} 前开标"),
            &format!("{code} hands in a seal of 32 bytes, to be opened before {until}"),
        )?;
        sealed.push((bidder, one));
    }
    let lot = hall.operator.market().lot(listing).await?.value;
    let seen = hall.operator.trading().bids(listing).all(ROWS_MAX).await?;
    let (bids, best) =
        (seen.len(), lot.best.map_or_else(|| "—".to_owned(), |price| price.to_string()));
    narrator.line(
        &format!("截止前连交易所也看不到：可见报价 {bids} 笔，最高价 {best}"),
        &format!("not even the venue can read them: {bids} bids to be seen, best price {best}"),
    )?;
    hall.go_to(ends(&lot));
    let lot = hall.lot_in(listing, LotPhase::Revealing).await?;
    // The last keeps its bid to itself.
    for (bidder, one) in sealed.iter().take(3) {
        bidder.client.trading().reveal(one).await?;
    }
    hall.go_to(ends(&lot));
    let lot = hall.awarded(listing).await?;
    narrator.line(
        "9.50×60 万整批不如 9.40×50 万 + 9.37×50 万：两家中标；未开标者按规则没收保证金（D4）",
        "600,000 at 9.50 brings less than 500,000 at 9.40 and 500,000 at 9.37 together; who did \
         not open its bid forfeits its deposit (D4)",
    )?;
    settle(hall, &lot, narrator).await
}

/// Offers and counter-offers between two sides, and nobody else sees them.
async fn negotiate(hall: &Hall, listing: ListingId, narrator: &Narrator) -> Result<(), Error> {
    narrator.chapter("协议转让：要约、反要约、承诺", "A negotiated transfer")?;
    open(hall, listing, Opening::Negotiated { seconds: PHASE_SECONDS }).await?;
    hall.lot_in(listing, LotPhase::Negotiating).await?;
    let [buyer, other, ..] = &hall.bidders;
    let seller = hall.seller.client.trading();
    let expires = hall.now().plus_seconds(BEFORE_SECONDS);
    let code = code_of(buyer, listing).await?;
    let trading = buyer.client.trading();
    let first = trading.offer(NewOffer::to_seller(listing, yuan(890), expires)).await?.value;
    let counter = NewOffer::to_bidder(listing, code, yuan(930), expires).counters(first);
    let second = seller.offer(counter).await?.value;
    let counter = NewOffer::to_seller(listing, yuan(915), expires).counters(second);
    let third = trading.offer(counter).await?.value;
    let seen = other.client.trading().offers(listing).all(ROWS_MAX).await?.len();
    narrator.line(
        &format!("{code} 要约 8.90，转让方反要约 9.30，{code} 再出 9.15；另一家看到的要约：{seen}"),
        &format!(
            "{code} offers 8.90, the seller counters 9.30, {code} answers 9.15; offers that \
             another bidder sees: {seen}"
        ),
    )?;
    seller.answer_offer(listing, third, OfferAnswer::Accept).await?;
    let lot = hall.awarded(listing).await?;
    settle(hall, &lot, narrator).await
}

async fn open(hall: &Hall, listing: ListingId, opening: Opening) -> Result<(), Error> {
    let begins = hall.now().plus_seconds(BEFORE_SECONDS);
    hall.operator.listing().open_bidding(listing, begins, opening).await?;
    hall.go_to(begins);
    Ok(())
}

async fn bid(
    hall: &Hall,
    bidder: &Player,
    listing: ListingId,
    price: Price,
    narrator: &Narrator,
) -> Result<Lot, Error> {
    let placed = bidder.client.trading().bid(NewBid::new(listing, price)).await?.value;
    let lot = placed.lot;
    let code = lot.best_code.map_or_else(String::new, |code| code.to_string());
    let (now, ends) = (hall.shown(hall.now()), hall.shown(ends(&lot)));
    narrator.line(
        &format!("{now} {code} 出价 {price}；截止时间 {ends}"),
        &format!("{now} {code} bids {price}; the phase ends at {ends}"),
    )?;
    Ok(lot)
}

async fn refused(
    bidder: &Player,
    listing: ListingId,
    price: Price,
    narrator: &Narrator,
) -> Result<(), Error> {
    match bidder.client.trading().bid(NewBid::new(listing, price)).await {
        Ok(_) => Err(Error::NotRefused("a bid that the clock or the leader rules out")),
        Err(error) => match error.refusal() {
            Some(refusal) => narrator.refusal(refusal),
            None => Err(error.into()),
        },
    }
}

/// The award with a reason for each bid; the winners sign, and the deposits of the others go back.
async fn settle(hall: &Hall, lot: &Lot, narrator: &Narrator) -> Result<(), Error> {
    let (listing, venue) = (lot.listing, hall.operator.listing());
    let Some(award) = &lot.award else { return Err(Error::LotStands(listing)) };
    for line in &award.lines {
        let (code, units, cash) = (line.code, grouped(line.units), grouped(line.cash));
        let mark = if line.units == Units::ZERO { "✗" } else { "✓" };
        let reason = reason(line.reason);
        narrator.line(
            &format!("  {mark} {code}：{units} 份，{cash} 元（{}）", reason.0),
            &format!("  {mark} {code}: {units} units for {cash} ({})", reason.1),
        )?;
    }
    for code in &award.unrevealed {
        narrator
            .line(&format!("  ✗ {code}：未开标"), &format!("  ✗ {code}: did not open its bid"))?;
    }
    let bidders = venue.bidders(listing).all(ROWS_MAX).await?;
    for line in award.winners() {
        let winner = bidders.iter().find(|bidder| bidder.code == Some(line.code));
        let winner = winner.ok_or(Error::LotStands(listing))?;
        venue.sign(listing, winner.party, evidence(3)).await?;
    }
    let bidders = venue.bidders(listing).all(ROWS_MAX).await?;
    let back = bidders.iter().filter(|bidder| bidder.state == BidderState::Returned).count();
    narrator.line(
        &format!("签约；中标者的保证金转为价款，其余 {back} 家退回（D4）"),
        &format!(
            "signed; the winners' deposits are price, and of the others {back} went back (D4)"
        ),
    )
}

/// The code under which a party bids.
async fn code_of(bidder: &Player, listing: ListingId) -> Result<BidderCode, Error> {
    let own = bidder.client.listing().bidders(listing).all(1).await?;
    own.first().and_then(|own| own.code).ok_or(Error::LotStands(listing))
}

/// When the phase ends, which the lots of the story all know.
fn ends(lot: &Lot) -> Time {
    lot.ends.unwrap_or(lot.begins)
}

/// Cents as a price.
const fn yuan(cents: u64) -> Price {
    Price::from_e4(cents.saturating_mul(100))
}

const fn evidence(byte: u8) -> Sha256 {
    Sha256::new([byte; 32])
}

/// Why a bid got what it got, in Chinese and English.
const fn reason(reason: AwardReason) -> (&'static str, &'static str) {
    match reason {
        AwardReason::Won => ("成交", "won"),
        AwardReason::CutAtMargin => ("边际价部分成交", "cut at the margin"),
        AwardReason::CutToFit => ("为容纳整批报价而削减", "cut to fit"),
        AwardReason::SharedByRank => ("同顺位按比例", "shared by rank"),
        AwardReason::Outbid => ("他人出价更高", "outbid"),
        AwardReason::LostAtMargin => ("边际价时间在后", "lost at the margin"),
        AwardReason::DoesNotFit => {
            ("整批要求无法与更优组合并存", "does not fit beside better bids")
        }
        AwardReason::ParadoxicallyRejected => ("高于统一价但整批不容", "paradoxically rejected"),
        AwardReason::ExceedsLot => ("超过标的数量", "exceeds the lot"),
        AwardReason::BelowReserve => ("低于保留价", "below the reserve"),
        AwardReason::Superseded => ("被自己的新报价取代", "superseded by its own bid"),
        AwardReason::MatchedByPriority => {
            ("优先权人行使优先购买权", "matched by right of first refusal")
        }
        AwardReason::Barred => ("违约，被取消资格", "barred after a default"),
        AwardReason::Outscored => ("得分较低", "outscored"),
        AwardReason::NotScored => ("未评分", "not scored"),
        AwardReason::NotChosen => ("转让方未选择", "not chosen"),
    }
}
