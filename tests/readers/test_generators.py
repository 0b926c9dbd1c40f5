"""Each generator of static sites is recognised, and its rules are followed.

`tests/export/test_static_site.py` builds sites with the generators themselves.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews.articles import Article
from relnews.readers import read_articles
from relnews.readers.formats import GENERATORS as NAMES
from relnews.readers.generators import GENERATORS, site_of
from relnews.readers.generators.slugs import github_slug, hugo_path, mkdocs_slug, pelican_slug
from relnews.readers.load_report import Problem

#: A file of each generator that tells it, and the folder of its texts.
MARKS = {
    "astro": ("astro.config.mjs", "src/content/blog"),
    "docusaurus": ("docusaurus.config.ts", "blog"),
    "eleventy": (".eleventy.js", "posts"),
    "hugo": ("hugo.toml", "content/posts"),
    "jekyll": ("_config.yml", "_posts"),
    "mkdocs": ("mkdocs.yml", "docs/blog/posts"),
    "pelican": ("pelicanconf.py", "content"),
}

BLOG = {"mkdocs": "plugins: [blog]\n"}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def text(title: str = "A storm", date: str = "2025-06-02", more: str = "") -> str:
    return f"---\ntitle: {title}\ndate: {date}\n{more}\n---\nText.\n"


def by_id(folder: Path, **options: str) -> dict[str, Article]:
    return {article.id: article for article in read_articles(folder, **options)}


def url_of(tmp_path: Path, settings: dict[str, str], name: str, content: str) -> str | None:
    """Return the address of the only text of a site."""
    write(tmp_path, {**settings, name: content})
    (article,) = read_articles(tmp_path / name)
    return article.url


# --- recognition ---------------------------------------------------------------------------------


def test_the_formats_name_every_generator() -> None:
    """Each generator has a name as a format; the list is not read from the classes."""
    assert {*NAMES} == {kind.name for kind in GENERATORS} == MARKS.keys()


@pytest.mark.parametrize("name", MARKS)
def test_settings_tell_the_generator(name: str, tmp_path: Path) -> None:
    """A file of settings in the folder or above it tells; a file or folder may be read."""
    mark, place = MARKS[name]
    file = f"{place}/sub/2025-06-02-storm.md"
    write(tmp_path, {mark: BLOG.get(name, ""), file: text()})
    urls = set()
    for path in (tmp_path / file, (tmp_path / file).parent, tmp_path / place, tmp_path):
        assert site_of(path).name == name
        (article,) = read_articles(path)
        urls.add(article.url)
    assert len(urls) == 1
    assert re.fullmatch(r"/[^?#]*storm[^?#]*", str(urls.pop()))


@pytest.mark.parametrize("name", MARKS)
def test_a_generator_is_named_where_nothing_tells_it(name: str, tmp_path: Path) -> None:
    """Without settings the name of the generator gives the same address."""
    mark, place = MARKS[name]
    file = f"{place}/2025-06-02-storm.md"
    write(tmp_path / "told", {mark: BLOG.get(name, ""), file: text()})
    write(tmp_path / "named", {file: text()})
    (told,) = read_articles(tmp_path / "told" / place)
    (plain,) = read_articles(tmp_path / "named" / place)
    (named,) = read_articles(tmp_path / "named" / place, format=name)
    assert plain.url is None
    assert told.id.endswith("2025-06-02-storm")
    if name != "eleventy":  # the folder of its settings is the root of the site
        assert named.id == told.id
    if name not in ("mkdocs", "eleventy"):  # settings name the blog
        assert named.url == told.url


def test_a_site_ends_at_its_repository(tmp_path: Path) -> None:
    """Settings above the root of a repository belong to another site."""
    write(tmp_path, {"_config.yml": "", "site/.git/HEAD": "", "site/a.md": text()})
    assert site_of(tmp_path / "site").name == ""
    write(tmp_path / "site", {"mkdocs.yml": ""})
    assert site_of(tmp_path / "site").name == "mkdocs"


def test_eleventy_needs_no_settings(tmp_path: Path) -> None:
    """Eleventy among the packages of a folder tells, too."""
    packages = {"package.json": '{"devDependencies": {"@11ty/eleventy": "^3.0.0"}}'}
    assert url_of(tmp_path, packages, "posts/a.md", text()) == "/posts/a/"


@pytest.mark.parametrize(
    "files",
    [
        {"config.toml": 'base_url = "https://zola.example"'},
        {"_config.yml": "title: x", "scaffolds/post.md": ""},
        {"mkdocs.yml": "docs_dir: manual"},
    ],
)
def test_other_tools_are_not_taken_for_generators(files: dict[str, str], tmp_path: Path) -> None:
    """Zola and Hexo have files of the same names; a manual is not the whole repository."""
    write(tmp_path, {**files, "content/a.md": text()})
    (article,) = read_articles(tmp_path / "content")
    assert article.url is None


@pytest.mark.parametrize("content", ["title: [", "- a", "\0", "a: &a [*a]", "!!python/name:x y"])
def test_settings_that_cannot_be_read(content: str, tmp_path: Path) -> None:
    """Settings that cannot be read still tell the generator; its defaults count."""
    url = url_of(tmp_path, {"_config.yml": content}, "_posts/2025-06-02-storm.md", text())
    assert url == "/2025/06/02/storm.html"


def test_settings_are_not_executed(tmp_path: Path) -> None:
    """Constants of Pelican's settings are read; code in them is not run."""
    settings = f"open({str(tmp_path / 'run')!r}, 'w')\nARTICLE_URL = 'x/{{slug}}.html'\nA = 1 + B\n"
    url = url_of(tmp_path, {"pelicanconf.py": settings}, "content/a.md", text())
    assert url == "/x/a-storm.html"
    assert not (tmp_path / "run").exists()


