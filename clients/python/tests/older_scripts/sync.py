import os

import requests

API = os.environ["API"]
KEY = os.environ["KEY"]

answer = requests.post(f"{API}/sync", headers={"X-API-Key": KEY})
answer.raise_for_status()
details = answer.json()["details"]
print(answer.json()["status"], details["new_sessions"], details["removed_sessions"], details["total_sessions"])
