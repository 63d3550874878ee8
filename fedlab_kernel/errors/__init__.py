"""Every failure a user can meet, with its stable code. This package imports nothing of fedlab."""

from .diagnostic import Diagnostic as Diagnostic
from .diagnostic import Edit as Edit
from .diagnostic import Refused as Refused
from .diagnostic import Span as Span
from .rules import RULES as RULES
from .rules import Rule as Rule
from .rules import diagnose as diagnose
