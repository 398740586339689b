"""What the tests know of the running sandbox, and how they disturb it."""

from __future__ import annotations

from typing import Any

from telegate.requests import httpx


class Sandbox:
    def __init__(self, info: dict[str, Any]) -> None:
        self.base_url: str = info["base_url"]
        self.worker_key: str = info["worker_key"]
        self.admin_key: str = info["admin_key"]
        self.sessions_dir: str = info["sessions_dir"]
        self.control_url: str = info["control_url"]
        self.rsa_key: str = info["rsa_public_key"]
        self.data_centres: list[dict[str, Any]] = info["data_centres"]
        self._http = httpx.Client(headers={"X-API-Key": self.admin_key})

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The service's answer to an admin."""
        answer = self._http.request(method, self.base_url + path, **options)
        answer.raise_for_status()
        return answer.json()

    def fault(self, error: str, **where: Any) -> None:
        """Has the data centres answer with an error; `method` by GramJS's name, such as `messages.GetHistory`."""
        self._http.post(f"{self.control_url}/faults", json={"fault": error, **where}).raise_for_status()

    def has_struck(self) -> bool:
        """Whether a fault has met a request."""
        return any(one["struck"] for one in self._http.get(f"{self.control_url}/faults").json())

    def behave(self, data_centre: int, mode: str) -> None:
        """`silent`: it accepts connections, and answers nothing; `refuse`: it accepts none; `normal`."""
        self._http.post(f"{self.control_url}/servers/{data_centre}", json={"mode": mode}).raise_for_status()

    def modes(self) -> dict[int, str]:
        """How each data centre behaves."""
        return {one["dc"]: one["mode"] for one in self._http.get(f"{self.control_url}/servers").json()}

    def connections(self) -> list[dict[str, Any]]:
        answer: dict[str, Any] = self._http.get(f"{self.control_url}/connections").json()
        return list(answer["connections"])

    def resolves(self) -> list[dict[str, Any]]:
        """The usernames that accounts have looked for, as the data centres know."""
        answer: dict[str, Any] = self._http.get(f"{self.control_url}/resolves").json()
        return list(answer["resolves"])

    def open_connections(self) -> list[dict[str, Any]]:
        return [one for one in self.connections() if one["closed_at"] is None]

    def session(self, session_id: int) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask("GET", f"/sessions/{session_id}")
        return answer

    def restore(self) -> list[int]:
        """Ends faults, leases, floods and deaths; returns the sessions that were leased."""
        self._http.delete(f"{self.control_url}/faults").raise_for_status()
        for data_centre, mode in self.modes().items():
            if mode != "normal":
                self.behave(data_centre, "normal")
        leased = [lease["session_id"] for lease in self.ask("GET", "/leases")]
        for session_id in leased:
            self.ask("POST", "/release", json={"session_id": session_id})
        for session in self.ask("GET", "/sessions"):
            self.ask("POST", "/restore", params={"session_id": session["id"]})
        return leased