def test_other_texts_of_a_site_are_passed_over(tmp_path: Path) -> None:
    """The folder of a site has a README and packages; its content is read."""
    for name, (mark, place) in MARKS.items():
        if name == "eleventy":
            continue  # it makes pages of all texts in its folder
        folder = write(tmp_path / name, {
            mark: BLOG.get(name, ""), f"{place}/2025-06-02-a.md": text(), "README.md": "Read me.",
            "node_modules/x/README.md": "A package.", "public/index.html": "<p>built</p>",
            "feed.xml": "<rss/>",
        })  # fmt: skip
        assert [a.title for a in read_articles(folder)] == ["A storm"], name


def test_packages_and_texts_that_lead_elsewhere_are_no_articles(tmp_path: Path) -> None:
    """Packages beside the texts are passed over; a text that only redirects is counted."""
    write(tmp_path, {
        "node_modules/x/README.md": "A package.", "a.md": text(),
        "old.md": text(more="redirect_to: https://elsewhere.example/"),
    })  # fmt: skip
    reader = read_articles(tmp_path)
    assert [article.id for article in reader] == ["a"]
    assert reader.load_report.problems == {Problem.NOT_AN_ARTICLE: 1}


def test_a_pattern_comes_before_the_rules(tmp_path: Path) -> None:
    """A pattern of the caller replaces the generator's rules, but not a text's own address."""
    write(tmp_path, {
        "hugo.toml": "", "content/posts/a.md": text(more="categories: [Sport]"),
        "content/posts/b.md": text(more="url: /own/"),
        "content/posts/2025-06-02-c.md": text(more="slug: see"),
    })  # fmt: skip
    articles = by_id(tmp_path / "content", url="/{section}/{year}/{slug}.html")
    assert {id_: article.url for id_, article in articles.items()} == {
        "posts/a": "/Sport/2025/a.html", "posts/b": "/own/",
        "posts/2025-06-02-c": "/posts/2025/see.html",
    }  # fmt: skip


# --- slugs ---------------------------------------------------------------------------------------

titles = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")))


@given(titles, st.booleans(), st.booleans())
def test_slugs_of_pelican(title: str, keeps_case: bool, keeps_unicode: bool) -> None:
    """A slug is the one that Pelican makes."""
    utils = pytest.importorskip("pelican.utils")
    substitutions = [(r"[^\w\s-]", ""), (r"(?u)\A\s*", ""), (r"(?u)\s*\Z", ""), (r"[-\s]+", "-")]
    expected = utils.slugify(
        title, regex_subs=substitutions, preserve_case=keeps_case, use_unicode=keeps_unicode
    )
    slug = pelican_slug(title, substitutions, keeps_case=keeps_case, keeps_unicode=keeps_unicode)
    assert slug == expected


def test_slugs_of_pelican_without_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Pelican's transliteration, letters with accents are known, and others are not."""
    monkeypatch.setitem(__import__("sys").modules, "unidecode", None)
    assert pelican_slug("Ärger", [(r"[^\w\s-]", "")]) == "arger"
    assert pelican_slug("Шторм", [(r"[^\w\s-]", "")]) is None


@given(titles)
def test_slugs_of_material_for_mkdocs(title: str) -> None:
    """A slug is the one that the extension of Python-Markdown makes."""
    slugs = pytest.importorskip("pymdownx.slugs")
    assert mkdocs_slug(title) == slugs.slugify(case="lower")(title, "-")


def test_slugs_of_hugo_and_astro() -> None:
    """Slugs of names with blanks, signs and accents, as the generators made them."""
    assert hugo_path("Upper Case & ärger/v1.2 (b)") == "upper-case-ärger/v1.2-b"
    assert hugo_path("a - b  c") == "a---b-c" or hugo_path("a - b  c") == "a-b-c"
    assert github_slug("Upper Case & ärger (v1.2)") == "upper-case--ärger-v12"


# --- addresses -----------------------------------------------------------------------------------

#: Names of the settings of each generator, and what stands around an option.
SETTINGS = {
    "jekyll": ("_config.yml", "{}"),
    "hugo": ("hugo.toml", "{}"),
    "eleventy": ("eleventy.config.js", "export default (config) => {{ {} }}"),
    "astro": ("astro.config.mjs", "export default {{ {} }}"),
    "mkdocs": ("mkdocs.yml", "plugins:\n{}\n"),
    "docusaurus": (
        "docusaurus.config.js", "export default {{ presets: [['classic', {{ blog: {{ {} }} }}]] }};"
    ),
    "pelican": ("pelicanconf.py", "{}"),
}  # fmt: skip

