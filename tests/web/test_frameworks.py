"""Related News inside other applications: mounted, and as boxes in templates."""

from __future__ import annotations

import logging
from pathlib import Path

import a2wsgi
import django
import fastapi
import flask
import jinja2
import pytest
from django.conf import settings as django_settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import override_settings
from django.urls import path
from django.utils import translation
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from relnews import RelatedNews, web
from relnews.export import html
from relnews.sample import DEMO_ID, sample_articles
from serving import PATIENT

ODD = "2025/ünï 100%/../<b>"


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> RelatedNews:
    folder = tmp_path_factory.mktemp("frameworks") / "archive.relnews"
    odd = {"id": ODD, "title": "Talks push for guarantees", "published": "2025-08-01"}
    RelatedNews().fit([*sample_articles(), odd]).save(folder)
    news = RelatedNews.open(folder)
    news.store_lists()
    return news


@pytest.fixture(scope="module")
def archive(news: RelatedNews) -> Path:
    folder = news.archive_.catalogue.folder
    assert folder is not None
    return folder


def page(request: HttpRequest, slug: str) -> HttpResponse:
    markup = "{% load relnews %}<main>{% related_news slug k=3 heading_level=4 %}</main>"
    return HttpResponse(Template(markup).render(Context({"slug": slug})))


urlpatterns = [path("news/<path:slug>", page)]

django_settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["testserver"],
    INSTALLED_APPS=["relnews.web.django"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    SECRET_KEY="for tests",
)
django.setup(set_prefix=False)


# --- mounted -------------------------------------------------------------------------------------


def test_in_fastapi(news: RelatedNews, archive: Path) -> None:
    """Mounted in FastAPI, the service answers below its path."""
    application = fastapi.FastAPI()
    application.mount("/news", web.app(archive, limits=PATIENT))

    @application.get("/")
    def index() -> str:
        return "the site"

    client = TestClient(application)
    assert client.get("/").json() == "the site"
    assert client.get(f"/news/related/{DEMO_ID}").json() == news.related(DEMO_ID).to_dict()
    assert client.get("/news/related", params={"id": ODD}).json()["id"] == ODD
    assert client.post("/news/related", json={"title": "guarantees"}).json()["related"]
    assert client.get("/news/related/unknown").status_code == 404
    assert client.get("/related/unknown").json() == {"detail": "Not Found"}


def test_in_django(news: RelatedNews, archive: Path) -> None:
    """Beside Django under one ASGI server, the service has its own path."""
    with override_settings(RELNEWS_ARCHIVE=archive):
        application = Starlette(
            routes=[Mount("/relnews", web.app(archive, limits=PATIENT)), Mount("/", ASGIHandler())]
        )
        client = TestClient(application)
        answer = client.get(f"/relnews/related/{DEMO_ID}.html")
        assert answer.text == html.fragment(news.related(DEMO_ID))
        answer = client.get(f"/news/{DEMO_ID}")
        expected = html.fragment(news.related(DEMO_ID, 3), heading_level=4, language="en-us")
        assert answer.text == f"<main>{expected}</main>"


def test_in_flask(news: RelatedNews, archive: Path) -> None:
    """Under WSGI by a2wsgi, lists, odd ids, drafts and problems work."""
    application = flask.Flask(__name__)

    @application.get("/")
    def index() -> str:
        return "the site"

    wsgi = DispatcherMiddleware(
        application.wsgi_app, {"/news": a2wsgi.ASGIMiddleware(web.app(archive, limits=PATIENT))}
    )
    client = Client(wsgi)
    assert client.get("/").text == "the site"
    assert client.get(f"/news/related/{DEMO_ID}").json == news.related(DEMO_ID).to_dict()
    answer = client.get("/news/related", query_string={"id": ODD, "k": "2"})
    assert answer.json == news.related(ODD, 2).to_dict()
    assert client.get(f"/news/related/{ODD}.json".replace("%", "%25")).json["id"] == ODD
    draft = {"title": "Talks push for guarantees"}
    answer = client.post("/news/related", json=draft)
    assert answer.json == news.related_to_text(title=draft["title"]).to_dict()
    assert client.get("/news/related/unknown").status_code == 404
    assert client.get("/news/health").json["articles"] == 125


