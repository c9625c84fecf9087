"""Signatures dated by the injected clock, for this client only."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore import auth

from integrations.core.clock import SYSTEM_CLOCK, Clock

# As botocore writes them (botocore.auth, SIGV4_TIMESTAMP and ISO8601).
_STAMP = "%Y%m%dT%H%M%SZ"
_ISO = "%Y-%m-%dT%H:%M:%SZ"


class _DatedContext(dict[str, Any]):
    """A request's context in which the signer's own timestamp is replaced by ours.

    botocore reads the machine's clock at the moment of signing and writes the time into the
    request's context, from where every part of the signature takes it (botocore 1.44, 2026-11).
    """

    def __init__(self, context: dict[str, Any], stamp: str) -> None:
        super().__init__(context)
        self._stamp = stamp

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, self._stamp if name == "timestamp" else value)


# Where awscrt is installed, botocore signs with it, and it reads the machine's clock by itself.
_PYTHON_SIGNERS: dict[str, Any] = {
    "s3v4": auth.S3SigV4Auth,
    "s3v4-query": auth.S3SigV4QueryAuth,
}


def _sign_in_python(request_signer: Any) -> None:
    """Let one client's signer use botocore's signatures in Python, whatever is installed."""
    usual = request_signer.get_auth_instance

    def chosen(
        signing_name: str, region_name: str, signature_version: str = "", **given: Any
    ) -> Any:
        signer = _PYTHON_SIGNERS.get(signature_version)
        if signer is None:
            return usual(signing_name, region_name, signature_version, **given)
        credentials = given.pop("request_credentials", None) or request_signer._credentials
        frozen = credentials.get_frozen_credentials() if credentials else None
        return signer(frozen, signing_name, region_name, **given)

    request_signer.get_auth_instance = chosen
    request_signer._integrations_dated = True


class SigningClock:
    """Dates what a boto3 client signs, by its supported ``before-sign`` event."""

    def __init__(self, client: Any, clock: Clock) -> None:
        """Register on ``client``; no other client is affected, and none on the system's clock."""
        self._clock = clock
        self._form = threading.local()
        if clock is not SYSTEM_CLOCK:
            events = client.meta.events
            events.register("before-sign.s3", self.date, unique_id="integrations-clock")

    @contextmanager
    def form_lasting(self, seconds: int) -> Iterator[None]:
        """Let the POST policy that is signed inside expire ``seconds`` from the clock's now."""
        self._form.seconds = seconds
        try:
            yield
        finally:
            del self._form.seconds

    def date(self, request: Any, request_signer: Any, **_: Any) -> None:
        """Replace the context of a request that is about to be signed."""
        if not hasattr(request_signer, "_integrations_dated"):
            _sign_in_python(request_signer)
        now = self._clock.time()
        stamp = datetime.fromtimestamp(now, UTC).strftime(_STAMP)
        request.context = _DatedContext(request.context, stamp)
        policy = request.context.get("s3-presign-post-policy")
        # The vendor's client, used by itself, has written an end of its own.
        seconds = getattr(self._form, "seconds", None)
        if policy is not None and seconds is not None:
            end = datetime.fromtimestamp(int(now) + seconds, UTC)
            policy["expiration"] = end.strftime(_ISO)
