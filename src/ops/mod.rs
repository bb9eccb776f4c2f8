//! The operations of the protocol, one file each. What they share is in `parts/`.
//!
//! To add an operation, add a file, and an entry in the list below.

mod activity;
mod apply;
mod attach;
mod catalogue;
mod check;
mod confirm;
mod countries;
mod detach;
mod explain;
mod export;
mod heal;
mod lists;
mod networks;
mod operation;
mod parts;
mod preview;
#[cfg(test)]
mod published;
mod revoke;
mod rollback;
mod status;
#[cfg(test)]
mod tests;
mod update;
mod validate;

pub use operation::{Answer, Operation};
pub use parts::network::BaseUrls;
pub use parts::text::Text;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::protocol;

macro_rules! operations {
    ($($(#[doc = $doc:literal])+ $name:ident($module:ident::$request:ident);)+) => {
        $(pub use $module::$request;)+

        /// An operation with its flags.
        #[derive(Debug, clap::Subcommand)]
        pub enum Command {
            $($(#[doc = $doc])+ $name(<$module::$request as Operation>::Flags),)+
        }

        /// A request of any operation.
        #[derive(Debug, PartialEq, Eq)]
        pub enum Request {
            $($(#[doc = $doc])+ $name($module::$request),)+
        }

        impl Command {
            /// True for a process that outlives its caller.
            pub fn outlives_caller(&self) -> bool {
                match self { $(Self::$name(flags) => $module::$request::outlives_caller(flags),)+ }
            }

            /// Builds the request from the flags.
            ///
            /// # Errors
            /// `request.invalid`.
            pub fn into_request(self) -> Result<Request> {
                Ok(match self { $(Self::$name(flags) => Request::$name(Operation::from_flags(flags)?),)+ })
            }

            /// Parses the request of a program.
            ///
            /// # Errors
            /// `request.invalid`. The message names the field.
            pub fn parse(&self, json: &[u8]) -> Result<Request> {
                Ok(match self { $(Self::$name(_) => Request::$name(protocol::parse(json)?),)+ })
            }
        }

        impl Request {
            /// Runs the operation.
            ///
            /// # Errors
            /// Those of the operation.
            pub fn run(&self, context: &mut Context<'_>) -> Result<Box<dyn Answer>> {
                Ok(match self { $(Self::$name(request) => Box::new(request.run(context)?),)+ })
            }

            /// True if stdout carries a file instead of a reply.
            pub fn prints_file(&self) -> bool {
                match self { $(Self::$name(request) => request.prints_file(),)+ }
            }

            /// Does what is possible without the state directory. Returns the error to report.
            pub fn run_without_state(&self, reason: Error) -> Error {
                match self { $(Self::$name(request) => request.run_without_state(reason),)+ }
            }
        }

        #[cfg(test)]
        fn schemas() -> Vec<(&'static str, schemars::Schema, schemars::Schema)> {
            vec![$((
                stringify!($module),
                schemars::schema_for!($module::$request),
                schemars::schema_for!(<$module::$request as Operation>::Data),
            ),)+]
        }
    };
}

operations! {
    /// Get and compile country data, then update the kernel if a policy uses it.
    Update(update::UpdateRequest);
    /// Get block lists, then update the kernel if the policy uses one that changed.
    Lists(lists::ListsRequest);
    /// Get the data that tells networks, then update the kernel if the policy names one that changed.
    Networks(networks::NetworksRequest);
    /// Report the block lists and networks that can be blocked, and what is kept of both.
    Catalogue(catalogue::CatalogueRequest);
    /// Put a policy in force.
    Apply(apply::ApplyRequest);
    /// Confirm a change, so that it stays in force.
    Confirm(confirm::ConfirmRequest);
    /// Restore the policy before a change.
    Rollback(rollback::RollbackRequest);
    /// Restore chains and jump, and the sets if they are missing.
    Attach(attach::AttachRequest);
    /// End what passes for a phone that keeps its way.
    Revoke(revoke::RevokeRequest);
    /// Remove the filter from the kernel and forget the applied policy.
    Detach(detach::DetachRequest);
    /// Report the verdict on addresses, with its reason.
    Explain(explain::ExplainRequest);
    /// Compare the kernel with the applied policy, and repair our objects that differ.
    Heal(heal::HealRequest);
    /// Compare the kernel with the applied policy, and fail on drift that was not reported recently.
    Check(check::CheckRequest);
    /// Report what is in force, as read from the kernel and the disk.
    Status(status::StatusRequest);
    /// List the countries and how many addresses a source has for each.
    Countries(countries::CountriesRequest);
    /// Report what `apply` would do.
    Preview(preview::PreviewRequest);
    /// Check whether a policy is valid, without computing its plan.
    Validate(validate::ValidateRequest);
    /// Write what a policy drops as a file for other firewalls.
    Export(export::ExportRequest);
    /// Report what the filter dropped or counted in the last hours.
    Activity(activity::ActivityRequest);
}
