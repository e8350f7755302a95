"""The state of one request and every decision on it: what may be recorded, what follows, what is due next and when.
Pure: it reads no file, asks no clock and knows no Temporal. It may touch the models of the campaign and the
deadlines; workflow, views, case file and documents are built on it.
"""
