"""What the document calls otherwise than a Python programmer would."""

from __future__ import annotations

import keyword
import re

# What a Python programmer would call each operation; one that is not listed is called by its operationId.
NAMES = {
    "GET /session": "get_session",
    "POST /session": "acquire_session",
    "POST /heartbeat": "heartbeat",
    "POST /release": "release",
    "POST /invalidate": "invalidate",
    "POST /floodwait": "floodwait",
    "POST /report": "report",
    "POST /restore": "restore",
    "POST /peers": "save_peers",
    "GET /peers": "list_peers",
    "GET /sessions/{id}/resolve-budget": "get_resolve_budget",
    "GET /status": "get_status",
    "GET /status/history": "get_status_history",
    "GET /status/upcoming": "list_upcoming",
    "GET /status/waiting": "get_waiting",
    "GET /leases": "list_leases",
    "GET /events/history": "list_event_history",
    "GET /sessions/{id}/history": "get_session_history",
    "POST /sync": "sync",
    "GET /keys": "list_keys",
    "POST /keys": "create_key",
    "GET /keys/self": "get_own_key",
    "DELETE /keys/{id}": "revoke_key",
    "GET /audit": "list_audit",
    "POST /sessions/send-otp": "send_otp",
    "POST /sessions/resend-otp": "resend_otp",
    "POST /sessions/verify-otp": "verify_otp",
    "POST /sessions/finalize": "finalize_session",
    "DELETE /sessions/temp/{temp_session_id}": "cancel_login",
    "POST /sessions/upload-file": "upload_session_file",
    "POST /sessions": "create_session",
    "GET /sessions": "list_sessions",
    "POST /sessions/get-code": "get_code",
    "POST /sessions/bulk": "run_bulk",
    "POST /sessions/bulk/{bulk_id}/cancel": "cancel_bulk",
    "GET /sessions/tags": "list_tags",
    "GET /tags/limits": "list_tag_limits",
    "PUT /tags/{tag}/limits": "set_tag_limit",
    "DELETE /tags/{tag}/limits": "remove_tag_limit",
    "GET /sessions/{id}": "get_stored_session",
    "PUT /sessions/{id}": "update_session",
    "DELETE /sessions/{id}": "delete_session",
    "GET /sessions/{id}/export": "export_session",
    "POST /sessions/{id}/test": "test_session",
    "GET /sessions/{id}/channels": "list_channels",
    "POST /sources": "create_source",
    "GET /sources": "list_sources",
    "GET /sources/targets": "list_targets",
    "POST /sources/check": "check_channel",
    "POST /sources/private": "create_private_source",
    "POST /sources/public": "create_public_source",
    "GET /sources/{id}": "get_source",
    "PUT /sources/{id}": "update_source",
    "DELETE /sources/{id}": "delete_source",
    "POST /sources/{id}/trigger": "trigger_source",
    "POST /flows/trigger/{name}": "trigger_flow",
    "GET /sources/{id}/runs": "list_runs",
    "GET /sources/{id}/files": "list_source_files",
    "GET /sources/{id}/files/{file_id}/content": "get_source_file",
    "GET /runs": "list_all_runs",
    "GET /files": "list_all_files",
    "GET /runs/{id}": "get_run",
    "GET /runs/{id}/logs": "get_run_logs",
    "GET /runs/{id}/files": "list_run_files",
    "GET /runs/{id}/files/{file_id}/content": "get_run_file",
    "POST /runs/{id}/cancel": "cancel_run",
    "GET /flows/sources/{id}/runs": "list_flow_runs",
    "GET /flows/runs/{id}": "get_flow_run",
    "GET /flows/runs/{id}/logs": "get_flow_run_logs",
    "GET /flows/runs/{id}/files": "list_flow_run_files",
    "GET /flows/runs/{id}/files/{file_id}/content": "get_flow_run_file",
    "POST /flows/runs/{id}/cancel": "cancel_flow_run",
    "GET /health": "get_health",
    "GET /ready": "get_ready",
    "GET /metrics": "get_metrics",
    "GET /events": "events",
}

# Answers that the document gives no name.
MODEL_NAMES = {
    "LeaseProxy": "Proxy",
    "VerifiedProxy": "StoredProxy",
    "SessionProxy": "SessionProxy",
    "StatusHistoryPoints": "StatusPoint",
    "WaitingRequestsRequests": "WaitingRequest",
    "VerifiedMethodFloods": "MethodFlood",
    "BulkResults": "BulkResult",
    "ChannelCheckChannel": "CheckedChannel",
    "SettingsService": "ServiceInfo",
    "SettingsSettings": "Setting",
    "SettingsFeatures": "Feature",
    "ListEventHistoryResult": "PastEvent",
    "RunBulkFilter": "SessionFilter",
    "RunBulkProxy": "NewProxy",
    "CancelBulkResult": "BulkCancelled",
    "ListTargetsResult": "Target",
    "HeartbeatResult": "Renewed",
    "ListPeersResult": "KnownPeer",
    "SavePeersPeers": "NewPeer",
    "GetResolveBudgetResult": "ResolveBudget",
    "ReportResult": "Report",
    "ListLeasesResult": "LeaseSummary",
    "GetSessionHistoryResult": "HistoryEntry",
    "ListKeysResult": "Key",
    "CreateKeyResult": "NewKey",
    "GetOwnKeyResult": "OwnKey",
    "CancelLoginResult": "Deleted",
    "GetRunLogsResult": "RunLogEntry",
    "ListRunFilesResult": "RunFile",
    "GetHealthResult": "Health",
    "GetReadyResult": "Ready",
}


def argument(name: str) -> str:
    """No argument can be called as a word of Python is."""
    return f"{name}_" if keyword.iskeyword(name) else name


def path_name(name: str, path: str) -> str:
    """`id` would hide Python's own, and says less than `session_id`."""
    if name != "id":
        return name
    return re.sub(r"s$", "", re.findall(r"/(\w+)/\{id\}", path)[0]) + "_id"


def pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_\W]+", name))


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
