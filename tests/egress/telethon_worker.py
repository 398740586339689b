"""Works with a leased session through the egress fence with the real Telethon, until its lease has ended.

Arguments: one JSON object. Prints a line for each step, and goes on when a line comes in.
"""

import asyncio
import json
import sys

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import StringSession


async def main(wanted):
    rsa.add_key(wanted["rsa_key"], old=False)
    proxy = wanted["proxy"]
    client = TelegramClient(
        StringSession(wanted["session_string"]),
        12345,
        "0123456789abcdef0123456789abcdef",
        proxy=("socks5", proxy["host"], proxy["port"], False, proxy["user"], proxy["pass"]),
        flood_sleep_threshold=0,
        connection_retries=1,
        request_retries=1,
        retry_delay=0,
    )
    await client.connect()
    me = await client.get_me()
    print(me.first_name, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    try:
        await asyncio.wait_for(client.get_me(), 5)
        print("answered", flush=True)
    except (ConnectionError, OSError, asyncio.TimeoutError):
        print("cut", flush=True)


asyncio.run(main(json.loads(sys.argv[1])))
