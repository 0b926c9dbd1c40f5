"""Lists written for readers, for machines and for the terminal.

==============================  ===================================================================
`relnews.export.html`           a ``<section>`` for any page, or a page of its own
`relnews.export.json`           one line of JSON, safe inside a ``<script>`` as well
`relnews.export.jsonld`         the same for search engines: schema.org's ``ItemList``
`relnews.export.feeds`          the same for feed readers: Atom, or JSON Feed
`relnews.export.sites`          files for static sites, of which only those that change are written
`relnews.export.text`           a table for the terminal
==============================  ===================================================================
"""

from relnews.export import feeds, html, json, jsonld, sites, text

__all__ = ["feeds", "html", "json", "jsonld", "sites", "text"]
