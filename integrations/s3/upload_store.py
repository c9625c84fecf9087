"""What is known of direct uploads, and where it is kept."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from integrations.core.views import Displayed

Status = Literal["pending", "processing", "complete", "error"]


@dataclass(frozen=True)
class Upload(Displayed):
    """One direct upload, from its form to its end.

    Attributes:
        id: names it in your own URLs.
        owner: your id of whoever it belongs to.
        name: what the sender calls the file; for people only.
        content_type: the type that was agreed.
        max_bytes: the size that was agreed.
        incoming_key: where the form may write; nothing is served from there.
        key: where it lies when it is complete.
        created_at: Unix time.
        status: ``pending`` until the sender is done, ``processing`` while it is looked at, then
            ``complete`` or ``error``.
        size: bytes, when complete.
        etag: its content, when complete.
        error: why it was refused.
    """

    id: str
    owner: str
    name: str
    content_type: str
    max_bytes: int
    incoming_key: str
    key: str
    created_at: float
    status: Status = "pending"
    size: int | None = None
    etag: str | None = None
    error: str | None = None


class UploadStore(Protocol):
    """Where uploads are kept: a table of your database, in production."""

    def add(self, upload: Upload) -> None:
        """Keep a new upload."""
        ...

    def get(self, upload_id: str) -> Upload | None:
        """Return an upload."""
        ...

    def swap(self, before: Upload, after: Upload) -> bool:
        """Replace ``before`` by ``after`` in one step, if it is still what is kept.

        In SQL: ``UPDATE … WHERE id = … AND status = …``, and whether a row was changed.
        """
        ...

    def remove(self, upload_id: str) -> None:
        """Forget an upload; one that is not there is forgotten already."""
        ...

    def unfinished(self, before: float) -> Iterator[Upload]:
        """Walk over those pending or processing that were created before a Unix time."""
        ...


class MemoryUploads:
    """Keeps uploads in this process: for tests, notebooks and trying out. Safe in threads."""

    def __init__(self) -> None:
        """Start empty."""
        self._uploads: dict[str, Upload] = {}
        self._lock = threading.Lock()

    def add(self, upload: Upload) -> None:
        """Keep a new upload."""
        with self._lock:
            self._uploads[upload.id] = upload

    def get(self, upload_id: str) -> Upload | None:
        """Return an upload."""
        return self._uploads.get(upload_id)

    def swap(self, before: Upload, after: Upload) -> bool:
        """Replace ``before`` by ``after``, if it is still what is kept."""
        with self._lock:
            if self._uploads.get(before.id) != before:
                return False
            self._uploads[before.id] = after
            return True

    def remove(self, upload_id: str) -> None:
        """Forget an upload."""
        with self._lock:
            self._uploads.pop(upload_id, None)

    def unfinished(self, before: float) -> Iterator[Upload]:
        """Walk over those pending or processing that were created before a Unix time."""
        with self._lock:
            kept = tuple(self._uploads.values())
        return (
            each
            for each in kept
            if each.status in ("pending", "processing") and each.created_at < before
        )


def moved_on(store: UploadStore, upload: Upload, **changes: object) -> Upload | None:
    """Return the changed upload when it could be swapped, else None."""
    after = replace(upload, **changes)  # type: ignore[arg-type]
    return after if store.swap(upload, after) else None
