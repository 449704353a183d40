//! What a listing is judged by: the pack in force for its segment, and of a state-owned seller the
//! overlay too.

use crate::amount::{Ppm, Price, Units};
use crate::id::ListingId;
use crate::listing::document::{Sha256, Visibility};
use crate::listing::gate::{GateKind, GateState};
use crate::listing::terms::{Appraisal, IfNobodyComes, ListingTerms, Method, Payment};
use crate::listing::{Completeness, Listing};
use crate::market::Market;
use crate::policy::choice::{BelowFloor, Disclosure, Duty, InterimPrice, Ownership, Silence};
use crate::policy::listing::{ListingRules, ModeRules};
use crate::policy::overlay::StateRules;
use crate::policy::{JudgedBy, Pack, Permission};
use crate::registry::fund::Fund;
use crate::registry::holding::Holding;
use crate::reject::{Field, Reject};
use crate::time::{Date, Time};

/// A listing and the rules that hold for it.
pub(super) struct Rules<'m> {
    pub(super) listing: &'m Listing,
    pub(super) terms: &'m ListingTerms,
    pub(super) fund: &'m Fund,
    pub(super) pack: &'m Pack,
    pub(super) rules: ListingRules,
    /// What binds a state-owned seller, if it is one.
    pub(super) state: Option<StateRules>,
    pub(super) judged: JudgedBy,
    pub(super) today: Date,
}

impl<'m> Rules<'m> {
    /// What judges `listing` at `at`.
    pub(super) fn of(market: &'m Market, at: Time, listing: &'m Listing) -> Result<Self, Reject> {
        Self::of_terms(market, at, listing, &listing.terms)
    }

    /// What judges `listing` under other terms.
    pub(super) fn of_terms(
        market: &'m Market,
        at: Time,
        listing: &'m Listing,
        terms: &'m ListingTerms,
    ) -> Result<Self, Reject> {
        let fund = market.fund(terms.fund)?;
        let segment = fund.details.segment;
        let state = match terms.ownership {
            Ownership::Private => None,
            Ownership::StateOwned => Some(market.state_rules(segment)?),
        };
        Ok(Self {
            listing,
            terms,
            fund,
            pack: &market.segment(segment)?.pack,
            rules: market.listing_rules(segment, terms.ownership)?,
            state,
            judged: market.judged_by(segment, terms.ownership)?,
            today: market.date(at),
        })
    }

    /// A6: the fund is of the province that the pack admits, and its term runs.
    pub(super) fn check_fund(&self) -> Result<(), Reject> {
        let province = self.pack.province.as_ref();
        if province.is_some_and(|province| *province != self.fund.details.province) {
            return Err(Reject::ProvinceNotAdmitted {});
        }
        self.fund.check_term(self.terms.fund, self.today)
    }

    /// A5, A7, A8: the seller holds the units in the register and they are free, and neither they
    /// nor what is left is below the minimum ticket, unless it sells out.
    pub(super) fn check_holding(&self, holding: &Holding) -> Result<(), Reject> {
        let (units, minimum) = (self.terms.units, self.fund.details.minimum_ticket);
        let kept = holding.total().checked_sub(units).filter(|kept| kept.e2() != 0);
        let splinter = kept.map(|kept| kept.min(units)).filter(|least| *least < minimum);
        if let Some(units) = splinter {
            return Err(Reject::BelowMinimumTicket { units, minimum });
        }
        holding.check_available(units)
    }

    /// A1, A5, C2, C5, C6, D1: what the pack asks of the terms.
    pub(super) fn check_terms(&self) -> Result<(), Reject> {
        let (terms, rules) = (self.terms, &self.rules);
        let permission = match terms.method {
            // No command opens a bidding of these yet, and deposits would wait for ever.
            Method::Judicial => Permission::Forbidden,
            Method::English
            | Method::SealedPayAsBid
            | Method::SealedUniform
            | Method::SealedVickrey
            | Method::Dutch
            | Method::Tender
            | Method::Negotiated
            | Method::RequestForQuote => allowed(&rules.modes, terms.method),
        };
        if permission == Permission::Forbidden {
            return Err(Reject::MethodForbidden { method: terms.method });
        }
        let (deposit, most) = (terms.deposit, rules.deposits.deposit_share_max);
        if most < deposit {
            return Err(Reject::DepositTooHigh { deposit, most });
        }
        self.check_period(terms.announcement_days, self.first_days_min())?;
        let longest = rules.announcement.announcement_working_days_max;
        if longest < terms.announcement_days {
            return Err(Reject::AnnouncementTooLong { days: terms.announcement_days, longest });
        }
        self.check_extension()?;
        self.check_payment()?;
        self.check_interim()?;
        let most = usize::from(rules.disclosure.documents_max);
        crate::check::length(Field::Documents, terms.documents.len(), 0, most)?;
        let largest = u64::from(rules.disclosure.document_bytes_max);
        terms.documents.iter().try_for_each(|document| {
            crate::check::range(Field::DocumentSize, document.size_bytes, 1, largest)
        })
    }

