//! The intention board (意向板): who would buy or sell, bound to nothing.
//!
//! Where the law forbids continuous trading (A1), the two-sided book is this board. It holds no
//! units and no cash, it matches nothing, and it suggests counterparties who then negotiate.

use minicbor::{Decode, Encode};

use crate::amount::Money;
use crate::amount::{Price, Units};
use crate::check;
use crate::command::CommandKind;
use crate::deadline::Due;
use crate::event::Event;
use crate::id::{FundId, IntentionId, PartyId};
use crate::market::{Context, Market};
use crate::policy::{CASH_MAX, INTENTIONS_MAX};
use crate::registry::fund::FundDetails;
use crate::registry::qualify;
use crate::reject::Field;
use crate::reject::Reject;
use crate::time::Time;
use crate::trading::counterparties::suggest;
use crate::trading::set_trading_state::trading_level;
use crate::trading::side::Side;

/// Ask to put an intention on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PostIntention {
    /// Whose.
    #[n(0)]
    pub party: PartyId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// Which way.
    #[n(2)]
    pub side: Side,
    /// Price it has in mind, a whole number of ticks.
    #[n(3)]
    pub price: Price,
    /// Units it has in mind, a whole number of lots.
    #[n(4)]
    pub units: Units,
    /// Moment at which it leaves the board.
    #[n(5)]
    pub expires: Time,
}

/// Ask to take an intention off the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WithdrawIntention {
    /// The intention.
    #[n(0)]
    pub intention: IntentionId,
}

/// An intention is on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IntentionPosted {
    /// Its id, the next one.
    #[n(0)]
    pub intention: IntentionId,
    /// As asked.
    #[n(1)]
    pub terms: PostIntention,
}

/// Two intentions would suit each other; both parties are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CounterpartySuggested {
    /// The newer intention.
    #[n(0)]
    pub intention: IntentionId,
    /// The one that stood.
    #[n(1)]
    pub counterparty: IntentionId,
}

/// An intention is off the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IntentionClosed {
    /// The intention.
    #[n(0)]
    pub intention: IntentionId,
    /// Why.
    #[n(1)]
    pub end: IntentionEnd,
}

/// Why an intention left the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum IntentionEnd {
    /// Its owner, or the venue for it, withdrew it.
    #[n(0)]
    Withdrawn,
    /// Its time was over.
    #[n(1)]
    Expired,
}

pub(crate) fn decide_post(
    market: &Market,
    context: Context,
    ask: &PostIntention,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    market.admit_for(context.caller, CommandKind::PostIntention, ask.party)?;
    let party = market.party(ask.party)?;
    let record = market.fund(ask.fund)?;
    let fund = &record.details;
    party.check_investor(ask.party)?;
    check::room(Field::Intentions, market.intentions.len(), INTENTIONS_MAX)?;
    party.check_active(ask.party)?;
    trading_level(market, ask.fund)?;
    let today = market.date(context.at);
    record.check_term(ask.fund, today)?;
    check_size(fund, ask)?;
    let pack = &market.segment(fund.segment)?.pack;
    check::expiry(ask.expires, context.at, pack.limits.intention_days_max)?;
    match ask.side {
        Side::Buy => qualify::check(ask.party, party, &pack.investors, today)?,
        Side::Sell => market.register.holding(ask.party, ask.fund).check_available(ask.units)?,
    }
    let limit = pack.limits.intentions_per_party_max;
    if limit <= party.intentions_open {
        return Err(Reject::TooManyIntentions { party: ask.party, limit });
    }
    // From here on the answer is yes.
    let intention = IntentionId::new(market.intentions_count);
    events.push(Event::IntentionPosted(IntentionPosted { intention, terms: *ask }));
    suggest(market, party, intention, ask, events);
    Ok(())
}

pub(crate) fn decide_withdraw(
    market: &Market,
    context: Context,
    ask: &WithdrawIntention,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let intention = ask.intention;
    let terms = market.intentions.get(&intention);
    // Whether an intention of others stands, is theirs to tell.
    let own = |terms: &&PostIntention| {
        market.acts_for(context.caller, CommandKind::WithdrawIntention, terms.party)
    };
    terms.filter(own).ok_or(Reject::IntentionNotOpen { intention })?;
    // From here on the answer is yes.
    let end = IntentionEnd::Withdrawn;
    events.push(Event::IntentionClosed(IntentionClosed { intention, end }));
    Ok(())
}

