"""FedQuery: what a query may say, and what is known of it before anything runs."""

from .bill import Released as Released
from .bill import ReleaseKey as ReleaseKey
from .bill import worst as worst
from .catalogue import Catalogue as Catalogue
from .catalogue import Column as Column
from .catalogue import Nested as Nested
from .catalogue import Table as Table
from .check import Checked as Checked
from .check import advance as advance
from .check import check as check
