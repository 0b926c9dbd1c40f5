"""Visibility: whether a record may be shown to the public, by what its source says of it.

A value that cannot be read keeps the article out: nothing unpublished goes out by mistake.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from relnews._checks import shortened
from relnews.dates import is_missing
from relnews.readers.load_report import Problem
from relnews.readers.source_dates import is_no_date

#: Names of switches that keep an article out if they are on. Names are in lower case here and
#: below, by their letters and digits, without the prefix of a namespace such as ``wp:``.
HIDES_IF_ON = frozenset({
    "draft", "isdraft", "private", "isprivate", "unlisted", "isunlisted", "unpublished",
    "hidden", "ishidden", "headless", "noindex", "robotsnoindex", "protected", "isprotected",
    "passwordprotected", "membersonly", "subscribersonly", "deleted", "isdeleted", "trashed",
    "istrashed", "eleventyexcludefromcollections", "underscored", "disabled", "wip",
    "isembargoed", "softdeleted", "ismembersonly", "issubscribersonly", "loginrequired",
    "requireslogin", "subscriptionrequired", "requiressubscription",
})  # fmt: skip

#: Names whose value keeps an article out if it is a switch that is on, and otherwise is something
#: else, such as a note, or a list of what is hidden on its page.
HIDES_IF_ON_SWITCH = frozenset({
    "hide", "exclude", "excluded", "internal", "secret", "confidential", "archived",
    "isarchived", "trash", "intrash", "removed", "isremoved", "withdrawn", "iswithdrawn",
    "expired", "isexpired", "pending", "ispending", "scheduled", "isscheduled", "restricted",
    "isrestricted", "isinternal", "issecret", "isconfidential", "spiked", "killed", "rejected",
    "retracted", "isretracted", "suspended", "spam", "isspam", "onhold", "encrypted", "encrypt",
    "premium", "ispremium", "ispaid", "paywalled", "ispaywalled", "emailonly", "login",
})  # fmt: skip

#: Names of switches that keep an article out if they are off.
HIDES_IF_OFF = frozenset({
    "ispublished", "public", "ispublic", "listed", "islisted", "visible", "isvisible",
    "discoverable", "routable", "publiclyvisible", "indexable",
})  # fmt: skip

#: Names whose value keeps an article out if it is a switch that is off, and otherwise is something
#: else: a date, an address, a mapping.
HIDES_IF_OFF_SWITCH = frozenset({
    "published", "publish", "permalink", "build", "render", "live", "active", "isactive", "enabled",
    "isenabled", "online", "isonline", "islive", "approved", "isapproved", "released", "show",
    "shown", "display", "publishable", "ispublishable",
})  # fmt: skip

#: Names that keep an article out if they have a value that is not a switch that is off: the moment
#: at which it was deleted.
HIDES_IF_SET = frozenset({
    "deletedat", "deletedon", "deleteddate", "datedeleted", "trashedat", "removedat",
    "unpublishedat", "archivedat", "withdrawnat", "retractedat", "spikedat", "hiddenat",
    "discardedat", "trashedon", "removedon", "deletiondate",
})  # fmt: skip

#: Names of words that say how far an article has come, or who may see it.
STATES = frozenset({
    "status", "poststatus", "articlestatus", "contentstatus", "storystatus", "entrystatus",
    "publishstatus", "publishingstatus", "publicationstatus", "pubstatus", "publicationstate",
    "workflowstatus", "workflowstate", "moderationstate", "creativeworkstatus", "visibility",
    "reviewstate", "articlestate", "publishedstatus", "postvisibility", "wpstatus",
    "publishingstate", "documentstatus", "itemstatus", "pagestatus", "editorialstatus",
    "approvalstatus", "contentstate", "entrystate", "storystate", "privacystatus",
    "contentvisibility",
})  # fmt: skip

#: Names of such words that can mean something else, such as a place. An unknown word says nothing.
POSSIBLE_STATES = frozenset({
    "state", "stage", "access", "accesslevel", "audience", "workflow", "privacy", "approval",
})  # fmt: skip

#: Names of passwords: with one, an article is for a few.
PASSWORDS = frozenset({"password", "postpassword", "pagepassword", "passwordhash", "passphrase"})

#: Names of switches by which plugins of WordPress ask search engines not to show an article. A
#: value that is no switch hides nothing.
PLUGIN_SWITCHES = frozenset({
    "aioseonoindex", "aioseopnoindex", "genesisnoindex", "seopressrobotsindex",
    "yoastwpseometarobotsnoindex",
})  # fmt: skip

#: Names of the groups that may see an article, as plugins of WordPress and TYPO3 have them.
RESTRICTIONS = frozenset({
    "membersaccessrole", "jetpacknewsletteraccess", "rcpaccesslevel", "rcpsubscriptionlevel",
    "rcpuserlevel", "memberfulacl", "fegroup", "membershiplevel", "membershiplevels",
    "memberships", "requiredmembership", "requiredrole", "requiredroles", "allowedroles",
    "restrictedto", "visibleto",
})  # fmt: skip

#: Names of what an article asks of the robots of search engines.
ROBOTS = frozenset({
    "robots", "metarobots", "robotsmeta", "xrobotstag", "rankmathrobots", "slimseo", "googlebot",
    "googlebotnews", "bingbot",
})  # fmt: skip

#: Names of objects in a record that are about the record itself, so that all names count in them.
OWN_OBJECTS = frozenset({
    "params", "seo", "meta", "metadata", "metatags", "head", "attributes", "fields", "settings",
    "options", "flags", "custom", "customfields", "extra", "extrafields", "acf", "frontmatter",
    "page", "post", "article", "publication", "publishing", "workflow", "sys", "system",
    "properties", "props", "cms", "yoastheadjson", "access", "publish",
})  # fmt: skip

#: Names that count in all other objects, too, if they are on.
UNMISTAKABLE = frozenset({
    "draft", "isdraft", "noindex", "robotsnoindex", "unlisted", "isunlisted", "unpublished",
    "trashed", "istrashed", "membersonly", "protected",
})  # fmt: skip

#: States in which everybody may see an article.
PUBLIC_STATES = frozenset({
    "publish", "published", "public", "live", "visible", "listed", "released", "online", "active",
    "featured", "everyone", "usable",
})  # fmt: skip

#: States in which not everybody may, or not yet.
HIDDEN_STATES = frozenset({
    "draft", "autodraft", "private", "trash", "trashed", "deleted", "pending", "pendingreview",
    "future", "scheduled", "inherit", "hidden", "unlisted", "skip", "unpublished", "archived",
    "archive", "review", "inreview", "embargoed", "expired", "internal", "inactive", "offline",
    "password", "members", "membersonly", "subscribers", "subscribersonly", "paid", "onlypaid",
    "onlyfree", "founding", "registered", "restricted", "tiers", "filter", "sent", "planned",
    "new", "rejected", "requestconfirm", "requestcompleted", "withdrawn", "withheld",
    "canceled", "cancelled", "spiked", "killed", "onhold", "hold", "incomplete", "obsolete",
    "disabled", "subscriber", "member", "premium", "notpublished", "unapproved",
    "awaitingreview", "needsreview", "inprogress", "queued", "submitted", "held", "suspended",
    "spam", "removed", "retracted", "secret", "confidential", "protected", "notpublic",
    "nonpublic", "loggedin", "login", "staff", "paidsubscribers",
})  # fmt: skip

#: Name of the value that a record gets that is in a list whose name hides it, such as "drafts".
_LISTED_UNDER = "listedunder"

#: Words in the name of such a list that say what is in it, and words of states that are a list of
#: articles that everybody may see.
_KINDS_OF_LISTS = frozenset({
    "post", "article", "story", "stories", "item", "entry", "entries", "document", "doc", "record",
    "news", "page", "content", "list", "all", "my",
})  # fmt: skip
_PUBLIC_LISTS = frozenset({"archive", "new", "future", "review", "filter"})
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

#: YAML 1.1's words of a switch, and what databases and tables write.
_ON = frozenset({"true", "yes", "on", "y", "t", "1", "1.0"})
_OFF = frozenset({"false", "no", "off", "n", "f", "0", "0.0", "never"})

#: What Hugo's ``build`` and Eleventy's ``permalink`` say of a page that has an address.
_BUILT = {"list": "always", "render": "always", "build": "always"}

#: What it says of a page that has not.
_NOT_BUILT = frozenset({"never", "local", "link"})

#: Words of the robots of search engines that ask not to show a page.
_NO_INDEX = frozenset({"noindex", "none"})

#: What begins a directive about previews; its ``none`` is about them.
_PREVIEW = "max"

#: What begins the id of a draft of Sanity, beside the published document.
_ID = "id"
_DRAFT = "drafts."

#: What begins a state in ninjs, the JSON of news agencies.
_NINJS = "stat:"

#: Names of a date before which an article is not public, besides its date of publication. A switch
#: of such a name that is on keeps the article out.
EMBARGOES = frozenset({
    "embargo", "embargodate", "embargoed", "embargoeduntil", "embargountil", "publishon",
    "publishat", "publishup", "golive", "goliveat", "scheduledat", "scheduledfor", "notbefore",
    "embargoend", "embargoends", "embargoenddate", "availablefrom", "visiblefrom",
    "publishfrom", "embargotime", "embargodatetime", "embargolift", "embargolifts",
    "embargoexpires", "embargoexpiry", "validfrom", "activefrom", "onlinefrom", "livefrom",
    "displayfrom", "showfrom", "publishstart", "publicationstart", "startpublishing",
})  # fmt: skip

#: What a name may have beside its letters: "Draft?", "(draft)", a byte order mark.
_SEPARATORS = re.compile(r"[\W_]+")

#: What parts the directives of robots. The value of one about previews belongs to it.
_BETWEEN_DIRECTIVES = re.compile(r"(?<!:)[\s,;]+")
_NUMBER = re.compile(r" \(\d+\)$")
_LEVEL = re.compile(r"(-?\d+)(?:\.0)?")

#: Groups that everybody is in. PHP writes an empty array as ``a:0:{}``; in TYPO3, -1 is who has not
#: logged in.
_EVERYBODY = PUBLIC_STATES | {"all", "everybody", "anyone", "none", "a0"}
_NOT_LOGGED_IN = "-1"

#: Names of the two parts of a custom field, or of a ``meta``.
_NAMES = ("name", "key", "meta_key", "property")
_VALUES = ("content", "value", "meta_value")

#: Types of values that hold no others.
_SIMPLE = frozenset({str, int, float, bool, type(None)})


class Hidden(NamedTuple):
    """Why a record is withheld.

    Parameters
    ----------
    problem : Problem
        ``NOT_PUBLIC`` or ``UNREADABLE_STATE``.
    detail : str
        The name and the value that decided.
    """

    problem: Problem
    detail: str


@functools.lru_cache(4096)
def plain_name(name: object) -> str:
    """Return the letters and digits of a name in lower case, without a namespace.

    The number that `distinct` appends is left out, too.
    """
    return _plain(_NUMBER.sub("", str(name).rpartition(":")[2]))


def distinct(names: Sequence[str]) -> list[str]:
    """Return names of which the last of equal ones keeps its spelling; all of them are read.

    Parameters
    ----------
    names : sequence of str
        ``["draft", "draft"]`` becomes ``["draft (2)", "draft"]``.
    """
    counts: Counter[str] = Counter()
    spelled = []
    for name in reversed(names):
        counts[name] += 1
        spelled.append(name if counts[name] == 1 else f"{name} ({counts[name]})")
    return spelled[::-1]


def says_state(name: str) -> bool:
    """Return whether a name, as `plain_name` writes it, tells who may see an article."""
    return name in _SAYING


def hides_list(name: str) -> bool:
    """Return whether a list of this name has articles that are not public: ``deletedPosts``."""
    words = map(str.lower, _WORDS.findall(name))
    about = (word for word in words if not {word, word.removesuffix("s")} & _KINDS_OF_LISTS)
    return "".join(about).removesuffix("s") in _HIDDEN_LISTS


def listed_under(name: str, record: Mapping[str, object]) -> dict[str, object]:
    """Return a record of a list whose name hides what is in it."""
    return {**record, "listed under": name}


def switch(value: object) -> bool | None:
    """Return what a switch says: on, off, or None if the value is no switch.

    Parameters
    ----------
    value : object
        A truth value, 0 or 1, or a word such as ``yes`` or ``off``.
    """
    if not isinstance(value, str) and isinstance(value, Iterable):
        return None
    word = str(value).strip().lower()
    return True if word in _ON else False if word in _OFF else None


def is_empty(value: object) -> bool:
    """Return whether a value is missing, blank, or a container of nothing: it says nothing."""
    if isinstance(value, str):
        return not value.strip()
    try:
        return len(value) == 0  # type: ignore[arg-type]
    except TypeError:
        return is_missing(value)


def hidden(record: Mapping[str, object]) -> Hidden | None:
    """Return why a record may not be shown, or None if it may.

    Parameters
    ----------
    record : mapping
        Names to values, as `flattened` returns them. A name without a value says nothing.
    """
    for name, value in record.items():
        plain = _saying_name(name)
        if plain is None or is_empty(value):
            continue
        problem = _problem(plain, value)
        if problem is not None:
            said = "set" if plain in PASSWORDS else shortened(value)
            return Hidden(problem, f"`{name}` is {said}")
    return None


def flattened(record: Mapping[str, object]) -> Mapping[str, object]:
    """Return a record with the names and values of the objects in it that are about the record.

    Parameters
    ----------
    record : mapping
        ``{"seo": {"noindex": True}}`` gets a value ``seo.noindex``.
    """
    objects = [name for name, value in record.items() if type(value) not in _SIMPLE]
    inner = {
        f"{name}.{theirs}": part for name in objects for theirs, part in _inner(name, record[name])
    }
    return {**record, **inner} if inner else record


def _inner(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield the names and values of an object that count for its record."""
    is_own = plain_name(name) in OWN_OBJECTS
    if is_own and isinstance(value, (list, tuple)):
        value = dict(_named_values(value))
    if not isinstance(value, Mapping):
        return
    if is_own:
        yield from flattened(value).items()
    else:
        for theirs, part in value.items():
            if plain_name(theirs) in UNMISTAKABLE and switch(part):
                yield theirs, part


