"""Discord's error answers: HTTP status, JSON error code, message, and per-field errors.

https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from typing import Any

Problem = tuple[str, str]
"""The code and the words of what is wrong with a field."""
Problems = dict[str, Problem]
"""By the fields' paths, such as "embeds/0/title"."""
UNKNOWN = {
    10002: "Unknown Application",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10006: "Unknown Invite",
    10007: "Unknown Member",
    10008: "Unknown Message",
    10009: "Unknown permission overwrite",
    10011: "Unknown Role",
    10013: "Unknown User",
    10014: "Unknown Emoji",
    10015: "Unknown Webhook",
    10026: "Unknown Ban",
    10027: "Unknown SKU",
    10029: "Unknown Entitlement",
    10057: "Unknown Guild Template",
    10060: "Unknown sticker",
    10061: "Unknown sticker pack",
    10062: "Unknown interaction",
    10063: "Unknown application command",
    10069: "Unknown Guild Welcome Screen",
    10066: "Unknown application command permissions",
    10070: "Unknown Guild Scheduled Event",
    10097: "Unknown sound",
}


class ApiError(Exception):
    """Raised by a route; becomes Discord's JSON error body."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: dict[str, Any] | None = None,
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.headers = headers or {}
        self.body: dict[str, Any] = {"message": message, "code": code}
        if errors is not None:
            self.body["errors"] = errors
        self.body.update(extra or {})


class ControlError(Exception):
    """Raised by the control API: a plain sentence for whoever drives the playground."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def unknown(code: int) -> ApiError:
    return ApiError(404, code, UNKNOWN[code])


def unauthorized() -> ApiError:
    return ApiError(401, 0, "401: Unauthorized")


def not_found() -> ApiError:
    return ApiError(404, 0, "404: Not Found")


def missing_access() -> ApiError:
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    return ApiError(403, 50013, "Missing Permissions")


def invalid_version() -> ApiError:
    return ApiError(400, 50041, "Invalid API version")


def too_large() -> ApiError:
    return ApiError(413, 40005, "Request entity too large")


def empty_message() -> ApiError:
    return ApiError(400, 50006, "Cannot send an empty message")


def invalid_form(fields: Problems) -> ApiError:
    """50035 with one error a field; `fields` maps a path such as "embeds/0/title" to (code, message)."""
    errors: dict[str, Any] = {}
    for path, (code, message) in fields.items():
        node = errors
        for part in path.split("/"):
            node = node.setdefault(part, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})
    return ApiError(400, 50035, "Invalid Form Body", errors=errors)


def too_long(path: str, limit: int) -> ApiError:
    return invalid_form({path: ("BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")})
