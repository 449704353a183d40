//! Rules A and B: the market, its investors, and the partners' rights.

use sfund_engine::amount::Money;
use sfund_engine::bidding::mode::{Kind, LotEvent, Mode};
use sfund_engine::event::Event;
use sfund_engine::listing::gate::{GateKind, GateState};
use sfund_engine::listing::terms::Method;
use sfund_engine::registry::fund::LegalForm;

use crate::recovery::compliance::history::{Bidder, History, Seen};
use crate::recovery::compliance::{Both, Line, Verdict, both, met};

pub(super) fn lines(history: &History, lines: &mut Vec<Line>) {
    lines.extend([
        a1(history),
        a3(history),
        a4(history),
        a5(history),
        a6(history),
        a8(history),
        a9(history),
        gate(history, "B1", GateKind::PartnersNotice, both("通知其他合伙人", "partners were told")),
        gate(history, "B3", GateKind::FirstRefusal, both("优先购买权", "right of first refusal")),
        b4(history),
        gate(history, "B5", GateKind::ManagerConsent, both("管理人同意", "manager's consent")),
    ]);
}

fn a1(history: &History) -> Line {
    let method = history.record.terms.method;
    let mut line = history.listed.line("A1", both("交易方式", "way of finding the buyer"));
    line.required.retain(|one| one.name == method.to_string());
    let mut fits = line.required.iter().any(|one| one.value == "allowed");
    for (seen, fact) in history.all(|event| match_of!(event, Event::BiddingOpened)) {
        fits &= is_of(&fact.mode, method) || history.entrants == 1;
        let mode = mode_name(&fact.mode);
        let [zh, en] = [format!("以 {mode} 方式开启竞价"), format!("bidding was opened: {mode}")];
        line.saw(seen, both(zh, en), None);
    }
    line.judged(met(fits))
}

/// Whether a mode is the method's.
fn is_of(mode: &Mode, method: Method) -> bool {
    match mode {
        Mode::English(_) => method == Method::English,
        Mode::Sealed(_) => {
            let sealed = [Method::SealedPayAsBid, Method::SealedUniform, Method::SealedVickrey];
            sealed.contains(&method)
        }
        Mode::Dutch(_) => method == Method::Dutch,
        Mode::Tender(_) => method == Method::Tender,
        Mode::Negotiated(_) => method == Method::Negotiated,
        Mode::Quotes(_) => method == Method::RequestForQuote,
        Mode::Enforcement(_) => method == Method::Judicial,
    }
}

/// A mode's name.
pub(super) const fn mode_name(mode: &Mode) -> &'static str {
    match mode {
        Mode::English(_) => "english",
        Mode::Sealed(_) => "sealed",
        Mode::Dutch(_) => "dutch",
        Mode::Tender(_) => "tender",
        Mode::Negotiated(_) => "negotiated",
        Mode::Quotes(_) => "quotes",
        Mode::Enforcement(_) => "enforcement",
    }
}

/// Each who was let in, whether it `fits`, and in which words.
fn each_bidder(
    history: &History,
    mut line: Line,
    told: impl Fn(&Bidder) -> (bool, Both, Option<[u8; 32]>),
) -> Line {
    let mut fits = true;
    for bidder in &history.bidders {
        let (is_right, what, evidence) = told(bidder);
        fits &= is_right;
        line.saw(&history.seen[bidder.place], what, evidence);
    }
    let verdict = if history.bidders.is_empty() { history.pending() } else { met(fits) };
    line.judged(verdict)
}

fn a3(history: &History) -> Line {
    let mut line = history.listed.line("A3", both("持有人数上限", "cap of holders"));
    let name = match history.fund.details.legal_form {
        LegalForm::Partnership => "holders_partnership_max",
        LegalForm::LimitedLiability => "holders_limited_liability_max",
        LegalForm::JointStock => "holders_joint_stock_max",
        LegalForm::Contract => "holders_contract_max",
    };
    let cap = history.fund.details.legal_form.holder_cap(&history.listed.pack.holder_caps);
    line.required.push(history.listed.of_pack(name, cap.to_string(), "holders"));
    each_bidder(history, line, |bidder| {
        let Bidder { code, holders, cap, .. } = bidder;
        let zh = format!("{code} 受让后持有人 {holders} 名，上限 {cap} 名");
        let en = format!("with {code} there would be {holders} holders of {cap}");
        (holders <= cap, both(zh, en), None)
    })
}

