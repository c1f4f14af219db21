/// What a subject stands for in its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The least work that the task can take.
    Limit,
    /// A crate from crates.io, or what one would write with one.
    Peer,
    /// This project.
    Ours,
}

impl Role {
    /// The word that stands for it in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Peer => "peer",
            Self::Ours => "ours",
        }
    }
}

/// One way to do the work of a case.
pub struct Subject {
    /// What it stands for.
    pub role: Role,
    /// Its name, unique in the case.
    pub name: &'static str,
    /// Does the work once, and returns a number that depends on it.
    pub run: Box<dyn FnMut() -> usize>,
}

/// Subjects that do the same work on the same data.
pub struct Case {
    /// The group that the case belongs to, such as `sse_decode`.
    pub group: &'static str,
    /// Its name, unique in the group.
    pub name: String,
    /// How many units (events, requests) one run has; figures are per unit.
    pub units: u64,
    /// The subjects, the limit first.
    pub subjects: Vec<Subject>,
}

impl Case {
    /// A case without subjects.
    #[must_use]
    pub fn new(group: &'static str, name: impl Into<String>, units: usize) -> Self {
        Self {
            group,
            name: name.into(),
            units: units as u64,
            subjects: Vec::new(),
        }
    }

    /// Adds the limit.
    #[must_use]
    pub fn limit(self, name: &'static str, run: impl FnMut() -> usize + 'static) -> Self {
        self.subject(Role::Limit, name, run)
    }

    /// Adds a peer.
    #[must_use]
    pub fn peer(self, name: &'static str, run: impl FnMut() -> usize + 'static) -> Self {
        self.subject(Role::Peer, name, run)
    }

    /// Adds one of this project's ways.
    #[must_use]
    pub fn ours(self, name: &'static str, run: impl FnMut() -> usize + 'static) -> Self {
        self.subject(Role::Ours, name, run)
    }

    fn subject(
        mut self,
        role: Role,
        name: &'static str,
        run: impl FnMut() -> usize + 'static,
    ) -> Self {
        self.subjects.push(Subject {
            role,
            name,
            run: Box::new(run),
        });
        self
    }
}
