"""What can go wrong, and what is promised then. A test that shows it has the number: `@pytest.mark.fault(16, 50)`.

A bare `fault` says only that something breaks on purpose, as of a whole module.
"""

from typing import NamedTuple


class Fault(NamedTuple):
    number: int
    fault: str
    promised: str


FAULTS = (
    Fault(
        1,
        "The worker is told to stop while a letter is under way (a redeployment)",
        "A letter whose content went out is waited for, another is called back for the next worker; it goes out once",
    ),
    Fault(2, "The mail server refuses for now, or greylists", "The letter is put off and goes out later, once"),
    Fault(
        3,
        "The mail server does not know the recipient (550)",
        "No clock starts; the operator is asked until somebody acts; other requests go on",
    ),
    Fault(4, "The same campaign is started twice", "Each request is started once, and one demand goes out"),
    Fault(5, "A response is reported twice", "It is recorded once, and both reports get the same answer"),
    Fault(
        6,
        "A response lacks a field, has one too many, or one of a wrong type",
        "An update is refused by the name of the field and leaves nothing; a signal is kept and holds the request",
    ),
    Fault(
        7,
        "A response for a request that is unknown or has ended",
        "It is refused in a line; production for a request that has ended goes into its case file",
    ),
    Fault(
        8,
        "A response in the same instant as the deadline or a letter",
        "The instant of receipt decides whether it is on time; neither response nor letter is lost",
    ),
    Fault(
        9,
        "The worker is down over reminders and the deadline",
        "Missed reminders follow the campaign's policy, and the ladder goes on where it should be",
    ),
    Fault(
        10,
        "A response comes in while the worker is down",
        "It counts from when it was received, also where the deadline has passed since",
    ),
    Fault(
        11,
        "Campaign, template or calendar is edited while requests run",
        "Requests keep what they were started with; a start names the change, a date moves only when somebody says so",
    ),
    Fault(12, "New code while requests run", "Histories and records of earlier code replay to what they were"),
    Fault(
        13,
        "Weekends, holidays, changes of the clocks, a wrong zone, a time without one",
        "Dates and letters fall where the rule says; a wrong zone or a time without one is refused by name",
    ),
    Fault(
        14,
        "A letter comes back after the mail server took it",
        "It was not given: a demand's clock stops, a final notice holds, and once resolved it goes out again",
    ),
    Fault(
        15,
        "A notice of delay, or an automatic reply",
        "A delay changes nothing; every letter says that it is automatic, so that it is not answered by a machine",
    ),
    Fault(
        16,
        "The worker is killed after the content of a letter went out",
        "The letter goes out once more, under the same Message-ID and marked as a possible copy; none is lost",
    ),
    Fault(
        17,
        "The mail server accepts a letter after we stopped waiting",
        "The letter is unconfirmed: it is sent again, marked as a possible copy, or held if the campaign says so",
    ),
    Fault(18, "Temporal is not there at the start", "The worker and `doctor` say so in a line and end with 1"),
    Fault(19, "Temporal is killed and restarted", "Every request goes on where it was"),
    Fault(
        20,
        "Workflow code raises an error",
        "The request waits and is named as stuck; the others go on, and it continues once the code is mended",
    ),
    Fault(
        21,
        "A new server lacks the search attributes or the retention",
        "`doctor` names what is missing, `setup-server` adds it and may be run again",
    ),
    Fault(
        22,
        "An operator acts while a timer fires or a letter goes out",
        "Both are recorded; a letter that is no longer wanted is called back where its content did not go out",
    ),
    Fault(
        23,
        "Line breaks, hidden characters, several addresses in one, huge text, a path as an id",
        "Refused by field, with what would be right; a letter with such a header never reaches the mail server",
    ),
    Fault(
        24,
        "A template has an error or names a variable that does not exist",
        "Refused before anything is started, by file, line and variable",
    ),
    Fault(
        25,
        "A period of 0, less, or too long; a date that does not exist or has passed",
        "Refused by file, line and field, or by the name of the field",
    ),
    Fault(
        26,
        "The login of the mail server has expired",
        "Sending pauses and no recipient is blamed; letters go out once the login works",
    ),
    Fault(27, "One mail domain asks for patience (421)", "Letters to that domain wait, those to others do not"),
    Fault(28, "10,000 requests are due at the same instant", "All are served, later; none is lost or served twice"),
    Fault(
        29,
        "A draft fails, or takes hours",
        "It is stopped at its limit and tried again; if it fails alike, the request is held and a person is asked",
    ),
    Fault(30, "A response or an attachment of more than 2 MB", "Refused by its size, and nothing else is harmed"),
    Fault(
        31,
        "The dossier's disk is full or cannot be written",
        "A person is asked; no letter goes out without its claim, no request ends before its record is filed",
    ),
    Fault(
        32,
        "Two workers, one of them cut off",
        "The one that comes back sends nothing that the other sent or a person withdrew",
    ),
    Fault(
        33,
        "A machine's clock is wrong",
        "`doctor` names it; what is reported as received now counts by the server's clock",
    ),
    Fault(
        34,
        "A flood of messages",
        "Beyond the cap they are refused or flagged once; people can still end the request",
    ),
    Fault(
        35,
        "A request is cancelled or terminated from the Web UI",
        "A cancel is a withdrawal; a terminated request can be recovered without a second demand; others go on",
    ),
    Fault(
        36,
        "Temporal deletes the history of a request that has ended",
        "It is not started again; its case file answers, and an open one can be recovered",
    ),
    Fault(
        37,
        "An old backup is restored",
        "The audit names requests whose case file is older; what the case file has as sent is not sent again",
    ),
    Fault(
        38,
        "An unreadable signal of 240 parts of 1 KB",
        "Kept shortened with its hash, and a person is asked; the next timer fires",
    ),
    Fault(39, "60 good signals of 20 KB while the worker is away", "All are recorded and filed"),
    Fault(40, "One good update of 1.6 MB", "Refused by its size, or recorded; the request goes on"),
    Fault(
        41,
        "1,000 messages of the largest size, and 10,000 signals",
        "The request goes on and can be withdrawn",
    ),
    Fault(42, "A workflow task fails for ever", "The request stands first in `today` and `list`, with the cause"),
    Fault(43, "A recovered request fails again", "`recover` says so and ends with 1"),
    Fault(
        44,
        "Text that cannot be set in type",
        "Refused by field; what gets past that is tried three times, then held until a person says so",
    ),
    Fault(
        45,
        "A template that loops for ever, takes gigabytes, or imports from elsewhere",
        "Stopped at its limit and named; other requests are unharmed, and the worker still stops in time",
    ),
    Fault(
        46,
        "Control characters in the name or text of a signal",
        "Kept as they came, and shown escaped wherever they are printed",
    ),
    Fault(
        47,
        "A case file with a forged name, a link, a ZIP that is too large, a file cut short",
        "Refused in a line, or a finding; nothing outside it is read",
    ),
    Fault(48, "Anything in a case file is edited, removed or added", "`verify` finds it offline and names the file"),
    Fault(
        49,
        "The mail server repeats the password in its answer",
        "History and case file have its code only",
    ),
    Fault(
        50,
        "The worker stands still in the middle of a letter, and wakes later",
        "The letter goes out once, or once more marked as a possible copy",
    ),
    Fault(51, "Somebody asks about a request just after its worker was killed", "The question is answered"),
    Fault(
        52,
        "The disk is full in the middle of a campaign, and free again",
        "No letter is lost, at most some go out once more, marked; the log has a line for each failure",
    ),
    Fault(
        53,
        "A claim or receipt is cut short, and the request is recovered",
        "The recovery is refused: it names the file and says to restore it",
    ),
    Fault(
        54,
        "What a request was started with is missing or cut short",
        "A person is asked, by the name of the file; once it is restored the request goes on; others are unharmed",
    ),
    Fault(55, "300 requests are started at once on one worker", "It takes longer, and nothing else changes"),
    Fault(
        56,
        "The worker is told to stop while letters are under way, and somebody asks before the next one is there",
        "The question is answered, and every history replays",
    ),
    Fault(
        57,
        "A message comes in while another one is being filed",
        "Both are in the case file when the request waits",
    ),
    Fault(
        58,
        "The worker stands still before the content of a letter, and wakes after the letter was sent or withdrawn",
        "One letter; none after a withdrawal",
    ),
    Fault(
        59,
        "A request is withdrawn while its letter is at the mail server, before the content",
        "The letter is called back at once: nothing is claimed and nothing sent",
    ),
    Fault(
        60,
        "The receipt of an accepted letter cannot be written",
        "The acceptance counts, the receipt is filed later, and no copy goes out",
    ),
    Fault(
        61,
        "The operator's clock is behind",
        "What is reported as received now is on time or late by the server's clock",
    ),
    Fault(62, "A request is cancelled, then reset to its first task", "Nobody is written to"),
)
