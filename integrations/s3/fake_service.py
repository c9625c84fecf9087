"""The order in which a fake S3 checks a request, and what it asks of moto once all is well."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from moto.s3.models import PublicAccessBlock

from integrations.core.clock import Clock
from integrations.core.wire import Request, Response
from integrations.s3 import fake_access as access
from integrations.s3 import fake_forms as forms
from integrations.s3 import fake_rules as rules
from integrations.s3.fake_address import Address, Profile, canonical
from integrations.s3.fake_claims import Claim
from integrations.s3.fake_content import as_s3, with_content
from integrations.s3.fake_cors import cors_headers, preflight
from integrations.s3.fake_digests import check_digests, check_length
from integrations.s3.fake_multipart import check_completion, is_completion
from integrations.s3.fake_regions import check_region
from integrations.s3.fake_signatures import authenticate
from integrations.s3.fake_state import ACCOUNT, Place, State, User
from integrations.s3.fake_vendor import refuse

_LOCATION = re.compile(rb"<LocationConstraint[^>]*>([^<]*)</LocationConstraint>")


@dataclass(frozen=True)
class Service:
    """S3, for one request."""

    state: State
    profile: Profile
    clock: Clock

    def answer(self, request: Request, address: Address) -> Response:
        """Check a request from the outside in, then let moto do what it asks."""
        if request.method == "OPTIONS":
            return preflight(request, self._bucket(address).cors)
        rules.check_known(request, address, self.profile)
        if forms.is_form(request) and not address.key and address.parameter("delete") is None:
            return self._with_cors(request, address, self._take_form(request, address))
        signed = authenticate(request, address, self.state.users, self.clock.time())
        request = with_content(request, signed, is_part=not is_completion(request, address))
        if not address.bucket:
            if signed is None:
                access.denied()
            return self._ask(request, address)
        if request.method == "PUT" and not address.key and _is_creation(address):
            return self._create_asked(request, address, signed)
        self._check_place(address, signed)
        self._check_permission(request, address, signed)
        self._check_rules(request, address)
        whole = check_completion(
            request, address, self.state.store.uploads(address.bucket), self.profile
        )
        response = self._ask(request, address)
        if whole and response.status == 200:
            self.state.store.keep_checksum(address.bucket, address.key, whole)
        return self._with_cors(request, address, response)

    def create(self, name: str, place: Place) -> None:
        """Make a bucket as AWS does since April 2023: no ACLs, no public access."""
        bucket = self.state.store.create(name, place.region if self.profile == "aws" else "")
        self.state.places[name] = place
        if self.profile == "aws":
            bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"
            bucket.public_access_block = PublicAccessBlock(*["true"] * 4)

    def keep(self, bucket: str, key: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Store an object, with all checks done."""
        url = f"https://{self._moto_host()}/{bucket}{canonical('/' + key)}"
        sent = {**headers, "content-length": str(len(body))}
        return self.state.store.answer(Request("PUT", url, sent, body), is_key=True)

    def _bucket(self, address: Address) -> Any:
        place = self.state.places.get(address.bucket)
        if place is None or address.bucket not in self.state.store.buckets:
            refuse("NoSuchBucket", "The specified bucket does not exist", BucketName=address.bucket)
        return self.state.store.buckets[address.bucket]

    def _check_place(self, address: Address, signed: tuple[User, Claim] | None) -> None:
        self._bucket(address)
        place = self.state.places[address.bucket]
        check_region(
            address,
            place.region,
            self.profile,
            signed_for=signed[1].scope.region if signed else None,
            presigned=bool(signed and signed[1].presigned),
        )
        if place.owner != ACCOUNT:
            access.denied()

    def _check_permission(
        self, request: Request, address: Address, signed: tuple[User, Claim] | None
    ) -> None:
        found = self.state.store.find(address.bucket, address.key) if address.key else None
        action = access.action_of(request, address)
        bucket = self._bucket(address)
        if signed is None:
            access.check_anonymous(bucket, action, address.key, found)
        else:
            access.check_user(signed[0], action, address.key)
            self._check_copy(request, signed[0])
        listing = signed is not None and signed[0].can_list
        reads = request.method in ("GET", "HEAD") and address.key
        if reads and found is None and not listing and address.parameter("uploadId") is None:
            access.denied()

    def _check_copy(self, request: Request, user: User) -> None:
        source = unquote(request.headers.get("x-amz-copy-source", "")).removeprefix("/")
        if not source:
            return
        bucket, _, key = source.partition("?")[0].partition("/")
        place = self.state.places.get(bucket)
        if place is None:
            refuse("NoSuchBucket", "The specified bucket does not exist", BucketName=bucket)
        if place.owner != ACCOUNT:
            access.denied()
        access.check_user(user, "s3:GetObject", key)
        found = self.state.store.find(bucket, key)
        if found is None and not user.can_list:
            access.denied()
        rules.check_copy_source(request, found, self.state.max_copy_bytes)

    def _check_rules(self, request: Request, address: Address) -> None:
        bucket = self._bucket(address)
        rules.check_owner(request)
        rules.check_metadata(request)
        rules.check_batch_delete(request, address)
        is_acl_call = request.method == "PUT" and address.parameter("acl") is not None
        access.check_acls(bucket, request.headers, is_acl_call=is_acl_call)
        if request.method == "PUT" and address.parameter("policy") is not None:
            access.check_policy_change(bucket, request.body)
        found = self.state.store.find(address.bucket, address.key) if address.key else None
        rules.check_conditions(request, address, found)

    def _create_asked(
        self, request: Request, address: Address, signed: tuple[User, Claim] | None
    ) -> Response:
        if signed is None:
            access.denied()
        access.check_user(signed[0], "s3:CreateBucket", "")
        region = address.region or signed[1].scope.region
        found = _LOCATION.search(request.body)
        asked = found[1].decode() if found else ("us-east-1" if self.profile == "aws" else region)
        if self.profile == "aws" and asked != region:
            refuse(
                "IllegalLocationConstraintException",
                f"The {asked} location constraint is incompatible for the region specific "
                "endpoint this request was sent to.",
            )
        taken = self.state.places.get(address.bucket)
        if taken:
            mine = taken.owner == ACCOUNT
            code = "BucketAlreadyOwnedByYou" if mine else "BucketAlreadyExists"
            refuse(code, "The requested bucket name is not available.", BucketName=address.bucket)
        if request.headers.get("x-amz-acl", "private") != "private":
            refuse(
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            )
        self.create(address.bucket, Place(ACCOUNT, asked if self.profile == "aws" else "auto"))
        return Response(200, {"location": f"/{address.bucket}"})

    def _take_form(self, request: Request, address: Address) -> Response:
        rules.check_form_allowed(self.profile)
        check_length(request.headers, request.body)
        form = forms.read_form(request)
        bucket = self._bucket(address)
        user = forms.check_form(form, address.bucket, self.state.users, self.clock.time())
        region = self.state.places[address.bucket].region
        check_region(address, region, "aws", signed_for=forms.scope_region(form), presigned=False)
        target = replace(address, key=form.key)
        access.check_user(user, "s3:PutObject", form.key)
        if self.state.places[address.bucket].owner != ACCOUNT:
            access.denied()
        headers = forms.stored_headers(form)
        acl = {"x-amz-acl": form.fields["acl"]} if "acl" in form.fields else {}
        access.check_acls(bucket, acl, is_acl_call=False)
        digests = {k: v for k, v in form.fields.items() if k.startswith("x-amz-checksum-")}
        check_digests(digests, form.content)
        rules.check_metadata(replace(request, headers=headers))
        stored = self.keep(address.bucket, form.key, form.content, {**headers, **acl})
        location = f"https://{address.bucket}.s3.{region}.amazonaws.com/{quote(target.key)}"
        return forms.answer_form(form, address.bucket, location, stored.headers["etag"])

    def _with_cors(self, request: Request, address: Address, response: Response) -> Response:
        bucket = self.state.store.buckets.get(address.bucket)
        kept = {k: v for k, v in response.headers.items() if not k.startswith("access-control-")}
        added = cors_headers(request, bucket.cors) if bucket else {}
        return Response(response.status, {**kept, **added}, response.body)

    def _moto_host(self) -> str:
        return f"s3.{self.state.store.region}.amazonaws.com"

    def _ask(self, request: Request, address: Address) -> Response:
        """Put the question to moto, without anything about signing."""
        pairs = [pair for pair in address.query if not pair[0].startswith("X-Amz-")]
        query = "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)
        path = f"/{address.bucket}{canonical('/' + address.key)}" if address.bucket else "/"
        url = f"https://{self._moto_host()}{path}?{query}"
        response = self.state.store.answer(
            replace(request, url=url), is_key=bool(address.bucket and address.key)
        )
        if request.method == "DELETE" and address.bucket not in self.state.store.buckets:
            self.state.places.pop(address.bucket, None)
        return as_s3(request, response, self.clock.time())


def _is_creation(address: Address) -> bool:
    return all(name.startswith(("X-Amz-", "x-id")) for name, _ in address.query)
