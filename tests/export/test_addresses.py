"""Addresses by the rules of each generator are the addresses that it gives to many odd names."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from relnews.readers import read_articles

#: Characters of names: letters of several scripts, signs, blanks, a combining accent.
CHARACTERS = [*"abcXYZ019", *" -_.',!&()+@~=$;", *"äßÉłñ漢字я–’½²", "e\u0301", "  ", "--"]

N_TEXTS = 100

PAGE = "<!DOCTYPE html><html><body>{}</body></html>"

Files = dict[str, str]


def names(seed: int) -> Callable[[], str]:
    """Return a function that makes a new name at each call, which every file system takes."""
    chance = random.Random(seed)
    numbers = iter(range(10_000))

    def name() -> str:
        middle = "".join(chance.choices(CHARACTERS, k=chance.randint(1, 9)))
        return f"{chance.choice('aÄ漢9')}{middle}{next(numbers)}"

    return name


def text(title: str, *lines: str) -> str:
    front = "\n".join(
        [f"title: {json.dumps(title, ensure_ascii=False)}", "date: 2025-06-02", *lines]
    )
    return f"---\n{front}\n---\nText.\n"


def hugo(name: Callable[[], str]) -> Files:
    files = {
        "hugo.toml": '[permalinks]\nb = "/:year/:title/"\nc = "/:sections/:slug/"\n',
        "layouts/_default/single.html": PAGE, "layouts/_default/list.html": PAGE,
    }  # fmt: skip
    for i in range(N_TEXTS):
        lines = [f'slug: "{name()}"'] if i % 2 else []
        files[f"content/{'abc'[i % 3]}/{name()}.md"] = text(name(), *lines)
    return files


def jekyll(name: Callable[[], str]) -> Files:
    files = {"_config.yml": "collections: {notes: {output: true}}\n"}
    for i in range(N_TEXTS):
        lines = [[], [f'slug: "{name()}"'], [f'categories: ["{name()}"]']][i % 3]
        place = f"_posts/2025-06-{i % 28 + 1}-{name()}" if i % 4 else f"_notes/{name()}/{name()}"
        files[f"{place}.md"] = text(name(), *lines)
    return files


def eleventy(name: Callable[[], str]) -> Files:
    files = {".eleventy.js": ""}
    for i in range(N_TEXTS):
        lines = ['permalink: "/p/{{ page.fileSlug }}/"'] if i % 2 else []
        date = "2025-06-02-" if i % 3 else ""
        files[f"texts/{name()}/{date}{name()}.md"] = text(name(), *lines)
    return files


def astro(name: Callable[[], str]) -> Files:
    config = (
        'import { defineCollection } from "astro:content";\nimport { glob } from "astro/loaders";\n'
        'const loader = glob({ pattern: "**/*.md", base: "./src/content/blog" });\n'
        "export const collections = { blog: defineCollection({ loader }) };\n"
    )
    page = (
        '---\nimport { getCollection } from "astro:content";\n'
        "export async function getStaticPaths() {\n"
        '  return (await getCollection("blog")).map((a) => ({ params: { id: a.id } }));\n}\n---\n'
    )
    texts = {f"src/content/blog/{name()}/{name()}.md": text(name()) for _ in range(N_TEXTS)}
    return {
        "astro.config.mjs": "export default {};", "package.json": '{"type": "module"}',
        "src/content.config.ts": config, "src/pages/blog/[...id].astro": f"{page}{PAGE}", **texts,
    }  # fmt: skip


def mkdocs(name: Callable[[], str]) -> Files:
    settings = "site_name: x\ntheme: {name: material, font: false}\nplugins: [blog]\n"
    texts = {f"docs/blog/posts/{name()}.md": text(name()) for _ in range(N_TEXTS // 4)}
    return {"mkdocs.yml": settings, "docs/blog/index.md": "# Blog\n", **texts}


def pelican(name: Callable[[], str]) -> Files:
    settings = 'ARTICLE_URL = ARTICLE_SAVE_AS = "{category}/{slug}.html"\n'
    meta = "Title: {}\nDate: 2025-06-02\n\nText.\n"
    texts = {f"content/{name()}/{name()}.md": meta.format(name()) for _ in range(N_TEXTS)}
    return {"pelicanconf.py": f'PATH = "content"\nTIMEZONE = "UTC"\n{settings}', **texts}


#: How each generator builds a site, and where.
BUILDS = {
    hugo: (["hugo", "--quiet"], "public"),
    jekyll: (["jekyll", "build", "--quiet"], "_site"),
    eleventy: (["eleventy", "--quiet"], "_site"),
    astro: (["astro", "build"], "dist"),
    mkdocs: (["mkdocs", "build", "--quiet"], "site"),
    pelican: (["pelican", "--quiet", "content", "-s", "pelicanconf.py", "-o", "output"], "output"),
}


@pytest.mark.slow
@pytest.mark.parametrize("generator", BUILDS, ids=lambda generator: generator.__name__)
@pytest.mark.parametrize("seed", [1, 2])
def test_addresses_of_odd_names(
    generator: Callable[[Callable[[], str]], Files], seed: int, tmp_path: Path
) -> None:
    """A site of many odd names and titles, built by its generator, has a page at each address."""
    command, output = BUILDS[generator]
    program = shutil.which(command[0], path=sysconfig.get_path("scripts"))
    program = program or shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    files = generator(names(seed))
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    modules = next((p for p in Path(program).resolve().parents if p.name == "node_modules"), None)
    if modules is not None:
        (tmp_path / "node_modules").symlink_to(modules)
    done = subprocess.run([program, *command[1:]], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    articles = [*read_articles(tmp_path)]
    assert len(articles) == sum(name.endswith(".md") for name in files) - ("mkdocs.yml" in files)
    for article in articles:
        path = f"{tmp_path}/{output}{unquote(str(article.url))}"
        assert Path(path).is_file() or Path(path, "index.html").is_file(), (article.id, article.url)
