//! The operations of the protocol, one file each.
//!
//! A new operation is one more file and one more line in the list below.

mod activity;
mod answers;
mod apply;
mod asked;
mod attach;
mod change_data;
mod check;
mod confirm;
mod countries;
mod database_data;
mod detach;
mod explain;
mod family_counts;
mod heal;
mod operation;
mod policy;
mod preview;
#[cfg(test)]
mod published;
mod reach;
mod rollback;
mod stand_in;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod update;
mod validate;
mod way;

pub use operation::{Answer, Operation};
pub use text::Text;
pub use update::BaseUrls;

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
            /// True for a process that stays behind when its caller is gone.
            pub fn stays_behind(&self) -> bool {
                match self { $(Self::$name(flags) => $module::$request::stays_behind(flags),)+ }
            }

            /// The request that the flags make.
            ///
            /// # Errors
            /// `request.invalid`.
            pub fn into_request(self) -> Result<Request> {
                Ok(match self { $(Self::$name(flags) => Request::$name(Operation::from_flags(flags)?),)+ })
            }

            /// The request that a program sent.
            ///
            /// # Errors
            /// `request.invalid`, with the path of the field at fault.
            pub fn parse(&self, json: &[u8]) -> Result<Request> {
                Ok(match self { $(Self::$name(_) => Request::$name(protocol::parse(json)?),)+ })
            }
        }

        impl Request {
            /// Does the work.
            ///
            /// # Errors
            /// Those that the operation names.
            pub fn run(&self, context: &mut Context<'_>) -> Result<Box<dyn Answer>> {
                Ok(match self { $(Self::$name(request) => Box::new(request.run(context)?),)+ })
            }

            /// Does what can be done without the state directory; returns the failure.
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
    /// Get and compile data, then refresh the kernel if a policy of this source is applied.
    Update(update::UpdateRequest);
    /// Make the kernel hold a policy.
    Apply(apply::ApplyRequest);
    /// Let a change stay that was to be confirmed.
    Confirm(confirm::ConfirmRequest);
    /// Bring the policy before a change back.
    Rollback(rollback::RollbackRequest);
    /// Put chain and jump in place; restore the sets where the kernel has none.
    Attach(attach::AttachRequest);
    /// Remove everything from the kernel and forget the applied policy.
    Detach(detach::DetachRequest);
    /// Say what happens to addresses, and why.
    Explain(explain::ExplainRequest);
    /// Compare everything in the kernel with what was applied, and repair what is ours and differs.
    Heal(heal::HealRequest);
    /// Compare everything in the kernel with what was applied, and fail if drift stays that nobody knows of yet.
    Check(check::CheckRequest);
    /// Say what is in force, as read from the kernel and the disk.
    Status(status::StatusRequest);
    /// List the countries and what a source holds of each.
    Countries(countries::CountriesRequest);
    /// Say what `apply` would do.
    Preview(preview::PreviewRequest);
    /// Say whether a policy is right, without computing anything from it.
    Validate(validate::ValidateRequest);
    /// Say what the filter dropped, or only counted, in the last hours.
    Activity(activity::ActivityRequest);
}
