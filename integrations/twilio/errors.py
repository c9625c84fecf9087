"""What Twilio's refusals mean: errors by meaning, with what to do next."""

from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.registry import ErrorRow

# Twilio's own codes, then HTTP statuses (https://www.twilio.com/docs/api/errors, read 2026-11).
# 2xxxx and 6xxxx come from the call, 3xxxx only in a status callback or on the message later.
ERRORS = (
    ErrorRow(
        "20003",
        AuthenticationError,
        "The account SID, the auth token or the API key is not accepted.",
        "never",
        "Check TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or the API key and its secret.",
    ),
    ErrorRow(
        "20008",
        AuthenticationError,
        "Test credentials do not cover this; Verify is not covered at all.",
        "never",
        "Use the live credentials, or the fake.",
    ),
    ErrorRow(
        "20404",
        NotFoundError,
        "No such thing: or a verification that is approved, expired, or was never started.",
        "never",
        "Compare the SID; for a verification, start a new one.",
    ),
    ErrorRow(
        "20429",
        RateLimitedError,
        "Too many requests at once. This one was not processed.",
        "always",
        "Send less at a time; send_many keeps to a rate.",
    ),
    ErrorRow(
        "21211, 21217, 21265",
        InvalidRequestError,
        "The recipient is no phone number.",
        "never",
        "Write it in E.164, such as +12025550142; lookup_phone_number tells whether it exists.",
    ),
    ErrorRow(
        "21212",
        InvalidRequestError,
        "The sender is no phone number or sender's name.",
        "never",
        "Check TWILIO_FROM.",
    ),
    ErrorRow(
        "21408",
        InvalidRequestError,
        "Sending to this country is not enabled.",
        "never",
        "Console → Messaging → Settings → Geo permissions. Enable only where your users are.",
    ),
    ErrorRow(
        "21606, 21659, 21660",
        InvalidRequestError,
        "The sender is not a number of this account that can send messages.",
        "never",
        "Check TWILIO_FROM at Console → Phone Numbers.",
    ),
    ErrorRow(
        "21608",
        InvalidRequestError,
        "A trial account may only send to verified numbers.",
        "never",
        "Verify the number at Console → Verified Caller IDs, or upgrade the account.",
    ),
    ErrorRow(
        "21610",
        InvalidRequestError,
        "The recipient has opted out (STOP). Nothing was sent.",
        "never",
        "Do not try again: only the recipient can opt in, by START.",
    ),
    ErrorRow(
        "21611",
        RateLimitedError,
        "The sender's queue is full.",
        "never",
        "Wait some minutes, or add senders to the Messaging Service.",
    ),
    ErrorRow(
        "21612",
        InvalidRequestError,
        "There is no route from this sender to this recipient.",
        "never",
        "Use another sender for this country.",
    ),
    ErrorRow(
        "21614",
        InvalidRequestError,
        "The recipient cannot get text messages: it is no mobile number.",
        "never",
        "Ask for a mobile number, or call.",
    ),
    ErrorRow(
        "21617, 21602, 21619, 21605",
        InvalidRequestError,
        "The body is empty, or longer than 1600 characters.",
        "never",
        "Shorten it; count_segments shows the length.",
    ),
    ErrorRow(
        "30003",
        UnavailableError,
        "Not delivered: the phone is off or out of reach.",
        "never",
        "Try later, or another channel.",
    ),
    ErrorRow(
        "30004, 30005, 30006",
        InvalidRequestError,
        "Not delivered: blocked, an unknown number, or a landline.",
        "never",
        "Do not send to it again; lookup_phone_number tells the line type.",
    ),
    ErrorRow(
        "30007, 30034, 30450",
        InvalidRequestError,
        "Not delivered: filtered as spam, an unregistered sender (A2P 10DLC), or pumping.",
        "never",
        "Read the filtering guide, register the sender, and limit who can trigger messages.",
    ),
    ErrorRow(
        "35114, 35118",
        InvalidRequestError,
        "A schedule too near or too far, or without a Messaging Service.",
        "never",
        "Schedule 15 minutes to 35 days ahead, from a Messaging Service.",
    ),
    ErrorRow(
        "60200",
        InvalidRequestError,
        "A parameter of Verify is wrong.",
        "never",
        "Check the number and the channel.",
    ),
    ErrorRow(
        "60202",
        RateLimitedError,
        "Too many wrong codes: the verification is over.",
        "never",
        "Let the user start again; a new code comes after the old one expires.",
    ),
    ErrorRow(
        "60203, 60212",
        RateLimitedError,
        "Too many codes sent to this number, or at once.",
        "never",
        "Let the user wait ten minutes.",
    ),
    ErrorRow(
        "60205",
        InvalidRequestError,
        "A landline gets no text messages.",
        "never",
        "Use the call channel.",
    ),
    ErrorRow(
        "60207",
        InvalidRequestError,
        "The Verify service has as many rate limits as it may have.",
        "never",
        "Delete a rate limit that is not used.",
    ),
    ErrorRow(
        "60410, 60238, 60605",
        InvalidRequestError,
        "Verify has blocked the number, its prefix, or its country against fraud.",
        "never",
        "Fraud Guard lifts a block of a prefix after 12 hours; check the geo permissions.",
    ),
    ErrorRow(
        "63016",
        InvalidRequestError,
        "WhatsApp: free text more than 24 hours after the recipient's last message.",
        "never",
        "Send an approved template: content_sid and content_variables.",
    ),
    ErrorRow(
        "63003, 63018",
        InvalidRequestError,
        "WhatsApp: the recipient has no WhatsApp, or a limit of the channel was reached.",
        "never",
        "Send an SMS instead.",
    ),
    ErrorRow(
        "400",
        InvalidRequestError,
        "An argument is wrong.",
        "never",
        "Look the code up at https://www.twilio.com/docs/api/errors.",
    ),
    ErrorRow(
        "401, 403",
        AuthenticationError,
        "The credentials are not accepted, or lack the right.",
        "never",
        "Check TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or the API key and its secret.",
    ),
    ErrorRow(
        "404",
        NotFoundError,
        "No such thing in this account.",
        "never",
        "Compare the SID; those of another account do not exist here.",
    ),
    ErrorRow(
        "405, 3xx",
        InvalidRequestError,
        "The address does not take this method.",
        "never",
        "Check TWILIO_API_BASE: something else may be answering there.",
    ),
    ErrorRow(
        "30409, 409",
        ConflictError,
        "The message is not scheduled any more; or it is being changed by another call.",
        "never",
        "Read it again: get_message tells where it stands.",
    ),
    ErrorRow(
        "429",
        RateLimitedError,
        "Too many requests. This one was not processed.",
        "always",
        "Send less at a time; send_many keeps to a rate.",
    ),
    ErrorRow(
        "5xx",
        UnavailableError,
        "Twilio, or a proxy before it, failed; or a reply could not be read.",
        "reads only: there is no idempotency key",
        "Try again later.",
    ),
    ErrorRow(
        "no reply",
        NetworkError,
        "No connection, no reply in time, or the connection was dropped.",
        "connection failures always; else reads only",
        "Check the network, then try again.",
    ),
)

_ROWS = {code.strip(): row for row in ERRORS for code in row.status.split(",")}
MAYBE = "There is no idempotency key: look whether it happened before you repeat it."
MAYBE_VERIFY = "Start again: within ten minutes Verify sends the same code."
MAYBE_CHECKED = "Start again: the code may be used up, and then Verify sends a new one."


def error_row(code: object, status: int) -> ErrorRow:
    """Return the row of Twilio's code, or else of the HTTP status."""
    kind = "5xx" if status >= 500 else "400" if status >= 400 else "3xx"
    return _ROWS.get(str(code)) or _ROWS.get(str(status)) or _ROWS[kind]
