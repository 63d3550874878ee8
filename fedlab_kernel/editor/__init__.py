"""What an editor shows while a cell is typed: pure functions of its text and of what the hospitals publish."""

from .answers import VERSION as VERSION
from .answers import Completion as Completion
from .answers import Completions as Completions
from .answers import Diagnostics as Diagnostics
from .answers import Finding as Finding
from .answers import Hover as Hover
from .answers import Kind as Kind
from .answers import Position as Position
from .answers import Priced as Priced
from .answers import Range as Range
from .answers import TextEdit as TextEdit
from .answers import Total as Total
from .cell import Paid as Paid
from .completion import completion as completion
from .diagnostics import diagnostics as diagnostics
from .hover import hover as hover
