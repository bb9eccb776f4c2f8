//! Protocol version 1 between PHP and the helper: one JSON request in, newline-delimited JSON messages out.

mod network;
#[cfg(test)]
mod published;
mod reply;
mod request;

pub use network::{BaseUrl, BaseUrls, Timeout};
pub use reply::{
    AddressData, AddressesData, AppliedData, CheckData, CountriesData, CountryData, DatabaseData, DetachData,
    Enforcement, FamilyCounts, HealData, Message, Origin, PreviewData, Problem, Reply, Stage, StatusData,
    UpdateData, ValidateData,
};
pub use request::{
    ApplyRequest, AttachRequest, CheckRequest, CountriesRequest, DetachRequest, ExplainRequest, HealRequest,
    Online, PreviewRequest, Request, StatusRequest, UpdateRequest, ValidateRequest, Version,
};
