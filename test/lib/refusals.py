"""What an error must say: its SQLSTATE, and patterns for its message, detail and hint."""
from tap import is_, like


def refused(error, title, pgcode, message, detail=None, hint=None):
    """Test points for an error that is expected; gives all that it says, or None if there is none."""
    is_(error and error.pgcode, pgcode, f"{title}: SQLSTATE")
    if not error:
        return None
    said = error.diag
    like(said.message_primary, message, f"{title}: message")
    if detail:
        like(said.message_detail, detail, f"{title}: detail")
    if hint:
        like(said.message_hint, hint, f"{title}: hint")
    return "\n".join(filter(None, (said.message_primary, said.message_detail, said.message_hint)))
