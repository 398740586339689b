"""Finds a channel by its name and reads its newest message with the real Telethon, over a session file.

Arguments: one JSON object; prints one.
"""

import asyncio
import json
import sys

from telethon import TelegramClient
from telethon.crypto import rsa


async def newest(wanted):
    rsa.add_key(wanted["rsa_key"], old=False)
    client = TelegramClient(wanted["file"], 12345, "0123456789abcdef0123456789abcdef", flood_sleep_threshold=0)
    await client.connect()
    channel = await client.get_input_entity(wanted["channel"])
    [message] = await client.get_messages(channel, limit=1)
    await client.disconnect()
    return {"id": channel.channel_id, "access_hash": str(channel.access_hash), "newest": message.id}


print(json.dumps(asyncio.run(newest(json.loads(sys.argv[1])))))
