//! What a pack says of listings, bids and deposits (转让与竞价规则): rules B and D, and of A those
//! that a listing meets.
//!
//! Days are calendar days, working days are those of the calendar in force; a period of either
//! ends with its last day in the venue's own time. Shares are in parts per million.

use minicbor::{Decode, Encode};

use crate::amount::Ppm;
use crate::auction::clear::RuleSet;
use crate::auction::clock::SoftClose;
use crate::auction::ration::Margin;
use crate::policy::choice::{
    AfterDefault, Bar, Beneficiary, ContentChange, Disclosure, DisclosureFields, Duty, Priority,
    Sealing, Silence, Split,
};
use crate::policy::parameter::{
    DAYS, DAYS_OR_NONE, Form, MINUTES, PERMISSION, Parameter, Rules, SHARE, Value, WORKING_DAYS,
    WORKING_DAYS_OR_NONE, from_to, groups, parameters,
};
use crate::policy::{
    BIDDERS_PER_LOT_MAX, BIDS_PER_LOT_MAX, CRITERIA_MAX, DOCUMENTS_MAX, LISTINGS_PER_PARTY_MAX,
    OFFERS_MAX, PACKAGE_FUNDS_MAX, Permission, QUOTE_PARTIES_MAX,
};

groups! {
    /// What a pack says of listings, bids and deposits (转让与竞价规则).
    ListingRules {
        /// Which modes there are.
        0 modes: ModeRules;
        /// How an award is made.
        1 award: AwardRules;
        /// What is disclosed, and to whom.
        2 disclosure: DisclosureRules;
        /// The partners' rights.
        3 partners: PartnerRules;
        /// How long a listing is announced; of a state-owned seller the overlay says it.
        4 announcement: AnnouncementRules;
        /// How long the venue and the seller take for their steps.
        5 steps: StepRules;
        /// Deposits.
        6 deposits: DepositRules;
        /// Payment; of a state-owned seller the overlay says it.
        7 payment: PaymentRules;
        /// The clock of a multi-round quote.
        8 timed: TimedRules;
        /// Sealed bids.
        9 sealed: SealedRules;
        /// A winner that defaults.
        10 default: DefaultRules;
        /// Offers, quotes, tenders and the descending clock.
        11 offers: OfferRules;
        /// Judicial and enforcement auctions.
        12 judicial: JudicialRules;
        /// Limits on what one listing or party may take of the machine.
        13 limits: ListingLimits;
    }
}

parameters! {
    /// A1: which modes a listing may choose (交易方式).
    ModeRules {
        /// Ascending multi-round quote (多次报价).
        0 english: Permission, PERMISSION, "permission", "A1";
        /// Sealed, each winner pays its bid (一次报价).
        1 sealed_pay_as_bid: Permission, PERMISSION, "permission", "A1";
        /// Sealed, all winners pay the lowest winning bid.
        2 sealed_uniform: Permission, PERMISSION, "permission", "A1";
        /// Sealed, each winner pays what its presence costs the others.
        3 sealed_vickrey: Permission, PERMISSION, "permission", "A1";
        /// Descending clock (降价拍卖).
        4 dutch: Permission, PERMISSION, "permission", "A1";
        /// Tender with scored criteria (招投标).
        5 tender: Permission, PERMISSION, "permission", "A1";
        /// Negotiated transfer (协议转让).
        6 negotiated: Permission, PERMISSION, "permission", "A1";
        /// Request for quote to chosen parties (询价).
        7 request_for_quote: Permission, PERMISSION, "permission", "A1";
        /// Non-binding intentions on the board (意向板).
        8 intention_board: Permission, PERMISSION, "permission", "A1";
        /// Listings of several funds together (组合转让).
        9 packages: Permission, PERMISSION, "permission", "A1";
        /// Judicial and enforcement auction (司法拍卖).
        10 judicial: Permission, PERMISSION, "permission", "D6";
    }
}

parameters! {
    /// How an award is made (成交规则).
    AwardRules {
        /// Which price a call auction takes.
        0 call_rules: RuleSet, Form::Choice(RuleSet::WORDS), "rule set", "A1";
        /// How those at the margin share what is left (边际分配).
        1 margin: Margin, Form::Choice(Margin::WORDS), "rationing", "D2";
    }
}