# --- boxes ---------------------------------------------------------------------------------------


def test_the_tag_takes_any_id(news: RelatedNews, archive: Path) -> None:
    """The tag's markup is not escaped again; an unknown article gives nothing."""
    template = Template("{% load relnews %}{% related_news id heading=heading %}")
    with override_settings(RELNEWS_ARCHIVE=str(archive)):
        made = template.render(Context({"id": ODD, "heading": "<i>Mehr</i>"}))
        expected = {"heading": "<i>Mehr</i>", "language": "en-us"}
        assert made == html.fragment(news.related(ODD), **expected)
        assert "&lt;i&gt;Mehr" in made
        for nothing in ("unknown", "", None, 7):
            assert template.render(Context({"id": nothing, "heading": "x"})) == ""
        for chosen, written in (("de", "de"), ("tlh", "en")):  # Klingon is not in CLDR
            with translation.override(chosen):
                made = template.render(Context({"id": ODD, "heading": "x"}))
            assert made == html.fragment(news.related(ODD), heading="x", language=written)


def test_the_global_of_jinja(news: RelatedNews, archive: Path) -> None:
    """In Jinja a box is a function whose markup survives autoescaping."""
    environment = jinja2.Environment(autoescape=True)
    environment.globals["related_news"] = web.Box(archive, k=4, heading="Mehr", heading_level=3)
    template = environment.from_string(
        "<main>{{ related_news(id) }}{{ related_news(id, 2) }}</main>"
    )
    expected = [
        html.fragment(news.related(ODD, k), heading="Mehr", heading_level=3) for k in (4, 2)
    ]
    assert template.render(id=ODD) == f"<main>{expected[0]}{expected[1]}</main>"
    assert template.render(id="unknown") == "<main></main>"


def test_a_box_sees_what_is_committed(tmp_path: Path) -> None:
    """A running process shows new articles without being told."""
    RelatedNews().fit(sample_articles()).save(tmp_path / "archive.relnews")
    box = web.Box(tmp_path / "archive.relnews")
    assert box("late") == ""
    news = RelatedNews.open(tmp_path / "archive.relnews")
    news.partial_fit([{"id": "late", "title": "Talks push for guarantees"}])
    assert box("late") == html.fragment(news.related("late"))
    news.remove("late")
    assert box("late") == ""


def test_a_page_does_not_fail_for_its_box(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A damaged archive leaves the page without a box, and is logged."""
    RelatedNews().fit(sample_articles()).save(tmp_path / "archive.relnews")
    news = RelatedNews.open(tmp_path / "archive.relnews")
    news.store_lists()
    box = web.Box(tmp_path / "archive.relnews")
    assert box(DEMO_ID)
    catalogue = news.archive_.catalogue
    with catalogue.transaction():
        catalogue.set_entries([(catalogue.key_of(DEMO_ID) or 0, b"nonsense")])
    with caplog.at_level(logging.ERROR, "relnews"):
        assert box(DEMO_ID) == ""
    assert DEMO_ID in caplog.text


def test_a_box_without_an_archive(tmp_path: Path) -> None:
    """A missing archive is an error when the box is made."""
    with pytest.raises(FileNotFoundError):
        web.Box(tmp_path / "none.relnews")(DEMO_ID)
    with pytest.raises(ValueError, match="`heading_level` must be"):
        web.Box(tmp_path / "none.relnews", heading_level=7)
    with pytest.raises(ValueError, match="`k` must be"):
        web.Box(tmp_path / "none.relnews", k=0)
