"""Prints the folder of CPython 3.13's standard library, kept in the user's cache folder.

It is that of Pyodide, a build of CPython whose package carries the library's sources as they are.
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "pyodide@0.29.4"
SHA512 = (
    "b42b1e4eca94de44b16488e4b9ee735f14cc344c2b299c0e20811044103f5731"
    "f114dd61a02c5ee30e35a617c274777d8adf517023506f92bf45ed089ea320bc"
)


def main() -> None:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("STATEFLOW_CACHE") or Path(home) / "stateflow")
    library = cache / f"library-{PACKAGE}-{SHA512[:16]}"
    if not library.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            unpack(archive(Path(folder)), Path(folder, "library"))
            move(Path(folder, "library"), library)
    print(library)


def archive(folder: Path) -> bytes:
    """The package as the registry has it."""
    npm = ["npm", "pack", "--silent", "--pack-destination", str(folder), PACKAGE]
    subprocess.run(npm, check=True, stdout=subprocess.DEVNULL)
    (packed,) = folder.glob("*.tgz")
    content = packed.read_bytes()
    if (found := hashlib.sha512(content).hexdigest()) != SHA512:
        sys.exit(f"{PACKAGE} has the SHA-512 {found}, not {SHA512}")
    return content


def unpack(package: bytes, into: Path) -> None:
    """Writes the library's modules to a folder."""
    with tarfile.open(fileobj=io.BytesIO(package)) as files:
        member = files.extractfile("package/python_stdlib.zip")
        assert member is not None
        library = zipfile.ZipFile(io.BytesIO(member.read()))
    library.extractall(into, [name for name in library.namelist() if name.endswith(".py")])


def move(folder: Path, to: Path) -> None:
    """Puts a folder in its place, unless another process has."""
    try:
        folder.rename(to)
    except OSError:
        if not to.is_dir():
            raise


if __name__ == "__main__":
    main()
