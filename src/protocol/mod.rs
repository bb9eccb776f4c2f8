//! Protocol version 1 between PHP and the helper: one JSON request in, newline-delimited JSON messages out.

mod activity;
mod asked;
mod change;
mod network;
#[cfg(test)]
mod published;
mod reply;
mod request;

pub use activity::{ActivityData, ActivityRequest, AddressActivity, CountryActivity, HourActivity, Hours};
pub use asked::{Asked, AskedConnection};
pub use change::{ChangeData, ChangeState, ConfirmWithin, Token, Window};
pub use network::{BaseUrl, BaseUrls, Timeout};
pub use reply::{
    AddressData, AddressesData, AppliedData, CheckData, CountriesData, CountryData, DatabaseData, DetachData,
    Enforcement, FamilyCounts, HealData, Message, Origin, PreviewData, Problem, Reply, Stage, StatusData,
    UpdateData, ValidateData, WayData,
};
pub use request::{
    ApplyRequest, AttachRequest, CheckRequest, ConfirmRequest, CountriesRequest, DetachRequest,
    ExplainRequest, HealRequest, Online, PreviewRequest, Request, RollbackRequest, StatusRequest,
    UpdateRequest, ValidateRequest, Version,
};
