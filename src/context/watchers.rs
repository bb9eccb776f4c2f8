//! How a watcher is started.

use std::fmt::Debug;

use crate::error::Result;
use crate::records::Token;
use crate::storage::StateDir;

/// Starts the process that watches over a change on trial.
pub(crate) trait WatcherLauncher: Debug + Send + Sync {
    /// Starts a watcher and waits until it is at work.
    ///
    /// # Errors
    /// `state.io` if it does not get to work.
    fn launch(&self, state: &StateDir, token: &Token) -> Result<()>;
}
