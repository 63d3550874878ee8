"""What people who know Python, pandas and the statistics libraries will type, and how FedQuery says it."""

from .chains import CHAINED as CHAINED
from .chains import of_chain as of_chain
from .learning import MODEL as MODEL
from .lookup import of_argument as of_argument
from .lookup import of_function as of_function
from .lookup import of_library as of_library
from .lookup import of_method as of_method
from .translation import Translation as Translation
from .words import COLUMN as COLUMN
from .words import DATES as DATES
from .words import FUNCTIONS as FUNCTIONS
from .words import LIBRARIES as LIBRARIES
from .words import ROWS as ROWS
from .words import TABLE as TABLE