    /// A5: enough of what is asked is answered, and somebody can be shown something.
    pub(super) fn check_completeness(&self) -> Result<(), Reject> {
        let (completeness, least) = (self.completeness(), self.rules.disclosure.completeness_min);
        if completeness.score() < least {
            let Completeness { answered, asked } = completeness;
            return Err(Reject::DisclosureIncomplete { answered, asked, least });
        }
        Ok(())
    }

    /// C2: shortest first announcement, in working days.
    pub(super) const fn first_days_min(&self) -> u16 {
        self.rules.announcement.announcement_working_days_min
    }

    /// C2: an announcement has at least so many working days.
    #[expect(clippy::unused_self, reason = "it reads as the other rules do")]
    pub(super) const fn check_period(&self, days: u16, least: u16) -> Result<(), Reject> {
        if days < least {
            return Err(Reject::AnnouncementTooShort { days, least });
        }
        Ok(())
    }

    /// C2: what is announced of extensions lies within what the pack allows.
    fn check_extension(&self) -> Result<(), Reject> {
        let announcement = &self.rules.announcement;
        match self.terms.if_nobody_comes {
            IfNobodyComes::End | IfNobodyComes::Ask => Ok(()),
            IfNobodyComes::Extend { working_days, times_max } => {
                let least = announcement.extension_working_days_min;
                self.check_period(working_days, least)?;
                let most = announcement.extensions_max;
                if most < times_max {
                    return Err(Reject::TooManyExtensions { extensions: times_max, most });
                }
                Ok(())
            }
        }
    }

    /// C6: when the price is paid.
    fn check_payment(&self) -> Result<(), Reject> {
        let payment = &self.rules.payment;
        let at_most =
            |days: u16, most: u16| crate::check::range(Field::Payment, days.into(), 1, most.into());
        match self.terms.payment {
            Payment::Once { working_days } => at_most(working_days, payment.payment_working_days),
            Payment::Instalments { first, working_days, rest_days, interest } => {
                if payment.instalments == Permission::Forbidden {
                    return Err(Reject::InstalmentsForbidden {});
                }
                at_most(working_days, payment.payment_working_days)?;
                at_most(rest_days, payment.instalment_days_max)?;
                let least = payment.first_instalment_share_min;
                if first < least {
                    return Err(Reject::FirstInstalmentTooSmall { first, least });
                }
                let bears = payment.instalment_security == Duty::Required;
                if bears && interest == Ppm::new(0) {
                    return Err(Reject::InterestMissing {});
                }
                Ok(())
            }
        }
    }

    /// C5: a state-owned price does not follow the interim period, where the overlay says so.
    fn check_interim(&self) -> Result<(), Reject> {
        let fixed =
            self.state.is_some_and(|state| state.price.interim_price == InterimPrice::Fixed);
        if fixed && self.terms.interim.moves_price() {
            return Err(Reject::InterimPriceFixed {});
        }
        Ok(())
    }

    /// C1: a state-owned seller has a filed appraisal that is good on `date`.
    pub(super) fn check_appraisal(&self, date: Date) -> Result<(), Reject> {
        let Some(state) = self.state else { return Ok(()) };
        let appraisal = self.terms.appraisal.as_ref().ok_or(Reject::AppraisalMissing {})?;
        let last = last_good(appraisal, &state);
        if appraisal.base_date <= date && date <= last {
            return Ok(());
        }
        let base_date = appraisal.base_date;
        Err(Reject::AppraisalNotValid { base_date, last, date })
    }

    /// C3: a first floor is not below the filed value.
    pub(super) fn check_first_floor(&self) -> Result<(), Reject> {
        let Some((state, appraisal)) = self.state.zip(self.terms.appraisal.as_ref()) else {
            return Ok(());
        };
        let lowest = share_of(appraisal.value, state.price.first_floor_min);
        if self.terms.floor < lowest {
            return Err(Reject::FloorTooLow { floor: self.terms.floor, lowest });
        }
        Ok(())
    }

    /// C3: a later floor is not below the lowest share of the filed value, but with the recorded
    /// consent of the approving body, where the overlay takes that.
    pub(super) fn check_later_floor(&self, consent: Consent) -> Result<(), Reject> {
        let Some((state, appraisal)) = self.state.zip(self.terms.appraisal.as_ref()) else {
            return Ok(());
        };
        let lowest = share_of(appraisal.value, state.price.floor_min);
        let waived = match (state.price.below_floor_min, consent) {
            (BelowFloor::Approval, Consent::Recorded) => true,
            (BelowFloor::Approval, Consent::None) | (BelowFloor::Forbidden, _) => false,
        };
        if self.terms.floor < lowest && !waived {
            return Err(Reject::FloorTooLow { floor: self.terms.floor, lowest });
        }
        Ok(())
    }

    /// C2: without a buyer for so long, the appraisal is redone before it goes on.
    pub(super) fn check_reappraisal(&self, first: Option<Date>) -> Result<(), Reject> {
        let Some(((state, appraisal), first)) =
            self.state.zip(self.terms.appraisal.as_ref()).zip(first)
        else {
            return Ok(());
        };
        let until = months_after(first, state.price.reappraisal_months);
        if until <= self.today && appraisal.base_date <= first {
            return Err(Reject::AppraisalToBeRedone { first, until });
        }
        Ok(())
    }

