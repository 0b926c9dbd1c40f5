"""Sites with Related News, built by their real generators: every page has its box of links."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import sysconfig
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest

import preloaded
from relnews import read_articles

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "pelican-site"
SCRIPTS = sysconfig.get_path("scripts")


class Box(HTMLParser):
    """The links in a page's section of related articles."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self._inside = False
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        self._inside = self._inside or (tag == "section" and about.get("class") == "related")
        if self._inside and tag == "a":
            self.links.append(about["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "section"


def run(command: list[str], folder: Path) -> None:
    folders = os.pathsep.join(map(str, filter(None, [preloaded.folder(), SCRIPTS])))
    program = shutil.which(command[0], path=folders) or command[0]
    # The cache of Docusaurus is beside its packages, and takes one site for another.
    env = {**os.environ, "DOCUSAURUS_NO_PERSISTENT_CACHE": "true"}
    done = subprocess.run(
        [program, *command[1:]], cwd=folder, capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def run_readme(folder: Path) -> None:
    """Run the commands of the example's README, except installations."""
    for line in re.findall(r"^\$ (.*)$", (folder / "README.md").read_text(), re.MULTILINE):
        if not line.startswith("pip "):
            run(shlex.split(line), folder)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """Return a copy of the example without built files."""
    pytest.importorskip("pelican", reason="Pelican is not installed")
    ignored = shutil.ignore_patterns(*(EXAMPLE / ".gitignore").read_text().replace("/", "").split())
    return Path(shutil.copytree(EXAMPLE, tmp_path / "site", ignore=ignored))


def boxes(folder: Path) -> dict[str, list[str]]:
    """Return the links of each article's box; fail if a link leads nowhere."""
    found: dict[str, list[str]] = {}
    for article in (folder / "content").glob("*.md"):
        page = folder / "output" / f"{article.stem}.html"
        if "Status: draft" in article.read_text(encoding="utf-8"):
            assert not page.exists()
            continue
        found[article.stem] = [unquote(link) for link in Box(page).links]
        for link in found[article.stem]:
            assert (folder / "output" / link.removeprefix("/")).is_file(), link
    return found


def test_the_example_site(example: Path) -> None:
    """The README's commands give each page a box of working links, and apply changes."""
    run_readme(example)
    found = boxes(example)
    assert len(found) == 12
    ferry = {f"/{name}.html" for name in found if "ferry" in name}
    assert {*found["ferry-strike-ends"][:3]} == ferry - {"/ferry-strike-ends.html"}
    assert all(found.values())
    assert not any("winter-timetable" in link for links in found.values() for link in links)

    draft = example / "content" / "winter-timetable.md"
    draft.write_text(draft.read_text(encoding="utf-8").replace("Status: draft\n", ""), "utf-8")
    (example / "content" / "ferry-strike-empties-shops.md").unlink()
    (example / "output" / "ferry-strike-empties-shops.html").unlink()
    run(["relnews", "update", "site.relnews", "content", "--field", "id=slug"], example)
    run(["relnews", "remove", "site.relnews", "ferry-strike-empties-shops"], example)
    run(["relnews", "export", "site.relnews", "--site", "pelican", "-o", "."], example)
    run(["pelican", "content", "-s", "pelicanconf.py", "-o", "output"], example)

    links = {link for links in boxes(example).values() for link in links}
    assert "/winter-timetable.html" in links
    assert "/ferry-strike-empties-shops.html" not in links


# --- what the guides say of each generator -------------------------------------------------------

#: Front matter, and a text that has words of every other text.
TEXT = "---\ntitle: {}\ndate: {}\n{}---\nCrews of the island ferry, bread, rosters and flour.\n"

#: A headline that would run a script if a template did not escape it.
HOSTILE = '"Crews & <script>alert(1)</script> rosters"'


def text(title: str = "The crews", date: str = "2025-03-01", more: str = "") -> str:
    return TEXT.format(title, date, f"{more}\n" if more else "")


def post(title: str, more: str = "") -> str:
    """Return a post whose excerpt has no box."""
    return f"{text(title, more=more)}\n<!-- truncate -->\n\nOn the pier.\n"


@dataclasses.dataclass(frozen=True)
class Case:
    """A site: the files of a guide, and others that are more difficult.

    ``published`` are files that have pages; ``hidden`` are files that must have none.
    """

    generator: str
    output: str
    published: dict[str, str]
    hidden: dict[str, str]
    files: dict[str, str] = dataclasses.field(default_factory=dict)


PELICAN = Case(
    "pelican",
    "output",
    {
        "content/a/b/Ärger im Hafen.md": text("Ärger im Hafen & auf See: 100 %!"),
        "content/a/hostile.md": text(HOSTILE, more="slug: hostile"),
        "content/a/lines.md": "---\nTitle: Time: noon\nDate: 2025-03-02\n---\nThe ferry.\n",
        "content/a/meta.md": "Title: Ferry\n    fares\nDate: 2025-03-02\nUrl: x/fares.html\n"
        "Save_as: x/fares.html\nTags: a, b\n   \nCrews of the island ferry.\n",
        "content/2025-03-04-dated.md": "Title: Dated by its name\n\nThe ferry, bread, rosters.\n",
        "content/a/german.md": text("Die Crews", more="lang: de"),
        "content/a/fähre.md": text("Die Fähre", more="lang: de"),
    },
    {
        "content/pages/about.md": text("About"),
        "content/a/draft.md": text("Draft", more="status: draft"),
        "content/a/hidden.md": text("Hidden", more="status: hidden"),
        "content/a/undated.md": "Title: Undated\n\nThe ferry.\n",
    },
)

MKDOCS = Case(
    "mkdocs",
    "site",
    {
        "docs/blog/posts/a/Ärger.md": text('"Ärger im Hafen: 100 %!"'),
        "docs/blog/posts/a/hostile.md": text(HOSTILE, more="slug: hostile"),
        "docs/blog/posts/no_title.md": "---\ndate: 2025-03-01\n---\nThe ferry, bread, rosters.\n",
        "docs/blog/posts/fares.md": "---\ndate: 2025-03-09\n---\n\n"
        "# Fares: *up* again\n\nA ferry.\n",
    },
    {"docs/blog/posts/draft.md": text("Draft", more="draft: true")},
)

HUGO = Case(
    "hugo",
    "public",
    {
        "content/posts/Upper Case & ärger.md": text(),
        "content/posts/hostile.md": text(HOSTILE),
        "content/posts/url.md": text("Url", more="url: /somewhere/else.html"),
        "content/posts/dots.v1.md": text("Dots"),
        "content/top.md": text("Top"),
        "content/posts/2025-03-01-dated.md": text("Dated"),
    },
    {
        "content/posts/draft.md": text("Draft", more="draft: yes").replace("yes", "true"),
        "content/posts/island/ferry-talks/notes.md": text("Notes"),
        "content/old/_index.md": "---\ncascade:\n  draft: true\n---\n",
        "content/old/a.md": text("Old"),
        "content/old/deep/b.md": text("Old"),
        "content/posts/expired.md": text("Expired", more="expiryDate: 2020-01-01"),
        "content/posts/never.md": text(
            "Never", more="build:\n  render: never\n  list: never"
        ).replace("build:", "_build:"),
        "content/posts/head/index.md": text("Headless", more="headless: true"),
    },
)

LANGUAGES = dataclasses.replace(
    HUGO,
    published=HUGO.published | {
        "content/posts/island/ferry-strike.de.md": text("Streik der Fähre"),
        "content/posts/island/ferry-talks/index.de.md": text("Gespräche"),
        "content/news/permalink.md": text('"Fares: up & up again"'),
        "content/news/sub/slug.md": text("Slug", more="slug: my-slug"),
    },
    files={
        "hugo.toml": 'baseURL = "https://gazette.example/"\ndefaultContentLanguage = "en"\n'
        '[permalinks]\nnews = "/:year/:month/:section/:slug/"\n'
        "[languages.en]\nweight = 1\n[languages.de]\nweight = 2\n",
    },
)  # fmt: skip

JEKYLL = Case(
    "jekyll",
    "_site",
    {
        "_posts/2025-03-01-Upper Case & ärger.md": text(),
        "_posts/2025-3-1-single-digits.md": text("Single", more="categories: [B c, D]"),
        "_posts/2025-03-02-hostile.md": text(HOSTILE, more="category: A b"),
        "_posts/2025-03-03-slug.md": text("Slug", more="slug: My own slug"),
        "_posts/2025-03-04-permalink.md": text("P", more="permalink: /x/:year/:title.html"),
        "town/news/_posts/2025-03-05-folder.md": text("Folder", more="categories: more"),
        "_posts/2025-03-06-zone.md": text("Zone", "2025-03-07 00:30:00 +0200"),
        "_posts/2025-03-08-no-date.md": "---\ntitle: No date\n---\nThe ferry, bread, rosters.\n",
        "_reports/a b.md": text("Blank"),
    },
    {
        "_posts/2025-03-01-draft.md": text("Draft", more="published: false"),
        "_drafts/idea.md": text("Idea"),
        "_posts/no-date.md": text("No date in its name"),
        "about.md": text("About"),
    },
)

ELEVENTY = Case(
    "eleventy",
    "_site",
    {
        "articles/island/Upper Case & ärger.md": text(),
        "articles/island/hostile.md": text(HOSTILE),
        "articles/town/town.md": text("The same name as its folder"),
        "articles/plain/permalink.md": text("P", more="permalink: /plain/page.html"),
        "articles/data/data.json": '{"permalink": "/data/{{ page.filePathStem }}/"}',
        "articles/data/2025-03-01-stem.md": text("Stem"),
    },
    {
        "articles/island/no-page.md": text("No page", more="permalink: false"),
        "articles/island/out.md": text("Out", more="eleventyExcludeFromCollections: true"),
    },
)

ASTRO = Case(
    "astro",
    "dist",
    {
        "src/content/blog/Upper Case & ärger.md": text(),
        "src/content/blog/hostile.md": text(HOSTILE),
        "src/content/blog/island/slug.md": text("Slug", more="slug: my/own-slug"),
        "src/content/blog/v1.2/dots.md": text("Dots"),
    },
    {"src/content/blog/draft.md": text("Draft", more="draft: true")},
)

DOCUSAURUS = Case(
    "docusaurus",
    "build",
    {
        "blog/a/2025-03-01-dated.md": post("Dated"),
        "blog/2025/03/02/folders.md": post("Folders"),
        "blog/hostile.md": post(HOSTILE),
        "blog/a/slug.md": post("Slug", more="slug: own-slug"),
    },
    {
        "blog/draft.md": post("Draft", more="draft: true"),
        "blog/unlisted.md": post("Unlisted", more="unlisted: true"),
        "blog/_partial.md": post("Partial"),
    },
    {"package.json": "{}"},
)

CONFIG = "collections: {reports: {output: true}}\nexclude: [site.relnews]\n" \
    "defaults:\n- scope: {path: ''}\n  values: {layout: article}\n"  # fmt: skip

#: Settings of Jekyll for the same texts.
PERMALINKS = {
    name: dataclasses.replace(JEKYLL, files={"_config.yml": CONFIG + settings})
    for name, settings in {
        "pretty": "permalink: pretty\ntimezone: Europe/Berlin\n",
        "ordinal": "permalink: ordinal\n",
        "weekdate": "permalink: weekdate\ntimezone: America/New_York\n",
        "none": "permalink: none\n",
        "pattern": "permalink: /:slugified_categories/:short_year-:i_month/:slug/\n",
    }.items()
}

SLOW = {
    "hugo": HUGO, "hugo-languages": LANGUAGES, "jekyll": JEKYLL, "eleventy": ELEVENTY,
    "astro": ASTRO, "docusaurus": DOCUSAURUS,
    **{f"jekyll-{name}": case for name, case in PERMALINKS.items()},
}  # fmt: skip


ENDINGS = (".md", ".mdx", ".rst")


def guide(name: str) -> str:
    return (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8")


def files_of(page: str) -> dict[str, str]:
    """Return the files shown in a guide, by name."""
    return dict(
        re.findall(
            r"^```\{code-block\}[^\n]*\n:caption: ([^\n]+)\n\n?(.*?)^```$", page, re.M | re.S
        )
    )


def commands_of(page: str) -> list[str]:
    """Return the commands of a guide that make the site."""
    lines = re.findall(r"^```bash\n(.*?)^```$", page, re.M | re.S)
    commands = "".join(lines).splitlines() or re.findall(r"^\$ (.*?)(?: 2>.*)?$", page, re.M)
    return [command for command in commands if not command.startswith(("pip ", "grep "))]


def built(case: Case, folder: Path, source: str) -> Path:
    """Build a site by the commands of its guide; return the folder with its pages.

    ``source`` is the folder that relnews reads, in place of the one in the guide.
    """
    program = shutil.which(case.generator, path=sysconfig.get_path("scripts"))
    program = program or shutil.which(case.generator)
    if program is None:
        pytest.skip(f"{case.generator} is not installed")
    page = guide(case.generator)
    for name, content in (files_of(page) | case.files | case.published | case.hidden).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    modules = next((p for p in Path(program).resolve().parents if p.name == "node_modules"), None)
    if modules is not None:  # packages that a project would have installed
        (folder / "node_modules").symlink_to(modules)
    for command in commands_of(page):
        command = re.sub(r"(?<=^relnews build )\S+", source, command)
        run(shlex.split(command), folder)
    return folder / case.output


def page_of(address: str, site: Path) -> Path:
    """Return the file of an address, as a server of static files does; fail if there is none."""
    path = site / unquote(address).lstrip("/")
    candidates = (path, path / "index.html", Path(f"{path}.html"))
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    assert found is not None, address
    return found


def check_site(case: Case, folder: Path, source: str) -> None:
    """Check that each published text has a page with a box, whose links all lead to pages."""
    site = built(case, folder, source)
    shown = [
        name for name in files_of(guide(case.generator)) if name.endswith((".md", ".mdx", ".rst"))
    ]
    others = {"src/pages/index.md", "docs/blog/index.md"}
    texts = {*shown, *(name for name in case.published if name.endswith(".md"))} - others
    texts = {name for name in texts if Path(name).is_relative_to(source)}
    addresses = {
        article.id: str(article.url)
        for article in read_articles(folder / source)
        if article.expires is None
    }
    assert len(addresses) == len(texts), addresses
    pages = {page_of(address, site) for address in addresses.values()}
    assert len(pages) == len(texts)
    for page in pages:
        links = Box(page).links
        assert links, page
        for link in links:
            # The base makes an absolute path of a relative one.
            address = urljoin(f"/{page.relative_to(site).as_posix()}", link)
            assert page_of(address, site) in pages
        box = page.read_text(encoding="utf-8").split('class="related"')[1].split("</section>")[0]
        assert "<script" not in box
    with_box = {page for page in site.rglob("*.html") if Box(page).links}
    assert with_box == pages


#: The folder that each guide reads, the folder of the settings, and a folder of some texts.
SOURCES = {
    "pelican": ("content", ".", "content/a"),
    "mkdocs": ("docs/blog/posts", ".", "docs/blog/posts/a"),
    "hugo": ("content", ".", "content/posts"),
    "hugo-languages": ("content", ".", "content/news"),
    "jekyll": (".", "_posts"),
    "eleventy": ("articles", ".", "articles/island"),
    "astro": ("src/content/blog", ".", "src/content/blog/island"),
    "docusaurus": ("blog", ".", "blog/a"),
}


def with_sources(cases: dict[str, Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("case", "source"),
        [
            pytest.param(case, source, id=f"{name}-{source}")
            for name, case in cases.items()
            for source in SOURCES.get(name, SOURCES[case.generator][:1])
        ],
    )


@with_sources({"pelican": PELICAN, "mkdocs": MKDOCS})
def test_sites_of_python(case: Case, source: str, tmp_path: Path) -> None:
    """A site of Pelican or MkDocs, made as its guide says, has a box of links on each page."""
    check_site(case, tmp_path, source)


@pytest.mark.slow
@with_sources(SLOW)
def test_sites_of_other_generators(case: Case, source: str, tmp_path: Path) -> None:
    """A site of each other generator, made as its guide says, has a box of links on each page."""
    check_site(case, tmp_path, source)