POST = "_posts/2025-06-02-a.md"
LANGUAGES = "[languages.en]\n[languages.de]\n"

#: Settings, the name of a text, lines of its front matter, and its address.
ADDRESSES: dict[str, list[tuple[str, str, str, str | None]]] = {
    "jekyll": [
        ("", "_posts/2025-06-02-storm.md", "", "/2025/06/02/storm.html"),
        ("", "_posts/x/2025-6-2-Big Storm.md", "", "/2025/06/02/Big-Storm.html"),
        ("", f"news/{POST}", "categories: b c", "/news/b/c/2025/06/02/a.html"),
        ("permalink: pretty", POST, "category: B c", "/b%20c/2025/06/02/a/"),
        ("permalink: /:i_month/:title", POST, "", "/6/a"),
        ("permalink: /:month_:day/:slug/", POST, "slug: B c", "/06_02/b-c/"),
        ("permalink: /:nonsense/", POST, "", None),
        ("", POST, "permalink: /own/:year/", "/own/2025/"),
        ("", POST, "permalink: pretty", "/pretty"),
        ("defaults: [{scope: {path: _posts}, values: {permalink: /d/:title/}}]", POST, "", "/d/a/"),
        ("defaults: [{scope: {path: '_posts/*-06-*'}, values: {permalink: /d/:title/}}]", POST, "",
         "/d/a/"),
        ("defaults:\n- {scope: {path: _posts/2025}, values: {permalink: /d/:title/}}\n"
         "- {scope: {path: '', type: posts}, values: {permalink: /e/:title/}}", POST, "", "/d/a/"),
        ("defaults: [{scope: {path: '', type: posts}, values: {categories: [x]}}]", POST, "",
         "/x/2025/06/02/a.html"),
        ("collections: {r: {output: true, permalink: '/:collection/:name'}}", "_r/A b.md", "",
         "/r/a-b"),
        ("collections: [r]\ncollections_dir: c", f"c/{POST}", "", "/2025/06/02/a.html"),
        ("source: src", f"src/news/{POST}", "", "/news/2025/06/02/a.html"),
    ],
    "hugo": [
        ("", "content/posts/a.md", "", "/posts/a/"),
        ("", "content/posts/A b/index.md", "", "/posts/a-b/"),
        ("", "content/posts/a.md", "slug: B c", "/posts/b-c/"),
        ("", "content/posts/a.md", "slug: 100 %", "/posts/100/"),
        ("", "content/posts/a.md", "url: x/y.html", "/x/y.html"),
        ("uglyURLs = true", "content/posts/a.md", "", "/posts/a.html"),
        ("[uglyURLs]\nposts = true", "content/posts/a.md", "", "/posts/a.html"),
        ("[uglyURLs]\nposts = true", "content/news/a.md", "", "/news/a/"),
        ("disablePathToLower = true\nremovePathAccents = true", "content/P/Äb.md", "", "/P/Ab/"),
        ("[permalinks]\nposts = '/:year/:month/:title/'", "content/posts/a.md", "",
         "/2025/06/a-storm/"),
        ("[permalinks]\nposts = '/:month/:title/'", "content/posts/a.md", "publishDate: 2025-01-01",
         "/06/a-storm/"),
        ("[frontmatter]\ndate = [':filename', ':default']\n[permalinks]\nposts = '/:year/:slug/'",
         "content/posts/2024-05-06-b.md", "", "/2024/b/"),
        ("[permalinks.page]\nposts = '/:sections[1:]/:slugorfilename/'", "content/posts/x/y/a.md",
         "", "/a/"),
        ("[permalinks]\nposts = '/:nonsense/'", "content/posts/a.md", "", None),
        ("[permalinks]\nposts = '/:slug/'", "content/posts/a.md", "slug: A + b", "/a--b/"),
        ("contentDir = 'texts'", "texts/posts/a.md", "", "/posts/a/"),
        ("[[module.mounts]]\nsource = 'a/b'\ntarget = 'content/news'", "a/b/c.md", "", "/news/c/"),
        (LANGUAGES, "content/posts/a.de.md", "", "/de/posts/a/"),
        (LANGUAGES, "content/posts/a.fr.md", "", "/posts/a.fr/"),
        ("defaultContentLanguageInSubdir = true\n[languages.en]", "content/a.md", "", "/en/a/"),
        (f"{LANGUAGES}contentDir = 'content/de'", "content/de/p/a.md", "", "/de/p/a/"),
        (f"{LANGUAGES}[languages.de.permalinks]\np = '/neu/:filename/'", "content/p/a.de.md", "",
         "/de/neu/a/"),
        ("[languages.en]\nbaseURL = 'https://e'\n[languages.de]\nbaseURL = 'https://d'",
         "content/a.de.md", "", "/a/"),
    ],
    "eleventy": [
        (f"return {{ dir: {{ input: '{folder}' }} }}", f"{folder}/{name}", more, expected)
        for folder in (".", "src")
        for name, more, expected in (
            ("posts/a.md", "", "/posts/a/"),
            ("posts/posts.md", "", "/posts/"),
            ("posts/a/index.md", "", "/posts/a/"),
            ("posts/2025-06-02-a.md", "", "/posts/2025-06-02-a/"),
            ("posts/2025-06-02-a.md", "permalink: '/x/{{ page.fileSlug }}/'", "/x/a/"),
            ("posts/a.md", "permalink: '/x/{{ page.filePathStem }}/index.html'", "/x/posts/a/"),
            ("posts/a.md", "permalink: '/{{ title | slugify }}/'", None),
            ("posts/a.md", "permalink: {build: /b/, serve: /s/}", "/b/"),
            ("posts/a.md", "permalink: '/{{ slug }}/'", None),
            ("posts/a.md", "eleventyComputed: {permalink: '/c/{{ page.fileSlug }}/'}", "/c/a/"),
        )
    ] + [
        ("config.addGlobalData('permalink', '/all/{{ page.fileSlug }}.html')", "a.md", "",
         "/all/a.html"),
        ("config.addGlobalData('permalink', () => (data) => data.page.url)", "a.md", "", None),
        ("config.addGlobalData('permalink', () => (data) => data.page.url)", "a.md",
         "permalink: /own/", "/own/"),
    ],
    "astro": [
        ("", "src/content/blog/a.md", "", "/blog/a/"),
        ("", "src/content/blog/x/A b.mdx", "", "/blog/x/a-b/"),
        ("", "src/content/blog/a/index.md", "", "/blog/a/"),
        ("", "src/content/blog/e\u0301.md", "", "/blog/%C3%A9/"),
        ("", "src/content/blog/a.md", "slug: b/c", "/blog/b/c/"),
        ("", "src/pages/news/a.md", "", "/news/a/"),
        ("", "src/texts/a.md", "", "/texts/a/"),
        ("trailingSlash: 'never'", "src/texts/a.md", "", "/texts/a"),
        ("build: { format: 'file' }", "src/pages/news/a.md", "", "/news/a"),
    ],
    "mkdocs": [
        (blog, f"docs/blog/posts/{name}", more, expected)
        for blog, name, more, expected in (
            ("- blog", "a.md", "", "/blog/2025/06/02/a-storm/"),
            ("- blog", "a.md", "slug: own", "/blog/2025/06/02/own/"),
            ("- blog", "a.md", "status: new", "/blog/2025/06/02/a-storm/"),
            ("- blog", "a.md", "date: {created: 2025-07-01}", "/blog/2025/07/01/a-storm/"),
            ("- material/blog: {post_url_format: '{file}'}", "x/a.md", "", "/blog/a/"),
            ("- blog: {post_url_date_format: yyyy/M}", "a.md", "", "/blog/2025/6/a-storm/"),
            ("- blog: {post_url_format: '{categories}/{slug}'}", "a.md", "categories: [B c, d]",
             "/blog/b-c/a-storm/"),
            ("- blog: {post_slugify: !!python/name:x }", "a.md", "", None),
            ("- blog: {enabled: !ENV [X, true]}", "a.md", "slug: b", "/blog/2025/06/02/b/"),
            ("- blog\n- i18n: {languages: []}", "a.md", "", None),
        )
    ],
    "docusaurus": [
        ("", "blog/2025-06-02-a.md", "", "/blog/2025/06/02/a"),
        ("", "blog/x/2025-06-02-a.mdx", "", "/blog/2025/06/02/x/a"),
        ("", "blog/2025/06/02/a/index.md", "", "/blog/2025/06/02/a"),
        ("", "blog/2025-06-02/a.md", "", "/blog/2025/06/02/a"),
        ("", "blog/x/a.md", "", "/blog/x/a"),
        ("", "blog/a.md", "slug: /b/c", "/blog/b/c"),
        ("routeBasePath: '/'", "blog/a.md", "", "/a"),
        ("path: 'news', routeBasePath: 'n'", "news/a.md", "", "/n/a"),
        ("} }], ['@docusaurus/plugin-content-blog', { path: 'n', routeBasePath: 'm' }]] }; ({{",
         "n/a.md", "", "/m/a"),
    ],
    "pelican": [
        (settings, f"content/{name}", more, expected)
        for settings, name, more, expected in (
            ("", "x/a.md", "", "/a-storm.html"),
            ("", "x/a.md", "slug: own", "/own.html"),
            ("", "x/a.md", "lang: de", "/a-storm-de.html"),
            ("", "x/a.md", "url: own/place.html", "/own/place.html"),
            ("SLUGIFY_SOURCE = 'basename'", "x/Some name.md", "", "/some-name.html"),
            ("ARTICLE_URL = ARTICLE_SAVE_AS = '{date:%Y}/{date:%b}/{category}/{slug}/'",
             "Big x/a.md", "", "/2025/Jun/big-x/a-storm/"),
            ("ARTICLE_URL = '{author}/{slug}'\nAUTHOR = 'A Desk'", "a.md", "", "/a-desk/a-storm"),
            ("ARTICLE_URL = '{nonsense}'", "a.md", "", None),
            ("ARTICLE_URL = BASE + '{slug}/'", "a.md", "", None),
            ("FILENAME_METADATA = r'(?P<slug>\\w+)'", "word-x.md", "", "/word.html"),
            ("PATH_METADATA = r'(?P<category>\\w+)/.*'\nARTICLE_URL = '{category}/{slug}'",
             "Top/y/a.md", "", "/top/a-storm"),
            ("EXTRA_PATH_METADATA = {'x': {'slug': 'extra'}}", "x/a.md", "", "/extra.html"),
            ("from pathlib import Path\nPATH = str(Path() / 'content')", "x/a.md", "",
             "/a-storm.html"),
        )
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("generator", "settings", "name", "more", "expected"),
    [(generator, *case) for generator, cases in ADDRESSES.items() for case in cases],
)
def test_addresses(
    generator: str, settings: str, name: str, more: str, expected: str | None, tmp_path: Path
) -> None:
    """The address of a text is the generator's, whichever folder above it is read."""
    file, around = SETTINGS[generator]
    write(tmp_path, {
        file: around.format(settings), name: text(more=more),
        "src/content.config.ts": 'glob({ pattern: "**/*.md*", base: "./src/texts" })',
    })  # fmt: skip
    places = [tmp_path / name, *(tmp_path / name).parents]
    articles = [
        article
        for place in places[: places.index(tmp_path) + 1]
        for article in read_articles(place, format=None if place.is_file() else "markdown")
    ]
    assert {article.url for article in articles} == {expected}
    assert len(articles) == len({place for place in places if place.is_relative_to(tmp_path)})
    assert len({article.id for article in articles}) == 1


def test_other_pages_of_mkdocs(tmp_path: Path) -> None:
    """Pages outside a blog have the addresses of their places; lists of the blog are none."""
    pages = {"docs/index.md": "/", "docs/x/README.md": "/x/", "docs/x/a.md": "/x/a/"}
    write(tmp_path, {"mkdocs.yml": "", **dict.fromkeys(pages, text()), "docs/README.md": text()})
    assert {a.url for a in read_articles(tmp_path)} == {*pages.values()}
    write(tmp_path, {"mkdocs.yml": "use_directory_urls: false"})
    assert {a.url for a in read_articles(tmp_path)} == {"/index.html", "/x/index.html", "/x/a.html"}
    write(tmp_path, {
        "mkdocs.yml": "INHERIT: base.yml\nplugins: [blog]\n", "base.yml": "docs_dir: texts\n",
        **dict.fromkeys(["texts/blog/index.md", "texts/blog/category/a.md", "texts/b.md"], text()),
        "texts/blog/posts/undated.md": "---\ntitle: A\n---\nText.",
    })  # fmt: skip
    assert [a.url for a in read_articles(tmp_path / "texts")] == ["/b/"]


# --- what a site leaves out ----------------------------------------------------------------------

#: Files of a site, or their texts; texts that it shows; and texts that it leaves out.
LEFT_OUT: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    "jekyll exclude": (
        {"_config.yml": "exclude: [old, '*.tmp.md', _posts/2024, '/abs', '**/deep']\n"
         "include: [_special]\n"},
        [POST, "_special/_posts/2025-06-02-b.md"],
        ["old/_posts/2025-06-02-c.md", "_posts/2025-06-02-d.tmp.md", "_posts/2024-01-01-e.md",
         "older/_posts/2025-06-02-e.md", "abs/_posts/2025-06-02-f.md",
         "x/deep/_posts/2025-06-02-g.md", "_other/_posts/2025-06-02-h.md"],
    ),
    "jekyll defaults": (
        {"_config.yml": "defaults:\n- {scope: {path: '_posts/*/in'}, values: {published: false}}\n"
         "- {scope: {path: _posts/pre}, values: {published: false}}\n"},
        [POST, "_posts/in/2025-06-02-b.md"],
        ["_posts/x/in/2025-06-02-c.md", "_posts/prefix/2025-06-02-d.md"],
    ),
    "hugo ignoreFiles": (
        {"hugo.toml": "ignoreFiles = ['drafts/', '\\.tmp\\.md$', 'content/old', '[']\n"},
        ["content/a.md", "content/x/olds.md"],
        ["content/drafts/b.md", "content/p/c.tmp.md", "content/old.md", "content/#d.md"],
    ),
    "hugo cascade": (
        {"hugo.toml": "[[cascade]]\ndraft = true\n[cascade._target]\npath = '{/in/**}'\n",
         "content/a/_index.html": "---\ncascade: {draft: true}\n---\n",
         "content/_index.md": "---\ncascade:\n- _target: {path: '{/b/**,/c/*}'}\n"
         "  build: {list: never}\n- target: {path: /d**, kind: '{page,section}'}\n  draft: true\n"
         "- target: {kind: section}\n  draft: true\n- target: {environment: staging}\n"
         "  draft: true\n- target: {sites: {matrix: {languages: [de]}}}\n  draft: true\n---\n"},
        ["content/c/deep/x.md", "content/e/x.md"],
        ["content/in/x.md", "content/a/b/x.md", "content/b/y/x.md", "content/c/x.md",
         "content/d.md", "content/dd/x.md"],
    ),
    "hugo languages": (
        {"hugo.toml": f"disableLanguages = ['fr']\n{LANGUAGES}disabled = true\n[languages.fr]\n"},
        ["content/a.md"], ["content/a.de.md", "content/a.fr.md"],
    ),
    "hugo mounts": (
        {"hugo.toml": "[[module.mounts]]\nsource = 'content'\ntarget = 'content'\n"
         "excludeFiles = ['in/**', '*.tmp.md']\n[[module.mounts]]\nsource = 'more'\n"
         "target = 'content/more'\nfiles = ['! x.md']\n"},
        ["content/a.md", "more/y.md"], ["content/in/b.md", "content/c.tmp.md", "more/x.md"],
    ),
    "hugo sections": (
        {"hugo.toml": "", "content/a/_index.md": "---\ndraft: true\n---\n",
         "content/b/_index.md": "+++\npublishDate = 2999-01-01\n+++\n",
         "content/c/_index.html": "---\nexpiryDate: 2020-01-01\n---\n",
         "content/d/_index.md": "---\ndate: 2020-01-01\ndraft: false\n---\n"},
        ["content/d/x.md", "content/x.md"],
        ["content/a/x.md", "content/a/b/y.md", "content/b/x.md", "content/c/x.md"],
    ),
    "hugo kinds": ({"hugo.toml": "disableKinds = ['page']\n"}, [], ["content/a.md"]),
    "eleventy ignored": (
        {"eleventy.config.js": "export default (c) => { c.ignores.add('one');\n"
         "c.ignores.add(`./two/*.md`); c.ignores.add(\"a/**/x/*\"); };\n"
         "export const config = { dir: { includes: 'parts', output: 'out' }, "
         "templateFormats: ['md'] };",
         ".eleventyignore": "# none\nold\n/abs/\n*.tmp.md\n!old/keep.md\nc/{a,b}.md\n",
         ".gitignore": "gen/\n"},
        ["b.md", "sub/old/d.md", "sub/e.tmp.md", "c/c.md"],
        ["one/x.md", "two/x.md", "a/1/2/x/y.md", "old/keep.md", "abs/x.md", "f.tmp.md", "c/a.md",
         "gen/g.md", "parts/p.md", "out/o.md", "h.html"],
    ),
    "eleventy input": (
        {"eleventy.config.js": "c.setInputDirectory('src'); c.setUseGitIgnore(false)",
         "src/.eleventyignore": "old/\n", ".eleventyignore": "src/older\n",
         ".gitignore": "src/g\n"},
        ["src/a.md", "src/g/a.md"], ["src/old/a.md", "src/older/a.md"],
    ),
    "eleventy data": (
        {".eleventy.js": "",
         "a/a.11tydata.js": "// x: y\nexport default {\n\t'draft':true, // z\n};",
         "b/b.11tydata.cjs": "module.exports = { permalink: false, tags: ['x'] }",
         "c/c.11tydata.js": "export default { draft: true, eleventyComputed: { a: (d) => d.b } };",
         "d/d.json": '{"draft": true}', "e/e.11tydata.json": '{"draft": 1}',
         "f/f.11tydata.json": '{"draft": true}',
         "f/f.11tydata.js": "export default {draft: false}",
         "g/g.json": '{"draft": true, "draft": false}'},
        ["f/x.md"], ["a/x.md", "b/x.md", "c/x.md", "d/x.md", "e/y/x.md", "g/x.md"],
    ),
    "pelican": (
        {"pelicanconf.py": "PATH = 'content'\nIGNORE_FILES = ['*.tmp.md', 'old']\n"
         "ARTICLE_EXCLUDES = ['in/x']\nARTICLE_PATHS = ['', 'other']\n"
         "EXTRA_PATH_METADATA = {'hid': {'status': 'draft'}, 'one.md': {'status': 'hidden'}}\n"},
        ["content/a.md", "content/x/in/x.md"],
        ["content/b.tmp.md", "content/y/old/c.md", "content/in/x/d.md", "content/hid/e.md",
         "content/one.md"],
    ),
    "mkdocs": (
        {"mkdocs.yml": "plugins: [meta]\nexclude_docs: |\n  # a comment\n  old/\n  *.tmp.md\n"
         "  !keep.tmp.md\n  **/deep/**\ndraft_docs: |\n  /drafts/\n",
         "docs/m/.meta.yml": "draft: true"},
        ["docs/a.md", "docs/keep.tmp.md", "docs/x/drafts/e.md", "docs/x/templates/f.md"],
        ["docs/old/b.md", "docs/x/c.tmp.md", "docs/drafts/d.md", "docs/y/deep/z/f.md",
         "docs/m/g.md", "docs/templates/h.md"],
    ),
    "docusaurus": (
        {"docusaurus.config.js": "blog: { exclude: ['**/old/**', 'x.{md,mdx}'], "
         "include: ['**/*.md', '**/*.mdx'] }"},
        ["blog/a.md", "blog/y/x.md"], ["blog/z/old/b.md", "blog/x.mdx"],
    ),
    "astro": (
        {"astro.config.mjs": "", "src/content.config.ts": "glob({ base: './src/a', pattern: "
         "['**/*.{md,mdx}', '!**/drafts/**'] })\nglob({ base: './src/b', pattern: '[^_]*.md' })"},
        ["src/a/x/y.mdx", "src/b/x.md"], ["src/a/drafts/z.md", "src/b/y/x.md", "src/b/_y.md"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_a_site_leaves_out(case: str, tmp_path: Path) -> None:
    """Texts that the settings of a site leave out are withheld, and leave an archive."""
    settings, shown, left_out = LEFT_OUT[case]
    write(tmp_path, {**settings, **dict.fromkeys([*shown, *left_out], text())})
    site = site_of(tmp_path)
    expected = [{site.id_of(PurePosixPath(name)) for name in names} for names in (shown, left_out)]
    reader = read_articles(tmp_path, format="markdown")
    assert [{a.id for a in reader}, {*reader.load_report.withheld_ids}] == expected
    assert reader.load_report.problems[Problem.NOT_PUBLIC] == len(left_out)
    everything = read_articles(tmp_path, format="markdown", include_unlisted=True)
    assert {article.id for article in everything} == expected[0] | expected[1]


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({"hugo.toml": "ignoreFiles = ['[']", "content/a.md": text()}, "`ignoreFiles` has '['"),
        ({".eleventy.js": "c.ignores.add(x)", "a.md": text()}, "some of `ignores`"),
        ({".eleventy.js": "", "a/a.11tydata.js": "export default x", "a/b.md": text()},
         "a/a.11tydata.js computes data"),
        ({"pelicanconf.py": "IGNORE_FILES = f()", "a.md": text()}, "compute 'IGNORE_FILES'"),
        ({"docusaurus.config.js": "blog: { exclude: x }", "blog/a.md": text()}, "`exclude`"),
        ({"astro.config.mjs": "", "src/content/config.ts": "glob({ base: './src/a', pattern: x })",
          "src/a/b.md": text()}, "`base` or `pattern`"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(files: dict[str, str], note: str, tmp_path: Path) -> None:
    """The summary names what the settings of a site compute."""
    reader = read_articles(write(tmp_path, files))
    assert len([*reader]) == 1
    assert any(note in sentence for sentence in reader.load_report.notes)


def test_a_part_of_a_site(tmp_path: Path) -> None:
    """Only what is in the folder is read, and the summary says where the ids begin."""
    write(tmp_path, {
        "hugo.toml": f"{LANGUAGES}contentDir = 'texte'\n", "content/p/a.md": text(),
        "content/p/q/b.md": text(), "content/c.md": text(), "texte/p/a.md": text(),
        "content/p/_index.md": "---\ncascade: {tags: [x]}\n---\n",
    })  # fmt: skip
    whole = by_id(tmp_path)
    assert whole.keys() == {"p/a", "p/q/b", "c", "de/p/a"}
    for place, ids in (("content/p", {"p/a", "p/q/b"}), ("texte/p/a.md", {"de/p/a"})):
        reader = read_articles(tmp_path / place)
        found = {article.id: article for article in reader}
        assert found.keys() == ids
        assert all(found[i].url == whole[i].url and found[i].tags == whole[i].tags for i in ids)
        (note,) = reader.load_report.notes
        assert note.startswith("ids and addresses belong to the whole hugo site")
        assert note.endswith("content")
    reader = read_articles(tmp_path / "content")
    assert len([*reader]) == 3
    assert not reader.load_report.notes


def test_posts_of_jekyll(tmp_path: Path) -> None:
    """Tags at blanks, dates of names; drafts and other files stay out."""
    write(tmp_path, {
        "_config.yml": "collections: {notes: {}, r: {output: true}}\n",
        "_posts/2025-06-02-a.md": "---\ntitle: A\ntags: storm coast\n"
        "categories: news local\n---\nB",
        "_posts/2025-06-03-b.md": "---\ntitle: B\ntags: [big storm, coast]\n"
        "category: Local news\n---\nB",
        "_posts/about.md": text(), "_notes/n.md": text(), "_drafts/d.md": text(),
        "_r/copied.md": "No front matter.",
    })  # fmt: skip
    reader = read_articles(tmp_path)
    articles = {article.id: article for article in reader}
    a, b = articles.pop("_posts/2025-06-02-a"), articles.pop("_posts/2025-06-03-b")
    assert not articles
    assert (a.tags, a.section, str(a.published)) == (
        ("storm", "coast"), "news", "2025-06-02 00:00:00+00:00",
    )  # fmt: skip
    assert (b.tags, b.section) == (("big storm", "coast"), "Local news")
    assert reader.load_report.problems == {Problem.NOT_PUBLIC: 1, Problem.NOT_AN_ARTICLE: 3}


def test_cascades_of_hugo(tmp_path: Path) -> None:
    """What a section or the settings say is true for all pages below, unless a page says other."""
    draft = "---\ncascade:\n  draft: true\n---\n"
    write(tmp_path, {
        "config/_default/hugo.toml": "[[cascade]]\nprivate = true\n[cascade._target]\n"
        "path = '/in/**'\n",
        "content/a/_index.md": draft, "content/a/x.md": text(), "content/a/b/y.md": text(),
        "content/a/shown.md": text(more="draft: false"),
        "content/c/_index.md": "+++\n[[cascade]]\nheadless = true\n[cascade._target]\n"
        "lang = 'de'\n+++\n",
        "content/c/z.md": text(), "content/in/w.md": text(), "content/out/v.md": text(),
        "content/bundle/index.md": text(), "content/bundle/part.md": text(),
        "content/bundle/deep/part.md": text(),
    })  # fmt: skip
    reader = read_articles(tmp_path / "content")
    assert {a.id for a in reader} == {"a/shown", "c/z", "out/v", "bundle"}
    assert reader.load_report.problems == {Problem.NOT_PUBLIC: 3, Problem.NOT_AN_ARTICLE: 2}


def test_a_cascade_without_settings(tmp_path: Path) -> None:
    """Sections that say draft withhold their pages also where no settings name the generator."""
    write(tmp_path, {
        "news/_index.md": "---\ntitle: News\n---\n", "news/a.md": text(more="tags: a b"),
        "news/in/_index.md": "+++\n[cascade]\ndraft = true\n+++\n", "news/in/b.md": text(),
        "news/in/deep/c.md": text(), "news/in/deep/_index.md": "", "d.md": text(),
    })  # fmt: skip
    for place, expected, n_withheld in (
        (".", {"d", "news/a"}, 2), ("news", {"a"}, 2), ("news/in", set(), 2),
        ("news/in/deep", set(), 1), ("news/in/b.md", set(), 1), ("news/a.md", {"a"}, 0),
    ):  # fmt: skip
        reader = read_articles(tmp_path / place)
        articles = [*reader]
        assert {article.id for article in articles} == expected
        assert reader.load_report.withheld == n_withheld
        assert all(a.url is None and a.section is None for a in articles)
        assert all(a.tags == ("a", "b") for a in articles if a.id != "d")


def test_articles_of_pelican(tmp_path: Path) -> None:
    """Folders are categories; pages, undated and draft articles stay out."""
    write(tmp_path, {
        "pelicanconf.py": "PATH = 'texts'\nARTICLE_EXCLUDES = ['other']\n"
        "DEFAULT_METADATA = {'status': 'draft'}\n",
        "texts/Sport/a.md": "Title: A: b\nDate: 2025-06-02\nStatus: published\n"
        "Tags: x y; z\n\nText.",
        "texts/top.rst": "Top\n===\n\n:date: 2025-06-02\n:status: published\n\nText.",
        "texts/fenced.md": "---\nTitle: A: b\nDate: 2025-06-02\nStatus: published\n---\nText.",
        "texts/pages/p.md": text(more="status: published"),
        "texts/other/o.md": text(more="status: published"),
        "texts/undated.md": "Title: A\nStatus: published\n\nText.",
        "texts/draft.md": "Title: A\nDate: 2025-06-02\n\nText.",
    })  # fmt: skip
    reader = read_articles(tmp_path)
    articles = {article.id: article for article in reader}
    assert {id_: article.section for id_, article in articles.items()} == {
        "Sport/a": "Sport", "fenced": "misc", "top": "misc",
    }  # fmt: skip
    assert articles["Sport/a"].tags == ("x y", "z")
    assert {article.url for article in articles.values()} == {"/a-b.html", "/top.html"}
    assert reader.load_report.problems == {Problem.NOT_PUBLIC: 2, Problem.NOT_AN_ARTICLE: 2}


@pytest.mark.parametrize("name", ["eleventy", "hugo", "jekyll"])
def test_html_with_front_matter(name: str, tmp_path: Path) -> None:
    """Some generators take HTML with front matter, and pages that they built are pages."""
    mark, place = MARKS[name]
    page = "<html><body><article><h1>T</h1><p>A page of the harbour.</p></article></body></html>"
    write(tmp_path, {
        f"{place}/2025-06-02-a.html": text().replace("Text.", "<p>On {{ x }} &amp; off.</p>"),
        mark: "", f"{place}/2025-06-03-plain.html": page,
        "public/a.html": page, "_site/a.html": page,
    })  # fmt: skip
    reader = read_articles(tmp_path / place)
    (article,) = reader
    assert (article.title, article.text) == ("A storm", "On & off.")
    assert article.url is not None
    assert "2025" in str(article.id)
    assert reader.load_report.problems == {Problem.NOT_AN_ARTICLE: 1}
    for built in ("public", "_site"):
        pytest.importorskip("trafilatura")
        assert [a.url for a in read_articles(tmp_path / built)] == ["/a.html"]


def test_entities_of_titles(tmp_path: Path) -> None:
    """Titles and deks that an importer wrote as HTML are plain text."""
    more = "description: '<p>Old &amp; new</p>'"
    write(tmp_path, {"a.md": text("Crews &#8211; &quot;rosters&quot;", more=more)})
    (article,) = read_articles(tmp_path)
    assert (article.title, article.dek) == ('Crews – "rosters"', "Old & new")
