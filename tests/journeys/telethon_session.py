"""Real Telethon over a session that is there, in a file or a string. Arguments: one JSON object; prints one."""

import asyncio
import json
import sys

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import StringSession


async def who(wanted):
    rsa.add_key(wanted["rsa_key"], old=False)
    session = StringSession(wanted["string"]) if "string" in wanted else wanted["file"]
    client = TelegramClient(session, 12345, "0123456789abcdef0123456789abcdef", flood_sleep_threshold=0)
    await client.connect()
    me = await client.get_me()
    dialogs = sorted([dialog.title async for dialog in client.iter_dialogs()])
    await client.disconnect()
    return {"id": me and me.id, "phone": me and me.phone, "dialogs": dialogs}


print(json.dumps(asyncio.run(who(json.loads(sys.argv[1])))))
