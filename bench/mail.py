"""Letters a second with a 100 KB PDF: our mail client against a bare aiosmtplib pool of the same size.

Both send the same letters to the same server in the same run, in turns, because on shared cores only the ratio of
interleaved rounds means anything. The server is a process of its own and throws the letters away.

    python -m bench.mail [--letters 200] [--rounds 5] [--pool 10]
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from multiprocessing.connection import Connection

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP as Conversation
from aiosmtplib import SMTP

from forthwith.mail.client import MailClient, SmtpSettings
from forthwith.mail.message import Attachment, Mail, message_id

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 391
DATE = datetime(2018, 1, 24, 15, tzinfo=UTC)
TEXT = "Please produce the documents listed in the attached letter.\n"


def letters(count: int) -> list[Mail]:
    return [
        Mail(
            sender="demands@office.example",
            reply_to="responses@office.example",
            recipient=f"records@town-{number}.example",
            subject=f"Document request 1373-2018, town {number}",
            message_id=message_id(f"1373-2018/town-{number}", "demand", "records", "office.example"),
            date=DATE,
            text=TEXT,
            attachments=(Attachment(filename="demand.pdf", content=PDF),),
        )
        for number in range(count)
    ]


def as_message(mail: Mail) -> EmailMessage:
    message = EmailMessage(policy=SMTP_POLICY)
    for name, value in {
        "From": mail.sender,
        "Reply-To": mail.reply_to,
        "To": mail.recipient,
        "Subject": mail.subject,
        "Message-ID": mail.message_id,
        "Date": format_datetime(mail.date),
        "Auto-Submitted": "auto-generated",
    }.items():
        message[name] = value
    message.set_content(mail.text)
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="demand.pdf")
    return message


async def ours(port: int, pool: int, mails: list[Mail]) -> None:
    settings = SmtpSettings(host="127.0.0.1", port=port, tls="none", pool_size=pool)
    async with MailClient(settings) as client:
        await asyncio.gather(*(client.send(mail, before_data=lambda: None) for mail in mails))


async def bare(port: int, pool: int, mails: list[Mail]) -> None:
    waiting = iter(mails)

    async def sender() -> None:
        async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
            for mail in waiting:
                await smtp.send_message(as_message(mail))

    await asyncio.gather(*(sender() for _ in range(pool)))


def serve(parent: Connection) -> None:
    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Conversation(Sink(), hostname="sink", loop=loop), "127.0.0.1", 0)
        parent.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


async def rate(
    way: Callable[[int, int, list[Mail]], Awaitable[None]], port: int, pool: int, mails: list[Mail]
) -> float:
    start = time.perf_counter()
    await way(port, pool, mails)
    return len(mails) / (time.perf_counter() - start)


async def compare(port: int, pool: int, count: int, rounds: int) -> None:
    mails = letters(count)
    for warm_up in (ours, bare):
        await warm_up(port, pool, mails[: pool * 2])
    ratios: list[float] = []
    for number in range(rounds):
        order = (ours, bare) if number % 2 == 0 else (bare, ours)
        rates = {way: await rate(way, port, pool, mails) for way in order}
        ratios.append(rates[ours] / rates[bare])
        print(f"round {number + 1}: ours {rates[ours]:6.1f}/s  bare {rates[bare]:6.1f}/s  ratio {ratios[-1]:.2f}")  # noqa: T201
    print(f"median ratio {statistics.median(ratios):.2f} (target 0.9)")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pool", type=int, default=10)
    options = parser.parse_args()
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(sender,), daemon=True)
    server.start()
    try:
        asyncio.run(compare(receiver.recv(), options.pool, options.letters, options.rounds))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