def _named_values(values: Iterable[object]) -> Iterator[tuple[str, object]]:
    """Yield the names and values in a list of custom fields, or of ``meta`` of a page."""
    for value in values:
        if isinstance(value, (list, tuple)):  # VitePress writes ["meta", {…}]
            yield from _named_values(value)
        elif isinstance(value, Mapping):
            name = next((value[name] for name in _NAMES if name in value), None)
            yield str(name), next((value[name] for name in _VALUES if name in value), None)


@functools.lru_cache(4096)
def _saying_name(name: object) -> str | None:
    """Return a name if it tells who may see an article; it may be of a flattened object."""
    whole = str(name).removesuffix(".index")  # of Yoast's ``robots.index``
    names = map(plain_name, (name, str(name).rpartition(".")[2], whole.rpartition(".")[2]))
    return next((plain for plain in names if plain in _SAYING), None)


def _problem(name: str, value: object) -> Problem | None:
    """Return what is wrong with the value of a name that tells who may see an article."""
    if name in PASSWORDS:
        return None if value is False else Problem.NOT_PUBLIC
    if name == _LISTED_UNDER:
        return Problem.NOT_PUBLIC
    if name == _ID:
        return Problem.NOT_PUBLIC if str(value).startswith(_DRAFT) else None
    if name in ROBOTS:
        return Problem.NOT_PUBLIC if _is_not_indexed(value) else None
    state = switch(value)
    if name in RESTRICTIONS:
        text = str(value).strip()
        is_open = text == _NOT_LOGGED_IN or _plain(text) in _EVERYBODY
        return None if is_open or state is False else Problem.NOT_PUBLIC
    if name in HIDES_IF_SET:
        return None if state is False or is_no_date(value) else Problem.NOT_PUBLIC
    if name in HIDES_IF_OFF_SWITCH:
        if isinstance(value, Mapping):
            return _problem_of_build(value)
        is_hidden = state is False or (isinstance(value, str) and _plain(value) in HIDDEN_STATES)
        return Problem.NOT_PUBLIC if is_hidden else None
    if name in _HIDES_IF_ON_SWITCH:
        return Problem.NOT_PUBLIC if state else None
    if name in STATES or name in POSSIBLE_STATES:
        word = _plain(str(value).strip().removeprefix(_NINJS))
        state = True if word in PUBLIC_STATES else False if word in HIDDEN_STATES else state
        if state is None and name in POSSIBLE_STATES:
            level = _LEVEL.fullmatch(str(value).strip())
            # Joomla's state -2 is the trash, and its access 1 is public.
            state = not level or (int(level[1]) > 0 and not name.startswith("access"))
    elif name in HIDES_IF_ON and state is not None:
        state = not state
    if state is None:
        return Problem.UNREADABLE_STATE
    return None if state else Problem.NOT_PUBLIC


