//! Who sees what: one table.
//!
//! What a caller may not see is not there for it: the answer is `NOT_FOUND`, as if there were none.

use sfund_engine::registry::party::Role;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Funds, segments, books, trades and intentions without names.
    Market,
    /// Orders, trades, intentions, meters and events of a party.
    Trading,
    /// The record of a listing that is more than its teaser, and what is due of it.
    Listings,
    /// Who accepted the confidentiality terms of a listing, and looked at what.
    ListingReaders,
    /// Who would bid for a listing, and what is offered in a negotiation.
    Bidders,
    /// What is recorded of a fund's own agreement.
    Agreements,
    /// Holdings of a party and their statements.
    Holdings,
    /// The holders of a fund.
    Holders,
    /// Locks of units.
    Locks,
    /// Cash of a party, its transfers and statements.
    Cash,
    /// The record of a party.
    Parties,
    /// The keys of a party, as hashes.
    Keys,
    /// The venue's own accounts.
    House,
    /// Proposals, the audit trail and how the server does.
    Operations,
}

/// What the caller is to the owner of what is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is the owner.
    Owner,
    /// It is the member that acts for the owner.
    Member,
    /// It is the lender in whose favour the units are pledged.
    Pledgee,
    /// It manages the fund.
    Manager,
    /// It is nothing to the owner.
    Stranger,
}

/// One row: who sees a subject, by what it is to the owner or by its role alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is looked at.
    pub subject: Subject,
    /// Those to whom it is theirs in some way.
    pub relations: &'static [Relation],
    /// Those who see everybody's.
    pub roles: &'static [Role],
}

const WATCH: &[Role] = &[Role::Operator, Role::Supervisor, Role::Regulator];
const WATCH_AND_BANK: &[Role] =
    &[Role::Operator, Role::Supervisor, Role::Regulator, Role::SettlementBank];
const OWN: &[Relation] = &[Relation::Owner, Relation::Member];
const NOBODY: &[Relation] = &[];

/// Who sees what.
pub const TABLE: &[Row] = &[
    Row { subject: Subject::Market, relations: NOBODY, roles: &Role::ALL },
    Row { subject: Subject::Trading, relations: OWN, roles: WATCH },
    Row {
        subject: Subject::Listings,
        relations: &[Relation::Owner, Relation::Member, Relation::Manager],
        roles: WATCH,
    },
    Row { subject: Subject::ListingReaders, relations: OWN, roles: WATCH },
    Row { subject: Subject::Bidders, relations: OWN, roles: WATCH },
    Row { subject: Subject::Agreements, relations: &[Relation::Manager], roles: WATCH },
    Row { subject: Subject::Holdings, relations: OWN, roles: WATCH },
    Row { subject: Subject::Holders, relations: &[Relation::Manager], roles: WATCH },
    Row {
        subject: Subject::Locks,
        relations: &[Relation::Owner, Relation::Member, Relation::Pledgee],
        roles: WATCH,
    },
    Row { subject: Subject::Cash, relations: OWN, roles: WATCH_AND_BANK },
    Row { subject: Subject::Parties, relations: OWN, roles: WATCH_AND_BANK },
    Row { subject: Subject::Keys, relations: OWN, roles: WATCH },
    Row { subject: Subject::House, relations: NOBODY, roles: WATCH_AND_BANK },
    Row { subject: Subject::Operations, relations: NOBODY, roles: WATCH },
];

/// The row of a subject.
///
/// # Panics
///
/// Never: a test holds a row for each subject.
#[must_use]
pub fn row(subject: Subject) -> &'static Row {
    TABLE.iter().find(|row| row.subject == subject).expect("every subject has a row")
}

/// Whether a caller of `role` sees `subject`, given what it is to the owner.
#[must_use]
pub fn sees(role: Role, subject: Subject, relation: Relation) -> bool {
    let row = row(subject);
    row.roles.contains(&role) || row.relations.contains(&relation)
}

/// Whether a caller of `role` sees everybody's `subject`.
#[must_use]
pub fn sees_all(role: Role, subject: Subject) -> bool {
    row(subject).roles.contains(&role)
}

/// Whether a caller of `role` can see any of `subject` at all: its own, or everybody's.
#[must_use]
pub fn has_use_of(role: Role, subject: Subject) -> bool {
    let row = row(subject);
    let managers_only = row.relations == [Relation::Manager];
    row.roles.contains(&role)
        || (managers_only && role == Role::Manager)
        || (!managers_only && !row.relations.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Subject; 14] = [
        Subject::Market,
        Subject::Trading,
        Subject::Listings,
        Subject::ListingReaders,
        Subject::Bidders,
        Subject::Agreements,
        Subject::Holdings,
        Subject::Holders,
        Subject::Locks,
        Subject::Cash,
        Subject::Parties,
        Subject::Keys,
        Subject::House,
        Subject::Operations,
    ];

    #[test]
    fn every_subject_has_one_row() {
        for subject in ALL {
            assert_eq!(TABLE.iter().filter(|row| row.subject == subject).count(), 1);
            assert_eq!(row(subject).subject, subject);
        }
    }

    #[test]
    fn a_regulator_sees_everything_and_a_stranger_the_market_only() {
        for subject in ALL {
            assert!(sees_all(Role::Regulator, subject), "{subject:?}");
            for role in [Role::Lp, Role::SFund, Role::Manager, Role::Lender, Role::Member] {
                let is_market = subject == Subject::Market;
                assert_eq!(sees(role, subject, Relation::Stranger), is_market, "{subject:?}");
            }
        }
    }

    #[test]
    fn a_lender_sees_its_pledges_and_a_member_its_clients() {
        assert!(sees(Role::Lender, Subject::Locks, Relation::Pledgee));
        assert!(!sees(Role::Lender, Subject::Holdings, Relation::Pledgee));
        assert!(sees(Role::Member, Subject::Trading, Relation::Member));
        assert!(sees(Role::Manager, Subject::Holders, Relation::Manager));
        assert!(sees(Role::Manager, Subject::Listings, Relation::Manager));
        assert!(!sees(Role::Manager, Subject::ListingReaders, Relation::Manager));
        assert!(!has_use_of(Role::Lp, Subject::Holders));
        assert!(!has_use_of(Role::SettlementBank, Subject::Operations));
    }
}
