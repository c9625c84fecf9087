import pickle

import pytest

from integrations.core import errors
from integrations.core.errors import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    DuplicateRequestError,
    GuardError,
    IntegrationError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    NotSentError,
    ProviderError,
    RateLimitedError,
    SignatureError,
    UnavailableError,
)

ASKED = [
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    ConflictError,
    DuplicateRequestError,
    RateLimitedError,
    UnavailableError,
    NetworkError,
]


def test_every_error_hangs_on_one_tree() -> None:
    for kind in (ConfigurationError, GuardError, NotSentError, SignatureError, ProviderError):
        assert kind.__bases__ == (IntegrationError,)
    assert all(issubclass(kind, ProviderError) for kind in ASKED)
    assert issubclass(DuplicateRequestError, ConflictError)


def test_the_drawn_tree_names_every_error() -> None:
    public = [name for name in vars(errors) if name.endswith("Error")]
    assert len(public) == 15
    assert all(name in str(errors.__doc__) for name in public)


def test_a_wrong_request_is_also_a_value_error() -> None:
    with pytest.raises(ValueError, match="toy: no such field"):
        raise InvalidRequestError("no such field", provider="toy")
    assert [kind for kind in ASKED if issubclass(kind, ValueError)] == [InvalidRequestError]


def test_only_what_may_pass_by_itself_is_retryable() -> None:
    retryable = {kind for kind in ASKED if kind.retryable}
    assert retryable == {RateLimitedError, UnavailableError, NetworkError}


def test_an_error_says_who_what_and_what_next() -> None:
    error = UnavailableError(
        "it broke", provider="toy", status=500, outcome_unknown=True, hint="Look first."
    )
    assert str(error) == "toy 500: it broke. The call may have taken effect. Look first."


def test_what_is_not_known_is_not_said() -> None:
    assert str(NotFoundError("Gone!", provider="toy")) == "toy: Gone!"


def test_all_problems_of_a_configuration_are_in_the_text() -> None:
    error = ConfigurationError("toy: not ready:", problems=["A is missing", "B is wrong"])
    assert str(error) == "toy: not ready:\n  - A is missing\n  - B is wrong"
    assert error.problems == ("A is missing", "B is wrong")


@pytest.mark.parametrize("kind", ASKED)
def test_an_error_comes_whole_out_of_another_process(kind: type[ProviderError]) -> None:
    error = kind("slow", provider="toy", status=429, retry_after=3.0, outcome_unknown=True)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_a_configuration_error_comes_whole_out_of_another_process() -> None:
    error = ConfigurationError("toy:", problems=["A"])
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert (str(again), again.problems) == (str(error), error.problems)
