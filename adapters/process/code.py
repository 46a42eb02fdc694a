"""Code on this host's disk: one folder per content, which has its name only when it is whole."""

import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from the0_actors.actors.domain.code import CodePackage


class CodeFolder:
    """All code of one installation. Raises `OSError` as the disk does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def has(self, code_hash: str) -> bool:
        """Tell whether code of that content is here."""
        return (self.path / code_hash).is_dir()

    def store(self, package: CodePackage) -> None:
        """Unpack under another name, then rename: a half-filled folder counts for nothing."""
        if self.has(package.digest):
            return
        fresh = self.path / f".{secrets.token_hex(8)}"
        try:
            for file in package.files:
                path = fresh / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as target:
                    target.writelines(package.read(file.path))
                path.chmod(0o755 if file.executable else 0o644)
            fresh.mkdir(exist_ok=True)  # an archive may be empty
            self._publish(fresh, package.digest)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _publish(self, fresh: Path, code_hash: str) -> None:
        try:
            fresh.rename(self.path / code_hash)
        except OSError:
            if not self.has(code_hash):  # or else another thread was quicker
                raise

    def sweep(self, used: frozenset[str], *, before: float) -> int:
        """Remove code that is not in use, and what a crash left half-filled before that wall time."""
        unused = [path for path in self.path.glob("[!.]*") if path.name not in used]
        for path in unused:
            shutil.rmtree(path)
        for path in self.path.glob(".*"):
            with suppress(FileNotFoundError):  # being stored at this moment
                if path.stat().st_mtime < before:
                    shutil.rmtree(path)
        return len(unused)