def _problem_of_build(build: Mapping[str, object]) -> Problem | None:
    """Return what is wrong with the options of building a page."""
    for name, always in _BUILT.items():
        value = build.get(name)
        word = "" if value is None else str(value).strip().lower()
        if switch(value) is False or word in _NOT_BUILT:
            return Problem.NOT_PUBLIC
        if word and word != always and not switch(value):
            return Problem.UNREADABLE_STATE
    return None


def _is_not_indexed(robots: object) -> bool:
    """Return whether a page asks search engines not to show it."""
    if isinstance(robots, Mapping):
        states = {_plain(str(name)): switch(value) for name, value in robots.items()}
        if states.get("index") is False:
            return True
        directives = [name for name, state in states.items() if state]
        directives += [str(value) for value in robots.values()]
    elif isinstance(robots, (list, tuple, set, frozenset)):
        directives = [*map(str, robots)]
    else:
        directives = [str(robots)]
    # A directive may begin with the name of a robot.
    return switch(robots) is False or any(
        _plain(word.rpartition(":")[2]) in _NO_INDEX and not _plain(word).startswith(_PREVIEW)
        for directive in directives
        for word in _BETWEEN_DIRECTIVES.split(directive)
    )


def _plain(text: str) -> str:
    return _SEPARATORS.sub("", text).lower()


_HIDDEN_LISTS = {
    word.removesuffix("s")
    for word in HIDES_IF_ON | HIDES_IF_ON_SWITCH | HIDDEN_STATES | {"bin", "spam", "recyclebin"}
} - _PUBLIC_LISTS

_HIDES_IF_ON_SWITCH = HIDES_IF_ON_SWITCH | EMBARGOES | PLUGIN_SWITCHES

_SAYING = (
    HIDES_IF_ON | _HIDES_IF_ON_SWITCH | HIDES_IF_OFF | HIDES_IF_OFF_SWITCH | HIDES_IF_SET | STATES
    | POSSIBLE_STATES | PASSWORDS | ROBOTS | RESTRICTIONS | {_LISTED_UNDER, _ID}
)  # fmt: skip
