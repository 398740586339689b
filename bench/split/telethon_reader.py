"""Reads a channel with bare Telethon, oldest message first, each file with its message.

Arguments: one JSON object. Prints one: how many messages and files it read, and the seconds that it took.
"""

import asyncio
import json
import os
import sys
import time

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import StringSession


async def read(wanted):
    rsa.add_key(wanted["rsa_key"], old=False)
    session = StringSession(wanted["session"])
    client = TelegramClient(session, wanted["api_id"], wanted["api_hash"], flood_sleep_threshold=3600)
    await client.connect()
    started = time.monotonic()
    messages = files = 0
    # By itself it would pause for a second after each page.
    async for message in client.iter_messages(wanted["channel"], reverse=True, wait_time=0):
        messages += 1
        if message.file:
            await client.download_media(message, os.path.join(wanted["directory"], str(message.id)))
            files += 1
    seconds = time.monotonic() - started
    await client.disconnect()
    return {"messages": messages, "files": files, "seconds": seconds}


print(json.dumps(asyncio.run(read(json.loads(sys.argv[1])))))