parameters! {
    /// A5, A7, A9: what is disclosed and to whom, and who may bid (披露规则).
    DisclosureRules {
        /// What a listing is asked to disclose.
        0 disclosure_fields: DisclosureFields, Form::Set(Disclosure::WORDS), "fields", "A5";
        /// Least share of it that is answered before an announcement.
        1 completeness_min: Ppm, SHARE, "ppm", "A5";
        /// Whether the full disclosure opens only after the confidentiality terms are accepted.
        2 confidentiality: Duty, Form::Choice(Duty::WORDS), "duty", "A5";
        /// Whether the units are in the venue's register before a listing.
        3 custody: Duty, Form::Choice(Duty::WORDS), "duty", "A7";
        /// Whether the seller's affiliates and the venue's staff may bid (拍卖法 22, 30).
        4 related_bidders: Permission, PERMISSION, "permission", "A9";
        /// Most documents of one listing.
        5 documents_max: u16, from_to(1, DOCUMENTS_MAX), "documents", "limit";
        /// Largest document, in bytes.
        6 document_bytes_max: u32, from_to(1, 1_073_741_824), "bytes", "limit";
    }
}

parameters! {
    /// B: the partners' rights (合伙人权利).
    PartnerRules {
        /// Notice to the other partners before a share goes to an outsider (合伙企业法 73).
        0 notice_days: u16, DAYS_OR_NONE, "days", "B1";
        /// Whether partners are told of a transfer among themselves.
        1 insider_notice: Duty, Form::Choice(Duty::WORDS), "duty", "B1";
        /// Whether a general partner's interest needs the consent of all (合伙企业法 22).
        2 general_partner_consent: Duty, Form::Choice(Duty::WORDS), "duty", "B2";
        /// Whether there is a right of first refusal that no agreement excludes (优先购买权).
        3 first_refusal: Duty, Form::Choice(Duty::WORDS), "duty", "B3";
        /// Time to answer where the agreement sets none.
        4 first_refusal_days: u16, from_to(15, 366), "days", "B3";
        /// How several holders share.
        5 first_refusal_split: Split, Form::Choice(Split::WORDS), "split", "B3";
        /// What silence means: consent waives the right.
        6 first_refusal_silence: Silence, Form::Choice(Silence::WORDS), "silence", "B3";
        /// When a holder says that it matches.
        7 first_refusal_priority: Priority, Form::Choice(Priority::WORDS), "priority", "B4";
        /// Time to match after the award, where that is when.
        8 after_award_days: u16, DAYS, "days", "B4";
        /// Time for the manager's consent where the agreement sets none.
        9 manager_consent_days: u16, DAYS, "days", "B5";
        /// What the manager's silence means where the agreement says nothing.
        10 manager_consent_silence: Silence, Form::Choice(Silence::WORDS), "silence", "B5";
        /// After the deal: filing of the change of partners.
        11 partner_filing_days: u16, DAYS, "days", "B6";
        /// After the deal: filing with the fund association.
        12 association_filing_working_days: u16, WORKING_DAYS, "working days", "B6";
    }
}

parameters! {
    /// How long a listing is announced (信息披露期). C2, C7 where the seller is state-owned.
    AnnouncementRules {
        /// Shortest first announcement.
        0 announcement_working_days_min: u16, WORKING_DAYS, "working days", "C2";
        /// Longest first announcement.
        1 announcement_working_days_max: u16, WORKING_DAYS, "working days", "C2";
        /// Shortest extension; it is made only if it was announced.
        2 extension_working_days_min: u16, WORKING_DAYS, "working days", "C2";
        /// Most extensions.
        3 extensions_max: u16, from_to(0, 100), "extensions", "C2";
        /// Shortest announcement of a listing that changes its price alone.
        4 reprice_working_days_min: u16, WORKING_DAYS, "working days", "C2";
        /// What a change of content does to the period.
        5 content_change: ContentChange, Form::Choice(ContentChange::WORDS), "change", "C2";
        /// Longest suspension.
        6 suspension_days_max: u16, DAYS_OR_NONE, "days", "C2";
        /// After a suspension: least announcement in total.
        7 resumed_total_working_days_min: u16, WORKING_DAYS_OR_NONE, "working days", "C2";
        /// After a suspension: least announcement that is left.
        8 resumed_left_working_days_min: u16, WORKING_DAYS_OR_NONE, "working days", "C2";
        /// Notice of the result before the certificate (成交公示).
        9 result_notice_working_days: u16, WORKING_DAYS_OR_NONE, "working days", "C7";
    }
}

