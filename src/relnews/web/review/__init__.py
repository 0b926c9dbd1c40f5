"""Review: a local page on which an editor reads lists with their reasons and changes rules.

Its modules::

    edits      what the page reads and changes, and what it undoes
    service    addresses, for holders of the token on this machine
"""