fn a4(history: &History) -> Line {
    let mut line = history.listed.line("A4", both("合格投资者", "qualified investors"));
    let investors = &history.listed.pack.investors;
    for (name, value) in [
        ("investment_min", investors.investment_min),
        ("entity_net_assets_min", investors.entity_net_assets_min),
    ] {
        line.required.push(history.listed.of_pack(name, value.to_string(), "CNY"));
    }
    let mut line = each_bidder(history, line, |bidder| {
        let code = bidder.code;
        let [zh, en] =
            if bidder.is_qualified { ["合格", "was"] } else { ["不合格", "was not"] };
        let what = both(format!("{code} {zh}"), format!("{code} {en} a qualified investor"));
        (bidder.is_qualified, what, bidder.evidence)
    });
    // What a winner invests is its price times the units of its lots: at least the minimum, unless
    // it is in the fund already.
    let least = i128::from(investors.investment_min.fen());
    let lot = i128::from(history.fund.details.lot.e2());
    for (seen, fact) in history.all(|event| match_of!(event, Event::LotAwarded)) {
        for won in fact.award.winners() {
            let code = won.bidder;
            let fen = i128::from(won.pays_e4).saturating_mul(lot).checked_div(10_000).unwrap_or(0);
            let held = history.bidders.iter().any(|bidder| bidder.code == code && bidder.holds);
            if fen < least && !held {
                line.verdict = Verdict::NotMet;
            }
            let invested = Money::from_fen(i64::try_from(fen).unwrap_or(i64::MAX));
            let zh = format!("{code} 受让价款 {invested}");
            line.saw(seen, both(zh, format!("{code} invests {invested}")), None);
        }
    }
    line
}

fn a5(history: &History) -> Line {
    let mut line = history.listed.line("A5", both("非公开披露", "disclosure to the qualified"));
    let (mut fits, mut readers) = (true, Vec::new());
    let least = history.listed.rules.disclosure.completeness_min;
    for seen in &history.seen {
        if let Event::ListingSubmitted(fact) = &seen.event {
            let score = fact.completeness.score();
            fits &= least <= score;
            let (answered, asked) = (fact.completeness.answered, fact.completeness.asked);
            let zh = format!("提交时披露 {answered}/{asked} 项");
            let en = format!("{answered} of {asked} fields were answered at submission");
            line.saw(seen, both(zh, en), None);
        } else if let Event::ConfidentialityAccepted(fact) = &seen.event {
            let reader = fact.terms.reader;
            readers.push(reader);
            let zh = format!("{reader} 签署保密承诺");
            let en = format!("{reader} accepted the confidentiality terms");
            line.saw(seen, both(zh, en), Some(fact.terms.terms.bytes()));
        } else if let Event::DocumentLookedAt(fact) = &seen.event {
            let reader = fact.terms.reader;
            let accepted = readers.contains(&reader);
            fits &= accepted;
            let zh = format!("{reader} 查阅文件");
            let en = format!("{reader} looked at a document");
            line.saw(seen, both(zh, en), Some(fact.terms.document.bytes()));
        }
    }
    let verdict = if line.happened.is_empty() { history.pending() } else { met(fits) };
    line.judged(verdict)
}

fn a6(history: &History) -> Line {
    let mut line = history.listed.line("A6", both("基金注册地", "province of the fund"));
    let Some(province) = &history.listed.pack.province else { return line };
    line.required.push(history.listed.of_pack("province", province.clone(), "province"));
    for (seen, _) in history.all(|event| match_of!(event, Event::ListingSubmitted)) {
        let of = &history.fund.details.province;
        line.saw(seen, both(format!("基金注册于 {of}"), format!("the fund is of {of}")), None);
    }
    let fits = *province == history.fund.details.province;
    let verdict = if line.happened.is_empty() { history.pending() } else { met(fits) };
    line.judged(verdict)
}

fn a8(history: &History) -> Line {
    let title = both("份额锁定、不得超额挂牌", "units are locked and listed once");
    let mut line = history.listed.line("A8", title);
    let (units, mut fits) = (history.record.terms.units, true);
    for (seen, fact) in history.all(|event| match_of!(event, Event::ListingSubmitted)) {
        let free = fact.available_before;
        fits &= units <= free;
        let zh = format!("可用份额 {free}，锁定 {units}");
        let en = format!("{units} of {free} units that were available were locked");
        line.saw(seen, both(zh, en), None);
    }
    let verdict = if line.happened.is_empty() { history.pending() } else { met(fits) };
    line.judged(verdict)
}

