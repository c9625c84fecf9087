"""The settings of S3, read from the environment in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.core.config import Mode, Secret, load, resolve_mode, split_list
from integrations.core.errors import ConfigurationError
from integrations.s3 import INTEGRATION
from integrations.s3.presets import PRESETS, Preset

_NONE = Secret("")


@dataclass(frozen=True)
class S3Settings:
    """What a :class:`~integrations.s3.client.S3Client` needs to know.

    Attributes:
        mode: where requests go.
        bucket: the bucket that calls are about.
        region: the bucket's region.
        access_key_id: the static key's id; empty to use boto3's chain (role, profile, SSO).
        secret_access_key: the static key's secret.
        session_token: comes with temporary keys.
        provider: whose S3 it is.
        endpoint_url: where the API is; empty for AWS.
        addressing: ``virtual`` or ``path``.
        public_host: host that serves public objects; empty for the bucket's own.
        timeout: seconds, for the connection and for each reply.
        sandbox_buckets: the buckets that sandbox mode may touch.
    """

    mode: Mode
    bucket: str
    region: str
    access_key_id: str = ""
    secret_access_key: Secret = _NONE
    session_token: Secret = _NONE
    provider: str = "aws"
    endpoint_url: str = ""
    addressing: str = "virtual"
    public_host: str = ""
    timeout: float = 60.0
    sandbox_buckets: tuple[str, ...] = ()

    @property
    def preset(self) -> Preset:
        """What the provider can do."""
        return PRESETS[self.provider]

    @classmethod
    def from_env(
        cls, env: Mapping[str, str] | None = None, *, mode: str | None = None
    ) -> "S3Settings":
        """Read the settings from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        source = os.environ if env is None else env
        chosen = resolve_mode("s3", mode, source)
        values = load("s3", INTEGRATION.settings, source, chosen)
        preset = PRESETS[values["S3_PROVIDER"].lower()]
        if problems := _contradictions(values, preset, chosen):
            raise ConfigurationError(f"s3: not configured for mode {chosen}:", problems=problems)
        addressing = values["S3_ADDRESSING"].lower()
        return cls(
            mode=chosen,
            bucket=values["S3_BUCKET"],
            # Debug mode signs with something; nobody reads it.
            region=values["AWS_DEFAULT_REGION"] or "us-east-1",
            access_key_id=values["AWS_ACCESS_KEY_ID"],
            secret_access_key=Secret(values["AWS_SECRET_ACCESS_KEY"]),
            session_token=Secret(values["AWS_SESSION_TOKEN"]),
            provider=preset.name,
            endpoint_url=values["AWS_ENDPOINT_URL_S3"].rstrip("/"),
            addressing=preset.addressing if addressing == "auto" else addressing,
            public_host=values["S3_PUBLIC_HOST"].lower(),
            timeout=float(values["S3_TIMEOUT"]),
            sandbox_buckets=split_list(values["S3_SANDBOX_BUCKETS"]),
        )


def problems_together(env: Mapping[str, str], mode: Mode) -> list[str]:
    """Return what is wrong with well-formed settings together: half a key, a bucket off limits."""
    values = load("s3", INTEGRATION.settings, env, mode)
    preset = PRESETS[values["S3_PROVIDER"].lower()]
    problems = _contradictions(values, preset, mode)
    bucket = values["S3_BUCKET"]
    if mode is Mode.SANDBOX and bucket not in split_list(values["S3_SANDBOX_BUCKETS"]):
        problems.append(
            f"S3_SANDBOX_BUCKETS does not name the bucket {bucket!r}. Add it, if it is there for "
            "trying things out."
        )
    return problems


def _contradictions(values: Mapping[str, str], preset: Preset, mode: Mode) -> list[str]:
    problems = []
    if bool(values["AWS_ACCESS_KEY_ID"]) != bool(values["AWS_SECRET_ACCESS_KEY"]):
        problems.append(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together; one of them is missing. "
            "Unset both to use a role, a profile or SSO."
        )
    # An account id is not to be guessed; the fake answers at any host.
    if preset.endpoint_needed and not values["AWS_ENDPOINT_URL_S3"]:
        problems.append(
            f"AWS_ENDPOINT_URL_S3 is missing: provider {preset.name} has no address without it."
        )
    region = values["AWS_DEFAULT_REGION"]
    mocked = mode is Mode.MOCK
    if preset.regions and region and region not in preset.regions and not mocked:
        problems.append(
            f"AWS_DEFAULT_REGION {region!r} is none of {preset.name}'s: {', '.join(preset.regions)}"
        )
    return problems
