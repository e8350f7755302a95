"""Letters, subpoena drafts and referral memos: `content` says what each holds, the modules named for them compose it
from a request, `typesetting` and `working_copy` render it as PDF and DOCX, and `templates/` has the wording and the
layouts. Composing is pure and may touch request, campaign models and deadlines; nothing here sends or keeps
anything.
"""
