"""Direct uploads: the way in, and every way in which a sender may lie."""

from typing import Any

import pytest

from integrations.core import faults as broken
from integrations.core.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    UnavailableError,
)
from integrations.core.wire import Request, Response, Wire
from integrations.core.workbook import Mock, counted
from integrations.s3.client import S3Client
from integrations.s3.filetypes import IMAGES, PDF, VIDEO
from integrations.s3.upload_store import MemoryUploads
from integrations.s3.uploads import (
    DirectUpload,
    UploadRejectedError,
    complete_upload,
    delete_upload,
    get_direct_upload_form_data,
    get_upload_file_url,
    sweep_abandoned,
)


@pytest.fixture
def store() -> MemoryUploads:
    return MemoryUploads()


def _begin(lab: Mock, store: MemoryUploads, **given: Any) -> DirectUpload:
    asked = {"name": "Me at the beach.PNG", "owner": "u7", **given}
    return get_direct_upload_form_data(
        store=store, client=lab.client, new_id=counted("id"), **asked
    )


def _arrives(
    lab: Mock, store: MemoryUploads, begun: DirectUpload, body: bytes, **kind: str
) -> None:
    """Let a file arrive as a browser would send it, the checks of the form aside."""
    upload = store.get(begun.upload_id)
    assert upload
    lab.fake.put_object(
        upload.incoming_key, body, content_type=kind.get("content_type", upload.content_type)
    )


def test_a_picture_becomes_its_owners(lab: Mock, store: MemoryUploads, png: bytes) -> None:
    begun = _begin(lab, store)
    waiting = store.get(begun.upload_id)
    assert waiting
    assert (waiting.status, waiting.content_type) == ("pending", "image/png")
    assert waiting.incoming_key == "incoming/u7/id-0001/me-at-the-beach.png"
    _arrives(lab, store, begun, png)
    done = complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    assert (done.status, done.size, done.key) == (
        "complete",
        len(png),
        "uploads/u7/id-0001/me-at-the-beach.png",
    )
    assert [each.key for each in lab.client.list_objects()] == [done.key]
    again = complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    assert again == done
    url = get_upload_file_url(begun.upload_id, owner="u7", store=store, client=lab.client)
    answer = lab.fake(Request("GET", url))
    assert answer.body == png
    assert answer.headers["content-disposition"].startswith("attachment")


def test_the_form_fixes_key_type_and_size(lab: Mock, store: MemoryUploads) -> None:
    begun = _begin(lab, store, max_bytes=1000)
    assert begun.method == "POST"
    assert begun.fields["key"].startswith("incoming/u7/")
    assert begun.fields["Content-Type"] == "image/png"
    assert begun.expires_at == int(lab.clock.time()) + 600


def test_who_holds_the_form_cannot_change_what_was_looked_at(
    lab: Mock, store: MemoryUploads, png: bytes
) -> None:
    begun = _begin(lab, store)
    _arrives(lab, store, begun, png)
    done = complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    _arrives(lab, store, begun, b"<script>alert(1)</script>")
    assert lab.client.download_bytes(done.key) == png


def test_a_file_that_is_swapped_for_the_look_and_back_again_is_not_taken(
    lab: Mock, store: MemoryUploads, png: bytes
) -> None:
    begun = _begin(lab, store)
    evil = b"<script>alert(1)</script>"
    _arrives(lab, store, begun, evil)

    def swapped(request: Request, wire: Wire) -> Response:
        _arrives(lab, store, begun, png)
        answer = wire(request)
        _arrives(lab, store, begun, evil)
        return answer

    lab.faults.inject(lambda request, wire: wire(request), swapped)
    with pytest.raises(ConflictError):
        complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    assert [each.key for each in lab.client.list_objects("uploads/")] == []
    with pytest.raises(UploadRejectedError, match="first bytes"):
        complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)


@pytest.mark.parametrize("owner", ["u8", "", "U7", "u7 "])
def test_somebody_elses_upload_does_not_exist(
    lab: Mock, store: MemoryUploads, png: bytes, owner: str
) -> None:
    begun = _begin(lab, store)
    _arrives(lab, store, begun, png)
    for call in (complete_upload, get_upload_file_url, delete_upload):
        with pytest.raises(NotFoundError, match="no such upload"):
            call(begun.upload_id, owner=owner, store=store, client=lab.client)
    with pytest.raises(NotFoundError, match="no such upload"):
        complete_upload("no-such-id", owner="u7", store=store, client=lab.client)


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"<script>alert(1)</script>", "image/png", "first bytes"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "image/png", "first bytes"),
        (b"%PDF-1.7 not a picture", "image/png", "first bytes"),
        (b"", "image/png", "0 bytes"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 2000, "image/png", "2008 bytes"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "text/html", "its type is"),
    ],
)
def test_what_was_not_agreed_is_refused_and_deleted(
    lab: Mock, store: MemoryUploads, body: bytes, kind: str, why: str
) -> None:
    begun = _begin(lab, store, max_bytes=1000)
    _arrives(lab, store, begun, body, content_type=kind)
    for _ in range(2):
        with pytest.raises(UploadRejectedError, match=why):
            complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    refused = store.get(begun.upload_id)
    assert refused
    assert refused.status == "error"
    assert [*lab.client.list_objects()] == []
    with pytest.raises(NotFoundError, match="error"):
        get_upload_file_url(begun.upload_id, owner="u7", store=store, client=lab.client)