    /// B3, B4: while a partner keeps its right of first refusal, open bids find the buyer: no other
    /// way lets the right match the highest price.
    pub(super) fn check_first_refusal(&self, market: &Market) -> Result<(), Reject> {
        let (method, fund) = (self.terms.method, self.terms.fund);
        let Some(gate) = self.listing.gate(GateKind::FirstRefusal) else { return Ok(()) };
        if method == Method::English {
            return Ok(());
        }
        let keeps = |holding: &Holding| {
            holding.party != self.listing.seller
                && holding.total() != Units::ZERO
                && self.listing.keeps_first_refusal(holding.party)
        };
        let mut spoke = gate.claims.iter().map(|claim| market.register.holding(claim.holder, fund));
        // Who was silent is found among all; most packs say that silence waives.
        let mut silent = market.register.holdings().iter().filter(|holding| holding.fund == fund);
        let kept = match gate.silence {
            Silence::Consent => spoke.any(|holding| keeps(&holding)),
            Silence::Refusal => silent.any(keeps),
        };
        if kept { Err(Reject::MethodForbidden { method }) } else { Ok(()) }
    }

    /// C1, C3: another appraisal of a state-owned seller comes with the recorded consent of the
    /// approving body.
    pub(super) fn check_appraisal_consent(
        &self,
        listing: ListingId,
        consent: Consent,
    ) -> Result<(), Reject> {
        let same = self.listing.terms.appraisal == self.terms.appraisal;
        match consent {
            Consent::None if self.state.is_some() && !same => Err(consent_missing(listing)),
            Consent::Recorded | Consent::None => Ok(()),
        }
    }

    /// Disclosure fields answered of those asked.
    pub(super) fn completeness(&self) -> Completeness {
        let asked = self.rules.disclosure.disclosure_fields;
        let fields = Disclosure::ALL.iter().filter(|field| asked.contains(**field));
        let answered = |field: &&Disclosure| {
            self.terms.disclosures.iter().any(|answer| answer.field == **field)
        };
        let count = fields.filter(answered).count();
        let answered = u16::try_from(count).unwrap_or(u16::MAX);
        Completeness { answered, asked: u16::try_from(asked.count()).unwrap_or(u16::MAX) }
    }

    /// Whether something is shown only to those who accepted the confidentiality terms.
    pub(super) fn is_confidential(&self, visibility: Visibility) -> bool {
        visibility == Visibility::Full && self.rules.disclosure.confidentiality == Duty::Required
    }
}

/// Whether the approving body's consent is recorded.
#[derive(Clone, Copy)]
pub(super) enum Consent {
    Recorded,
    None,
}

impl Consent {
    /// Whether there is a record of it.
    pub(super) const fn of(recorded: Option<Sha256>) -> Self {
        match recorded {
            Some(_) => Self::Recorded,
            None => Self::None,
        }
    }
}

/// C3: an operator records the consent of the approving body first, from its document.
pub(super) const fn consent_missing(listing: ListingId) -> Reject {
    Reject::GateNotGreen { listing, gate: GateKind::StateApproval, state: GateState::Running }
}

/// C1: the last date on which an appraisal is good.
fn last_good(appraisal: &Appraisal, state: &StateRules) -> Date {
    days_after(appraisal.base_date, state.price.appraisal_valid_days)
}

/// The date so many calendar days later.
pub(super) fn days_after(date: Date, days: u16) -> Date {
    Date::from_days(date.days().saturating_add(i32::from(days)))
}

/// The same day so many months later; of a shorter month its last one.
pub(super) fn months_after(date: Date, months: u16) -> Date {
    let (year, month, day) = date.ymd();
    let count = month.saturating_sub(1).saturating_add(u32::from(months));
    let years = i32::try_from(count / 12).unwrap_or(i32::MAX);
    let (year, month) = (year.saturating_add(years), (count % 12).saturating_add(1));
    let found = (0..4).find_map(|less| Date::from_ymd(year, month, day.saturating_sub(less)));
    found.unwrap_or(Date::from_days(i32::MAX))
}

/// A share of a price, rounded up: what is not below it is not below the share.
pub(super) fn share_of(price: Price, share: Ppm) -> Price {
    let exact = u128::from(price.e4()).saturating_mul(u128::from(share.get()));
    Price::from_e4(u64::try_from(exact.div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

const fn allowed(modes: &ModeRules, method: Method) -> Permission {
    match method {
        Method::English => modes.english,
        Method::SealedPayAsBid => modes.sealed_pay_as_bid,
        Method::SealedUniform => modes.sealed_uniform,
        Method::SealedVickrey => modes.sealed_vickrey,
        Method::Dutch => modes.dutch,
        Method::Tender => modes.tender,
        Method::Negotiated => modes.negotiated,
        Method::RequestForQuote => modes.request_for_quote,
        Method::Judicial => modes.judicial,
    }
}
