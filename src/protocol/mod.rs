//! Protocol version 1 between PHP and the helper: one JSON request in, newline-delimited JSON messages out.

mod number;
#[cfg(test)]
mod published;
mod reply;
mod request;

pub use number::number_as_text;
pub use reply::{
    AddressCounts, AddressData, AddressesData, AppliedData, ChangesData, CountriesData, CountryChange,
    CountryData, DatabaseData, DetachData, Enforcement, FamilyCounts, Message, Origin, PreviewData, Problem,
    Reply, SetData, Stage, StatusData, UpdateData, Warning, WarningCode,
};
pub use request::{
    ApplyRequest, AttachRequest, BaseUrl, BaseUrls, CountriesRequest, DetachRequest, ExplainRequest, Online,
    PreviewRequest, Request, StatusRequest, Timeout, UpdateRequest, Version,
};
