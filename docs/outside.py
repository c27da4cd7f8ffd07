"""Puts into the site what its pages link to outside of docs/: other pages as pages, other files as listings.

In the repository such a link is a path (`../bench/RESULTS.md`), so it works wherever the repository is read. The
site has no such folder, so MkDocs runs this (`hooks` in mkdocs.yml): the files come in under `repository/`, and
links lead there. A file that does not exist is left to MkDocs, whose strict build then ends.
"""

import posixpath
import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parent.parent
DOCS: Final = "docs/"
ROOM: Final = "repository/"
LINK: Final = re.compile(r"(?<=\]\()(?![a-z]+:)([^)#\s]+)(?=[)#])")
LANGUAGES: Final = {".example": "sh", ".yml": "yaml", ".yaml": "yaml"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add all that pages link to outside of docs/, and what those pages link to in turn."""
    queue = [DOCS + page.src_uri for page in files.documentation_pages()]
    for path in queue:  # it grows meanwhile
        text = (ROOT / path).read_text(encoding="utf-8")
        if not path.startswith(DOCS):
            files.append(File.generated(config, address(path), content=listing(path, text)))
        if path.endswith(".md"):
            targets = {meant(path, link[1]) for link in LINK.finditer(text)}
            queue += sorted(
                target
                for target in targets
                if not target.startswith(DOCS) and (ROOT / target).is_file() and target not in queue
            )
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links that leave docs/, or come back to it, to where the site has their targets."""
    here = page.file.src_uri
    source = here.removeprefix(ROOM) if here.startswith(ROOM) else DOCS + here

    def led(link: re.Match[str]) -> str:
        target = address(meant(source, link[1]))
        known = files.get_file_from_path(target) is not None
        return posixpath.relpath(target, posixpath.dirname(here)) if known else link[1]

    return LINK.sub(led, markdown)


def meant(source: str, link: str) -> str:
    """The path from the repository's root to what a link on the page `source` leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link))


def address(path: str) -> str:
    """Where the site has a file of the repository, seen from docs/. MkDocs leaves out names with a dot in front."""
    if path.startswith(DOCS):
        return path.removeprefix(DOCS)
    folder, name = posixpath.split(path)
    return posixpath.join(ROOM, folder, name.lstrip(".") + ("" if name.endswith(".md") else ".md"))


def listing(path: str, text: str) -> str:
    """A page as it is; of any other file, a page that shows it and is not searched."""
    if path.endswith(".md"):
        return text
    suffix = Path(path).suffix
    fence = "```" if "```" not in text else "~~~~"
    language = LANGUAGES.get(suffix, suffix.removeprefix("."))
    return f"---\nsearch: {{exclude: true}}\n---\n# {path}\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n"
