//! What a host does with all that one tenant has stored.

use super::core::Core;
use super::retrieve::print;
use crate::bounds::Claim;
use crate::error::Error;
use crate::scope::Scope;
use crate::store::StoredResponse;

impl<P> Core<P> {
    /// Deletes everything of a scope, with what is kept beside it for its tenant. Returns the number of
    /// responses.
    pub(crate) async fn delete_scope(&self, scope: &Scope) -> Result<u64, Error> {
        // Jobs of other processes find their responses gone.
        let deleted = self.config.scoped_store(scope).delete_scope().await;
        self.config.jobs.stop_all(scope).await;
        let approvals = self.config.scoped_store(&scope.of_approvals());
        approvals.delete_scope().await?;
        deleted
    }

    /// Returns a response with its whole conversation as JSON.
    pub(crate) async fn export(&self, scope: &Scope, id: &str) -> Result<Option<String>, Error> {
        let Some(found) = self.config.scoped_store(scope).load(id).await? else {
            return Ok(None);
        };
        let mut claim = Claim::new(self.config.bounds.tenant(scope))?;
        let bytes = found.bytes();
        claim.memory().grow(bytes as u64)?;
        let text = print(&mut claim, found, bytes, StoredResponse::to_json);
        text.await.map(Some)
    }
}
