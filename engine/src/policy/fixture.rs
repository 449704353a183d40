//! Rules of listings for tests: the numbers of the rulebook.

use crate::amount::Ppm;
use crate::auction::clear::RuleSet;
use crate::auction::clock::SoftClose;
use crate::auction::ration::Margin;
use crate::fixture::date;
use crate::policy::Permission;
use crate::policy::choice::{
    AfterDefault, Bar, BelowFloor, Beneficiary, ContentChange, Disclosure, DisclosureFields, Duty,
    InterimPrice, Priority, Sealing, Silence, SoleBidder, Split,
};
use crate::policy::listing::{
    AnnouncementRules, AwardRules, DefaultRules, DepositRules, DisclosureRules, JudicialRules,
    ListingLimits, ListingRules, ModeRules, OfferRules, PartnerRules, PaymentRules, SealedRules,
    StepRules, TimedRules,
};
use crate::policy::matching::MatchingRules;
use crate::policy::overlay::{Overlay, StatePriceRules, StateRules};

const fn share(percent: u32) -> Ppm {
    Ppm::new(percent * 10_000)
}

/// A pack's rules, every mode allowed.
pub(crate) fn listing_rules() -> ListingRules {
    ListingRules {
        modes: modes(),
        award: AwardRules { call_rules: RuleSet::Sse, margin: Margin::ProRata },
        disclosure: DisclosureRules {
            disclosure_fields: DisclosureFields::of(&[
                Disclosure::Strategy,
                Disclosure::Term,
                Disclosure::NetAssets,
                Disclosure::Reason,
            ]),
            completeness_min: share(75),
            confidentiality: Duty::Required,
            custody: Duty::Required,
            related_bidders: Permission::Forbidden,
            documents_max: 16,
            document_bytes_max: 1 << 20,
        },
        partners: partners(),
        announcement: AnnouncementRules {
            announcement_working_days_min: 5,
            announcement_working_days_max: 60,
            extension_working_days_min: 3,
            extensions_max: 3,
            reprice_working_days_min: 5,
            content_change: ContentChange::Restarts,
            suspension_days_max: 60,
            resumed_total_working_days_min: 5,
            resumed_left_working_days_min: 3,
            result_notice_working_days: 0,
        },
        steps: StepRules {
            review_working_days: 5,
            completion_working_days: 10,
            qualification_working_days: 5,
        },
        deposits: DepositRules {
            deposit_due_working_days: 3,
            deposit_share_max: share(30),
            refund_working_days: 3,
            signature_working_days: 3,
            forfeit_to: Beneficiary::Seller,
        },
        payment: PaymentRules {
            payment_working_days: 10,
            instalments: Permission::Allowed,
            first_instalment_share_min: share(10),
            instalment_days_max: 366,
            instalment_security: Duty::NotRequired,
            settlement_account: Duty::Required,
        },
        timed: TimedRules {
            free_minutes: 1_440,
            cycle_seconds: 300,
            soft_close: SoftClose::Reset,
            hard_stop_minutes: 0,
        },
        sealed: SealedRules {
            sealing: Sealing::CommitReveal,
            reveal_minutes: 1_440,
            unrevealed_forfeit: share(100),
        },
        default: DefaultRules {
            after_default: AfterDefault::NextBidder,
            default_bar: Bar::Lot,
            next_bidder_working_days: 3,
        },
        offers: OfferRules {
            offer_days_max: 30,
            offers_max: 100,
            quote_parties_max: 50,
            quote_days_max: 30,
            criteria_max: 10,
            price_weight_min: share(50),
            dutch_step_seconds_min: 10,
        },
        judicial: judicial(),
        limits: ListingLimits {
            listings_per_party_max: 10,
            bidders_per_lot_max: 100,
            bids_per_lot_max: 1_000,
            bids_per_bidder_max: 500,
            package_funds_max: 20,
        },
    }
}

fn modes() -> ModeRules {
    let allowed = Permission::Allowed;
    ModeRules {
        english: allowed,
        sealed_pay_as_bid: allowed,
        sealed_uniform: allowed,
        sealed_vickrey: allowed,
        dutch: allowed,
        tender: allowed,
        negotiated: allowed,
        request_for_quote: allowed,
        intention_board: allowed,
        packages: allowed,
        judicial: allowed,
    }
}

fn partners() -> PartnerRules {
    PartnerRules {
        notice_days: 30,
        insider_notice: Duty::Required,
        general_partner_consent: Duty::Required,
        first_refusal: Duty::Required,
        first_refusal_days: 30,
        first_refusal_split: Split::ProRata,
        first_refusal_silence: Silence::Consent,
        first_refusal_priority: Priority::InAuction,
        after_award_days: 5,
        manager_consent_days: 15,
        manager_consent_silence: Silence::Refusal,
        partner_filing_days: 30,
        association_filing_working_days: 10,
    }
}

fn judicial() -> JudicialRules {
    JudicialRules {
        judicial_start_min: share(70),
        judicial_announcement_days_min: 30,
        judicial_hours_min: 24,
        judicial_window_seconds: 300,
        judicial_second_days_max: 30,
        judicial_second_announcement_days_min: 15,
        judicial_cut_max: share(20),
        judicial_deposit_min: share(5),
        judicial_deposit_max: share(20),
        judicial_refund_hours: 24,
    }
}

/// C: the numbers of the rulebook.
pub(crate) fn state_rules() -> StateRules {
    StateRules {
        price: StatePriceRules {
            appraisal_valid_days: 365,
            reappraisal_months: 12,
            first_floor_min: share(100),
            floor_min: share(90),
            below_floor_min: BelowFloor::Approval,
            competitive_bidders_min: 2,
            sole_bidder: SoleBidder::Negotiated,
            interim_price: InterimPrice::Fixed,
            interim_terms: Duty::Required,
        },
        announcement: AnnouncementRules {
            announcement_working_days_min: 20,
            announcement_working_days_max: 60,
            extension_working_days_min: 5,
            extensions_max: 12,
            reprice_working_days_min: 10,
            content_change: ContentChange::Restarts,
            suspension_days_max: 30,
            resumed_total_working_days_min: 20,
            resumed_left_working_days_min: 10,
            result_notice_working_days: 5,
        },
        payment: PaymentRules {
            payment_working_days: 5,
            instalments: Permission::Allowed,
            first_instalment_share_min: share(30),
            instalment_days_max: 365,
            instalment_security: Duty::Required,
            settlement_account: Duty::Required,
        },
    }
}

/// The overlay of these rules.
pub(crate) fn soe() -> Overlay {
    Overlay {
        code: "soe".to_owned(),
        version: 1,
        valid_from: date("2026-01-01"),
        jurisdiction: "CN".to_owned(),
        rules: state_rules(),
    }
}

/// 26 CFR 1.7704-1: the numbers of the regulation.
pub(crate) fn matching_rules() -> MatchingRules {
    MatchingRules {
        other_transfers_share_max: share(2),
        matched_share_max: share(10),
        agreement_days_min: 15,
        closing_days_min: 45,
        offer_shown_days_max: 120,
        pause_days_min: 60,
    }
}
