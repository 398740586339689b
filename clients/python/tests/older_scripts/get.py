import os

import requests

API = os.environ["API"]
KEY = os.environ["KEY"]

answer = requests.get(f"{API}/session", headers={"X-API-Key": KEY})
if answer.status_code == 503:
    detail = answer.json()["detail"]
    print("none", detail["error"], detail["in_floodwait"], detail["next_release_in"])
else:
    answer.raise_for_status()
    print(answer.json()["session_id"], answer.json()["session_name"])
