"""What a hospital allows: pure data and one judge()."""

from .judge import Question as Question
from .judge import judge as judge
from .judge import over_budget as over_budget
from .policy import Policy as Policy
