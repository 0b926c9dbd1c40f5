"""Each generator of static sites is recognised, and its rules are followed.

`tests/export/test_static_site.py` builds sites with the generators themselves.
"""

from __future__ import annotations

import re
from pathlib import Path

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
    assert (named.id, told.id) == ("2025-06-02-storm", "2025-06-02-storm")
    if name not in ("mkdocs", "eleventy"):  # settings name the blog, or are the root of the site
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


# --- rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "name", "more", "expected"),
    [
        ("", "_posts/2025-06-02-storm.md", "", "/2025/06/02/storm.html"),
        ("", "_posts/x/2025-6-2-Big Storm.md", "", "/2025/06/02/Big-Storm.html"),
        ("", "news/_posts/2025-06-02-a.md", "categories: b c", "/news/b/c/2025/06/02/a.html"),
        ("permalink: pretty", "_posts/2025-06-02-a.md", "category: B c", "/b%20c/2025/06/02/a/"),
        ("permalink: /:i_month/:title", "_posts/2025-06-02-a.md", "", "/6/a"),
        ("permalink: /:month_:day/:slug/", "_posts/2025-06-02-a.md", "slug: B c", "/06_02/b-c/"),
        ("permalink: /:nonsense/", "_posts/2025-06-02-a.md", "", None),
        ("", "_posts/2025-06-02-a.md", "permalink: /own/:year/", "/own/2025/"),
        ("defaults: [{scope: {path: _posts}, values: {permalink: '/d/:title/'}}]",
         "_posts/2025-06-02-a.md", "", "/d/a/"),
        ("defaults: [{scope: {path: '', type: posts}, values: {categories: [x]}}]",
         "_posts/2025-06-02-a.md", "", "/x/2025/06/02/a.html"),
        ("collections: {r: {output: true, permalink: '/:collection/:name'}}", "_r/A b.md", "",
         "/r/a-b"),
        ("collections: [r]\ncollections_dir: c", "c/_posts/2025-06-02-a.md", "",
         "/2025/06/02/a.html"),
    ],
)  # fmt: skip
def test_addresses_of_jekyll(
    settings: str, name: str, more: str, expected: str | None, tmp_path: Path
) -> None:
    """Permalinks of posts, collections, defaults and the site."""
    assert url_of(tmp_path, {"_config.yml": settings}, name, text(more=more)) == expected


def test_posts_of_jekyll(tmp_path: Path) -> None:
    """Tags at blanks, dates of names, defaults; drafts and other files stay out."""
    write(tmp_path, {
        "_config.yml": "collections: {notes: {}}\n"
        "defaults:\n- scope: {path: _posts/old}\n  values: {published: false}\n",
        "_posts/2025-06-02-a.md": "---\ntitle: A\ntags: storm coast\n"
        "categories: news local\n---\nB",
        "_posts/2025-06-03-b.md": "---\ntitle: B\ntags: [big storm, coast]\n"
        "category: Local news\n---\nB",
        "_posts/old/2025-06-03-c.md": text(),
        "_posts/about.md": text(), "_notes/n.md": text(), "_drafts/d.md": text(),
    })  # fmt: skip
    reader = read_articles(tmp_path)
    articles = {article.id: article for article in reader}
    a, b = articles.pop("_posts/2025-06-02-a"), articles.pop("_posts/2025-06-03-b")
    assert not articles
    assert (a.tags, a.section, str(a.published)) == (
        ("storm", "coast"), "news", "2025-06-02 00:00:00+00:00",
    )  # fmt: skip
    assert (b.tags, b.section) == (("big storm", "coast"), "Local news")
    assert reader.load_report.problems == {Problem.NOT_PUBLIC: 2, Problem.NOT_AN_ARTICLE: 2}


