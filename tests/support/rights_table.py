"""Who may connect a service of one team: every base role with every role in the team, public and private."""

from typing import NamedTuple

NOBODY = "no member"


class Case(NamedTuple):
    """A person and the service's team."""

    base_role: str
    team_role: str
    """``manager``, ``responder``, ``observer`` or ``no member``."""
    team: str
    """``public`` or ``private``."""


MAY = "may"
TOO_LOW = "role_too_low"
UNKNOWN = "unknown_service"

_TABLE = """
owner                   manager    public   may
owner                   responder  public   may
owner                   observer   public   may
owner                   -          public   may
owner                   manager    private  may
owner                   responder  private  may
owner                   observer   private  may
owner                   -          private  may
admin                   manager    public   may
admin                   responder  public   may
admin                   observer   public   may
admin                   -          public   may
admin                   manager    private  may
admin                   responder  private  may
admin                   observer   private  may
admin                   -          private  may
user                    manager    public   may
user                    responder  public   may
user                    observer   public   may
user                    -          public   may
user                    manager    private  may
user                    responder  private  may
user                    observer   private  may
user                    -          private  unknown_service
limited_user            manager    public   may
limited_user            responder  public   role_too_low
limited_user            observer   public   role_too_low
limited_user            -          public   role_too_low
limited_user            manager    private  may
limited_user            responder  private  role_too_low
limited_user            observer   private  role_too_low
limited_user            -          private  unknown_service
observer                manager    public   may
observer                responder  public   role_too_low
observer                observer   public   role_too_low
observer                -          public   role_too_low
observer                manager    private  may
observer                responder  private  role_too_low
observer                observer   private  role_too_low
observer                -          private  unknown_service
restricted_access       manager    public   may
restricted_access       responder  public   role_too_low
restricted_access       observer   public   role_too_low
restricted_access       -          public   role_too_low
restricted_access       manager    private  may
restricted_access       responder  private  role_too_low
restricted_access       observer   private  role_too_low
restricted_access       -          private  unknown_service
read_only_user          manager    public   role_too_low
read_only_user          responder  public   role_too_low
read_only_user          observer   public   role_too_low
read_only_user          -          public   role_too_low
read_only_user          manager    private  role_too_low
read_only_user          responder  private  role_too_low
read_only_user          observer   private  role_too_low
read_only_user          -          private  unknown_service
read_only_limited_user  manager    public   role_too_low
read_only_limited_user  responder  public   role_too_low
read_only_limited_user  observer   public   role_too_low
read_only_limited_user  -          public   role_too_low
read_only_limited_user  manager    private  role_too_low
read_only_limited_user  responder  private  role_too_low
read_only_limited_user  observer   private  role_too_low
read_only_limited_user  -          private  unknown_service
"""
"""``-``: no member of the team."""


def _cases() -> dict[Case, str]:
    found: dict[Case, str] = {}
    for row in _TABLE.split("\n"):
        if row:
            base_role, team_role, team, answer = row.split()
            found[Case(base_role, NOBODY if team_role == "-" else team_role, team)] = answer
    return found


EXPECTED = _cases()
"""By case: ``may``, or why not."""
