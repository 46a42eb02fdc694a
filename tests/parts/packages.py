"""Code packages made in memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from the0_actors.actors.domain.code import CodeFile


@dataclass(frozen=True)
class MemoryPackage:
    """A `CodePackage` of the given files; the digest is one of their paths and contents."""

    contents: Mapping[str, bytes]
    executable: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def digest(self) -> str:
        whole = sha256()
        for path in sorted(self.contents):
            whole.update(f"{path}\0{len(self.contents[path])}\0".encode())
            whole.update(self.contents[path])
        return whole.hexdigest()

    @property
    def files(self) -> tuple[CodeFile, ...]:
        return tuple(
            CodeFile(path, len(self.contents[path]), path in self.executable) for path in sorted(self.contents)
        )

    def read(self, path: str) -> Iterator[bytes]:
        content = self.contents[path]
        for start in range(0, len(content), 65536):
            yield content[start : start + 65536]
