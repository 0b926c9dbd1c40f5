"""Sites with Related News, built by their real generators."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sysconfig
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "pelican-site"


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


def run(command: list[str | Path], folder: Path) -> None:
    program = shutil.which(command[0], path=sysconfig.get_path("scripts")) or command[0]
    done = subprocess.run(
        [program, *command[1:]], cwd=folder, capture_output=True, text=True, check=False
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


# --- what the guide says of other generators -----------------------------------------------------


def blocks_of_the_guide() -> dict[str, str]:
    """Return the files shown in the guide, by name."""
    text = (ROOT / "docs" / "how-to" / "embed-static-site.md").read_text(encoding="utf-8")
    blocks = re.findall(
        r"^```\{code-block\}[^\n]*\n:caption: (\S+)\n\n?(.*?)^```$", text, re.M | re.S
    )
    return dict(blocks)


def commands_of_the_guide(site: str) -> list[str]:
    text = (ROOT / "docs" / "how-to" / "embed-static-site.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {site}\n.*?^```bash\n(.*?)^```$", text, re.M | re.S | re.I)
    assert found is not None
    return found[1].splitlines()


PAGE = "<!DOCTYPE html><html><head><title>x</title></head><body>{}</body></html>"

#: Parts that the guide leaves to the site: folder of articles, other files, and pages.
SITES = {
    "hugo": (
        "content",
        {
            "hugo.toml": 'baseURL = "https://g.example/"\n'
            'disableKinds = ["taxonomy", "term", "rss", "sitemap", "404"]\n',
            "layouts/_default/single.html": PAGE.format(
                '<h1>{{ .Title }}</h1>{{ .Content }}{{ partial "related.html" . }}'
            ),
            "layouts/index.html": PAGE.format("{{ .Title }}"),
            "layouts/_default/list.html": PAGE.format("{{ .Title }}"),
        },
        "public/{}/index.html",
    ),
    "jekyll": (
        "_articles",
        {
            "_config.yml": "collections:\n"
            "  articles:\n    output: true\n    permalink: /:name.html\n"
            "defaults:\n- scope: {path: '', type: articles}\n  values: {layout: article}\n"
            "exclude: [site.relnews]\n",
            "_layouts/article.html": PAGE.format("{{ content }}{% include related.html %}"),
        },
        "_site/{}.html",
    ),
    "eleventy": (
        "articles",
        {
            "package.json": '{"type": "module"}',
            "articles/articles.json": '{"layout": "article.njk"}',
            "_includes/article.njk": PAGE.format('{{ content | safe }}{% include "related.njk" %}'),
        },
        "_site/articles/{}/index.html",
    ),
    "astro": (
        "src/articles",
        {
            "package.json": '{"type": "module"}',
            "src/pages/[...id].astro": """---
import { getCollection, render } from "astro:content";
import Related from "../components/Related.astro";
export async function getStaticPaths() {
  const articles = await getCollection("articles");
  return articles.map((article) => ({ params: { id: article.id }, props: { article } }));
}
const { article } = Astro.props;
const { Content } = await render(article);
---
"""
            + PAGE.format("<Content /><Related id={article.id} />"),
        },
        "dist/{}/index.html",
    ),
}


@pytest.mark.parametrize("site", SITES)
def test_what_the_guide_says_of_other_generators(site: str, tmp_path: Path) -> None:
    """The guide's files and commands give an escaped box of working links."""
    if shutil.which(site) is None:
        pytest.skip(f"{site} is not installed")
    articles, files, page = SITES[site]
    guide = blocks_of_the_guide()
    content = {name.removeprefix("content/"): text for name, text in guide.items()
               if name.startswith("content/")}  # fmt: skip
    content["b-and-c.md"] = (
        "---\ntitle: Crews & <script>alert(1)</script> rosters\ndate: 2025-06-01\n---\n"
        "The ferry, the crews, the rosters, the island, the strike.\n"
    )
    for name, text in (
        *((f"{articles}/{name}", text) for name, text in content.items()),
        *((name.removeprefix(f"{site}/"), text) for name, text in guide.items()
          if name.startswith(f"{site}/")),
        *files.items(),
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    packages = Path(shutil.which(site) or "").resolve().parents
    modules = next((place for place in packages if place.name == "node_modules"), None)
    if modules is not None:  # packages that a project would have installed
        (tmp_path / "node_modules").symlink_to(modules)
    for command in commands_of_the_guide(site):
        run([*shlex.split(command)], tmp_path)

    for name in content:
        built = tmp_path / page.format(name.removesuffix(".md"))
        links = Box(built).links
        assert links, name
        for link in links:
            target = tmp_path / page.split("{}")[0].removesuffix("articles/") / link.strip("/")
            assert target.is_file() or (target / "index.html").is_file(), (name, link)
        box = built.read_text(encoding="utf-8").split('<section class="related"')[1]
        assert "<script" not in box
    talks = (tmp_path / page.format("ferry-talks")).read_text(encoding="utf-8")
    assert "Crews &amp; &lt;script&gt;alert(1)&lt;/script&gt; rosters" in talks
