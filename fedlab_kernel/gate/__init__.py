"""What a hospital can check of a model before it trains it, without looking at a single row of its own."""

from __future__ import annotations

from .gate import Checks as Checks
from .gate import Finding as Finding
from .gate import Sent as Sent
from .gate import judge as judge
from .gate import judge_anomaly as judge_anomaly
from .gate import judge_exposure as judge_exposure
from .gate import judge_start as judge_start
