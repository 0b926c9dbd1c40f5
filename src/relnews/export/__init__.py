"""Lists as text for readers, programs and the terminal; import the module that you need.

==============================  ===================================================================
`relnews.export.formats`        the registry of the formats below
`relnews.export.html`           a ``<section>`` for any page, or a page of its own
`relnews.export.json`           one line of JSON, also safe inside a ``<script>``
`relnews.export.jsonld`         schema.org's ``ItemList``, for search engines
`relnews.export.feeds`          Atom or JSON Feed, for feed readers
`relnews.export.sites`          files for static sites; unchanged files are not written again
`relnews.export.tables`         CSV and Parquet, a row for each item
`relnews.export.text`           a table for the terminal
==============================  ===================================================================

Nothing is imported here: HTML needs Jinja, which other formats do not wait for.
"""