pub(crate) fn apply_posted(market: &mut Market, fact: &IntentionPosted) {
    assert!(fact.intention.number() == market.intentions_count, "intention ids are dense");
    market.intentions_count = market.intentions_count.checked_add(1).expect("fewer than 2^64");
    let party = market.party_mut(fact.terms.party);
    party.intentions_open = party.intentions_open.checked_add(1).expect("at most the pack's");
    market.deadlines.set(fact.terms.expires, Due::Intention(fact.intention));
    market.board.put(fact.intention, &fact.terms);
    market.intentions.insert(fact.intention, fact.terms);
}

pub(crate) fn apply_closed(market: &mut Market, fact: &IntentionClosed) {
    let terms = market.intentions.remove(&fact.intention).expect("an intention that ends stood");
    market.board.take(fact.intention, &terms);
    market.deadlines.clear(terms.expires, Due::Intention(fact.intention));
    let party = market.party_mut(terms.party);
    party.intentions_open = party.intentions_open.checked_sub(1).expect("what ends was counted");
}

/// Ticks, lots, and no more cash than an order could be worth.
fn check_size(fund: &FundDetails, ask: &PostIntention) -> Result<(), Reject> {
    check::some_units(ask.units)?;
    check::in_ticks(fund, ask.price)?;
    check::in_lots(fund, ask.units)?;
    let fits = |cash: Money| cash <= CASH_MAX;
    let lots = ask.units.e2().checked_div(fund.lot.e2()).unwrap_or(u64::MAX);
    if u32::try_from(lots).is_ok() && ask.price.times(ask.units).is_some_and(fits) {
        return Ok(());
    }
    Err(Reject::OrderTooLarge { cash_max: CASH_MAX })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::command::Command;
    use crate::entry::Caller;
    use crate::fixture::{
        ALICE, BANK, BOB, CAROL, DAVE, FUND, LENDER, MANAGER, MEMBER, OPERATOR, REGIONAL_FUND,
        SUPERVISOR, accept, accept_at, cents, date, party, refuse, refuse_at, soon, trading, units,
    };
    use crate::registry::fund::TradingState;
    use crate::registry::lock_units::{LockKind, LockUnits};
    use crate::registry::party::PartyStatus;
    use crate::registry::set_party_status::SetPartyStatus;
    use crate::trading::set_trading_state::{SetTradingState, TradingScope};

    const DAY: u64 = 86_400;

    pub(crate) fn terms(party: PartyId, side: Side, price: u64) -> PostIntention {
        let expires = date("2026-12-01").at_minute(0, 480);
        PostIntention { party, fund: FUND, side, price: cents(price), units: units(1_000), expires }
    }

    pub(crate) fn post(market: &mut Market, terms: PostIntention) -> (IntentionId, Vec<u64>) {
        let events = accept(market, party(terms.party), Command::PostIntention(terms));
        let [Event::IntentionPosted(posted), suggested @ ..] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(posted.terms, terms);
        let suggested = suggested.iter().map(|event| {
            let Event::CounterpartySuggested(suggested) = event else { panic!("{event:?}") };
            assert_eq!(suggested.intention, posted.intention);
            suggested.counterparty.number()
        });
        (posted.intention, suggested.collect())
    }

    pub(crate) fn withdraw(intention: IntentionId) -> Command {
        Command::WithdrawIntention(WithdrawIntention { intention })
    }

    #[test]
    fn a1_where_continuous_trading_is_forbidden_the_board_is_open() {
        let mut market = trading();
        let regional = |side, party| {
            let price = Price::from_e4(10_010);
            PostIntention { fund: REGIONAL_FUND, price, ..terms(party, side, 1) }
        };
        let (offer, none) = post(&mut market, regional(Side::Sell, ALICE));
        assert_eq!(none, []);
        let (_, met) = post(&mut market, regional(Side::Buy, CAROL));
        assert_eq!(met, [offer.number()]);
        // Nothing is held, and nothing trades.
        assert_eq!(market.register.holding(ALICE, REGIONAL_FUND).available, units(1_000_000));
        assert_eq!((market.trades_count, market.intentions.len()), (0, 2));
    }

    pub(crate) fn suspend(market: &mut Market, who: PartyId) {
        let (status, reason) = (PartyStatus::Suspended, "调查".to_owned());
        let ask = SetPartyStatus { party: who, status, reason };
        accept(market, party(OPERATOR), Command::SetPartyStatus(Box::new(ask)));
    }

    #[test]
    fn an_intention_is_withdrawn_by_its_party_its_member_or_an_operator() {
        let mut market = trading();
        for by in [party(BOB), party(MEMBER), party(OPERATOR), Caller::Venue] {
            let (intention, _) = post(&mut market, terms(BOB, Side::Sell, 100));
            let due = market.next_deadline();
            assert_eq!(due, Some(terms(BOB, Side::Sell, 100).expires));
            for other in [ALICE, LENDER] {
                let reject = refuse(&mut market, party(other), withdraw(intention));
                assert_eq!(reject, Reject::IntentionNotOpen { intention });
            }
            let events = accept(&mut market, by, withdraw(intention));
            let end = IntentionEnd::Withdrawn;
            assert_eq!(events, [Event::IntentionClosed(IntentionClosed { intention, end })]);
            let reject = refuse(&mut market, by, withdraw(intention));
            assert_eq!(reject, Reject::IntentionNotOpen { intention });
            assert_eq!((market.intentions.len(), market.next_deadline()), (0, None));
        }
        assert_eq!(market.intentions_count, 4);
    }

    #[test]
    fn a_suspended_party_may_still_withdraw() {
        let mut market = trading();
        let (intention, _) = post(&mut market, terms(BOB, Side::Sell, 100));
        suspend(&mut market, BOB);
        let again = Command::PostIntention(terms(BOB, Side::Sell, 100));
        let reject = refuse(&mut market, party(BOB), again);
        assert_eq!(reject, Reject::PartySuspended { party: BOB });
        accept(&mut market, party(BOB), withdraw(intention));
    }

    #[test]
    fn an_intention_that_expires_leaves_the_board() {
        let mut market = trading();
        let (intention, _) = post(&mut market, terms(BOB, Side::Sell, 100));
        apply_closed(&mut market, &IntentionClosed { intention, end: IntentionEnd::Expired });
        crate::fixture::assert_sound(&market);
        let (_, met) = post(&mut market, terms(CAROL, Side::Buy, 100));
        assert_eq!((met, market.party(BOB).unwrap().intentions_open), (vec![], 0));
    }

    #[test]
    fn a9_only_investors_and_those_who_act_for_them_are_on_the_board() {
        let mut market = trading();
        let sell = |who| Command::PostIntention(terms(who, Side::Sell, 100));
        accept(&mut market, party(MEMBER), sell(BOB));
        for (by, of) in [
            (OPERATOR, ALICE),
            (SUPERVISOR, SUPERVISOR),
            (BANK, BANK),
            (MANAGER, MANAGER),
            (MEMBER, ALICE),
            (ALICE, BOB),
        ] {
            assert_eq!(refuse(&mut market, party(by), sell(of)).name(), "NOT_PERMITTED");
        }
        let reject = refuse(&mut market, party(MEMBER), sell(MEMBER));
        assert_eq!(reject.to_string(), "party-5 is member; it takes an lp or an s_fund");
        let nobody = PartyId::new(99);
        let reject = refuse(&mut market, Caller::Venue, sell(nobody));
        assert_eq!(reject, Reject::PartyNotFound { party: nobody });
    }

    #[test]
    fn an_intention_is_in_ticks_and_lots_and_within_reason() {
        let mut market = trading();
        let good = terms(CAROL, Side::Buy, 100);
        let mut refused = |terms| refuse(&mut market, party(CAROL), Command::PostIntention(terms));
        let fund = FundId::new(9);
        assert_eq!(refused(PostIntention { fund, ..good }), Reject::FundNotFound { fund });
        assert_eq!(refused(PostIntention { units: Units::ZERO, ..good }), Reject::NoUnits {});
        for price in [Price::from_e4(0), Price::from_e4(101)] {
            let reject = refused(PostIntention { price, ..good });
            assert_eq!(reject, Reject::NotInTicks { price, tick: cents(1) });
        }
        let part = Units::from_e2(150);
        let reject = refused(PostIntention { units: part, ..good });
        assert_eq!(reject, Reject::NotInLots { units: part, lot: units(1) });
        let too_large = Reject::OrderTooLarge { cash_max: CASH_MAX };
        let lots = PostIntention { units: units(1 << 32), price: cents(1), ..good };
        assert_eq!(refused(lots), too_large);
        let cash = PostIntention { units: units(10_000_001), price: cents(100_000_000), ..good };
        assert_eq!(refused(cash), too_large);
        let overflow = PostIntention { price: Price::from_e4(u64::MAX / 100 * 100), ..good };
        assert_eq!(refused(overflow), too_large);
    }

    #[test]
    fn an_intention_ends_ahead_and_within_the_packs_span() {
        let mut market = trading();
        for ends in [None, Some(90 * DAY + 1)] {
            let now = soon(&market);
            let expires = ends.map_or(now, |seconds| now.plus_seconds(seconds));
            let ask = PostIntention { expires, ..terms(CAROL, Side::Buy, 100) };
            let reject = refuse(&mut market, party(CAROL), Command::PostIntention(ask));
            let latest = now.plus_seconds(90 * DAY);
            assert_eq!(reject, Reject::ExpiryOutOfRange { expires, now, latest });
        }
        let expires = soon(&market).plus_seconds(90 * DAY);
        post(&mut market, PostIntention { expires, ..terms(CAROL, Side::Buy, 100) });
    }

    #[test]
    fn there_is_no_board_for_a_fund_that_is_halted_or_over() {
        let mut market = trading();
        let buy = Command::PostIntention(terms(CAROL, Side::Buy, 100));
        let halt = |state| {
            let (scope, reason) = (TradingScope::Fund(FUND), "停牌".to_owned());
            Command::SetTradingState(Box::new(SetTradingState { scope, state, reason }))
        };
        accept(&mut market, party(OPERATOR), halt(TradingState::Halted));
        assert_eq!(refuse(&mut market, party(CAROL), buy).name(), "NOT_TRADING");
        accept(&mut market, party(OPERATOR), halt(TradingState::Open));
        let last = date("2030-12-31").at_minute(1_440, 480);
        let expires = last.plus_seconds(DAY);
        let sell = PostIntention { expires, ..terms(ALICE, Side::Sell, 100) };
        let sell = Command::PostIntention(sell);
        accept_at(&mut market, last.minus_seconds(1), party(ALICE), sell.clone());
        let reject = refuse_at(&mut market, last, party(ALICE), sell);
        let term_ends = date("2030-12-31");
        assert_eq!(reject, Reject::TermEnded { fund: FUND, term_ends });
    }

    #[test]
    fn a4_a_buyer_is_qualified_and_a_seller_need_not_be() {
        let mut market = trading();
        let regional = |party, side| {
            let ask = terms(party, side, 100);
            Command::PostIntention(PostIntention { fund: REGIONAL_FUND, ..ask })
        };
        let reject = refuse(&mut market, party(BOB), regional(BOB, Side::Buy));
        assert_eq!(
            reject.to_string(),
            "party-8 is no qualified investor: natural persons are excluded"
        );
        accept(&mut market, party(BOB), regional(BOB, Side::Sell));
        market.party_mut(ALICE).qualification = None;
        let reject = refuse(&mut market, party(ALICE), regional(ALICE, Side::Buy));
        assert_eq!((reject.name(), reject.refusal().rule), ("NOT_QUALIFIED", "A4"));
        accept(&mut market, party(ALICE), regional(ALICE, Side::Sell));
    }

    #[test]
    fn a8_a_seller_has_the_units_available() {
        let mut market = trading();
        let ask = PostIntention { units: units(999_999), ..terms(ALICE, Side::Sell, 100) };
        post(&mut market, ask);
        let lock = LockUnits {
            party: ALICE,
            fund: FUND,
            units: units(2),
            kind: LockKind::Freeze,
            pledgee: None,
            evidence: "裁定".to_owned(),
        };
        accept(&mut market, party(OPERATOR), Command::LockUnits(Box::new(lock)));
        let reject = refuse(&mut market, party(ALICE), Command::PostIntention(ask));
        assert_eq!((reject.name(), reject.refusal().rule), ("UNITS_NOT_AVAILABLE", "A8"));
    }

    #[test]
    fn intentions_are_limited_by_party_and_by_venue() {
        let mut market = trading();
        for _ in 0..20 {
            post(&mut market, terms(CAROL, Side::Buy, 100));
        }
        let buy = Command::PostIntention(terms(CAROL, Side::Buy, 100));
        let reject = refuse(&mut market, party(CAROL), buy.clone());
        assert_eq!(reject, Reject::TooManyIntentions { party: CAROL, limit: 20 });
        let open = terms(DAVE, Side::Buy, 100);
        market.intentions =
            (0..).map(|number| (IntentionId::new(number), open)).take(INTENTIONS_MAX).collect();
        let context = Context { at: soon(&market), caller: party(CAROL) };
        let reject = market.decide(context, &buy, &mut Vec::new()).unwrap_err();
        assert_eq!(reject, Reject::RegistryFull { field: Field::Intentions, limit: 1_000_000 });
    }
}