fn a9(history: &History) -> Line {
    let title = both("关联方不得竞买", "neither seller, affiliates nor staff bid");
    let line = history.listed.line("A9", title);
    each_bidder(history, line, |bidder| {
        let Bidder { code, party, is_free, .. } = bidder;
        let zh = if *is_free { "无关联" } else { "有关联" };
        let en = if *is_free { "is not related" } else { "is related" };
        let what = both(format!("{code}（{party}）{zh}"), format!("{code} ({party}) {en}"));
        (*is_free, what, None)
    })
}

/// A gate: what was said, and that nothing was announced before it was green.
fn gate(history: &History, rule: &'static str, kind: GateKind, title: Both) -> Line {
    let mut line = history.listed.line(rule, title);
    let Some(gate) = history.record.gate(kind) else { return line };
    let (mut closed, mut announced, mut due) = (None, None, None);
    for seen in &history.seen {
        if let Event::PartnersNotified(fact) = &seen.event
            && let Some(its) = fact.due.iter().find(|one| one.gate == kind)
        {
            due = Some(its.due);
            let (delivered, ends) = (fact.terms.delivered, its.due);
            let zh = format!("通知于 {delivered} 送达，期限至 {ends}");
            let en = format!("the notice was delivered on {delivered}; time until {ends}");
            line.saw(seen, both(zh, en), Some(fact.terms.evidence.bytes()));
        } else if let Event::FirstRefusalAnswered(fact) = &seen.event
            && kind == GateKind::FirstRefusal
        {
            let (holder, answer) = (fact.terms.holder, fact.terms.answer);
            let zh = format!("{holder} 答复：{answer:?}");
            line.saw(seen, both(zh, format!("{holder} answered: {answer:?}")), None);
        } else if let Event::GateClosed(fact) = &seen.event
            && fact.gate == kind
        {
            closed = Some(seen);
            let (answer, how) = (fact.answer, fact.how);
            let zh = format!("结论：{answer:?}（{how:?}）");
            let en = format!("it closed: {answer:?}, by {how:?}");
            line.saw(seen, both(zh, en), fact.evidence.map(|evidence| evidence.bytes()));
        } else if let Event::ListingAnnounced(_) = &seen.event {
            announced = announced.or(Some(seen));
        }
    }
    let verdict = match (announced, closed) {
        (Some(announced), Some(closed)) => {
            let waited =
                kind != GateKind::PartnersNotice || due.is_some_and(|due| due <= closed.at);
            met(closed.at < announced.at && gate.state == GateState::Green && waited)
        }
        (Some(_), None) => Verdict::NotMet,
        (None, Some(_)) => Verdict::Met,
        (None, None) => history.pending(),
    };
    line.judged(verdict)
}

fn b4(history: &History) -> Line {
    let title = both("优先权人以优先编号跟价", "holders of the right match under a priority code");
    let mut line = history.conducted().line("B4", title);
    for bidder in history.bidders.iter().filter(|bidder| bidder.code.has_priority()) {
        let code = bidder.code;
        let what = both(format!("{code} 获准参与"), format!("{code} was let in"));
        line.saw(&history.seen[bidder.place], what, None);
    }
    if line.happened.is_empty() {
        return line;
    }
    let mut fits = true;
    for (seen, fact) in history.all(|event| match_of!(event, Event::LotMoved)) {
        if let LotEvent::BidPlaced(bid) = &fact.change
            && bid.kind == Kind::Matched
        {
            fits &= bid.bidder.has_priority();
            let (code, price) = (bid.bidder, bid.terms.price);
            let zh = format!("{code} 以 {price} 行使优先购买权");
            line.saw(seen, both(zh, format!("{code} took the price of {price}")), None);
        }
    }
    let is_awarded = history.all(|event| match_of!(event, Event::LotAwarded)).next().is_some();
    let verdict = if is_awarded { met(fits) } else { history.pending() };
    line.judged(verdict)
}

/// The newest of these that was seen.
pub(super) fn last<'h, T>(mut of: impl Iterator<Item = (&'h Seen, T)>) -> Option<(&'h Seen, T)> {
    let first = of.next()?;
    Some(of.fold(first, |_, next| next))
}
