import os

import requests

API = os.environ["API"]
KEY = os.environ["KEY"]

answer = requests.get(f"{API}/status", headers={"X-API-Key": KEY})
answer.raise_for_status()
status = answer.json()
print(status["total"], status["free"], status["in_use"], status["in_floodwait"], status["next_available"])
