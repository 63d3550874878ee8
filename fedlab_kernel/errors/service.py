"""Refusals that come from hospitals, policies, the wire and the way fedlab was called."""

from .rules import Rule, register

register(
    Rule(
        "FP101",
        "researcher not on the list",
        "A hospital answers only people it knows, so that budgets and accountability have a name.",
        "Ask the hospital's data steward to add your public key to `researchers` in hospital.toml.",
    ),
    Rule(
        "FP102",
        "table not allowed",
        "The hospital's policy decides which tables may be asked about.",
        "Use a table that `%fedlab tables` lists.",
    ),
    Rule(
        "FP103",
        "column not allowed",
        "The hospital's policy decides which columns may be asked about.",
        "Leave the column out, or ask without this hospital (`--sites`).",
    ),
    Rule(
        "FP104",
        "primitive not allowed",
        "The hospital's policy decides which computations it takes part in.",
        "Use another primitive, or ask without this hospital (`--sites`).",
    ),
    Rule(
        "FP105",
        "epsilon outside the range of one release",
        "A very large epsilon protects nobody and a very small one only wastes budget.",
        "Choose an epsilon inside the range that `%fedlab status` shows.",
    ),
    Rule(
        "FP106",
        "over budget",
        "Every answer says a little about each patient; the budget bounds what all answers together can say.",
        "Ask for less epsilon, for fewer releases, or re-use answers that are already stored: they are free.",
    ),
    Rule(
        "FP107",
        "request too large",
        "Size limits keep one request from occupying a hospital.",
        "Shorten the query or its lists.",
    ),
    Rule(
        "FP108",
        "delta too large",
        "Delta bounds the chance that the epsilon guarantee does not hold at all; it must stay tiny.",
        "Ask with the delta that the hospitals publish.",
    ),
    Rule(
        "FW201",
        "message not understood",
        "A hospital decodes strictly: whatever is not exactly a known message is refused and logged.",
        "Use the same version of fedlab on both sides.",
    ),
    Rule(
        "FW202",
        "signature does not match",
        "Requests are signed so that nobody can spend another researcher's budget.",
        "Sign with the key whose public half the hospital knows.",
    ),
    Rule(
        "FW203",
        "protocol version differs",
        "Two versions might price the same text differently, so they do not talk to each other.",
        "Install the same version of fedlab on both sides.",
    ),
    Rule(
        "FW204",
        "request is not in canonical form",
        "A hospital runs only text that it would have written itself after checking it.",
        "Send what the client produced; do not edit slices by hand.",
    ),
    Rule(
        "FH301",
        "the hospital's data do not fit their catalogue",
        "A hospital with a schema fault does not start: an answer from misread data would mislead.",
        "The data steward mends the table or its catalogue; the message at the hospital names the column.",
    ),
    Rule(
        "FH302",
        "the hospital cannot write its ledger",
        "Nothing is computed before its charge is safely on disk.",
        "The data steward makes room on the disk; then ask again. Nothing was charged.",
    ),
    Rule(
        "FH303",
        "the hospital does not have this table or column",
        "A request is judged by the hospital's own catalogue, not by what the client believes.",
        "Reconnect (`%fedlab start`) to read the catalogue again.",
    ),
    Rule(
        "FH304",
        "the hospital is busy",
        "A bounded number of requests runs at a time.",
        "Ask again in a moment. Nothing was charged.",
    ),
    Rule(
        "FH305",
        "the hospital failed",
        "What went wrong stays in the hospital's own log, because it might depend on a patient.",
        "Ask again; the charge, if one was made, covers the second attempt.",
    ),
    Rule(
        "FH306",
        "cancelled",
        "You interrupted the request. What was reserved stays charged, and covers the same question later.",
        "Run the cell again to get the answer that is already paid for.",
    ),
    Rule(
        "FF401",
        "no hospital can be reached",
        "A federated answer needs at least one hospital.",
        "Start hospitals with `%fedlab start heart`, or see `%fedlab status`.",
    ),
    Rule(
        "FF402",
        "a hospital stopped",
        "Its process ended; its ledger and log are safe on its disk.",
        "Restart it with `%fedlab restart NAME`; the same question is then free where it was paid.",
    ),
    Rule(
        "FF403",
        "a hospital did not answer in time",
        "Waiting has a limit that everyone knows, so that time says nothing about patients.",
        "Ask again: an answer that was already computed is stored and free.",
    ),
    Rule(
        "FF404",
        "catalogues do not fit together",
        "Numbers from different hospitals may be added only if they mean the same.",
        "Ask the hospitals that agree (`--sites`), or use the columns they share.",
    ),
    Rule(
        "FF405",
        "a hospital's log was rewritten",
        "A log that no longer contains what was seen before cannot be trusted for any answer.",
        "Keep your journal and talk to the data steward; do not use this hospital's answers.",
    ),
    Rule(
        "FF406",
        "interrupted",
        "You interrupted the cell; the hospitals were told.",
        "Run the cell again: what was already paid for is free.",
    ),
    Rule(
        "FF407",
        "answers do not fit the question",
        "An answer of the wrong length or for another question cannot be added up.",
        "Reconnect; if it happens again, leave that hospital out with `--sites`.",
    ),
    Rule(
        "FU501",
        "file not found",
        "fedlab reads query files and data folders that you name.",
        "Check the path.",
    ),
    Rule(
        "FU502",
        "data not recognised",
        "`--data` takes a built-in name, a folder of hospital folders, or a folder with the UCI files.",
        "See `fedlab data --help` for the built-in names.",
    ),
    Rule(
        "FU503",
        "unknown hospital",
        "`--sites` names hospitals of this federation.",
        "See `%fedlab status` for their names.",
    ),
    Rule(
        "FU504",
        "over the cap",
        "`--cap` is your own limit for one cell or file; it is checked before anything is sent.",
        "Raise the cap, or lower the epsilons.",
    ),
    Rule(
        "FU505",
        "unknown code",
        "Every message of fedlab carries a code of the form FQ203.",
        "Copy the code from the message.",
    ),
    Rule(
        "FH307",
        "the hospital is already running",
        "Two processes that charge the same budget at the same time could together spend more than it holds.",
        "Use the running hospital, or stop it first (`%fedlab status` shows it).",
    ),
    Rule(
        "FU506",
        "key file not usable",
        "Whoever can read a private key can spend the budget that belongs to it.",
        "Make the file readable by you alone (`chmod 600`), or name another file and have its key admitted.",
    ),
)
register(
    Rule(
        "FP109",
        "noise without a proved price",
        "An answer whose privacy cost nobody has proved could cost anything, so it is not given.",
        "Use the primitives of the language; each comes with noise whose cost is proved.",
    ),
)
register(
    Rule(
        "FU507",
        "the folder holds other data",
        "Rows are never replaced under a hospital's ledger: what was charged was charged for those patients.",
        "Choose another folder, or delete this one with its ledger if it is only a demonstration.",
    ),
)
register(
    Rule(
        "FW205",
        "request for another hospital",
        "A signed request is good for one hospital only, so that nobody can send it on and spend twice.",
        "Send each hospital the request that was signed for it.",
    ),
)
register(
    Rule(
        "FW206",
        "the data changed",
        "A signed request is about the data the researcher knew of; it must not be charged again for others.",
        "Ask again: fedlab reads the hospitals' state anew before each question that follows.",
    ),
)
register(
    Rule(
        "FF408",
        "charged before a refusal",
        "Releases of one cell are asked together; those that were admitted are paid and stored.",
        "Run the cell again after mending it: what is stored is free.",
    ),
)
register(
    Rule(
        "FU508",
        "file cannot be read",
        "What a data steward reads must be what the hospital runs: a file is read whole and as plain text, or not.",
        "Save queries as UTF-8 text; restore a damaged ledger from its backup.",
    ),
)
register(
    Rule(
        "FU509",
        "how the cap is split",
        "Releases that state no price share what the cap leaves, in proportion to their weights, before anything runs.",
        "Give a release `weight=2` for twice the share, or a price of its own.",
    ),
)