@pytest.mark.parametrize(
    ("settings", "name", "more", "expected"),
    [
        ("", "content/posts/a.md", "", "/posts/a/"),
        ("", "content/posts/A b/index.md", "", "/posts/a-b/"),
        ("", "content/posts/a.md", "slug: B c", "/posts/b-c/"),
        ("", "content/posts/a.md", "url: x/y.html", "/x/y.html"),
        ("uglyURLs = true", "content/posts/a.md", "", "/posts/a.html"),
        ("[permalinks]\nposts = '/:year/:month/:title/'", "content/posts/a.md", "",
         "/2025/06/a-storm/"),
        ("[permalinks.page]\nposts = '/:sections[1:]/:slugorfilename/'", "content/posts/x/y/a.md",
         "", "/x/y/a/"),
        ("[permalinks]\nposts = '/:nonsense/'", "content/posts/a.md", "", None),
        ("[permalinks]\nposts = '/:slug/'", "content/posts/a.md", "slug: A + b", "/a--b/"),
        ("contentDir = 'texts'", "texts/posts/a.md", "", "/posts/a/"),
        ("[languages.en]\n[languages.de]", "content/posts/a.de.md", "", "/de/posts/a/"),
        ("[languages.en]\n[languages.de]", "content/posts/a.fr.md", "", "/posts/a.fr/"),
        ("defaultContentLanguageInSubdir = true\n[languages.en]", "content/a.md", "", "/en/a/"),
        ("[languages.en]\n[languages.de]\ncontentDir = 'content/de'", "content/de/p/a.md", "",
         "/de/p/a/"),
    ],
)  # fmt: skip
def test_addresses_of_hugo(
    settings: str, name: str, more: str, expected: str | None, tmp_path: Path
) -> None:
    """Sections, slugs, bundles, permalinks, languages."""
    assert url_of(tmp_path, {"hugo.toml": settings}, name, text(more=more)) == expected


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


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ("posts/a.md", "", "/posts/a/"),
        ("posts/posts.md", "", "/posts/"),
        ("posts/a/index.md", "", "/posts/a/"),
        ("posts/2025-06-02-a.md", "", "/posts/2025-06-02-a/"),
        ("posts/2025-06-02-a.md", "permalink: '/x/{{ page.fileSlug }}/'", "/x/a/"),
        ("posts/a.md", "permalink: '/x/{{ page.filePathStem }}/index.html'", "/x/posts/a/"),
        ("posts/a.md", "permalink: '/{{ title | slugify }}/'", None),
    ],
)
def test_addresses_of_eleventy(name: str, more: str, expected: str | None, tmp_path: Path) -> None:
    """Places of files, and permalinks with code that is known."""
    assert url_of(tmp_path, {".eleventy.js": ""}, name, text(more=more)) == expected
    settings = {"eleventy.config.js": 'export default () => ({ dir: { input: "src" } })'}
    assert url_of(tmp_path / "b", settings, f"src/{name}", text(more=more)) == expected


def test_data_of_eleventy(tmp_path: Path) -> None:
    """Data files of folders complete the front matter; a text's own values come first."""
    write(tmp_path, {
        ".eleventy.js": "", "p/p.json": '{"draft": true}', "p/a.md": text(),
        "p/b.md": text(more="draft: false"), "q/c.md": text(), "q/c.11tydata.json": '{"draft": 1}',
    })  # fmt: skip
    assert [*by_id(tmp_path)] == ["p/b"]


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ("src/content/blog/a.md", "", "/blog/a/"),
        ("src/content/blog/x/A b.mdx", "", "/blog/x/a-b/"),
        ("src/content/blog/a/index.md", "", "/blog/a/"),
        ("src/content/blog/e\u0301.md", "", "/blog/%C3%A9/"),
        ("src/content/blog/a.md", "slug: b/c", "/blog/b/c/"),
        ("src/pages/news/a.md", "", "/news/a/"),
        ("src/texts/a.md", "", "/texts/a/"),
    ],
)
def test_addresses_of_astro(name: str, more: str, expected: str, tmp_path: Path) -> None:
    """Collections by their folders, and pages."""
    config = 'glob({ pattern: "**/*.md", base: "./src/texts" })'
    settings = {"astro.config.mjs": "", "src/content.config.ts": config}
    assert url_of(tmp_path, settings, name, text(more=more)) == expected


@pytest.mark.parametrize(
    ("blog", "name", "more", "expected"),
    [
        ("- blog", "a.md", "", "/blog/2025/06/02/a-storm/"),
        ("- blog", "a.md", "slug: own", "/blog/2025/06/02/own/"),
        ("- blog", "a.md", "date: {created: 2025-07-01}", "/blog/2025/07/01/a-storm/"),
        ("- material/blog: {post_url_format: '{file}'}", "x/a.md", "", "/blog/a/"),
        ("- blog: {post_url_date_format: yyyy/M}", "a.md", "", "/blog/2025/6/a-storm/"),
        ("- blog: {post_url_format: '{categories}/{slug}'}", "a.md", "categories: [B c, d]",
         "/blog/b-c/a-storm/"),
        ("- blog: {post_slugify: !!python/name:x }", "a.md", "", None),
    ],
)  # fmt: skip
def test_addresses_of_mkdocs(
    blog: str, name: str, more: str, expected: str | None, tmp_path: Path
) -> None:
    """The format of a blog, its date and its categories."""
    settings = {"mkdocs.yml": f"plugins:\n{blog}\n"}
    name = f"docs/blog/posts/{name}"
    assert url_of(tmp_path, settings, name, text(more=more)) == expected


