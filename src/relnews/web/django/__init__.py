"""A Django application: the tag ``related_news`` for templates.

``INSTALLED_APPS`` names ``relnews.web.django``, and ``RELNEWS_ARCHIVE`` the folder of the archive.
Then ``{% load relnews %}{% related_news article.pk %}`` in a template is the list of an article.
"""
