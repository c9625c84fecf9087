"""Show how far a transfer is: tqdm, in a notebook and in a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from integrations.core.errors import ConfigurationError
from integrations.s3.uploading import Progress


@contextmanager
def progress_bar(title: str, *, total: int | None = None) -> Iterator[Progress]:
    """Draw a bar while the block runs; pass what it yields as ``progress=``.

    Args:
        title: what moves.
        total: bytes, where they are known.

    Raises:
        ConfigurationError: tqdm is not installed.
    """
    try:
        from tqdm.auto import tqdm
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            "progress_bar needs tqdm: pip install 'integrations-workbook[s3]'"
        ) from missing
    with tqdm(desc=title, total=total, unit="B", unit_scale=True, unit_divisor=1024) as bar:
        yield bar.update
