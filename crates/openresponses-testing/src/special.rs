//! Models with special behavior, selected by name.

use std::time::Duration;

use futures_util::stream;
use openresponses_tower::{Error, OutputStream};
use openresponses_types::response::Usage;

use crate::fault::Fault;
use crate::words::text_deltas;

/// The pause between two deltas of `slow`.
const PAUSE: Duration = Duration::from_millis(100);

/// The number of deltas of `slow`.
const TICKS: u64 = 32;

/// The behavior of a special model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    MissingModel,
    RateLimited,
    FailMidstream,
    Slow,
    Fault(Fault),
}

impl Special {
    /// Returns the behavior of a name; `None` for models that follow the rules.
    pub(crate) fn of(model: &str) -> Option<Self> {
        Some(match model {
            "missing-model" => Self::MissingModel,
            "rate-limited" => Self::RateLimited,
            "fail-midstream" => Self::FailMidstream,
            "slow" => Self::Slow,
            _ => return Fault::of(model).map(Self::Fault),
        })
    }

    /// Returns the output. `text` is the answer by the rules, to `input` words.
    pub(crate) fn answer(
        self,
        model: &str,
        text: String,
        input: u64,
    ) -> Result<OutputStream, Error> {
        self.refuse(model)?;
        Ok(match self {
            Self::Slow => slow(input),
            Self::Fault(fault) => fault.commit(text)?,
            _ => fail_midstream(text),
        })
    }

    /// Returns the error of a model that fails before its output.
    pub(crate) fn refuse(self, model: &str) -> Result<(), Error> {
        match self {
            Self::MissingModel => Err(Error::model_not_found(model)),
            Self::RateLimited => Err(Error::rate_limited(Duration::from_secs(1)).param("model")),
            Self::FailMidstream | Self::Slow | Self::Fault(_) => Ok(()),
        }
    }
}

fn fail_midstream(text: String) -> OutputStream {
    let failure = Error::model(
        "model_failed",
        "The model failed in the middle of its answer.",
    )
    .param("model");
    let deltas = text_deltas(text).map(Ok).chain([Err(failure)]);
    OutputStream::new(stream::iter(deltas))
}

fn slow(input: u64) -> OutputStream {
    OutputStream::write(move |mut out| async move {
        for tick in 1..=TICKS {
            if tick > 1 {
                tokio::time::sleep(PAUSE).await;
            }
            let space = if tick > 1 { " " } else { "" };
            out.text(format!("{space}{tick}"));
        }
        out.usage(Usage::new(input, TICKS));
        out.complete();
        Ok(())
    })
}
