//! Protocol version 1 between PHP and the helper: one JSON request in, newline-delimited JSON messages out.

mod network;
mod number;
#[cfg(test)]
mod published;
mod reply;
mod request;
mod warning;

pub use network::{BaseUrl, BaseUrls, Timeout};
pub use number::number_as_text;
pub use reply::{
    AddressCounts, AddressData, AddressesData, AppliedData, ChangesData, CountriesData, CountryChange,
    CountryData, DatabaseData, DetachData, Enforcement, FamilyCounts, Message, Origin, PreviewData, Problem,
    Reply, SetData, Stage, StatusData, UpdateData,
};
pub use request::{
    ApplyRequest, AttachRequest, CountriesRequest, DetachRequest, ExplainRequest, Online, PreviewRequest,
    Request, StatusRequest, UpdateRequest, Version,
};
pub use warning::{Warning, WarningCode};
