import os

import requests

API = os.environ["API"]
KEY = os.environ["KEY"]

session_id = int(os.environ["SESSION_ID"])
answer = requests.post(f"{API}/release", params={"session_id": session_id}, headers={"X-API-Key": KEY})
answer.raise_for_status()
print(answer.json()["status"], answer.json()["session_id"])
