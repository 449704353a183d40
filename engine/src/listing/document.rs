//! Documents of a listing (披露文件): references, never the bytes.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::check;
use crate::listing::LISTING_DOCUMENTS_MAX;
use crate::reject::{Field, Reject};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Sha256(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl Sha256 {
    /// The digest of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum DocumentKind {
    /// Partnership agreement (合伙协议).
    #[n(0)]
    Agreement,
    /// Financial report (财务报告).
    #[n(1)]
    FinancialReport,
    /// Appraisal or valuation report (评估报告).
    #[n(2)]
    Appraisal,
    /// Decision or approval of the seller's side (决策与批准文件).
    #[n(3)]
    Decision,
    /// Legal opinion (法律意见书).
    #[n(4)]
    LegalOpinion,
    /// Draft of the transfer contract (转让合同文本).
    #[n(5)]
    Contract,
    /// Teaser (项目简介).
    #[n(6)]
    Teaser,
    /// Anything else.
    #[n(7)]
    Other,
}

/// A5: who may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Visibility {
    /// Everybody who sees the teaser (公开).
    #[n(0)]
    Teaser,
    /// A qualified investor that accepted the confidentiality terms (保密).
    #[n(1)]
    Full,
}

/// A reference to a document.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Document {
    /// Name, 1 to 512 bytes.
    #[n(0)]
    pub name: String,
    /// What it is.
    #[n(1)]
    pub kind: DocumentKind,
    /// SHA-256 of its bytes; a listing names a document once.
    #[n(2)]
    pub sha256: Sha256,
    /// Size in bytes, from 1.
    #[n(3)]
    pub size_bytes: u64,
    /// Who may see it.
    #[n(4)]
    pub visibility: Visibility,
}

/// Documents are bounded, named, and each is there once.
pub(super) fn check(documents: &[Document]) -> Result<(), Reject> {
    check::length(Field::Documents, documents.len(), 0, LISTING_DOCUMENTS_MAX)?;
    for (place, document) in documents.iter().enumerate() {
        check::text(Field::Name, &document.name)?;
        check::range(Field::DocumentSize, document.size_bytes, 1, u64::MAX)?;
        let before = documents.iter().take(place);
        if before.into_iter().any(|other| other.sha256 == document.sha256) {
            return Err(Reject::Inconsistent { field: Field::Documents });
        }
    }
    Ok(())
}