def test_a_failed_look_does_not_count_as_done(lab: Mock, store: MemoryUploads, png: bytes) -> None:
    begun = _begin(lab, store)
    with pytest.raises(NotFoundError, match="no file has arrived"):
        complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    _arrives(lab, store, begun, png)
    lab.faults.inject(*[broken.status(500)] * 3)
    with pytest.raises(UnavailableError):
        complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    waiting = store.get(begun.upload_id)
    assert waiting
    assert waiting.status == "pending"
    done = complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    assert done.status == "complete"


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"name": "a.svg"}, "name"),
        ({"name": "a.html"}, "name"),
        ({"name": "a.png.exe"}, "name"),
        ({"name": "a"}, "name"),
        ({"name": "a.pdf"}, "name"),
        ({"owner": "../u8"}, "owner"),
        ({"owner": "u7/x"}, "owner"),
        ({"owner": ""}, "owner"),
        ({"expires_in": 0}, "expires_in"),
        ({"max_bytes": 0}, "max_bytes"),
        ({"size": 11, "max_bytes": 10}, "size"),
    ],
)
def test_a_form_for_what_is_not_allowed_is_not_made(
    lab: Mock, store: MemoryUploads, given: dict[str, Any], argument: str
) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        _begin(lab, store, **given)
    assert raised.value.argument == argument
    assert [*store.unfinished(1e12)] == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.png", "C:\\boot.png", "x" * 500 + ".png", "日本.png"]
)
def test_the_senders_name_never_leaves_the_owners_prefix(
    lab: Mock, store: MemoryUploads, name: str
) -> None:
    key = _begin(lab, store, name=name).fields["key"]
    assert key.startswith("incoming/u7/id-0001/")
    assert key.count("/") == 3
    assert key.endswith(".png")
    assert len(key) < 120


def test_r2_gets_a_put_of_the_exact_size(lab: Mock, store: MemoryUploads, png: bytes) -> None:
    from integrations.s3.fake import FakeS3
    from integrations.s3.tests.test_presigning import R2

    fake = FakeS3(clock=lab.clock, profile="r2")
    r2 = S3Client.from_env(R2, mode="mock", wire=fake, clock=lab.clock)
    with pytest.raises(InvalidRequestError, match="size"):
        get_direct_upload_form_data("a.png", owner="u7", store=store, client=r2)
    begun = get_direct_upload_form_data("a.png", owner="u7", store=store, client=r2, size=len(png))
    assert begun.method == "PUT"
    assert fake(Request("PUT", begun.url, begun.headers, png)).status == 200
    done = complete_upload(begun.upload_id, owner="u7", store=store, client=r2)
    assert r2.download_bytes(done.key) == png


def test_only_what_cannot_hold_scripts_is_shown(lab: Mock, store: MemoryUploads) -> None:
    begun = _begin(lab, store, name="a.pdf", allow=IMAGES + PDF + VIDEO)
    _arrives(lab, store, begun, b"%PDF-1.7\n")
    complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    with pytest.raises(InvalidRequestError, match="inline"):
        get_upload_file_url(
            begun.upload_id, owner="u7", store=store, client=lab.client, inline=True
        )


def test_deleting_forgets_the_file_and_the_record(
    lab: Mock, store: MemoryUploads, png: bytes
) -> None:
    begun = _begin(lab, store)
    _arrives(lab, store, begun, png)
    complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    delete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    assert [*lab.client.list_objects()] == []
    assert store.get(begun.upload_id) is None


def test_the_abandoned_are_swept_and_the_young_are_not(
    lab: Mock, store: MemoryUploads, png: bytes
) -> None:
    old = _begin(lab, store)
    _arrives(lab, store, old, png)
    lab.clock.advance(90_000)
    young = get_direct_upload_form_data("b.png", owner="u7", store=store, client=lab.client)
    swept = sweep_abandoned(store, client=lab.client)
    assert [(each.id, each.status, each.error) for each in swept] == [
        (old.upload_id, "error", "abandoned")
    ]
    assert [*lab.client.list_objects()] == []
    still = store.get(young.upload_id)
    assert still
    assert still.status == "pending"


def test_two_requests_that_complete_at_once_end_alike(
    lab: Mock, store: MemoryUploads, png: bytes
) -> None:
    begun = _begin(lab, store)
    _arrives(lab, store, begun, png)

    def meanwhile(request: Request, wire: Any) -> Any:
        complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
        return wire(request)

    lab.faults.inject(meanwhile)
    done = complete_upload(begun.upload_id, owner="u7", store=store, client=lab.client)
    assert done.status == "complete"
    assert lab.client.download_bytes(done.key) == png
