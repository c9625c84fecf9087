"""Direct uploads: a browser sends a file to S3 itself, and nothing it says is believed.

The server makes the key, under the owner's prefix. The form may write to that key only, for some
minutes, one type, a size within limits. What arrived is looked at before it counts, and is then
copied to a key that no form can write to: until the form expires, its holder could replace what
was looked at.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from integrations.core.errors import (
    ConflictError,
    IntegrationError,
    InvalidRequestError,
    NotFoundError,
)
from integrations.core.views import Displayed
from integrations.s3 import arguments as check
from integrations.s3.client import S3Client
from integrations.s3.filetypes import (
    IMAGES,
    SNIFFED_BYTES,
    VIDEO,
    AllowList,
    guess_content_type,
    is_active,
    matches,
)
from integrations.s3.keys import unique_key
from integrations.s3.models import ObjectInfo
from integrations.s3.shared import client_or_shared
from integrations.s3.upload_store import Upload, UploadStore, moved_on

INCOMING = "incoming"
"""The first part of the keys that forms write to. Let a lifecycle rule empty it."""
UPLOADS = "uploads"
"""The first part of the keys of complete uploads."""


def _new_id() -> str:
    return uuid.uuid4().hex


class UploadRejectedError(InvalidRequestError):
    """What was uploaded is not what was agreed; it is deleted."""


@dataclass(frozen=True)
class DirectUpload(Displayed):
    """What a page needs to send one file to S3 itself.

    Attributes:
        upload_id: pass it to :func:`complete_upload` when the file is there.
        method: ``POST``: a form with ``fields``, the file last. ``PUT``: the file as the body.
        url: where to.
        fields: of the form.
        headers: of the PUT, to be sent as they are.
        expires_at: Unix time.
    """

    upload_id: str
    method: str
    url: str = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str]
    expires_at: float


def get_direct_upload_form_data(
    name: str,
    *,
    owner: str,
    store: UploadStore,
    allow: AllowList = IMAGES,
    max_bytes: int = 10 * 1024 * 1024,
    size: int | None = None,
    expires_in: int = 600,
    client: S3Client | None = None,
    new_id: Callable[[], str] = _new_id,
) -> DirectUpload:
    """Let an owner upload one file, and keep a pending upload in ``store``.

    Args:
        name: what the sender calls the file; its suffix decides the type.
        owner: your id of whoever is logged in; never from the request's body.
        store: where uploads are kept.
        allow: the types that are taken.
        max_bytes: the largest file.
        size: the exact size. Needed where there are no POST forms (R2, B2): a signed PUT cannot
            hold a range of sizes.
        expires_in: seconds; short, since the form works for whoever has it.
        client: one made from the environment when None.
        new_id: makes the random ids.

    Raises:
        InvalidRequestError: the type is not on the list, or an argument is refused.
    """
    s3 = client_or_shared(client)
    kind = _allowed_type(name, allow)
    check.whole("max_bytes", max_bytes, 1, 5 * 1024**3)
    if size is not None:
        check.whole("size", size, 1, max_bytes)
    key = unique_key(name, owner, area=UPLOADS, suffix=allow.suffix(kind), new_id=new_id)
    incoming = INCOMING + key.removeprefix(UPLOADS)
    upload = Upload(new_id(), owner, name, kind, max_bytes, incoming, key, s3.clock.time())
    ready = _ready(s3, upload, size, check.expiry(expires_in))
    store.add(upload)
    return ready


def _allowed_type(name: str, allow: AllowList) -> str:
    kind = guess_content_type(check.text("name", name))
    if kind == "image/svg+xml":
        check.refuse("name", "is an SVG: a document with scripts, not a picture; convert it to PNG")
    if kind not in allow:
        wanted = ", ".join(suffix for _, suffix in allow.types)
        check.refuse("name", f"{name!r} is not among {allow.name} ({wanted})")
    return kind


def _ready(s3: S3Client, upload: Upload, size: int | None, seconds: int) -> DirectUpload:
    if s3.settings.preset.post_forms:
        form = s3.presign_post(
            upload.incoming_key,
            content_type=upload.content_type,
            min_bytes=size or 1,
            max_bytes=size or upload.max_bytes,
            fields={"success_action_status": "201"},
            expires_in=seconds,
        )
        return DirectUpload(upload.id, "POST", form.url, form.fields, {}, form.expires_at)
    if size is None:
        check.refuse("size", f"is needed: {s3.settings.provider} has no forms, and a PUT needs it")
    put = s3.presign_put(
        upload.incoming_key,
        content_type=upload.content_type,
        content_length=size,
        if_none_match=True,
        expires_in=seconds,
    )
    return DirectUpload(upload.id, "PUT", put.url, {}, put.headers, put.expires_at)


def complete_upload(
    upload_id: str, *, owner: str, store: UploadStore, client: S3Client | None = None
) -> Upload:
    """Look at what arrived, and make it the owner's. May be called again: the end is the same.

    Raises:
        NotFoundError: no such upload of this owner; or the file has not arrived.
        UploadRejectedError: it is not what was agreed. It is deleted.
        ConflictError: it was replaced while it was looked at. Call again.
    """
    s3 = client_or_shared(client)
    upload = _owned(upload_id, owner, store)
    if upload.status == "complete":
        return upload
    if upload.status == "error":
        raise _rejected(upload)
    # One that hangs in processing belongs to a process that died: looking again does no harm.
    working = upload if upload.status == "processing" else _moved(store, upload, "processing")
    try:
        info = _arrived(s3, working)
        problem = _problem(s3, working, info)
        if problem is None:
            s3.copy(working.incoming_key, working.key, source_etag=info.etag)
    except IntegrationError:
        # Nothing is known: a failed look must not count as done.
        if moved_on(store, working, status="pending") is None:
            return _ended_elsewhere(upload_id, owner, store)
        raise
    if problem is not None:
        return _refuse(s3, store, working, problem)
    done = moved_on(store, working, status="complete", size=info.size, etag=info.etag)
    if done is None:
        return complete_upload(upload_id, owner=owner, store=store, client=s3)
    s3.delete(working.incoming_key)
    return done


def _arrived(s3: S3Client, upload: Upload) -> ObjectInfo:
    try:
        return s3.head(upload.incoming_key)
    except NotFoundError as error:
        raise NotFoundError(
            "no file has arrived for this upload",
            provider="s3",
            status=404,
            hint="Read what S3 answered to the form or the PUT, then send the file again.",
        ) from error


def _ended_elsewhere(upload_id: str, owner: str, store: UploadStore) -> Upload:
    """Return what another request has made of an upload; while it is at it, ask to call again."""
    upload = _owned(upload_id, owner, store)
    if upload.status == "complete":
        return upload
    if upload.status == "error":
        raise _rejected(upload)
    raise ConflictError(
        "another request is completing this upload", provider="s3", hint="Call again."
    )


def _owned(upload_id: str, owner: str, store: UploadStore) -> Upload:
    upload = store.get(upload_id)
    # The same answer for somebody else's: ids must not tell what exists.
    if upload is None or upload.owner != owner:
        raise NotFoundError("there is no such upload", provider="s3", argument="upload_id")
    return upload


def _moved(store: UploadStore, upload: Upload, status: str) -> Upload:
    after = moved_on(store, upload, status=status)
    if after is None:
        raise ConflictError(
            "another request is completing this upload", provider="s3", hint="Call again."
        )
    return after


def _problem(s3: S3Client, upload: Upload, info: ObjectInfo) -> str | None:
    if not 1 <= info.size <= upload.max_bytes:
        return f"it has {info.size} bytes; 1 to {upload.max_bytes} were agreed"
    if info.content_type != upload.content_type:
        return f"its type is {info.content_type!r}; {upload.content_type!r} was agreed"
    # Of the version that was measured and will be copied: the form's holder may swap it meanwhile.
    stop = min(info.size, SNIFFED_BYTES)
    head = s3.download_bytes(upload.incoming_key, stop=stop, etag=info.etag)
    if is_active(head) or not matches(upload.content_type, head):
        return f"its first bytes are not those of {upload.content_type}"
    return None


def _refuse(s3: S3Client, store: UploadStore, upload: Upload, problem: str) -> Upload:
    s3.delete(upload.incoming_key)
    refused = moved_on(store, upload, status="error", error=problem)
    raise _rejected(refused or upload)


def _rejected(upload: Upload) -> UploadRejectedError:
    why = upload.error or "it was refused"
    return UploadRejectedError(
        f"{upload.name!r} was refused: {why}",
        provider="s3",
        argument="upload_id",
        hint="Ask for a new form, and upload a file of the agreed type and size.",
    )


def get_upload_file_url(
    upload_id: str,
    *,
    owner: str,
    store: UploadStore,
    expires_in: int = 300,
    inline: bool = False,
    client: S3Client | None = None,
) -> str:
    """Return a signed URL of a complete upload, for its owner.

    It is offered to be saved, with the type that was agreed. ``inline`` shows it instead, for
    images and video only: those hold no scripts.

    Raises:
        NotFoundError: no such upload of this owner, or it is not complete.
        InvalidRequestError: ``inline`` for a type that is not shown.
    """
    s3 = client_or_shared(client)
    upload = _owned(upload_id, owner, store)
    if upload.status != "complete":
        raise NotFoundError(f"the upload is {upload.status}", provider="s3", argument="upload_id")
    if inline and upload.content_type not in IMAGES + VIDEO:
        check.refuse("inline", f"{upload.content_type} may hold scripts; offer it to be saved")
    name = None if inline else upload.key.rpartition("/")[2]
    kind = upload.content_type
    return s3.presign_get(upload.key, expires_in=expires_in, filename=name, content_type=kind).url


def delete_upload(
    upload_id: str, *, owner: str, store: UploadStore, client: S3Client | None = None
) -> None:
    """Delete an owner's upload, whatever its status, and forget it.

    Raises:
        NotFoundError: no such upload of this owner.
    """
    s3 = client_or_shared(client)
    upload = _owned(upload_id, owner, store)
    s3.delete_many([upload.incoming_key, upload.key])
    store.remove(upload_id)


def sweep_abandoned(
    store: UploadStore, *, older_than_s: int = 86_400, client: S3Client | None = None
) -> tuple[Upload, ...]:
    """End the uploads that nobody completed, delete what arrived of them, and return them.

    Args:
        store: where uploads are kept.
        older_than_s: younger ones are left alone; longer than a form lasts.
        client: one made from the environment when None.
    """
    s3 = client_or_shared(client)
    limit = s3.clock.time() - check.whole("older_than_s", older_than_s, 0, 10**9)
    swept = []
    for upload in store.unfinished(limit):
        ended = moved_on(store, upload, status="error", error="abandoned")
        if ended is not None:
            s3.delete(upload.incoming_key)
            swept.append(ended)
    return tuple(swept)
