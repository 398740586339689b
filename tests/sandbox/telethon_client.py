"""Drives the real Telethon against the sandbox. Arguments: one JSON object; prints one JSON object."""

import asyncio
import hashlib
import json
import sys

from telethon import TelegramClient, functions
from telethon.crypto import rsa
from telethon.errors import BotMethodInvalidError, SessionPasswordNeededError


async def journey(wanted):
    rsa.add_key(wanted["rsa_key"], old=False)
    client = TelegramClient(
        wanted["session"], 12345, "0123456789abcdef0123456789abcdef", flood_sleep_threshold=0
    )
    if client.session.auth_key is None:
        client.session.set_dc(wanted["dc"], wanted["address"], wanted["port"])
    await client.connect()
    answer = {}
    if wanted.get("bot_token"):
        await read_as_bot(client, wanted, answer)
        await client.disconnect()
        return answer
    if not await client.is_user_authorized():
        await client.send_code_request(wanted["phone"])
        try:
            await client.sign_in(wanted["phone"], wanted["code"])
        except SessionPasswordNeededError:
            await client.sign_in(password=wanted["password"])
        answer["logged_in"] = True
    me = await client.get_me()
    answer["me"] = {"id": me.id, "first_name": me.first_name, "phone": me.phone, "access_hash": str(me.access_hash)}
    answer["dialogs"] = sorted([dialog.title async for dialog in client.iter_dialogs()])
    answer["dc"] = client.session.dc_id
    if wanted.get("channel"):
        await read_channel(client, wanted, answer)
    await client.disconnect()
    return answer


async def read_as_bot(client, wanted, answer):
    await client.sign_in(bot_token=wanted["bot_token"])
    me = await client.get_me()
    answer["me"] = {"id": me.id, "first_name": me.first_name, "bot": me.bot}
    answer["dc"] = client.session.dc_id
    channel = await client.get_entity(wanted["channel"])
    answer["pts"] = (await client(functions.channels.GetFullChannelRequest(channel))).full_chat.pts
    found = await client.get_messages(channel, ids=[1, 97, 5000, 5001])
    answer["hundred"] = [message and message.id for message in found]
    try:
        await client.get_messages(channel, limit=1)
    except BotMethodInvalidError:
        answer["refused"] = True


async def read_channel(client, wanted, answer):
    channel = await client.get_entity(wanted["channel"])
    answer["channel"] = {"id": channel.id, "access_hash": str(channel.access_hash), "title": channel.title}
    full = await client(functions.channels.GetFullChannelRequest(channel))
    answer["about"] = full.full_chat.about
    answer["ids"] = [message.id async for message in client.iter_messages(channel, wait_time=0)]
    newest = [message.id async for message in client.iter_messages(channel, min_id=4990, reverse=True, wait_time=0)]
    answer["newest"] = newest
    hundred = await client.get_messages(channel, ids=list(range(4900, 5000)))
    answer["hundred"] = [message and message.id for message in hundred]
    answer["files"] = {}
    async for message in client.iter_messages(channel, limit=60):
        if message.file:
            content = await client.download_media(message, file=bytes)
            answer["files"][str(message.id)] = hashlib.sha256(content).hexdigest()


print(json.dumps(asyncio.run(journey(json.loads(sys.argv[1])))))
