"""The Merkle log of a hospital: each admission, refusal and release is a leaf that cannot vanish unnoticed.

Each researcher is a witness: a reply carries a receipt; the researcher verifies it, keeps the newest
checkpoint, and demands a consistency proof from it to the next one. An auditor may recompute the whole log.

What a hospital (or whoever took over its machine and its key) cannot hide:

* from a researcher: that a record for which they hold a receipt was changed, moved or removed; that the log
  they see now is shorter than, or does not begin with, the log they saw before; that its name changed.
* from an auditor with the database and the public key: that a leaf or a checkpoint was changed, swapped,
  inserted or deleted without the signing key; given the checkpoints that researchers kept, also with it.
* from two researchers who compare checkpoints (same name and size, other root; or no consistency proof
  between them): that it keeps two logs, one for each. Two contradicting signatures convict it to anybody.

Who lacks the key (an edit by hand, a bug, a thief of the file) cannot change a leaf without the hospital
refusing to open its log, save by taking back the newest leaves together with their checkpoints: only a kept
checkpoint shows that.

What is not covered:

* Researchers are the only witnesses. A log of which nobody kept a checkpoint can be rolled back or replaced
  by the holder of the key; so can the leaves after the newest checkpoint that anybody kept. Researchers who
  never compare checkpoints with each other do not see that a log was forked between them.
* The log proves what was recorded, not that it is true or complete: a hospital may answer without logging
  (such a reply has no receipt: do not use it) or log what it did not do (compare the record with the reply).
* A hospital that restores an old backup in good faith looks like one that rolls back.
* Number and order of leaves are visible to every researcher; records are not (leaves are salted
  commitments). Nothing here protects the signing key, or records from those who may read the database.
"""

from .checkpoint import Checkpoint as Checkpoint
from .checkpoint import open_checkpoint as open_checkpoint
from .leaf import Receipt as Receipt
from .leaf import Record as Record
from .log import Log as Log
from .verify import LogSummary as LogSummary
from .verify import verify_database as verify_database
from .verify import verify_growth as verify_growth
from .verify import verify_receipt as verify_receipt