parameters! {
    /// D1: how long the venue and the seller take for their steps (办理期限).
    StepRules {
        /// The venue reviews an application (审核).
        0 review_working_days: u16, WORKING_DAYS, "working days", "D1";
        /// The seller completes an application that was sent back (补正).
        1 completion_working_days: u16, WORKING_DAYS, "working days", "D1";
        /// The venue qualifies those who declared an intention (资格审核).
        2 qualification_working_days: u16, WORKING_DAYS, "working days", "D1";
    }
}

parameters! {
    /// D1, D4: deposits (保证金).
    DepositRules {
        /// A deposit is due so long after the qualification.
        0 deposit_due_working_days: u16, WORKING_DAYS, "working days", "D1";
        /// Largest deposit, as a share of the floor.
        1 deposit_share_max: Ppm, SHARE, "ppm", "D1";
        /// A loser's deposit is back so long after the award.
        2 refund_working_days: u16, WORKING_DAYS, "working days", "D4";
        /// The winner signs so long after the award, or forfeits.
        3 signature_working_days: u16, WORKING_DAYS, "working days", "D4";
        /// Who receives a forfeited deposit.
        4 forfeit_to: Beneficiary, Form::Choice(Beneficiary::WORDS), "party", "D4";
    }
}

parameters! {
    /// Payment of the price (价款支付). C6 where the seller is state-owned.
    PaymentRules {
        /// The price, or its first instalment, is paid so long after the contract.
        0 payment_working_days: u16, WORKING_DAYS, "working days", "C6";
        /// Whether the price may be paid in instalments (分期付款).
        1 instalments: Permission, PERMISSION, "permission", "C6";
        /// Least first instalment.
        2 first_instalment_share_min: Ppm, SHARE, "ppm", "C6";
        /// The last instalment is paid so long after the contract.
        3 instalment_days_max: u16, DAYS, "days", "C6";
        /// Whether later instalments are secured and bear interest.
        4 instalment_security: Duty, Form::Choice(Duty::WORDS), "duty", "C6";
        /// Whether the price goes through the venue's settlement account.
        5 settlement_account: Duty, Form::Choice(Duty::WORDS), "duty", "C6";
    }
}

parameters! {
    /// D2: the clock of a multi-round quote (多次报价).
    TimedRules {
        /// The free phase (自由报价期).
        0 free_minutes: u32, MINUTES, "minutes", "D2";
        /// One cycle of the timed phase (限时报价周期).
        1 cycle_seconds: u32, from_to(1, 86_400), "seconds", "D2";
        /// What a bid does to the end.
        2 soft_close: SoftClose, Form::Choice(SoftClose::WORDS), "clock", "D2";
        /// The timed phase ends at the latest after so long; 0 sets no such end.
        3 hard_stop_minutes: u32, from_to(0, 43_200), "minutes", "D2";
    }
}

parameters! {
    /// Sealed bids (密封报价).
    SealedRules {
        /// What keeps a bid sealed until the close.
        0 sealing: Sealing, Form::Choice(Sealing::WORDS), "sealing", "D2";
        /// Time to reveal after the close.
        1 reveal_minutes: u32, MINUTES, "minutes", "D2";
        /// Share of the deposit that a bidder who does not reveal forfeits.
        2 unrevealed_forfeit: Ppm, SHARE, "ppm", "D4";
    }
}

parameters! {
    /// D5: a winner that defaults (违约).
    DefaultRules {
        /// What happens to the lot.
        0 after_default: AfterDefault, Form::Choice(AfterDefault::WORDS), "step", "D5";
        /// From what the defaulter is barred.
        1 default_bar: Bar, Form::Choice(Bar::WORDS), "bar", "D5";
        /// Time of the next bidder to accept.
        2 next_bidder_working_days: u16, WORKING_DAYS, "working days", "D5";
    }
}