def test_other_pages_of_mkdocs(tmp_path: Path) -> None:
    """Pages outside a blog have the addresses of their places."""
    pages = {"docs/index.md": "/", "docs/x/README.md": "/x/", "docs/x/a.md": "/x/a/"}
    write(tmp_path, {"mkdocs.yml": "", **dict.fromkeys(pages, text())})
    assert {a.url for a in read_articles(tmp_path)} == {*pages.values()}
    write(tmp_path, {"mkdocs.yml": "use_directory_urls: false"})
    assert {a.url for a in read_articles(tmp_path)} == {"/index.html", "/x/index.html", "/x/a.html"}


def test_texts_that_mkdocs_leaves_out(tmp_path: Path) -> None:
    """What ``exclude_docs`` and ``draft_docs`` name is withheld, whatever its front matter says."""
    write(tmp_path, {
        "mkdocs.yml": "exclude_docs: |\n  # a comment\n  old/\n  *.tmp.md\n  !keep.tmp.md\n"
        "draft_docs: |\n  /drafts/\n",
        **dict.fromkeys(["docs/a.md", "docs/old/b.md", "docs/x/c.tmp.md", "docs/keep.tmp.md",
                         "docs/drafts/d.md", "docs/x/drafts/e.md"], text()),
    })  # fmt: skip
    reader = read_articles(tmp_path)
    assert {article.url for article in reader} == {"/a/", "/keep.tmp/", "/x/drafts/e/"}
    assert reader.load_report.problems == {Problem.NOT_PUBLIC: 3}


@pytest.mark.parametrize(
    ("blog", "name", "more", "expected"),
    [
        ("", "blog/2025-06-02-a.md", "", "/blog/2025/06/02/a"),
        ("", "blog/x/2025-06-02-a.mdx", "", "/blog/2025/06/02/x/a"),
        ("", "blog/2025/06/02/a/index.md", "", "/blog/2025/06/02/a"),
        ("", "blog/2025-06-02/a.md", "", "/blog/2025/06/02/a"),
        ("", "blog/x/a.md", "", "/blog/x/a"),
        ("", "blog/a.md", "slug: /b/c", "/blog/b/c"),
        ("routeBasePath: '/'", "blog/a.md", "", "/a"),
        ("path: 'news', routeBasePath: 'n'", "news/a.md", "", "/n/a"),
    ],
)
def test_addresses_of_docusaurus(
    blog: str, name: str, more: str, expected: str, tmp_path: Path
) -> None:
    """Dates in names and folders, slugs, and the settings of the blog."""
    config = f"export default {{ presets: [['classic', {{ blog: {{ {blog} }} }}]] }};"
    url = url_of(tmp_path, {"docusaurus.config.js": config}, name, text(more=more))
    assert url == expected


@pytest.mark.parametrize(
    ("settings", "name", "more", "expected"),
    [
        ("", "x/a.md", "", "/a-storm.html"),
        ("", "x/a.md", "slug: own", "/own.html"),
        ("", "x/a.md", "lang: de", "/a-storm-de.html"),
        ("", "x/a.md", "url: own/place.html", "/own/place.html"),
        ("SLUGIFY_SOURCE = 'basename'", "x/Some name.md", "", "/some-name.html"),
        ("ARTICLE_URL = ARTICLE_SAVE_AS = '{date:%Y}/{date:%b}/{category}/{slug}/'",
         "Big x/a.md", "", "/2025/Jun/big-x/a-storm/"),
        ("ARTICLE_URL = '{author}/{slug}'\nAUTHOR = 'A Desk'", "a.md", "", "/a-desk/a-storm"),
        ("ARTICLE_URL = '{nonsense}'", "a.md", "", None),
        ("FILENAME_METADATA = r'(?P<slug>\\w+)'", "word-x.md", "", "/word.html"),
        ("PATH_METADATA = r'(?P<category>\\w+)/.*'\nARTICLE_URL = '{category}/{slug}'",
         "Top/y/a.md", "", "/top/a-storm"),
    ],
)  # fmt: skip
def test_addresses_of_pelican(
    settings: str, name: str, more: str, expected: str | None, tmp_path: Path
) -> None:
    """Slugs, patterns, categories of folders, metadata of names and paths."""
    url = url_of(tmp_path, {"pelicanconf.py": settings}, f"content/{name}", text(more=more))
    assert url == expected


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
        "texts/Sport/a": "Sport", "texts/fenced": "misc", "texts/top": "misc",
    }  # fmt: skip
    assert articles["texts/Sport/a"].tags == ("x y", "z")
    assert {article.url for article in articles.values()} == {"/a-b.html", "/top.html"}
    assert reader.load_report.problems == {Problem.NOT_PUBLIC: 1, Problem.NOT_AN_ARTICLE: 3}


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
