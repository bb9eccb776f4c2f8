//! The interface for starting a watcher.

use std::fmt::Debug;

use crate::error::Result;
use crate::records::Token;
use crate::storage::StateDir;

/// Starts the process that watches a change on trial.
pub(crate) trait WatcherLauncher: Debug + Send + Sync {
    /// Starts a watcher and waits until it is running.
    ///
    /// # Errors
    /// `state.io` if it does not start.
    fn launch(&self, state: &StateDir, token: &Token) -> Result<()>;
}
