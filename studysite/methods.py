"""The methods of HTTP that pages answer; Django's `require_safe` and `require_POST` are for the others."""

READ_AND_POST = ["GET", "HEAD", "POST"]
"""Of a page with a form that is sent to the page's own address."""
