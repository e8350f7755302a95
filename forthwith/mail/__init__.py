"""From a letter to the mail server's answer: `message` writes the bytes, `client` hands them over and sorts whatever
can go wrong. It knows nothing of requests, campaigns or case files, and keeps nothing; the letter activity does.
"""