parameters! {
    /// Offers, quotes, tenders and the descending clock.
    OfferRules {
        /// Longest life of an offer in a negotiated transfer.
        0 offer_days_max: u16, DAYS, "days", "A1";
        /// Most offers and counter-offers of one negotiation.
        1 offers_max: u16, from_to(1, OFFERS_MAX), "offers", "limit";
        /// Most parties asked for a quote.
        2 quote_parties_max: u16, from_to(1, QUOTE_PARTIES_MAX), "parties", "limit";
        /// Longest life of a quote.
        3 quote_days_max: u16, DAYS, "days", "A1";
        /// Most criteria of a tender.
        4 criteria_max: u16, from_to(1, CRITERIA_MAX), "criteria", "limit";
        /// Least weight of the price among them.
        5 price_weight_min: Ppm, SHARE, "ppm", "A1";
        /// Shortest step of a descending clock.
        6 dutch_step_seconds_min: u32, from_to(1, 86_400), "seconds", "A1";
    }
}

parameters! {
    /// D6: judicial and enforcement auctions (司法拍卖).
    JudicialRules {
        /// Least starting price, as a share of the appraisal.
        0 judicial_start_min: Ppm, SHARE, "ppm", "D6";
        /// Shortest announcement of the first round.
        1 judicial_announcement_days_min: u16, DAYS, "days", "D6";
        /// Shortest bidding.
        2 judicial_hours_min: u16, from_to(1, 720), "hours", "D6";
        /// A bid so close to the end moves it to the bid's time and as much again.
        3 judicial_window_seconds: u32, from_to(1, 86_400), "seconds", "D6";
        /// A second round follows within.
        4 judicial_second_days_max: u16, DAYS, "days", "D6";
        /// Shortest announcement of the second round.
        5 judicial_second_announcement_days_min: u16, DAYS, "days", "D6";
        /// Largest cut of the starting price for it.
        6 judicial_cut_max: Ppm, SHARE, "ppm", "D6";
        /// Least deposit, as a share of the starting price.
        7 judicial_deposit_min: Ppm, SHARE, "ppm", "D6";
        /// Largest deposit.
        8 judicial_deposit_max: Ppm, SHARE, "ppm", "D6";
        /// A loser's deposit is back within.
        9 judicial_refund_hours: u16, from_to(1, 720), "hours", "D6";
    }
}

parameters! {
    /// Limits that keep one listing or party from taking the machine.
    ListingLimits {
        /// Most listings that one party has open.
        0 listings_per_party_max: u32, from_to(1, LISTINGS_PER_PARTY_MAX), "listings", "limit";
        /// Most bidders of one lot.
        1 bidders_per_lot_max: u32, from_to(1, BIDDERS_PER_LOT_MAX), "bidders", "limit";
        /// Most bids on one lot.
        2 bids_per_lot_max: u32, from_to(1, BIDS_PER_LOT_MAX), "bids", "limit";
        /// Most bids of one bidder on one lot.
        3 bids_per_bidder_max: u32, from_to(1, BIDS_PER_LOT_MAX), "bids", "limit";
        /// Most funds of one package.
        4 package_funds_max: u16, from_to(1, PACKAGE_FUNDS_MAX), "funds", "limit";
    }
}

impl ListingRules {
    /// A parameter that contradicts another, if one does: a least above its most, or what cannot
    /// be had.
    #[must_use]
    pub fn contradiction(&self) -> Option<&'static str> {
        let (judicial, limits) = (&self.judicial, &self.limits);
        let wrong = [
            (judicial.judicial_deposit_max < judicial.judicial_deposit_min, "judicial_deposit_min"),
            (
                judicial.judicial_second_days_max < judicial.judicial_second_announcement_days_min,
                "judicial_second_announcement_days_min",
            ),
            (limits.bids_per_lot_max < limits.bids_per_bidder_max, "bids_per_bidder_max"),
        ];
        let first = wrong.into_iter().find_map(|(wrong, name)| wrong.then_some(name));
        self.announcement.contradiction().or(first)
    }
}

impl AnnouncementRules {
    /// A parameter that contradicts another, if one does.
    #[must_use]
    pub fn contradiction(&self) -> Option<&'static str> {
        if self.announcement_working_days_max < self.announcement_working_days_min {
            return Some("announcement_working_days_min");
        }
        (self.resumed_total_working_days_min < self.resumed_left_working_days_min)
            .then_some("resumed_left_working_days_min")
    }
}
